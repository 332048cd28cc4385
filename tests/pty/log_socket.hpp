#pragma once

#include "common/unique_fd.hpp"
#include "tests/pty/wait.hpp"

#include <string>
#include <vector>

namespace pty {

/// Stands in for the system's log daemon: /dev/log, a datagram socket. It is
/// read whenever a test waits; the kernel queues a thousand datagrams in between,
/// or net.unix.max_dgram_qlen (often 10) where no network of our own can be made.
class LogSocket : public Source {
  public:
    /// Binds it, open to everybody as the real one is.
    explicit LogSocket(const std::string& path);

    /// Every datagram so far, without the newline or NUL some senders add.
    [[nodiscard]] const std::vector<std::string>& lines();
    /// As if there had not been any.
    void forget();

    [[nodiscard]] int descriptor() const override { return socket_.get(); }
    void receive() override;

  private:
    common::UniqueFd socket_;
    std::vector<std::string> lines_;
};

/// Fills a log's queue with lines of one letter, until a writer that is new has no room:
/// one writer's own buffer may be full before the queue is, which is
/// net.unix.max_dgram_qlen long.
void fill_log(const std::string& path);

}  // namespace pty
