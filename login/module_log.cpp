// syslog(3) of this program, for PAM's modules and NSS: the C library's waits for
// ever where the log's reader is stuck, and nobody would get in. The linker gives it to
// all libraries in place of theirs; nothing of ours calls it.

#include "common/log.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string_view>

namespace {

/// Text, facility and name are ours: harmless, authpriv and login. `%m` is the C library's.
[[gnu::format(printf, 2, 0)]] void log_for_module(int priority,
                                                  const char* format,
                                                  std::va_list values) noexcept {
    constexpr unsigned levels = 7;  // the rest is the facility
    std::array<char, 2048> text{};
    if (std::vsnprintf(text.data(), text.size(), format, values) < 0) {
        return;
    }
    std::string_view line{text.data()};
    while (line.ends_with('\n')) {
        line.remove_suffix(1);
    }
    common::log(static_cast<common::Severity>(static_cast<unsigned>(priority) & levels), line);
}

}  // namespace

// The names that a program calls by, with _FORTIFY_SOURCE and without.
extern "C" {

[[gnu::format(printf, 2, 3)]] void module_syslog(int priority, const char* format, ...) noexcept
    asm("syslog");
[[gnu::format(printf, 2, 0)]] void module_vsyslog(int priority,
                                                  const char* format,
                                                  std::va_list values) noexcept asm("vsyslog");
[[gnu::format(printf, 3, 4)]] void module_checked_syslog(int priority,
                                                         int flag,
                                                         const char* format,
                                                         ...) noexcept asm("__syslog_chk");
[[gnu::format(printf, 3, 0)]] void module_checked_vsyslog(
    int priority, int flag, const char* format, std::va_list values) noexcept asm("__vsyslog_chk");

void module_syslog(int priority, const char* format, ...) noexcept {
    std::va_list values;
    va_start(values, format);
    log_for_module(priority, format, values);
    va_end(values);
}

void module_vsyslog(int priority, const char* format, std::va_list values) noexcept {
    log_for_module(priority, format, values);
}

void module_checked_syslog(int priority, int /*flag*/, const char* format, ...) noexcept {
    std::va_list values;
    va_start(values, format);
    log_for_module(priority, format, values);
    va_end(values);
}

void module_checked_vsyslog(int priority,
                            int /*flag*/,
                            const char* format,
                            std::va_list values) noexcept {
    log_for_module(priority, format, values);
}

}  // extern "C"
