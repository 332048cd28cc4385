#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace common {

/// One page for a password: locked into memory, left out of core dumps, between
/// two pages that cannot be touched, wiped whenever it is cleared or goes away, and
/// empty in every process forked meanwhile.
/// Nothing else in the programs ever holds a typed secret; code that needs one
/// gets a view of it.
class Secret {
  public:
    /// PAM_MAX_RESP_SIZE and CRYPT_MAX_PASSPHRASE_SIZE, both with their NUL.
    static constexpr std::size_t capacity = 511;

    /// Throws std::system_error when there is no memory; a page that cannot be
    /// locked (RLIMIT_MEMLOCK) is logged and used all the same.
    Secret();
    Secret(const Secret&) = delete;
    Secret(Secret&&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret& operator=(Secret&&) = delete;
    ~Secret();

    /// Where a reader puts what is typed.
    [[nodiscard]] std::span<char> storage() noexcept { return {text_, capacity}; }
    void set_size(std::size_t size) noexcept;

    [[nodiscard]] std::string_view view() const noexcept { return {text_, size_}; }
    /// NUL-terminated, for C interfaces.
    [[nodiscard]] const char* c_str() const noexcept { return text_; }
    void wipe() noexcept;

  private:
    char* text_ = nullptr;  ///< ends where the page ends
    std::size_t size_ = 0;
};

}  // namespace common
