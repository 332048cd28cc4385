#include "tests/pty/process.hpp"

#include "common/syscall.hpp"
#include "tests/pty/process_table.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <ostream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pty {

/// The reading end of a pipe from the process.
class Process::Output : public Source {
  public:
    explicit Output(common::UniqueFd pipe) : pipe_(std::move(pipe)) {}

    [[nodiscard]] int descriptor() const override { return pipe_.get(); }

    void receive() override {
        std::array<char, 4096> buffer{};
        while (pipe_.is_open()) {
            const auto length = common::retry_interrupted(
                [&] { return ::read(pipe_.get(), buffer.data(), buffer.size()); });
            if (length < 0) {
                return;
            }
            if (length == 0) {
                pipe_.reset();
                return;
            }
            text_.append(buffer.data(), static_cast<std::size_t>(length));
        }
    }

    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    common::UniqueFd pipe_;
    std::string text_;
};

namespace {

struct Pipe {
    common::UniqueFd reading;
    common::UniqueFd writing;
};

Pipe open_pipe() {
    std::array<int, 2> ends{};
    common::check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
    return {common::UniqueFd{ends[0]}, common::UniqueFd{ends[1]}};
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (const std::string& word : words) {
        // execve(2) is declared without const for history's sake.
        pointers.push_back(const_cast<char*>(word.c_str()));  // NOLINT(*-const-cast)
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// What the child needs, made before the fork.
struct Prepared {
    const Command& command;
    const std::string& line;
    const char* program;
    std::vector<char*> arguments;
    std::vector<char*> environment;
    int captured = -1;
    int report = -1;  ///< takes a Failure
};

/// What the child could not do. The pointer is good in the parent too: it is
/// to a literal or into the Command, and a fork moves nothing.
struct Failure {
    int code = 0;
    const char* step = nullptr;
};

[[noreturn]] void fail(const Prepared& child, const char* step) noexcept {
    const Failure failure{.code = errno, .step = step};
    [[maybe_unused]] const auto written = ::write(child.report, &failure, sizeof failure);
    ::_exit(127);
}

void take_signals_back_to_default() {
    sigset_t none{};
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (int number = 1; number < NSIG; ++number) {
        ::signal(number, SIG_DFL);
    }
}

void enter_session(const Prepared& child) {
    switch (child.command.session) {
        case Session::leader:
        case Session::leader_with_terminal:
            if (::setsid() < 0) {
                fail(child, "setsid");
            }
            break;
        case Session::group_leader:
            if (::setpgid(0, 0) < 0) {
                fail(child, "setpgid");
            }
            break;
        case Session::member: break;
    }
}

int open_or_fail(const Prepared& child, const char* path) {
    const int fd = ::open(path, O_RDWR | O_NOCTTY);
    if (fd < 0) {
        fail(child, path);
    }
    return fd;
}

void connect_standard_descriptors(const Prepared& child) {
    if (child.command.session == Session::leader_with_terminal) {
        const int terminal = open_or_fail(child, child.line.c_str());
        if (::ioctl(terminal, TIOCSCTTY, 0) < 0) {
            fail(child, "TIOCSCTTY");
        }
        ::close(terminal);
    }
    const auto standard = child.command.standard;
    if (standard == Standard::closed) {
        for (const int fd : {0, 1, 2}) {
            ::close(fd);
        }
        return;
    }
    const char* path = standard == Standard::line ? child.line.c_str() : "/dev/null";
    const int fd = open_or_fail(child, path);
    ::dup2(fd, STDIN_FILENO);
    const int output = standard == Standard::captured ? child.captured : fd;
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    if (fd > STDERR_FILENO) {
        ::close(fd);
    }
}

[[noreturn]] void become_program(const Prepared& child) noexcept {
    take_signals_back_to_default();
    enter_session(child);
    if (::chdir(child.command.directory.c_str()) < 0) {
        fail(child, child.command.directory.c_str());
    }
    connect_standard_descriptors(child);
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    for (const auto& [resource, limit] : child.command.limits) {
        if (::setrlimit(static_cast<__rlimit_resource>(resource), &limit) < 0) {
            fail(child, "setrlimit");
        }
    }
    if (child.command.before_exec) {
        child.command.before_exec();
    }
    ::execve(child.program, child.arguments.data(), child.environment.data());
    fail(child, child.program);
}

Exit exit_from(int wait_status) {
    if (WIFSIGNALED(wait_status)) {
        return {.status = -1, .signal = WTERMSIG(wait_status)};
    }
    return {.status = WEXITSTATUS(wait_status), .signal = 0};
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Exit& exit) {
    if (exit.signal != 0) {
        return stream << "ended by signal " << exit.signal;
    }
    return stream << "exit status " << exit.status;
}

Process::Process(const Command& command, const std::string& line) {
    if (command.arguments.empty()) {
        throw std::logic_error{"a command has at least a name"};
    }
    const std::string& program =
        command.program.empty() ? command.arguments.front() : command.program;
    Pipe report = open_pipe();
    Pipe captured = open_pipe();
    Prepared child{.command = command,
                   .line = line,
                   .program = program.c_str(),
                   .arguments = pointers_to(command.arguments),
                   .environment = pointers_to(command.environment),
                   .captured = captured.writing.get(),
                   .report = report.writing.get()};
    id_ = common::check(::fork(), "fork");
    if (id_ == 0) {
        become_program(child);
    }
    handle_ = common::UniqueFd{
        static_cast<int>(common::check(::syscall(SYS_pidfd_open, id_, 0), "pidfd_open"))};
    if (command.standard == Standard::captured) {
        ::fcntl(captured.reading.get(), F_SETFL, O_NONBLOCK);
        output_ = std::make_unique<Output>(std::move(captured.reading));
    }
    report.writing.reset();
    Failure failure{};
    const auto length = common::retry_interrupted(
        [&] { return ::read(report.reading.get(), &failure, sizeof failure); });
    if (length == sizeof failure) {
        ::waitpid(id_, nullptr, 0);
        throw std::system_error{
            failure.code, std::generic_category(), "start " + program + ": " + failure.step};
    }
}

Process::Process(Process&& other) noexcept = default;

Process::~Process() {
    // Moved from, or never started.
    if (!handle_.is_open()) {
        return;
    }
    if (!exit_) {
        // Descendants first: once their parent is gone they are not told apart
        // from anybody else's.
        for (const pid_t descendant : descendants_of(id_)) {
            ::kill(descendant, SIGKILL);
        }
        ::kill(id_, SIGKILL);
        common::retry_interrupted([&] { return ::waitpid(id_, nullptr, 0); });
    }
}

bool Process::is_running() {
    if (exit_) {
        return false;
    }
    int status = 0;
    if (::waitpid(id_, &status, WNOHANG) != id_) {
        return true;
    }
    exit_ = std::make_unique<Exit>(exit_from(status));
    return false;
}

void Process::signal(int number) const {
    common::check(::kill(id_, number), "kill", std::to_string(id_));
}

Exit Process::wait_exit(Milliseconds deadline) {
    if (!wait_until([this] { return !is_running(); }, deadline)) {
        throw std::runtime_error{"process " + std::to_string(id_) + " is still there after " +
                                 std::to_string(deadline.count()) + " ms"};
    }
    if (output_) {
        output_->receive();
    }
    return *exit_;
}

const std::string& Process::output() const {
    if (!output_) {
        throw std::logic_error{"the output of this process is not captured"};
    }
    return output_->text();
}

Finished run(Command command, Milliseconds deadline) {
    command.standard = Standard::captured;
    Process process{command};
    const Exit exit = process.wait_exit(deadline);
    return {exit, process.output()};
}

}  // namespace pty
