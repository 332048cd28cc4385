#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace pty {

/// A process as /proc/PID/stat tells it; proc(5).
struct RunningProcess {
    pid_t id = 0;
    pid_t parent = 0;
    pid_t group = 0;
    pid_t session = 0;
    pid_t foreground = 0;  ///< of its terminal, -1 without one
    dev_t terminal = 0;
    char state = '?';
    std::string name;  ///< comm: at most 15 bytes
};

/// All processes of this pid namespace, in the order of their ids.
[[nodiscard]] std::vector<RunningProcess> running_processes();

/// As /proc/PID/stat has it: R, S, T and so on; '-' where there is no such process.
[[nodiscard]] char state_of(pid_t process);

/// Children, their children and so on, as they are at this moment.
[[nodiscard]] std::vector<pid_t> descendants_of(pid_t ancestor);

}  // namespace pty
