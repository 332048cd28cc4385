#include "common/secret.hpp"

#include "common/log.hpp"
#include "common/syscall.hpp"

#include <cstring>

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
    char* const middle = static_cast<char*>(arena) + page;
    // At the end of its page: one byte too many is the first byte of the next.
    text_ = middle + page - (capacity + 1);
    if (::mprotect(middle, page, PROT_READ | PROT_WRITE) != 0) {
        throw_errno("open memory for a password");
    }
    if (::mlock(middle, page) != 0) {
        log(Severity::warning, "a password may reach swap: mlock: " + error_text(errno));
    }
    ::madvise(middle, page, MADV_DONTDUMP);
    // A child that needs it is told, and it alone.
    ::madvise(middle, page, MADV_WIPEONFORK);
}

Secret::~Secret() {
    wipe();
    const std::size_t page = page_size();
    ::munmap(text_ + (capacity + 1) - 2 * page, 3 * page);
}

void Secret::set_size(std::size_t size) noexcept {
    size_ = size < capacity ? size : capacity;
    text_[size_] = '\0';
}

void Secret::wipe() noexcept {
    ::explicit_bzero(text_, capacity + 1);
    size_ = 0;
}

}  // namespace common
