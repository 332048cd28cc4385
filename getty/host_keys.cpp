#include "getty/host_keys.hpp"

#include "common/directory.hpp"
#include "common/short_text.hpp"
#include "common/text_file.hpp"
#include "getty/sha256.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace getty {

namespace {

constexpr const char* key_directory = "/etc/ssh";
constexpr std::size_t most_keys = 32;
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct KeyKind {
    common::ShortText<28> type;
    common::ShortText<12> name;
};

/// The type of a key file begins with one of these.
constexpr auto kinds = std::to_array<KeyKind>({
    {"ssh-ed25519", "ED25519"},
    {"ssh-rsa", "RSA"},
    {"ecdsa-sha2-", "ECDSA"},
    {"ssh-dss", "DSA"},
    {"sk-ssh-ed25519@openssh.com", "ED25519-SK"},
    {"sk-ecdsa-sha2-", "ECDSA-SK"},
});

/// RFC 4648, 4.
std::optional<std::string> from_base64(std::string_view text) {
    while (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    std::string bytes;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char digit : text) {
        const std::size_t value = base64_digits.find(digit);
        if (value == base64_digits.npos) {
            return std::nullopt;
        }
        held = held << 6U | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>(held >> bits & 0xffU);
        }
    }
    return bytes;
}

/// Without the padding, as ssh-keygen has it.
template <std::size_t N>
std::string to_base64(const std::array<std::uint8_t, N>& bytes) {
    std::string text;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : bytes) {
        held = held << 8U | byte;
        for (bits += 8; bits >= 6; bits -= 6) {
            text += base64_digits[held >> (bits - 6) & 0x3fU];
        }
    }
    if (bits > 0) {
        text += base64_digits[held << (6 - bits) & 0x3fU];
    }
    return text;
}

std::string_view take_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find_first_of(" \t\r\n"));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    return word;
}

}  // namespace

std::optional<std::string> key_fingerprint(std::string_view public_key) {
    const std::string_view type = take_word(public_key);
    const std::string_view encoded = take_word(public_key);
    const auto* const kind = std::find_if(kinds.begin(), kinds.end(), [=](const KeyKind& k) {
        return type.starts_with(k.type.view());
    });
    const auto key = from_base64(encoded);
    if (kind == kinds.end() || !key || key->empty()) {
        return std::nullopt;
    }
    return "SHA256:" + to_base64(sha256(*key)) + " (" + std::string{kind->name.view()} + ")";
}

std::string host_key_lines() {
    std::vector<std::string> names;
    for (const std::string& name : common::names_in(key_directory)) {
        if (names.size() < most_keys && name.starts_with("ssh_host_") &&
            name.ends_with("_key.pub")) {
            names.push_back(name);
        }
    }
    std::string lines;
    for (const std::string& name : names) {
        const auto text = common::read_text_file(std::string{key_directory} + "/" + name);
        if (const auto line = key_fingerprint(text.value_or(""))) {
            lines += (lines.empty() ? "" : "\n") + *line;
        }
    }
    return lines;
}

}  // namespace getty
