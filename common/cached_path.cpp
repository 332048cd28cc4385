#include "common/cached_path.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace common {

namespace {

// Headers may be older than the kernel. The same on every architecture of ours.
constexpr long openat2_call = 437;
constexpr long statmount_call = 457;
constexpr std::uint64_t only_cached = 0x20;   // RESOLVE_CACHED
constexpr unsigned unique_mount_id = 0x4000;  // STATX_MNT_ID_UNIQUE
constexpr std::uint64_t of_file_system = 1;   // STATMOUNT_SB_BASIC

/// mnt_id_req of statmount(2).
struct MountRequest {
    std::uint32_t size = sizeof(MountRequest);
    std::uint32_t spare = 0;
    std::uint64_t mount = 0;
    std::uint64_t wanted = of_file_system;
};

/// The beginning of what statmount(2) says.
struct MountStatus {
    std::uint32_t size;
    std::uint32_t options;
    std::uint64_t told;
    std::uint32_t major;
    std::uint32_t minor;
    std::uint64_t magic;
    std::array<std::byte, 480> rest;
};

/// linux/magic.h, as far as such file systems are a machine's own.
constexpr std::array<std::uint64_t, 2> magic_in_memory{0x01021994, 0x858458f6};  // tmpfs, ramfs
constexpr std::array<std::uint64_t, 5> magic_on_disk{
    0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0xca451a4e};  // ext, xfs, btrfs, f2fs, bcachefs

template <std::size_t size>
bool has(const std::array<std::uint64_t, size>& list, std::uint64_t magic) {
    return std::find(list.begin(), list.end(), magic) != list.end();
}

}  // namespace

UniqueFd find_cached(int directory, const char* path, int flags) noexcept {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags | O_PATH | O_CLOEXEC));
    how.resolve = only_cached;
    return UniqueFd{static_cast<int>(::syscall(openat2_call, directory, path, &how, sizeof how))};
}

FileSystem file_system_of(const UniqueFd& file) noexcept {
    struct statx found {};
    MountRequest request;
    MountStatus status{};
    if (::statx(file.get(), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, unique_mount_id, &found) != 0 ||
        (found.stx_mask & unique_mount_id) == 0) {
        return FileSystem::other;
    }
    request.mount = found.stx_mnt_id;
    if (::syscall(statmount_call, &request, &status, sizeof status, 0U) != 0 ||
        (status.told & of_file_system) == 0) {
        return FileSystem::other;
    }
    if (has(magic_in_memory, status.magic)) {
        return FileSystem::in_memory;
    }
    return has(magic_on_disk, status.magic) ? FileSystem::on_disk : FileSystem::other;
}

}  // namespace common
