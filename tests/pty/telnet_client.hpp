#pragma once

#include "common/unique_fd.hpp"
#include "tests/pty/line.hpp"
#include "tests/pty/wait.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pty {

/// Somebody with telnet (RFC 854) at 127.0.0.1:23: negotiates as a usual client
/// does, and sends whatever environment (RFC 1572) it is told to.
class TelnetClient : private Source {
  public:
    using Environment = std::vector<std::pair<std::string, std::string>>;

    /// Connects; a server that has just been started is waited for.
    explicit TelnetClient(Environment environment = {});
    ~TelnetClient() override = default;

    /// As in Line.
    void send(std::string_view keys);
    std::string expect(std::string_view text,
                       Milliseconds deadline = default_deadline,
                       Place place = {});
    [[nodiscard]] const std::string& transcript() const { return received_; }
    /// Whether the server has closed the connection.
    [[nodiscard]] bool has_ended() const { return has_ended_; }

    /// The client's machine is gone: the server is sent a reset.
    void reset();

  private:
    enum class State { text, command, option, subnegotiation, subnegotiation_command };

    [[nodiscard]] int descriptor() const override { return socket_.get(); }
    void receive() override;
    void take(unsigned char byte);
    void answer_option(unsigned char option);
    void answer_subnegotiation();
    void send_raw(std::string_view bytes);
    [[noreturn]] void fail(std::string_view what, const Place& place) const;

    Environment environment_;
    common::UniqueFd socket_;
    State state_ = State::text;
    unsigned char command_ = 0;
    std::string subnegotiation_;
    std::string answered_;  ///< command and option, so that nothing goes round in circles
    std::string received_;
    std::size_t matched_ = 0;
    bool has_ended_ = false;
};

}  // namespace pty
