#include "login/closed_line.hpp"

#include "common/syscall.hpp"
#include "common/text_file.hpp"
#include "common/unique_fd.hpp"

#include <algorithm>
#include <charconv>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace login {

namespace {

/// "pts/3" is no folder's file here.
std::string path_for(const std::string& directory, std::string line) {
    std::replace(line.begin(), line.end(), '/', '!');
    return directory + "/" + line;
}

void make_directories(const std::string& path) {
    for (auto slash = path.find('/', 1); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
        ::mkdir(path.substr(0, slash).c_str(), S_IRWXU);
    }
    ::mkdir(path.c_str(), S_IRWXU);
}

}  // namespace

// The monotonic clock is the same for all processes, and begins anew with the
// machine, as /run does.

void close_line(const std::string& directory, const std::string& line, Clock::time_point until) {
    if (line.empty()) {
        return;
    }
    make_directories(directory);
    const std::string path = path_for(directory, line);
    const std::string text = std::to_string(until.time_since_epoch().count()) + "\n";
    const common::UniqueFd file{
        common::check(::open(path.c_str(),
                             O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                             S_IRUSR | S_IWUSR),
                      "open",
                      path)};
    common::check(::write(file.get(), text.data(), text.size()), "write", path);
}

Clock::time_point closed_until(const std::string& directory,
                               const std::string& line,
                               Clock::time_point now,
                               std::chrono::seconds longest) {
    const std::string path = path_for(directory, line);
    const auto text = line.empty() ? std::nullopt : common::read_text_file(path);
    if (!text) {
        return {};
    }
    Clock::rep count = 0;
    std::from_chars(text->data(), text->data() + text->size(), count);
    const Clock::time_point until{Clock::duration{count}};
    if (until <= now) {
        ::unlink(path.c_str());
        return {};
    }
    return std::min(until, now + longest);
}

}  // namespace login
