#include "common/syscall_filter.hpp"

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace common {

namespace {

#if defined __x86_64__
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined __i386__
constexpr std::uint32_t architecture = AUDIT_ARCH_I386;
#elif defined __aarch64__
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#elif defined __arm__
constexpr std::uint32_t architecture = AUDIT_ARCH_ARM;
#elif defined __riscv && __riscv_xlen == 64
constexpr std::uint32_t architecture = AUDIT_ARCH_RISCV64;
#elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
constexpr std::uint32_t architecture = AUDIT_ARCH_PPC64LE;
#elif defined __s390x__
constexpr std::uint32_t architecture = AUDIT_ARCH_S390X;
#else
constexpr std::uint32_t architecture = 0;
#endif

/// One instruction; BPF_STMT and BPF_JUMP are casts of C.
sock_filter instruction(unsigned code,
                        std::uint32_t value,
                        std::uint8_t if_equal = 0,
                        std::uint8_t otherwise = 0) {
    return {.code = static_cast<std::uint16_t>(code), .jt = if_equal, .jf = otherwise, .k = value};
}

sock_filter load(std::size_t offset) {
    return instruction(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

sock_filter end_with(std::uint32_t action) {
    return instruction(BPF_RET | BPF_K, action);
}

/// Of what was loaded: with this value the next instruction is done, else left out.
sock_filter if_it_is(std::uint32_t value) {
    return instruction(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
}

/// The kernel looks at the lower half of an ioctl's request.
constexpr std::size_t request_offset =
    offsetof(seccomp_data, args) + sizeof(std::uint64_t) +
    (std::endian::native == std::endian::big ? sizeof(std::uint32_t) : 0);

}  // namespace

std::vector<sock_filter> build_syscall_filter(std::span<const long> calls,
                                              std::span<const unsigned long> requests) {
    if (architecture == 0) {
        return {};
    }
    constexpr std::uint32_t refusal = SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA);
    const sock_filter allow = end_with(SECCOMP_RET_ALLOW);
    std::vector<sock_filter> program{
        load(offsetof(seccomp_data, arch)),
        instruction(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0),
        end_with(SECCOMP_RET_KILL_PROCESS),
        // Whole numbers only: those of x32, which have a bit more, are no call of ours.
        load(offsetof(seccomp_data, nr)),
    };
    for (const long call : calls) {
        program.push_back(if_it_is(static_cast<std::uint32_t>(call)));
        program.push_back(allow);
    }
    if (!requests.empty()) {
        program.push_back(instruction(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 1, 0));
        program.push_back(end_with(refusal));
        program.push_back(load(request_offset));
        for (const unsigned long request : requests) {
            program.push_back(if_it_is(static_cast<std::uint32_t>(request)));
            program.push_back(allow);
        }
    }
    program.push_back(end_with(refusal));
    return program;
}

int confine_to(std::span<sock_filter> filter) noexcept {
    if (filter.empty()) {
        return ENOSYS;
    }
    // Without it only root may, who could take it off again by a set-user-id program.
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return errno;
    }
    sock_fprog program{.len = static_cast<unsigned short>(filter.size()), .filter = filter.data()};
    // Older kernels slow a confined process down, against leaks between programs that
    // share a process; nothing of anybody else's runs in ours.
    for (const unsigned long flags : {SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0UL}) {
        if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0) {
            return 0;
        }
    }
    return errno;
}

bool has_seccomp() noexcept {
    const std::uint32_t answer = SECCOMP_RET_ERRNO;
    return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U, &answer) == 0;
}

int confine_to_reading_and_writing() noexcept {
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0 ? 0 : errno;
}

}  // namespace common
