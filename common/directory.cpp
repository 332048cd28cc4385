#include "common/directory.hpp"

#include <algorithm>
#include <memory>

#include <dirent.h>
#include <sys/stat.h>

namespace common {

std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> open{::opendir(directory.c_str()), ::closedir};
    while (const dirent* const entry = open ? ::readdir(open.get()) : nullptr) {
        const std::string name{static_cast<const char*>(entry->d_name)};
        if (!name.starts_with('.')) {
            names.push_back(name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

bool is_directory(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_file(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace common
