#pragma once

#include <string>
#include <vector>

namespace getty {

/// A systemd credential for agetty: "agetty.delay" is {"delay", its text}.
struct Credential {
    std::string option{};
    std::string value{};
};

/// The credentials in $CREDENTIALS_DIRECTORY (systemd.exec(5)) that stand for
/// options of getty. None, with a line in the log, where the directory is not
/// below /run/credentials, is a link, or could have been written by anybody but
/// root: a variable must not choose who logs in.
[[nodiscard]] std::vector<Credential> read_credentials();

}  // namespace getty
