#include "common/user.hpp"

#include "common/syscall.hpp"

#include <vector>

#include <pwd.h>

namespace common {

std::optional<User> find_user(const std::string& name) {
    constexpr std::size_t first_try = 1024;
    constexpr std::size_t last_try = 1024 * 1024;
    for (std::size_t size = first_try; size <= last_try; size *= 4) {
        std::vector<char> buffer(size);
        passwd entry{};
        passwd* found = nullptr;
        const int problem =
            ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (problem == ERANGE) {
            continue;
        }
        if (found != nullptr) {
            // A directory that answers in another spelling has still answered
            // for this account: its own spelling is the name.
            return User{.name = entry.pw_name,
                        .home = entry.pw_dir,
                        .shell = entry.pw_shell,
                        .uid = entry.pw_uid,
                        .gid = entry.pw_gid};
        }
        // POSIX lets "no such account" look like several errors.
        if (problem == 0 || problem == ENOENT || problem == ESRCH || problem == EBADF ||
            problem == EPERM) {
            return std::nullopt;
        }
        errno = problem;
        throw_errno("look up an account");
    }
    errno = ERANGE;
    throw_errno("look up an account");
}

}  // namespace common
