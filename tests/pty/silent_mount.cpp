#include "tests/pty/silent_mount.hpp"

#include "tests/testing.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace pty {

SilentMount::SilentMount(const std::string& place) : place_(place) {
    constexpr unsigned fuse_major = 10;
    constexpr unsigned fuse_minor = 229;
    ::mknod("/dev/fuse", S_IFCHR | 0600, makedev(fuse_major, fuse_minor));
    device_ = common::UniqueFd{::open("/dev/fuse", O_RDWR | O_CLOEXEC)};
    const std::string options = "fd=" + std::to_string(device_.get()) +
                                ",rootmode=40000,user_id=1001,group_id=1001,allow_other";
    if (!device_.is_open() || ::mount("silent", place.c_str(), "fuse", 0, options.c_str()) != 0) {
        tests::skip("needs FUSE");
    }
}

SilentMount::~SilentMount() {
    ::umount2(place_.c_str(), MNT_DETACH);
}

}  // namespace pty
