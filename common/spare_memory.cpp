#include "common/spare_memory.hpp"

#include <cstdint>
#include <cstdlib>

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace common {

void give_memory_back() noexcept {
    ::malloc_trim(0);
    // The kernel keeps a mebibyte below a stack free of everything else.
    constexpr std::uintptr_t deepest = std::uintptr_t{512} * 1024;
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    // What madvise(2) itself is called with lies below this.
    constexpr std::uintptr_t in_use = 1024;
    const char here = 0;
    const auto end = (reinterpret_cast<std::uintptr_t>(&here) - in_use) / page * page;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address is what it is about
    ::madvise(reinterpret_cast<void*>(end - deepest), deepest, MADV_DONTNEED);
}

void keep_freed_memory() noexcept {
    constexpr int never = 1 << 30;
    ::mallopt(M_TRIM_THRESHOLD, never);
}

bool have_memory_ready(std::size_t bytes) noexcept {
    // At the end of the heap, from which malloc(3) takes when nothing else fits.
    if (::mallinfo2().keepcost > bytes) {
        return true;
    }
    // NOLINTBEGIN(*-no-malloc,*-owning-memory): if need be, the heap grows by it, and stays so
    void* const all = ::malloc(bytes);
    ::free(all);
    // NOLINTEND(*-no-malloc,*-owning-memory)
    return all != nullptr;
}

}  // namespace common
