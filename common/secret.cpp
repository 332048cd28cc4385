#include "common/secret.hpp"

#include "common/log.hpp"
#include "common/syscall.hpp"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

namespace common {

namespace {

std::size_t page_size() {
    static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

}  // namespace

Secret::Secret() {
    const std::size_t page = page_size();
    // Three pages without access, then the middle one is opened: what runs over
    // either end faults instead of reading a password.
    void* const arena = ::mmap(nullptr, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (arena == MAP_FAILED) {
        throw_errno("reserve memory for a password");
    }
    page_ = static_cast<char*>(arena) + page;
    if (::mprotect(page_, page, PROT_READ | PROT_WRITE) != 0) {
        throw_errno("open memory for a password");
    }
    if (::mlock(page_, page) != 0) {
        log(Severity::warning, "a password may reach swap: mlock: " + error_text(errno));
    }
    ::madvise(page_, page, MADV_DONTDUMP);
}

Secret::~Secret() {
    wipe();
    ::munmap(page_ - page_size(), 3 * page_size());
}

void Secret::set_size(std::size_t size) noexcept {
    size_ = size < capacity ? size : capacity;
    page_[size_] = '\0';
}

void Secret::wipe() noexcept {
    ::explicit_bzero(page_, page_size());
    size_ = 0;
}

}  // namespace common
