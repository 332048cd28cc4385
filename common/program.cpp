#include "common/program.hpp"

#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/terminal.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <new>
#include <span>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

// The runtime's own handler (abi::__cxa_demangle and all) would be a page of every
// waiting process, and would show a person on the line what our wall keeps from it.
namespace __gnu_cxx {  // NOLINT(bugprone-reserved-identifier): this name replaces it

void __verbose_terminate_handler() {  // NOLINT(bugprone-reserved-identifier)
    std::abort();
}

}  // namespace __gnu_cxx

namespace common {

namespace {

bool standard_descriptors_open() noexcept {
    // One look at all three, as they nearly always are: poll(2) tells of a closed one.
    std::array<pollfd, 3> standard{pollfd{.fd = STDIN_FILENO, .events = 0, .revents = 0},
                                   pollfd{.fd = STDOUT_FILENO, .events = 0, .revents = 0},
                                   pollfd{.fd = STDERR_FILENO, .events = 0, .revents = 0}};
    if (::poll(standard.data(), standard.size(), 0) >= 0 &&
        std::none_of(standard.begin(), standard.end(), [](const pollfd& descriptor) {
            return (descriptor.revents & POLLNVAL) != 0;
        })) {
        return true;
    }
    int opened = 0;
    do {
        if (::fcntl(opened, F_GETFD) >= 0) {
            ++opened;
            continue;
        }
        // open(2) takes the lowest free number: exactly the one that is missing. Whoever
        // asks for help and has closed standard output is told that there was none.
        const int access = opened == STDOUT_FILENO ? O_RDONLY : O_RDWR;
        const int fd = ::open("/dev/null", access | O_NOCTTY);
        if (fd != opened) {
            return false;
        }
        ++opened;
    } while (opened <= STDERR_FILENO);
    return true;
}

void say(std::string_view text) noexcept {
    // A terminal that takes nothing must not hold the exit.
    constexpr int patience = 1000;
    pollfd terminal{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&terminal, 1, patience) <= 0) {
        return;
    }
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

/// Whether one of the words is the terminal that is standard error: what cannot
/// be understood was meant for this very line. No option is heeded here, since
/// it is the options that are wrong.
bool is_line_to_serve(std::span<char* const> words) {
    struct stat here {};
    if (::fstat(STDERR_FILENO, &here) != 0) {
        return true;
    }
    return std::any_of(words.begin(), words.end(), [&here](const std::string_view word) {
        struct stat line {};
        const int found =
            word == "-" ? ::fstat(STDIN_FILENO, &line) : ::stat(line_path(word).c_str(), &line);
        return found == 0 && S_ISCHR(line.st_mode) && line.st_rdev == here.st_rdev;
    });
}

/// A person at a terminal has made the mistake and reads about it. Anybody else
/// will start us again, with the same mistake.
bool is_somebody_watching(std::span<char* const> words) {
    return ::isatty(STDERR_FILENO) == 1 && ::getppid() != 1 && !is_line_to_serve(words);
}

/// For one that has no memory for more, or has thrown where nothing may be thrown: all
/// of it is at hand, and none of it is undone but what the process's end undoes.
const Program* running = nullptr;

int say_last_words() noexcept {
    log_without_memory(Severity::error, "ended: too little memory, or a fault of its own");
    say("\r\n");
    say(running->name);
    say(": a problem on this machine ends this program; it is in the log\r\n");
    std::this_thread::sleep_for(running->pause_after_failure);
    return 1;
}

[[noreturn]] void end_at_once() noexcept {
    ::_exit(say_last_words());
}

int report(const Program& program, int status, const char* reason) {
    const std::string line = safe_text(reason);
    log(Severity::error, line);
    const bool tell = program.candour == Candour::reason;
    say("\r\n" + std::string{program.name} + ": " +
        (tell ? line : "a problem on this machine prevents logging in; it is in the log") + "\r\n");
    std::this_thread::sleep_for(program.pause_after_failure);
    return status;
}

int report_usage(const Program& program, const UsageError& problem, std::span<char* const> words) {
    const std::string name{program.name};
    const std::string line = safe_text(problem.what());
    log(Severity::error, line);
    say(name + ": " + line + "\nTry '" + name + " --help' for more information.\n");
    if (!is_somebody_watching(words)) {
        std::this_thread::sleep_for(program.pause_after_failure);
    }
    return 1;
}

int tell_story(const Program& program, int (*story)(int, char**), int argc, char** argv) {
    try {
        return story(argc, argv);
    } catch (const Leave& leave) {
        return leave.status;
    } catch (const UsageError& problem) {
        return report_usage(program, problem, {argv + 1, static_cast<std::size_t>(argc) - 1});
    } catch (const Failure& problem) {
        return report(program, problem.status(), problem.what());
    } catch (const std::exception& problem) {
        return report(program, 1, problem.what());
    }
}

}  // namespace

int run_program(const Program& program,
                int (*story)(int argc, char** argv),
                int argc,
                char** argv) noexcept {
    log_as(program.name);
    running = &program;
    std::set_terminate(end_at_once);
    if (argc < 1 || !standard_descriptors_open()) {
        return 1;
    }
    try {
        return tell_story(program, story, argc, argv);
    } catch (...) {
        // The report itself failed, or something that is no exception was thrown.
        return say_last_words();
    }
}

}  // namespace common
