#include "tests/pty/telnet_client.hpp"

#include "common/syscall.hpp"
#include "tests/pty/escaped.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>

#include <arpa/inet.h>
#include <arpa/telnet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace pty {

namespace {

constexpr in_port_t telnet_port = 23;
constexpr unsigned char new_environment = 39;
// Of RFC 1572.
constexpr char is_value = 0;
constexpr char variable = 0;
constexpr char value = 1;
constexpr char escape = 2;

common::UniqueFd connect_to_server() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = ::htons(telnet_port);
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    common::UniqueFd socket;
    const auto connected = [&] {
        socket.reset(common::check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
        return ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    };
    if (!wait_until(connected)) {
        throw std::runtime_error{"nobody listens on the telnet port"};
    }
    common::check(::fcntl(socket.get(), F_SETFL, O_NONBLOCK), "fcntl");
    return socket;
}

std::string subnegotiated(unsigned char option, const std::string& text) {
    std::string bytes{static_cast<char>(IAC), static_cast<char>(SB), static_cast<char>(option)};
    for (const char byte : text) {
        bytes += byte;
        if (static_cast<unsigned char>(byte) == IAC) {
            bytes += byte;
        }
    }
    bytes += static_cast<char>(IAC);
    bytes += static_cast<char>(SE);
    return bytes;
}

std::string with_escapes(const std::string& text) {
    std::string bytes;
    for (const char byte : text) {
        if (byte >= variable && byte <= escape + 1) {
            bytes += escape;
        }
        bytes += byte;
    }
    return bytes;
}

}  // namespace

TelnetClient::TelnetClient(Environment environment) : environment_(std::move(environment)) {
    // Not before the rest of us is there: whoever waits reads from us as well.
    socket_ = connect_to_server();
}

void TelnetClient::send(std::string_view keys) {
    std::string bytes;
    for (const char key : keys) {
        bytes += key;
        if (key == '\r') {
            bytes += '\0';
        } else if (static_cast<unsigned char>(key) == IAC) {
            bytes += key;
        }
    }
    send_raw(bytes);
}

std::string TelnetClient::expect(std::string_view text, Milliseconds deadline, Place place) {
    std::size_t found = std::string::npos;
    const auto has_come = [&] {
        found = received_.find(text, matched_);
        return found != std::string::npos || has_ended_;
    };
    if (!wait_until(has_come, deadline) || found == std::string::npos) {
        fail("no \"" + escaped(text) + "\"", place);
    }
    std::string before = received_.substr(matched_, found - matched_);
    matched_ = found + text.size();
    return before;
}

void TelnetClient::reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    common::check(::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once),
                  "SO_LINGER");
    socket_.reset();
}

void TelnetClient::receive() {
    std::array<unsigned char, 4096> buffer{};
    while (socket_.is_open()) {
        const auto length = common::retry_interrupted(
            [&] { return ::recv(socket_.get(), buffer.data(), buffer.size(), 0); });
        if (length < 0 && errno == EAGAIN) {
            return;
        }
        if (length <= 0) {
            has_ended_ = true;
            socket_.reset();
            return;
        }
        for (ssize_t index = 0; index < length; ++index) {
            take(buffer.at(static_cast<std::size_t>(index)));
        }
    }
}

void TelnetClient::take(unsigned char byte) {
    switch (state_) {
        case State::text:
            if (byte == IAC) {
                state_ = State::command;
            } else if (byte != 0) {
                received_ += static_cast<char>(byte);
            }
            break;
        case State::command:
            command_ = byte;
            state_ = byte == SB                     ? State::subnegotiation
                     : byte >= WILL && byte <= DONT ? State::option
                                                    : State::text;
            subnegotiation_.clear();
            break;
        case State::option:
            state_ = State::text;
            answer_option(byte);
            break;
        case State::subnegotiation:
            if (byte == IAC) {
                state_ = State::subnegotiation_command;
            } else {
                subnegotiation_ += static_cast<char>(byte);
            }
            break;
        case State::subnegotiation_command:
            state_ = byte == SE ? State::text : State::subnegotiation;
            if (byte == SE) {
                answer_subnegotiation();
            }
            break;
    }
}

void TelnetClient::answer_option(unsigned char option) {
    const std::string asked{static_cast<char>(command_), static_cast<char>(option)};
    for (std::size_t index = 0; index < answered_.size(); index += 2) {
        if (answered_.compare(index, 2, asked) == 0) {
            return;
        }
    }
    answered_ += asked;
    unsigned char answer = 0;
    if (command_ == WILL) {
        answer = option == TELOPT_ECHO || option == TELOPT_SGA ? DO : DONT;
    } else if (command_ == DO) {
        const bool can = option == TELOPT_TTYPE || option == TELOPT_NAWS ||
                         option == TELOPT_TSPEED || option == TELOPT_SGA ||
                         option == new_environment;
        answer = can ? WILL : WONT;
    } else {
        return;
    }
    send_raw(
        std::string{static_cast<char>(IAC), static_cast<char>(answer), static_cast<char>(option)});
    if (answer == WILL && option == TELOPT_NAWS) {
        send_raw(subnegotiated(TELOPT_NAWS, std::string{"\0\x50\0\x18", 4}));
    }
}

void TelnetClient::answer_subnegotiation() {
    if (subnegotiation_.empty()) {
        return;
    }
    const auto option = static_cast<unsigned char>(subnegotiation_.front());
    std::string answer(1, is_value);
    if (option == TELOPT_TTYPE) {
        answer += "vt100";
    } else if (option == TELOPT_TSPEED) {
        answer += "38400,38400";
    } else if (option == new_environment) {
        for (const auto& [name, text] : environment_) {
            answer += variable + with_escapes(name) + value + with_escapes(text);
        }
    } else {
        return;
    }
    send_raw(subnegotiated(option, answer));
}

void TelnetClient::send_raw(std::string_view bytes) {
    // Little enough for the socket's buffer.
    ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void TelnetClient::fail(std::string_view what, const Place& place) const {
    throw std::runtime_error{std::string{place.file} + ":" + std::to_string(place.line) +
                             ": telnet: " + std::string{what} + "\n---- matched so far ----\n" +
                             escaped(std::string_view{received_}.substr(0, matched_)) +
                             "\n---- not matched ----\n" +
                             escaped(std::string_view{received_}.substr(matched_)) +
                             (has_ended_ ? "\n---- closed ----" : "\n---- end ----")};
}

}  // namespace pty
