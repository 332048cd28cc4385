/// The service `sleeper` of nsswitch.conf(5): a directory that never answers.

#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <shadow.h>
#include <unistd.h>

namespace {

nss_status sleep_for_ever() {
    for (;;) {
        ::pause();
    }
}

}  // namespace

// The names are the C library's (NSS module interface).
// NOLINTBEGIN(readability-identifier-naming, bugprone-reserved-identifier)
extern "C" {

nss_status _nss_sleeper_getpwnam_r(
    const char* /*name*/, passwd* /*entry*/, char* /*buffer*/, size_t /*size*/, int* /*problem*/) {
    return sleep_for_ever();
}

nss_status _nss_sleeper_getpwuid_r(
    uid_t /*user*/, passwd* /*entry*/, char* /*buffer*/, size_t /*size*/, int* /*problem*/) {
    return sleep_for_ever();
}

nss_status _nss_sleeper_getspnam_r(
    const char* /*name*/, spwd* /*entry*/, char* /*buffer*/, size_t /*size*/, int* /*problem*/) {
    return sleep_for_ever();
}

nss_status _nss_sleeper_getgrnam_r(
    const char* /*name*/, group* /*entry*/, char* /*buffer*/, size_t /*size*/, int* /*problem*/) {
    return sleep_for_ever();
}

nss_status _nss_sleeper_getgrgid_r(
    gid_t /*number*/, group* /*entry*/, char* /*buffer*/, size_t /*size*/, int* /*problem*/) {
    return sleep_for_ever();
}

nss_status _nss_sleeper_initgroups_dyn(const char* /*name*/,
                                       gid_t /*own*/,
                                       long* /*begin*/,
                                       long* /*size*/,
                                       gid_t** /*groups*/,
                                       long /*limit*/,
                                       int* /*problem*/) {
    return sleep_for_ever();
}
}
// NOLINTEND(readability-identifier-naming, bugprone-reserved-identifier)
