#pragma once

#include "common/unique_fd.hpp"
#include "tests/testing.hpp"

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

namespace tests {

/// A fresh pseudo terminal: its master, and the path of its line. Skips the
/// test where there are none.
class PtyPair {
  public:
    PtyPair() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) {
        std::array<char, 64> name{};
        if (!master_.is_open() || ::unlockpt(master_.get()) != 0 ||
            ::ptsname_r(master_.get(), name.data(), name.size()) != 0 ||
            ::access(name.data(), R_OK | W_OK) != 0) {
            skip("needs pseudo terminals");
        }
        path_ = name.data();
    }

    [[nodiscard]] int master() const { return master_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }

    /// Types; the whole text must fit into the line's buffer.
    [[nodiscard]] bool type(std::string_view keys) const {
        return ::write(master_.get(), keys.data(), keys.size()) ==
               static_cast<ssize_t>(keys.size());
    }

    /// What has been written to the line and arrives until nothing more comes
    /// for a moment.
    [[nodiscard]] std::string read_all() const {
        constexpr int moment = 50;
        std::string text;
        std::array<char, 4096> part{};
        pollfd source{.fd = master_.get(), .events = POLLIN, .revents = 0};
        while (::poll(&source, 1, moment) > 0) {
            const auto size = ::read(master_.get(), part.data(), part.size());
            if (size <= 0) {
                break;
            }
            text.append(part.data(), static_cast<std::size_t>(size));
        }
        return text;
    }

    void close_master() { master_.reset(); }

  private:
    common::UniqueFd master_;
    std::string path_;
};

}  // namespace tests
