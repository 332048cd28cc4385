#include "common/landlock.hpp"

#include "common/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <sys/syscall.h>

namespace common {

namespace {

#ifdef SYS_landlock_create_ruleset
constexpr long create_ruleset = SYS_landlock_create_ruleset;
constexpr long restrict_self = SYS_landlock_restrict_self;
#else
// The same on every architecture.
constexpr long create_ruleset = 444;
constexpr long restrict_self = 446;
#endif
constexpr unsigned create_ruleset_version = 1;

/// landlock_ruleset_attr of the newest kernel that we know; headers may be older.
struct Handled {
    std::uint64_t files = 0;
    std::uint64_t network = 0;
    std::uint64_t scoped = 0;
};

/// So many rights, from the first on.
constexpr std::uint64_t first_rights(unsigned count) {
    return (std::uint64_t{1} << count) - 1;
}

struct Known {
    Handled handled;
    std::size_t size = 0;  ///< of the structure, as that kernel has it
};

/// By version of the kernel's interface, from 1 on.
constexpr auto known = std::to_array<Known>({
    {.handled = {.files = first_rights(13)}, .size = sizeof(std::uint64_t)},
    {.handled = {.files = first_rights(14)}, .size = sizeof(std::uint64_t)},
    {.handled = {.files = first_rights(15)}, .size = sizeof(std::uint64_t)},
    {.handled = {.files = first_rights(15), .network = first_rights(2)},
     .size = 2 * sizeof(std::uint64_t)},
    {.handled = {.files = first_rights(16), .network = first_rights(2)},
     .size = 2 * sizeof(std::uint64_t)},
    {.handled = {.files = first_rights(16), .network = first_rights(2), .scoped = first_rights(2)},
     .size = 3 * sizeof(std::uint64_t)},
});

/// Of the kernel's interface, from 1 on, or -1 and errno.
long landlock_version() noexcept {
    return ::syscall(create_ruleset, nullptr, 0, create_ruleset_version);
}

}  // namespace

bool has_landlock() noexcept {
    return landlock_version() >= 1;
}

int give_up_files() noexcept {
    const long version = landlock_version();
    if (version < 1) {
        return version < 0 ? errno : ENOSYS;
    }
    const auto newest = static_cast<long>(known.size());
    const Known& what = known[static_cast<std::size_t>((version < newest ? version : newest) - 1)];
    const UniqueFd rules{static_cast<int>(::syscall(create_ruleset, &what.handled, what.size, 0U))};
    if (!rules.is_open()) {
        return errno;
    }
    return ::syscall(restrict_self, rules.get(), 0U) == 0 ? 0 : errno;
}

}  // namespace common
