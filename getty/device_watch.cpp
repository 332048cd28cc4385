#include "getty/device_watch.hpp"

#include "getty/getty_conf.hpp"

#include <array>
#include <cstring>
#include <string_view>

#include <sys/inotify.h>
#include <unistd.h>

namespace getty {

DeviceWatch::DeviceWatch(const std::string& path)
    : name_(path.substr(path.rfind('/') + 1)), fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    const std::string directory = path.substr(0, path.rfind('/'));
    constexpr unsigned wanted = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR;
    if (fd_.is_open() && ::inotify_add_watch(fd_.get(), directory.c_str(), wanted) < 0) {
        fd_.reset();
    }
}

bool DeviceWatch::saw_device() const {
    bool seen = false;
    alignas(inotify_event) std::array<char, 4096> events{};
    for (;;) {
        const auto size = ::read(fd_.get(), events.data(), events.size());
        if (size <= 0) {
            return seen;
        }
        const std::string_view text{events.data(), static_cast<std::size_t>(size)};
        for (std::size_t at = 0; at + sizeof(inotify_event) <= text.size();) {
            inotify_event event{};
            std::memcpy(&event, text.data() + at, sizeof event);
            const std::string_view name = text.substr(at + sizeof event, event.len);
            // The name is padded with NULs.
            seen = seen || matches_glob(name_, name.substr(0, name.find('\0')));
            at += sizeof event + event.len;
        }
    }
}

}  // namespace getty
