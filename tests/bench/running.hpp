#pragma once

#include "common/unique_fd.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace bench {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

/// How a program is started on a line.
enum class Start {
    knows_name,    ///< as init starts a getty: {line} in its arguments is pts/3
    has_terminal,  ///< as a getty starts login: on 0, 1 and 2, and controlled by it
};

enum class Watched { no, system_calls };

/// A whole program on a fresh pseudo terminal, seen from outside. Ends with it.
class Running {
  public:
    /// `group` is the `cgroup.procs` of a cgroup to be started in, or -1. Throws
    /// where it cannot be started.
    Running(std::vector<std::string> arguments,
            Start start,
            int group = -1,
            Watched watched = Watched::no);
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    Running(Running&& other) noexcept;
    Running& operator=(Running&&) = delete;
    ~Running();

    [[nodiscard]] pid_t id() const { return id_; }
    [[nodiscard]] const std::string& line() const { return line_; }  ///< pts/3
    [[nodiscard]] int master() const { return master_.get(); }
    /// Just before its execve(2).
    [[nodiscard]] Clock::time_point started() const { return started_; }

    /// Reads what is there. Whether the text has come by now, after what was
    /// found before.
    [[nodiscard]] bool has_shown(std::string_view text);
    /// When the text came; throws with what came instead.
    Clock::time_point wait_for(std::string_view text,
                               std::chrono::seconds patience = std::chrono::seconds{3});
    void type(std::string_view keys) const;

    /// Kills it, and says what processor time it took since its start, its
    /// children's in it.
    Microseconds end();
    /// Waits until it has left by itself; kills it if it does not.
    void wait_for_end();

  private:
    common::UniqueFd master_;
    std::string line_;
    std::string shown_;
    std::size_t seen_ = 0;
    pid_t id_ = -1;
    Clock::time_point started_{};
};

/// How long until the texts of all are there, from the start of the first.
[[nodiscard]] Microseconds wait_for_all(std::vector<Running>& all, std::string_view text);

}  // namespace bench
