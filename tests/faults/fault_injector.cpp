/// Has one system call of a program end badly, or counts them:
///
///     fault_injector REPORT list PROGRAM ARGUMENT...
///     fault_injector REPORT FAULT PROCESS CALL PROGRAM ARGUMENT...
///
/// PROGRAM takes this process' place, as under `strace -D`; the injector
/// watches it by ptrace(2) from outside of its session. Processes are counted
/// from 0 (PROGRAM) in the order they are forked, calls from 1; a process is
/// left alone once it executes another program.
///
/// `list` writes a line "PROCESS CALL NAME-NUMBER SHORTENABLE" to REPORT for
/// each call. A fault is one of
///   errno=NUMBER[xTIMES]  the call is not made and fails; so do the next ones
///                         of its kind, TIMES in all
///   short                 it reads or writes one byte
///   signal=NUMBER         the signal comes just before it
///   stop                  SIGSTOP before it, and SIGCONT two seconds later
///   slow                  it starts three seconds later
///   gone                  REPORT.gone is waited for: whoever watches takes the
///                         line away meanwhile
/// When the call comes, REPORT is made and the line above written to it.

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::_Exit(125);
}

unsigned long number_in(std::string_view text) {
    unsigned long number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

struct Fault {
    enum class Kind { list, error, shortened, signal, stop, slow, gone };
    Kind kind = Kind::list;
    unsigned long value = 0;  ///< errno or signal
    unsigned long times = 1;
};

Fault fault_named(std::string_view word) {
    const auto value = word.substr(std::min(word.find('=') + 1, word.size()));
    if (word.starts_with("errno=")) {
        const auto times = value.find('x');
        return {Fault::Kind::error,
                number_in(value),
                times == value.npos ? 1 : number_in(value.substr(times + 1))};
    }
    if (word.starts_with("signal=")) {
        return {Fault::Kind::signal, number_in(value)};
    }
    for (const auto& [name, kind] : {std::pair{"short", Fault::Kind::shortened},
                                     std::pair{"stop", Fault::Kind::stop},
                                     std::pair{"slow", Fault::Kind::slow},
                                     std::pair{"gone", Fault::Kind::gone}}) {
        if (word == name) {
            return {kind};
        }
    }
    return {};
}

/// The registers that say which call it is; x86-64 only.
class Call {
  public:
    explicit Call(pid_t process) : process_(process) {
        if (::ptrace(PTRACE_GETREGS, process, nullptr, &registers_) < 0) {
            there_ = false;
        }
    }

    [[nodiscard]] bool is_there() const { return there_; }
    [[nodiscard]] unsigned long number() const { return registers_.orig_rax; }

    /// The argument that says how much to transfer; nothing for other calls.
    [[nodiscard]] unsigned long long* length() {
        switch (registers_.orig_rax) {
            case SYS_read:
            case SYS_write:
            case SYS_pread64:
            case SYS_pwrite64:
            case SYS_recvfrom:
            case SYS_sendto: return registers_.rdx > 1 ? &registers_.rdx : nullptr;
            case SYS_getrandom: return registers_.rsi > 1 ? &registers_.rsi : nullptr;
            default: return nullptr;
        }
    }

    /// Whether the call is about a file the tests' own module writes: a fault
    /// there would prove nothing.
    [[nodiscard]] bool is_of_tests() const {
        std::string path;
        if (registers_.orig_rax == SYS_openat) {
            path = string_at(registers_.rsi);
        } else if (registers_.orig_rax == SYS_write || registers_.orig_rax == SYS_close) {
            std::array<char, 256> target{};
            const std::string link =
                "/proc/" + std::to_string(process_) + "/fd/" + std::to_string(registers_.rdi);
            const auto length = ::readlink(link.c_str(), target.data(), target.size());
            path.assign(target.data(), length < 0 ? 0 : static_cast<std::size_t>(length));
        }
        return path.find("pam_journal") != path.npos;
    }

    void skip() {
        registers_.orig_rax = ~0ULL;
        store();
    }
    void fail_with(unsigned long error) {
        registers_.rax = 0ULL - error;
        store();
    }
    void store() const { ::ptrace(PTRACE_SETREGS, process_, nullptr, &registers_); }

  private:
    [[nodiscard]] std::string string_at(unsigned long long address) const {
        std::string text;
        for (int words = 0; words < 32; ++words) {
            errno = 0;
            const long word = ::ptrace(PTRACE_PEEKDATA,
                                       process_,
                                       address + static_cast<unsigned>(words) * sizeof(long),
                                       nullptr);
            if (errno != 0) {
                return text;
            }
            std::array<char, sizeof word> bytes{};
            std::memcpy(bytes.data(), &word, sizeof word);
            for (const char byte : bytes) {
                if (byte == '\0') {
                    return text;
                }
                text += byte;
            }
        }
        return text;
    }

    pid_t process_;
    user_regs_struct registers_{};
    bool there_ = true;
};

class Tracer {
  public:
    Tracer(std::string report, Fault fault, unsigned long process, unsigned long call)
        : report_(std::move(report)), fault_(fault), process_(process), call_(call) {}

    /// Returns when there is nothing left to watch.
    void follow(pid_t first) {
        tracees_[first] = {.number = 0};
        next_number_ = 1;
        while (!tracees_.empty() && !is_done_) {
            int status = 0;
            const pid_t process = ::waitpid(-1, &status, __WALL);
            if (process < 0) {
                if (errno == EINTR) {
                    continue;
                }
                return;
            }
            if (WIFSTOPPED(status)) {
                stopped(process, status);
            } else {
                tracees_.erase(process);
            }
        }
    }

  private:
    struct Tracee {
        unsigned long number = 0;
        unsigned long calls = 0;
        bool has_started = true;  ///< the program itself has been executed
        bool is_inside = false;   ///< between a call's beginning and its end
        bool fails = false;       ///< this call has been skipped
    };

    Tracee& tracee(pid_t process) {
        const auto [found, is_new] = tracees_.try_emplace(process);
        if (is_new) {
            found->second.number = next_number_++;
        }
        return found->second;
    }

    [[nodiscard]] bool is_watched(const Tracee& one) const {
        return fault_.kind == Fault::Kind::list || one.number == process_;
    }

    void go_on(pid_t process, const Tracee& one, int signal = 0) {
        ::ptrace(is_watched(one) ? PTRACE_SYSCALL : PTRACE_CONT,
                 process,
                 nullptr,
                 static_cast<long>(signal));
    }

    void stopped(pid_t process, int status) {
        const int signal = WSTOPSIG(status);
        const int event = status >> 16;
        Tracee& one = tracee(process);
        if (signal == (SIGTRAP | 0x80)) {
            at_call(process, one);
            return;
        }
        if (event == PTRACE_EVENT_EXEC) {
            if (one.number == 0 && !program_has_started_) {
                program_has_started_ = true;
                one.is_inside = true;  // the end of execve(2) comes next
                go_on(process, one);
            } else {
                ::ptrace(PTRACE_DETACH, process, nullptr, 0L);
                tracees_.erase(process);
            }
            return;
        }
        if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
            event == PTRACE_EVENT_CLONE) {
            unsigned long child = 0;
            ::ptrace(PTRACE_GETEVENTMSG, process, nullptr, &child);
            tracee(static_cast<pid_t>(child));
            go_on(process, one);
            return;
        }
        if (event == PTRACE_EVENT_STOP) {
            // A stop that is to last, or the first one of a new process.
            if (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) {
                ::ptrace(PTRACE_LISTEN, process, nullptr, 0L);
            } else {
                go_on(process, one);
            }
            return;
        }
        go_on(process, one, signal);
    }

    void at_call(pid_t process, Tracee& one) {
        one.is_inside = !one.is_inside;
        Call call{process};
        if (!call.is_there()) {
            return;
        }
        if (!one.is_inside) {
            if (one.fails) {
                one.fails = false;
                call.fail_with(fault_.value);
                is_done_ = left_ == 0;
            }
            go_on(process, one);
            return;
        }
        if (!program_has_started_) {
            go_on(process, one);
            return;
        }
        ++one.calls;
        if (fault_.kind == Fault::Kind::list) {
            if (!call.is_of_tests()) {
                write_report(one, call);
            }
        } else if (one.calls == call_ && left_ == 0) {
            if (call.is_of_tests()) {
                ++call_;
            } else {
                strike(process, one, call);
            }
        } else if (left_ > 0 && call.number() == struck_ && !call.is_of_tests()) {
            --left_;
            call.skip();
            one.fails = true;
        }
        go_on(process, one);
    }

    void strike(pid_t process, Tracee& one, Call& call) {
        struck_ = call.number();
        write_report(one, call);
        switch (fault_.kind) {
            case Fault::Kind::list: break;
            case Fault::Kind::error:
                left_ = fault_.times - 1;
                call.skip();
                one.fails = true;
                return;
            case Fault::Kind::shortened:
                if (auto* const length = call.length()) {
                    *length = 1;
                    call.store();
                }
                break;
            case Fault::Kind::signal: ::kill(process, static_cast<int>(fault_.value)); break;
            case Fault::Kind::stop:
                ::kill(process, SIGSTOP);
                if (::fork() == 0) {
                    std::this_thread::sleep_for(2s);
                    ::kill(process, SIGCONT);
                    std::_Exit(0);
                }
                return;
            case Fault::Kind::slow: std::this_thread::sleep_for(3s); break;
            case Fault::Kind::gone: wait_for_removal(); break;
        }
        is_done_ = true;
    }

    void wait_for_removal() const {
        const std::string gone = report_ + ".gone";
        const auto end = Clock::now() + 5s;
        while (::access(gone.c_str(), F_OK) != 0 && Clock::now() < end) {
            std::this_thread::sleep_for(1ms);
        }
    }

    void write_report(const Tracee& one, Call& call) const {
        const int file =
            ::open(report_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
        const std::string line = std::to_string(one.number) + " " + std::to_string(one.calls) +
                                 " " + std::to_string(call.number()) +
                                 (call.length() == nullptr ? " 0\n" : " 1\n");
        if (::write(file, line.data(), line.size()) < 0) {
            give_up("report");
        }
        ::close(file);
    }

    std::string report_;
    Fault fault_;
    unsigned long process_;
    unsigned long call_;
    std::map<pid_t, Tracee> tracees_;
    unsigned long next_number_ = 0;
    bool program_has_started_ = false;
    unsigned long struck_ = 0;
    unsigned long left_ = 0;  ///< calls still to fail
    bool is_done_ = false;
};

/// The injector proper: in a process of its own that holds nothing of the line.
[[noreturn]] void watch(pid_t program, int ready, Tracer tracer) {
    ::setsid();
    constexpr long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                             PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
    if (::ptrace(PTRACE_SEIZE, program, nullptr, options) < 0 ||
        ::ptrace(PTRACE_INTERRUPT, program, nullptr, 0L) < 0) {
        give_up("ptrace");
    }
    const char byte = 0;
    if (::write(ready, &byte, 1) != 1) {
        give_up("write");
    }
    ::close_range(0, ~0U, 0);
    for (int fd = 0; fd <= STDERR_FILENO; ++fd) {
        ::open("/dev/null", O_RDWR);
    }
    tracer.follow(program);
    std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
    const std::span<char*> words{argv, static_cast<std::size_t>(argc)};
    constexpr std::size_t before_fault = 2;
    if (words.size() <= before_fault + 1) {
        return 125;
    }
    const Fault fault = fault_named(words[before_fault]);
    const std::size_t numbers = fault.kind == Fault::Kind::list ? 0 : 2;
    const std::size_t program = before_fault + 1 + numbers;
    if (words.size() <= program) {
        return 125;
    }
    const Tracer tracer{words[1],
                        fault,
                        numbers == 0 ? 0 : number_in(words[before_fault + 1]),
                        numbers == 0 ? 0 : number_in(words[before_fault + 2])};
    std::array<int, 2> ready{};
    if (::pipe2(ready.data(), O_CLOEXEC) < 0) {
        give_up("pipe");
    }
    // Of nobody's children: the program must not find one it has not made.
    const pid_t self = ::getpid();
    const pid_t between = ::fork();
    if (between == 0) {
        if (::fork() == 0) {
            watch(self, ready[1], tracer);
        }
        std::_Exit(0);
    }
    ::waitpid(between, nullptr, 0);
    ::close(ready[1]);
    char byte = 0;
    if (::read(ready[0], &byte, 1) != 1) {
        give_up("watching");
    }
    ::execv(words[program], &words[program]);
    give_up(words[program]);
}
