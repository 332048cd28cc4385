#pragma once

#include "getty/line_profile.hpp"
#include "getty/options.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// What one place says of a line, and which place: "/etc/getty.conf:12",
/// "command line".
struct PlacedProfile {
    std::string place{};
    LineProfile profile{};

    bool operator==(const PlacedProfile&) const = default;
};

/// What holds where nobody says otherwise.
[[nodiscard]] PlacedProfile defaults(const Options& built_in, std::string_view terminal_type);

/// What the words after the options say; read_operands() has put it there.
[[nodiscard]] PlacedProfile said_by_operands(const Options& given);

/// One for each setting. The first of them, if it is among them in their order,
/// are credentials: of these the name is said.
[[nodiscard]] std::vector<PlacedProfile> said_by_options(
    std::span<const OptionSetting> given, std::span<const OptionSetting> credentials);

/// `getty --dump`: what is in force on the line, as a section of getty.conf(5)
/// that would do the same, with a comment before what comes from one place. The
/// least come first: a place takes from those before it what it says itself, but
/// modes and environment add up.
[[nodiscard]] std::string dump_of(std::string_view line, std::span<const PlacedProfile> places);

}  // namespace getty
