#include "tests/pty/world_files.hpp"

#include "common/syscall.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

namespace pty {

namespace {

constexpr gid_t shadow_group = 42;
constexpr gid_t utmp_group = 43;

struct File {
    const char* path;
    const char* text;
    mode_t mode = 0644;
    gid_t group = 0;
};

// Root has no password: a test that lets root in sets one with set_password().
constexpr std::array etc_files{
    File{"/etc/passwd",
         "root:x:0:0:root:/root:/bin/sh\n"
         "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
         "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"},
    File{"/etc/shadow",
         "root:*:20000:0:99999:7:::\n"
         "daemon:*:20000:0:99999:7:::\n"
         "nobody:*:20000:0:99999:7:::\n",
         0640,
         shadow_group},
    File{"/etc/group",
         "root:x:0:\n"
         "daemon:x:1:\n"
         "tty:x:5:\n"
         "mail:x:8:\n"
         "shadow:x:42:\n"
         "utmp:x:43:\n"
         "users:x:100:\n"
         "nogroup:x:65534:\n"},
    File{"/etc/gshadow", "", 0640, shadow_group},
    File{"/etc/nsswitch.conf",
         "passwd: files\n"
         "group: files\n"
         "shadow: files\n"
         "hosts: files\n"},
    File{"/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 box\n"},
    File{"/etc/hostname", "box\n"},
    File{"/etc/shells", "/bin/sh\n/bin/bash\n/bin/dash\n/usr/bin/sh\n/usr/bin/bash\n"},
    File{"/etc/issue", "Test box \\l\n"},
    // Wrong passwords are answered at once; a test of the delay sets its own.
    // Not in login.defs, where Debian's login complains about the key.
    File{"/etc/ttygate/login.conf", "FAIL_DELAY 0\n"},
    File{"/etc/login.defs",
         "ENV_PATH PATH=/usr/local/bin:/usr/bin:/bin\n"
         "ENV_SUPATH PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
         "ENCRYPT_METHOD YESCRYPT\n"},
    File{"/etc/pam.d/login",
         "auth     required pam_unix.so nullok nodelay\n"
         "account  required pam_unix.so\n"
         "password required pam_unix.so yescrypt\n"
         "session  required pam_unix.so\n"},
    File{"/etc/pam.d/remote",
         "auth     required pam_unix.so nodelay\n"
         "account  required pam_unix.so\n"
         "password required pam_unix.so yescrypt\n"
         "session  required pam_unix.so\n"},
    File{"/etc/pam.d/su",
         "auth     sufficient pam_rootok.so\n"
         "auth     required pam_unix.so nodelay\n"
         "account  required pam_unix.so\n"
         "session  required pam_unix.so\n"},
    File{"/etc/pam.d/other",
         "auth     required pam_deny.so\n"
         "account  required pam_deny.so\n"
         "password required pam_deny.so\n"
         "session  required pam_deny.so\n"},
    // Modules complain when their files are not there.
    File{"/etc/environment", ""},
    File{"/etc/security/access.conf", ""},
    File{"/etc/security/group.conf", ""},
    File{"/etc/security/limits.conf", ""},
    File{"/etc/security/pam_env.conf", ""},
    File{"/etc/security/time.conf", ""},
};

constexpr std::array record_files{
    File{"/run/utmp", "", 0664, utmp_group},
    File{"/var/log/wtmp", "", 0664, utmp_group},
    File{"/var/log/btmp", "", 0600, utmp_group},
    File{"/var/log/lastlog", "", 0664, utmp_group},
};

void write(const File& file) {
    std::filesystem::create_directories(std::filesystem::path{file.path}.parent_path());
    write_text(file.path, file.text);
    common::check(::chown(file.path, 0, file.group), "chown", file.path);
    common::check(::chmod(file.path, file.mode), "chmod", file.path);
}

}  // namespace

void write_text(const std::filesystem::path& path, std::string_view text) {
    std::ofstream stream{path, std::ios::binary};
    stream << text;
    stream.close();
    if (!stream) {
        throw std::runtime_error{"cannot write " + path.string()};
    }
}

void write_etc() {
    for (const File& file : etc_files) {
        write(file);
    }
    std::filesystem::create_symlink("../usr/lib/os-release", "/etc/os-release");
    std::filesystem::create_symlink("/proc/self/mounts", "/etc/mtab");
}

void write_run_and_log() {
    std::filesystem::create_directory("/run/lock");
    common::check(::chmod("/run/lock", 01777), "chmod");
    for (const File& file : record_files) {
        write(file);
    }
}

}  // namespace pty
