#include "common/text_file.hpp"

#include "common/syscall.hpp"
#include "common/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace common {

std::optional<std::string> read_text_file(const std::string& path, std::size_t limit) {
    // O_NONBLOCK: opening a FIFO for reading returns at once, and is refused below.
    const UniqueFd file{retry_interrupted(
        [&] { return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); })};
    struct stat status {};
    if (!file.is_open() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return std::nullopt;
    }
    std::string text;
    // Files in /proc and /sys say they are empty.
    const std::size_t said = status.st_size > 0 ? static_cast<std::size_t>(status.st_size) : 0;
    text.resize(std::min(said > 0 ? said + 1 : std::size_t{4096}, limit));
    std::size_t filled = 0;
    while (filled < limit) {
        if (filled == text.size()) {
            text.resize(std::min(2 * text.size(), limit));
        }
        const auto count = retry_interrupted(
            [&] { return ::read(file.get(), text.data() + filled, text.size() - filled); });
        if (count < 0) {
            return std::nullopt;
        }
        filled += static_cast<std::size_t>(count);
        // A file that says how long it is ends there, but may come in pieces; only
        // those in /proc and /sys are asked until nothing comes.
        if (count == 0 || filled == said) {
            break;
        }
    }
    text.resize(filled);
    return text;
}

}  // namespace common
