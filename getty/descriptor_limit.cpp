#include "getty/descriptor_limit.hpp"

#include <optional>

#include <sys/resource.h>

namespace getty {

namespace {

std::optional<rlimit> found;

}  // namespace

void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        found = limit;
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void restore_descriptor_limit() noexcept {
    if (found) {
        ::setrlimit(RLIMIT_NOFILE, &*found);
    }
}

}  // namespace getty
