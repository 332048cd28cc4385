// Loaded into the emulator before its libraries: a pty has no modem lines, and
// the emulator asks the system for them. See modem_lines.hpp.

#include "tests/vm/modem_lines.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <span>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

namespace {

constexpr unsigned first_pty_major = 136;  // UNIX98_PTY_SLAVE_MAJOR of linux/major.h
constexpr unsigned ptys_a_major = 256;

std::span<vm::ModemLines> map_lines() {
    const char* const path = std::getenv(vm::modem_lines_variable);
    const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) {
        return {};
    }
    void* const memory =
        ::mmap(nullptr, vm::size_of_modem_lines, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (memory == MAP_FAILED) {
        return {};
    }
    return {static_cast<vm::ModemLines*>(memory), vm::most_modem_lines};
}

/// Of the pty that is open there; null for anything else.
vm::ModemLines* lines_of(int fd) {
    static const std::span<vm::ModemLines> all = map_lines();
    struct stat status {};
    if (all.empty() || ::fstat(fd, &status) < 0 || !S_ISCHR(status.st_mode)) {
        return nullptr;
    }
    const unsigned major = ::major(status.st_rdev);
    const std::size_t number =
        std::size_t{major - first_pty_major} * ptys_a_major + ::minor(status.st_rdev);
    return major >= first_pty_major && number < all.size() ? &all[number] : nullptr;
}

template <typename Function>
Function next_definition(const char* name) {
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

// The library's own functions, by their own names and declarations.
extern "C" {

// NOLINTNEXTLINE(cert-dcl50-cpp): as sys/ioctl.h declares it
int ioctl(int fd, unsigned long request, ...) noexcept {
    std::va_list list;
    va_start(list, request);
    void* const argument = va_arg(list, void*);
    va_end(list);
    if (request == TIOCMGET || request == TIOCMSET) {
        if (auto* const lines = lines_of(fd)) {
            auto* const bits = static_cast<int*>(argument);
            if (request == TIOCMGET) {
                *bits = static_cast<int>(lines->inputs | lines->outputs);
            } else {
                lines->outputs = static_cast<unsigned>(*bits) & (TIOCM_DTR | TIOCM_RTS);
            }
            return 0;
        }
    }
    static const auto next = next_definition<int (*)(int, unsigned long, void*)>("ioctl");
    return next(fd, request, argument);
}

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): that one has __names
int tcsetattr(int fd, int when, const termios* modes) noexcept {
    if (auto* const lines = lines_of(fd)) {
        lines->frame = modes->c_cflag;
    }
    static const auto next = next_definition<int (*)(int, int, const termios*)>("tcsetattr");
    return next(fd, when, modes);
}
}
