#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// Which addresses \a and \A list.
enum class AddressList { best, all };

/// What an issue may tell. Each is asked for only when the text uses it, so a
/// plain issue costs nothing.
struct IssueFacts {
    std::function<std::string()> system_name;  ///< \s
    std::function<std::string()> node_name;    ///< \n
    std::function<std::string()> release;      ///< \r
    std::function<std::string()> version;      ///< \v
    std::function<std::string()> machine;      ///< \m
    std::function<std::string()> domain;       ///< \o: NIS domain name
    std::function<std::string()> host_domain;  ///< \O: what follows the host's own name
    std::function<std::tm()> now;              ///< \d \t, local time
    std::function<unsigned()> users;           ///< \u \U
    std::function<std::string(std::string_view)> os_release;    ///< \S{VARIABLE}
    std::function<std::string(std::string_view)> ipv4_address;  ///< \4, \4{interface}
    std::function<std::string(std::string_view)> ipv6_address;  ///< \6, \6{interface}
    /// \a and \A, of one interface or of all: a line for each.
    std::function<std::string(AddressList, std::string_view)> addresses{};
    std::function<std::string()> host_keys{};  ///< \k: a line for each
    /// \q{text}: a picture of it; "" where none can be shown.
    std::function<std::string(std::string_view)> qr_code{};
    std::string line{};  ///< \l
    unsigned speed = 0;  ///< \b
};

enum class IssueStyle {
    agetty,   ///< escapes begin with a backslash
    busybox,  ///< with % too, and those take no argument
};

struct RenderedIssue {
    std::string text{};
    /// Of the text without what changes by itself: time and number of users.
    std::uint64_t lasting_hash = 0;
    bool uses_addresses = false;
    bool uses_host_name = false;
    bool uses_domain_name = false;
};

/// Replaces the escapes of issue(5) by what they stand for. An unknown \q gives
/// q. The text is the administrator's and passes as it is; facts pass through
/// safe_text.
[[nodiscard]] RenderedIssue render_issue(std::string_view text,
                                         const IssueFacts& facts,
                                         IssueStyle style = IssueStyle::agetty);

/// What `\e{name}` knows.
[[nodiscard]] std::vector<std::string_view> colour_names();

/// FNV-1a, 64 bits: tells a changed text from the one that is shown, and is no
/// secret. `before` continues from an earlier one.
[[nodiscard]] std::uint64_t text_hash(std::string_view text,
                                      std::uint64_t before = 0xcbf29ce484222325U);

}  // namespace getty
