#pragma once

#include <filesystem>

namespace vm {

/// Makes the root of the guest, an Archive: the programs of a tree of Debian packages, our
/// own as `meson install` installs them, accounts, PAM services, the modules
/// that its hardware needs, and what is in tests/vm/guest.
void make_guest_root(const std::filesystem::path& packages,
                     const std::filesystem::path& scratch,
                     const std::filesystem::path& file);

}  // namespace vm
