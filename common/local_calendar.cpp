#include "common/local_calendar.hpp"

#include <cstdlib>

#include <sys/stat.h>

namespace common {

namespace {

bool has_zone_that_is_no_file() noexcept {
    struct stat zone {};
    return ::getenv("TZ") == nullptr && ::stat("/etc/localtime", &zone) == 0 &&
           !S_ISREG(zone.st_mode);
}

}  // namespace

bool local_calendar(std::time_t when, std::tm& fields) noexcept {
    // The C library reads it once as well.
    static const bool has_none = has_zone_that_is_no_file();
    if (has_none) {
        // Also for strftime(3), which looks as well.
        ::setenv("TZ", "UTC0", 1);
    }
    return ::localtime_r(&when, &fields) != nullptr;
}

}  // namespace common
