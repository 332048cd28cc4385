#include "getty/name_process.hpp"

#include "common/fork_aside.hpp"
#include "common/landlock.hpp"
#include "common/log.hpp"
#include "common/spare_memory.hpp"
#include "common/syscall.hpp"
#include "common/syscall_filter.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace getty {

namespace {

/// What the kernel calls whoever it has no number for (user_namespaces(7)); on every
/// distribution the account nobody, or nobody at all.
constexpr unsigned nobody = 65'534;

constexpr int only_descriptor = 0;

/// More than the longest replies take, of which no key shows 2 KiB: there will be no more.
constexpr std::size_t memory_for_replies = 32UL * 1024;

/// User, groups and capabilities.
[[nodiscard]] bool become_nobody() noexcept {
    bool is_done = true;
    if (::geteuid() == 0) {
        // Whoever watches all threads' calls has one thread here.
        is_done = ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
                  ::syscall(SYS_setresgid, nobody, nobody, nobody) == 0 &&
                  ::syscall(SYS_setresuid, nobody, nobody, nobody) == 0;
    }
    __user_cap_header_struct version{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    return ::syscall(SYS_capset, &version, none.data()) == 0 && is_done;
}

void limit(int resource, rlim_t most) noexcept {
    const rlimit both{.rlim_cur = most, .rlim_max = most};
    ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

void take_no_more_than_needed() noexcept {
    constexpr rlim_t seconds_of_work = 60;
    constexpr rlim_t address_space = 64UL * 1024 * 1024;
    limit(RLIMIT_CPU, seconds_of_work);
    limit(RLIMIT_NPROC, 0);
    limit(RLIMIT_CORE, 0);
    if (common::can_be_confined) {
        limit(RLIMIT_FSIZE, 0);
        limit(RLIMIT_AS, address_space);
        limit(RLIMIT_NOFILE, only_descriptor + 1);
    }
}

[[nodiscard]] bool keep_reading_and_writing_only() {
    if (common::confine_to_reading_and_writing() == 0) {
        return true;
    }
    // In a container, say, that confines whatever runs in it to a filter.
    constexpr std::array calls{SYS_read, SYS_write, SYS_brk, SYS_rt_sigreturn, SYS_exit};
    const std::vector<long> list{calls.begin(), calls.end()};
    auto filter = common::build_syscall_filter(list, {});
    return common::confine_to(filter) == 0;
}

/// What the process has kept, as bits of Lack.
[[nodiscard]] std::uint8_t become_powerless(pid_t getty) {
    unsigned lacks = 0;
    const auto note = [&lacks](bool is_done, Lack lack) {
        lacks |= is_done ? 0U : static_cast<unsigned>(lack);
    };
    // Hang-ups and keys are for getty, and so is the line as /dev/tty.
    ::setsid();
    ::prctl(PR_SET_NAME, "getty-reader");
    note(become_nobody(), Lack::user);
    // Both are lost with the user.
    ::prctl(PR_SET_DUMPABLE, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != getty) {
        ::_exit(0);
    }
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (common::can_be_confined) {
        note(common::give_up_files() == 0, Lack::landlock);
    }
    // After the rules of Landlock, which are a descriptor for a moment.
    take_no_more_than_needed();
    if (common::can_be_confined) {
        note(keep_reading_and_writing_only(), Lack::seccomp);
    }
    return static_cast<std::uint8_t>(lacks);
}

/// Until a name is said, or getty closes its end.
void answer_requests(NameReader& reader, std::uint8_t lacks) {
    std::array<char, longest_request> message{};
    for (;;) {
        const auto size = common::retry_interrupted(
            [&] { return ::read(only_descriptor, message.data(), message.size()); });
        if (size <= 0) {
            return;
        }
        const auto request = request_in({message.data(), static_cast<std::size_t>(size)});
        if (!request) {
            return;
        }
        ReaderReply reply = reader.take(*request);
        reply.lacks = lacks;
        const std::string answer = packed(reply);
        const bool is_over =
            request->ends_with_name && std::holds_alternative<TypedName>(reply.answer);
        if (::write(only_descriptor, answer.data(), answer.size()) < 0 || is_over) {
            return;
        }
    }
}

[[noreturn]] void be_reader(const common::UniqueFd& socket,
                            pid_t getty,
                            const Options& options,
                            Probing probing,
                            const LineEnds& ends) noexcept {
    ::dup2(socket.get(), only_descriptor);
    ::close_range(only_descriptor + 1, ~0U, 0);
    common::tolerate("read a name", [&] {
        NameReader reader{options, probing, ends};
        answer_requests(reader, become_powerless(getty));
    });
    // Of this thread, which is the only one but for a sanitizer's; the whole process's end
    // is forbidden to it.
    ::syscall(common::can_be_confined ? SYS_exit : SYS_exit_group, 0);
    __builtin_unreachable();
}

}  // namespace

NameProcess::NameProcess(const Options& options, Probing probing, const LineEnds& ends) {
    std::array<int, 2> pair{};
    common::check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()),
                  "make a socket");
    socket_.reset(pair[0]);
    const common::UniqueFd theirs{pair[1]};
    static_cast<void>(common::have_memory_ready(memory_for_replies));
    const pid_t getty = ::getpid();
    // NOLINTNEXTLINE(*-prefer-member-initializer): the socket is there before it
    process_ = common::fork_aside();
    if (process_ == 0) {
        be_reader(theirs, getty, options, probing, ends);
    }
}

NameProcess::~NameProcess() {
    // Not waited for: the number is still this one's. It may have ended, or be made not to.
    ::kill(process_, SIGKILL);
    common::retry_interrupted([this] { return ::waitpid(process_, nullptr, __WALL); });
}

void NameProcess::send(const ReaderRequest& request) const {
    const std::string message = packed(request);
    common::check(
        ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT),
        "ask it");
}

std::string NameProcess::receive() const {
    const auto receive = [this](std::string& place, int flags) {
        return common::check(
            ::recv(socket_.get(), place.data(), place.size(), flags | MSG_DONTWAIT),
            "hear from it");
    };
    std::string message;
    const auto size = receive(message, MSG_PEEK | MSG_TRUNC);
    if (size == 0) {
        errno = EPIPE;
        common::throw_errno("hear from it");
    }
    message.resize(std::min(static_cast<std::size_t>(size), longest_reply));
    message.resize(static_cast<std::size_t>(receive(message, 0)));
    return message;
}

}  // namespace getty
