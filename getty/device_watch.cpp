#include "getty/device_watch.hpp"

#include <array>

#include <sys/inotify.h>
#include <unistd.h>

namespace getty {

DeviceWatch::DeviceWatch(const std::string& path) : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    const std::string directory = path.substr(0, path.rfind('/'));
    constexpr unsigned wanted = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR;
    if (fd_.is_open() && ::inotify_add_watch(fd_.get(), directory.c_str(), wanted) < 0) {
        fd_.reset();
    }
}

void DeviceWatch::drain() const {
    std::array<char, 4096> events{};
    while (::read(fd_.get(), events.data(), events.size()) > 0) {
    }
}

}  // namespace getty
