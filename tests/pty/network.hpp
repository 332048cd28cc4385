#pragma once

#include "common/unique_fd.hpp"

namespace pty {

/// A network of the test's own from here on, with nothing but a loopback
/// interface that is down. Skips the running test where that cannot be had.
void leave_network();

/// Back to the machine's own, for a process that fetches something.
void return_to_network();

/// That interface brought up, with 127.0.0.1.
void raise_loopback();

/// Adds and removes IPv4 addresses of the loopback interface, rtnetlink(7).
class Addresses {
  public:
    Addresses();

    void add(const char* address) const;
    void remove(const char* address) const;

  private:
    void request(int type, int flags, const char* address) const;

    common::UniqueFd socket_;
};

}  // namespace pty
