#pragma once

#include <filesystem>
#include <string_view>

namespace pty {

/// Creates or replaces a file. Throws with its name.
void write_text(const std::filesystem::path& path, std::string_view text);

/// Writes the files of /etc that a World starts with: accounts root, daemon
/// and nobody, groups, PAM services, settings.
void write_etc();

/// Makes the empty record files.
void write_run_and_log();

}  // namespace pty
