#pragma once

#include "common/unique_fd.hpp"
#include "tests/pty/wait.hpp"

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

namespace pty {

/// Where a started process finds itself.
enum class Session {
    leader,                ///< of a session without a terminal, as init starts its children
    leader_with_terminal,  ///< of a session that the line controls, as login is started
    group_leader,          ///< of a process group in the test's own session
    member,                ///< of the test's own process group
};

/// What descriptors 0, 1 and 2 are.
enum class Standard {
    line,      ///< the line the process is started on
    null,      ///< /dev/null
    captured,  ///< 0 is /dev/null, 1 and 2 are Process::output()
    closed,    ///< none of them is open
};

struct Command {
    /// argv; the first is also the program to execute unless `program` is set.
    std::vector<std::string> arguments;
    /// The whole environment, as "NAME=VALUE". Empty, as some inits leave it.
    std::vector<std::string> environment;
    std::string program;
    std::string directory = "/";
    std::vector<std::pair<int, rlimit>> limits;
    Session session = Session::leader;
    Standard standard = Standard::null;
    /// Runs in the child just before execve: ignored signals, odd masks, extra
    /// descriptors (which it must leave without FD_CLOEXEC to pass them on).
    std::function<void()> before_exec;
};

/// How a process ended: exactly one of the two is set.
struct Exit {
    int status = -1;
    int signal = 0;

    friend bool operator==(const Exit& left, const Exit& right) = default;
    friend std::ostream& operator<<(std::ostream& stream, const Exit& exit);
};

/// A process started by a test. At the end it is killed together with what
/// descends from it; what has been orphaned before ends with its World.
class Process {
  public:
    /// Throws when the program cannot be executed. `line` is the path of the
    /// terminal for Standard::line and Session::leader_with_terminal.
    explicit Process(const Command& command, const std::string& line = {});
    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) = delete;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    [[nodiscard]] pid_t id() const { return id_; }
    [[nodiscard]] bool is_running();
    void signal(int number) const;

    /// Throws when the process is still there at the deadline.
    Exit wait_exit(Milliseconds deadline = default_deadline);

    /// What it wrote so far (Standard::captured).
    [[nodiscard]] const std::string& output() const;

  private:
    class Output;

    pid_t id_ = -1;
    common::UniqueFd handle_;
    std::unique_ptr<Exit> exit_;
    std::unique_ptr<Output> output_;
};

/// Runs a command to its end, with descriptors 1 and 2 captured.
struct Finished {
    Exit exit;
    std::string output;
};
[[nodiscard]] Finished run(Command command, Milliseconds deadline = default_deadline);

}  // namespace pty
