#pragma once

#include <ctime>
#include <functional>
#include <string>
#include <string_view>

namespace getty {

/// What an issue may tell. Each is asked for only when the text uses it, so a
/// plain issue costs nothing.
struct IssueFacts {
    std::function<std::string()> system_name;  ///< \s
    std::function<std::string()> node_name;    ///< \n
    std::function<std::string()> release;      ///< \r
    std::function<std::string()> version;      ///< \v
    std::function<std::string()> machine;      ///< \m
    std::function<std::string()> domain;       ///< \o: NIS domain name
    std::function<std::string()> host_domain;  ///< \O: the host name after its first dot
    std::function<std::tm()> now;              ///< \d \t, local time
    std::function<unsigned()> users;           ///< \u \U
    std::function<std::string(std::string_view)> os_release;    ///< \S{VARIABLE}
    std::function<std::string(std::string_view)> ipv4_address;  ///< \4, \4{interface}
    std::function<std::string(std::string_view)> ipv6_address;  ///< \6, \6{interface}
    std::string line{};                                         ///< \l
    unsigned speed = 0;                                         ///< \b
};

/// Replaces the escapes of issue(5) by what they stand for. An unknown \q gives
/// q. The text is the administrator's and passes as it is; facts pass through
/// safe_text.
[[nodiscard]] std::string render_issue(std::string_view text, const IssueFacts& facts);

/// The value of one variable in the text of os-release(5), quotes and
/// backslashes undone; "" if it is not there.
[[nodiscard]] std::string os_release_value(std::string_view text, std::string_view variable);

}  // namespace getty
