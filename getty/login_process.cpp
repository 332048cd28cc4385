#include "getty/login_process.hpp"

#include "common/log.hpp"
#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "common/signals.hpp"
#include "common/syscall.hpp"
#include "getty/claim_line.hpp"
#include "getty/exit_status.hpp"

#include <csignal>
#include <thread>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace getty {

namespace {

using namespace std::chrono_literals;

constexpr auto patience_with_line = 1s;
/// As a getty that cannot start its login waits before it leaves.
constexpr auto time_to_read = 10s;

/// Never comes back into what its parent was doing: the other lines are not its own.
[[noreturn]] void be_login(const common::Terminal& line,
                           const std::function<void()>& become) noexcept {
    try {
        common::check(::setsid(), "lead a session");
        take_for_session(line);
        become();
    } catch (const std::exception& problem) {
        common::default_signals();
        common::log(common::Severity::error, problem.what());
        common::tolerate("say so on the line", [&] {
            line.write("\r\ngetty: " + common::safe_text(problem.what()) + "\r\n",
                       patience_with_line);
        });
        std::this_thread::sleep_for(time_to_read);
    }
    ::_exit(no_login);
}

}  // namespace

LoginProcess start_login(const common::Terminal& line, const std::function<void()>& become) {
    const pid_t child = common::check(::fork(), "start", "a process for login");
    if (child == 0) {
        be_login(line, become);
    }
    return {.ended = common::UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, child, 0))},
            .id = child,
            .started = std::chrono::steady_clock::now()};
}

std::optional<int> status_of(const LoginProcess& login) {
    int status = 0;
    const pid_t ended = ::waitpid(login.id, &status, WNOHANG);
    // An error: somebody else has taken the status, and there is none to be had.
    return ended == 0 ? std::nullopt : std::optional{status};
}

std::optional<std::string> oddity_in(int status) {
    if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        const bool is_usual = number == SIGHUP || number == SIGTERM;
        return is_usual ? std::nullopt
                        : std::optional{"was ended by signal " + std::to_string(number)};
    }
    constexpr int refusal = 1;
    const int exit_status = WEXITSTATUS(status);
    return exit_status <= refusal
               ? std::nullopt
               : std::optional{"has left with status " + std::to_string(exit_status)};
}

}  // namespace getty
