#include "common/local_calendar.hpp"

#include <cstdlib>

#include <sys/stat.h>

namespace common {

bool local_calendar(std::time_t when, std::tm& fields) noexcept {
    struct stat zone {};
    if (::getenv("TZ") == nullptr && ::stat("/etc/localtime", &zone) == 0 &&
        !S_ISREG(zone.st_mode)) {
        // Also for strftime(3), which looks as well.
        ::setenv("TZ", "UTC0", 1);
    }
    return ::localtime_r(&when, &fields) != nullptr;
}

}  // namespace common
