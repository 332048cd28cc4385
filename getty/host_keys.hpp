#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace getty {

/// `SHA256:… (ED25519)` for the text of a public key file of OpenSSH, as
/// ssh-keygen(1) -l shows it; nothing for anything else.
[[nodiscard]] std::optional<std::string> key_fingerprint(std::string_view public_key);

/// The fingerprints of the machine's SSH host keys, a line for each, read from
/// /etc/ssh/ssh_host_*_key.pub by name.
[[nodiscard]] std::string host_key_lines();

}  // namespace getty
