#pragma once

#include "getty/line_profile.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// `include = PATH`: what the file says belongs at this place.
struct IncludeRequest {
    unsigned line = 0;
    std::string path{};
    std::string section{};     ///< the file begins in this section
    std::size_t position = 0;  ///< before the profile of this index
};

/// One file. Each section gives a profile, labelled with its globs; the keys
/// before the first section give one labelled "". A section that an include
/// interrupts gives two.
struct GettyConf {
    std::vector<LineProfile> profiles{};
    std::vector<Problem> problems{};
    std::vector<IncludeRequest> includes{};
};

/// What makes one profile: all keys of a section that stand together, or each
/// key for itself, which tells what stands in which line.
enum class Grain { section, key };

/// getty.conf(5): `#` and `;` comments, `[globs]`, `key = value`. Keys are the
/// long options of getty(8) (`yes` or `no` for one that takes nothing) and
/// what a line table has besides: speed, term, modes, next, prompt, ... Section
/// is what an including file was in.
[[nodiscard]] GettyConf read_getty_conf(std::string_view text,
                                        std::string_view section = {},
                                        Grain grain = Grain::section);

/// The section read_getty_conf() makes this profile of; what getty.conf has no
/// key for is left out.
[[nodiscard]] std::string write_getty_conf(const LineProfile& profile);

/// The keys that are no options of getty.
[[nodiscard]] std::vector<std::string_view> keys_of_sections();

/// What getty's own options have against a setting, in words for the table it
/// stands in; nothing if it is good.
[[nodiscard]] std::optional<std::string> objection_to(const OptionSetting& setting);

/// Text of a file, or nothing where it cannot be read.
using FileReader = std::function<std::optional<std::string>(const std::string& path)>;

struct FileProblem {
    std::string file{};
    Problem problem{};

    bool operator==(const FileProblem&) const = default;
};

/// All files of a configuration, includes in their places.
struct Configuration {
    std::vector<LineProfile> sections{};
    std::vector<FileProblem> problems{};
    std::vector<std::string> places{};  ///< "FILE:LINE" of each section, by Grain::key only
};

/// Reads the files one after the other and what they include. An include that
/// leads back to itself, or is too deep, or one too many is a problem and is
/// left out. A path without a leading slash is taken from the includer's
/// directory.
[[nodiscard]] Configuration read_getty_conf_files(std::span<const std::string> files,
                                                  const FileReader& read,
                                                  Grain grain = Grain::section);

/// A directory that may hold `getty.conf` and `getty.conf.d`, and the names
/// found there, as `getty.conf` and `getty.conf.d/10-serial.conf`.
struct ConfDirectory {
    std::string path{};
    std::vector<std::string> names{};
};

/// Which files to read, in order; the directories come highest first (/etc,
/// /run, /usr/lib). The UAPI group's configuration files specification: the
/// first getty.conf, then the drop-ins of all directories by name, where a name
/// in a higher directory masks the same name in a lower one. Hidden files, and
/// those that do not end in .conf, are left out.
[[nodiscard]] std::vector<std::string> layered_conf_files(
    std::span<const ConfDirectory> directories);

/// glob(7) for one name, without a slash's special meaning: `*`, `?`, `[a-z]`, `[!a-z]`.
[[nodiscard]] bool matches_glob(std::string_view glob, std::string_view name);

/// Whether one of the section's globs matches; there are none before the first header.
[[nodiscard]] bool is_for_line(const LineProfile& section, std::string_view line);
/// What the configuration says for a line ("ttyS0"): the keys outside of
/// sections, then the sections with a glob that matches, in order; what comes
/// later wins.
[[nodiscard]] LineProfile profile_of_line(std::span<const LineProfile> sections,
                                          std::string_view line);

/// The same for sections of exactly this header, which is what `next` names;
/// nothing where there is none.
[[nodiscard]] std::optional<LineProfile> profile_of_section(std::span<const LineProfile> sections,
                                                            std::string_view header);

/// What `over` gives wins over what `base` gives; mode changes, options and
/// environment add up.
[[nodiscard]] LineProfile merged(LineProfile base, const LineProfile& over);

}  // namespace getty
