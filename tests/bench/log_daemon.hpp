#pragma once

#include "tests/pty/world.hpp"

#include <sys/types.h>

namespace bench {

/// Reads the World's log, as a syslogd does: what waits for the C library's syslog(3)
/// would else wait for ever when ten lines are unread. Until the end of scope.
class LogDaemon {
  public:
    explicit LogDaemon(const pty::World& world);
    LogDaemon(const LogDaemon&) = delete;
    LogDaemon(LogDaemon&&) = delete;
    LogDaemon& operator=(const LogDaemon&) = delete;
    LogDaemon& operator=(LogDaemon&&) = delete;
    ~LogDaemon();

  private:
    pid_t process_;
};

}  // namespace bench
