#include "login/audit_record.hpp"

#include "common/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <cstring>

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

namespace login {

namespace {

/// AUDIT_USER_LOGIN: the kernel takes it as it comes, and leaves its name to libaudit.
constexpr std::uint16_t user_login = 1112;

constexpr std::size_t longest_value = 256;

std::string in_hex(std::string_view value) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4U];
        text += digits[byte & 0xFU];
    }
    return text;
}

/// As audit_encode_nv_string(3): in quotes, or where that would not hold it, and
/// only there, in digits without quotes. The kernel puts the text in single ones.
std::string encoded(std::string_view value) {
    value = value.substr(0, longest_value);
    const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) {
        return c > ' ' && c <= '~' && c != '"' && c != '\'';
    });
    return is_plain ? "\"" + std::string{value} + "\"" : in_hex(value);
}

/// Of a field that readers expect without quotes; `?` stands for none.
std::string bare(std::string_view value) {
    value = value.substr(0, longest_value);
    const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"._-:/%"}.find(c) != std::string_view::npos;
    });
    if (value.empty()) {
        return "?";
    }
    return is_plain ? std::string{value} : in_hex(value);
}

/// What is an address by itself: no name is ever looked up.
std::string address_in(const std::string& host) {
    in6_addr address{};
    const bool is_address = ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
                            ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
    // Up to where the C library has looked.
    return is_address ? host.substr(0, host.find('\0')) : "?";
}

std::string running_program() {
    std::array<char, PATH_MAX> path{};
    const auto size = ::readlink("/proc/self/exe", path.data(), path.size());
    return size > 0 ? std::string{path.data(), static_cast<std::size_t>(size)} : "login";
}

}  // namespace

std::string audit_text(const AuditedLogin& login, const Line& line, std::string_view program) {
    const bool is_in = login.result == AuditedLogin::Result::success;
    return "op=login " +
           (login.uid ? "id=" + std::to_string(*login.uid) : "acct=" + encoded(login.user)) +
           " exe=" + encoded(program) + " hostname=" + bare(line.shown_host) +
           " addr=" + address_in(line.shown_host) + " terminal=" + bare(line.name) +
           " res=" + (is_in ? "success" : "failed");
}

std::string audit_message(std::string_view text) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + text.size() + 1);
    header.nlmsg_type = user_login;
    // No answer: nothing would be done about it.
    header.nlmsg_flags = NLM_F_REQUEST;
    std::string message(sizeof header, '\0');
    ::memcpy(message.data(), &header, sizeof header);
    return message.append(text) + '\0';
}

void audit_login(const AuditedLogin& login, const Line& line) noexcept {
    if (TTYGATE_WITH_AUDIT == 0) {
        return;
    }
    try {
        // By ourselves: libaudit would be mapped into every session's login, waits
        // for an answer, and looks hosts up.
        const common::UniqueFd socket{
            ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT)};
        if (!socket.is_open()) {
            return;
        }
        const std::string message = audit_message(audit_text(login, line, running_program()));
        sockaddr_nl kernel{};
        kernel.nl_family = AF_NETLINK;
        const void* const untyped = &kernel;
        static_cast<void>(::sendto(socket.get(),
                                   message.data(),
                                   message.size(),
                                   0,
                                   static_cast<const sockaddr*>(untyped),
                                   sizeof kernel));
    } catch (...) {
        // Too little memory: the login goes on without its record.
        return;
    }
}

}  // namespace login
