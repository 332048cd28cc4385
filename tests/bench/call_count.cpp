#include "tests/bench/call_count.hpp"

#include "common/syscall.hpp"

#include <csignal>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;
constexpr auto patience_with_steps = 120s;
constexpr int longest_way_ms = 2;

/// Stops at every entry and exit, and takes children along.
void watch(pid_t process) {
    constexpr long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                             PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    common::check(::ptrace(PTRACE_SETOPTIONS, process, nullptr, options), "watch", "a program");
}

bool is(pid_t process, const std::string& program) {
    std::error_code problem;
    return std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/exe", problem) ==
           program;
}

/// A signal that is not ptrace(2)'s own.
long pass_on(int status) {
    const int signal = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
    return signal == SIGTRAP || signal == SIGSTOP ? 0 : signal;
}

class Tracer {
  public:
    Tracer(Running& program, std::string last_program)
        : program_(program), last_program_(std::move(last_program)) {
        int status = 0;
        ::waitpid(program.id(), &status, __WALL);
        watch(program.id());
        go_on(program.id(), 0);
        all_.insert(program.id());
    }
    Tracer(const Tracer&) = delete;
    Tracer& operator=(const Tracer&) = delete;
    Tracer(Tracer&&) = delete;
    Tracer& operator=(Tracer&&) = delete;
    ~Tracer() {
        for (const pid_t process : all_) {
            ::kill(process, SIGKILL);
            if (process != program_.id()) {
                ::waitpid(process, nullptr, __WALL);
            }
        }
    }

    unsigned count_until(std::string_view text) {
        const auto deadline = Clock::now() + patience;
        while (!is_over_ && !program_.has_shown(text)) {
            int status = 0;
            const pid_t process = ::waitpid(-1, &status, __WALL | WNOHANG);
            if (process > 0) {
                on_stop(process, status);
            } else if (process < 0 || Clock::now() >= deadline) {
                throw std::runtime_error{"it ended, or never came to its end, under ptrace"};
            } else {
                std::this_thread::sleep_for(20us);
            }
        }
        return count_;
    }

  private:
    static void go_on(pid_t process, long signal) {
        ::ptrace(PTRACE_SYSCALL, process, nullptr, signal);
    }

    /// At the entry of a call.
    static bool is_write(pid_t process) {
        __ptrace_syscall_info call{};
        void* const size = reinterpret_cast<void*>(sizeof call);  // NOLINT: ptrace(2) is so
        return ::ptrace(PTRACE_GET_SYSCALL_INFO, process, size, &call) > 0 &&
               (call.entry.nr == SYS_write || call.entry.nr == SYS_writev);
    }

    /// What is written on a line arrives a moment later; the calls of that moment
    /// come after the text.
    void let_arrive() const {
        pollfd line{.fd = program_.master(), .events = POLLIN, .revents = 0};
        ::poll(&line, 1, longest_way_ms);
    }

    void on_stop(pid_t process, int status) {
        constexpr int call_stop = SIGTRAP | 0x80;
        if (!WIFSTOPPED(status)) {
            all_.erase(process);
            inside_.erase(process);
            return;
        }
        const bool is_new = all_.insert(process).second;
        const int signal = WSTOPSIG(status);
        if (signal == call_stop) {
            if (inside_.erase(process) == 0) {
                inside_.insert(process);
                ++count_;
                writes_ = is_write(process);
            } else if (std::exchange(writes_, false)) {
                let_arrive();
            }
            go_on(process, 0);
            return;
        }
        is_over_ =
            status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXEC << 8)) && is(process, last_program_);
        const bool is_ours = is_new || signal == SIGTRAP || signal == SIGSTOP;
        go_on(process, is_ours ? 0 : signal);
    }

    Running& program_;
    std::string last_program_;
    std::set<pid_t> all_;
    std::set<pid_t> inside_;  ///< of a system call
    unsigned count_ = 1;      ///< execve(2)
    bool is_over_ = false;
    bool writes_ = false;
};

/// Its children run as they like.
unsigned long step_until(Running& program, std::string_view text, unsigned long most) {
    const auto deadline = Clock::now() + patience_with_steps;
    unsigned long count = 0;
    int status = 0;
    ::waitpid(program.id(), &status, __WALL);
    for (;;) {
        constexpr unsigned long looks_every = 64;
        if (count % looks_every == 0 && program.has_shown(text)) {
            return count;
        }
        // In a system call that waits it does not step.
        ::ptrace(PTRACE_SINGLESTEP, program.id(), nullptr, pass_on(status));
        pid_t stopped = 0;
        for (int looks = 0; (stopped = ::waitpid(program.id(), &status, __WALL | WNOHANG)) == 0;
             ++looks) {
            if (looks > 1000 && program.has_shown(text)) {
                return count;
            }
            if (Clock::now() >= deadline) {
                throw std::runtime_error{"it takes too long step by step"};
            }
        }
        if (stopped < 0 || !WIFSTOPPED(status)) {
            throw std::runtime_error{"it ended while it was counted"};
        }
        if (++count > most) {
            throw std::runtime_error{"more than " + std::to_string(most) + " steps"};
        }
    }
}

}  // namespace

unsigned calls_until(const std::vector<std::string>& arguments,
                     Start start,
                     std::string_view text,
                     const std::string& last_program) {
    Running program{arguments, start, -1, Watched::system_calls};
    return Tracer{program, last_program}.count_until(text);
}

unsigned long steps_until(const std::vector<std::string>& arguments,
                          Start start,
                          std::string_view text,
                          unsigned long most) {
    Running program{arguments, start, -1, Watched::system_calls};
    return step_until(program, text, most);
}

}  // namespace bench
