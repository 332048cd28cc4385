#include "getty/quiet_console.hpp"

#include "common/log.hpp"
#include "common/syscall.hpp"
#include "common/text_file.hpp"
#include "common/unique_fd.hpp"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <unistd.h>

namespace getty {

namespace {

constexpr const char* levels_file = "/proc/sys/kernel/printk";
/// Only what is said at level 0, before the end of all.
constexpr std::string_view quiet = "1";

void set_level(std::string_view level) {
    const common::UniqueFd file{
        common::check(::open(levels_file, O_WRONLY | O_CLOEXEC), "open", levels_file)};
    common::check(::write(file.get(), level.data(), level.size()), "write", levels_file);
}

}  // namespace

std::optional<std::string> level_to_restore(std::string_view levels) {
    std::array<std::string_view, 4> words{};
    for (std::string_view& word : words) {
        levels.remove_prefix(std::min(levels.find_first_not_of(" \t\n"), levels.size()));
        word = levels.substr(0, levels.find_first_of(" \t\n"));
        levels.remove_prefix(word.size());
        if (word.empty() || word.find_first_not_of("0123456789") != std::string_view::npos) {
            return std::nullopt;
        }
    }
    const bool is_quiet_already = words[0] == "0" || words[0] == quiet;
    return std::string{is_quiet_already ? words[3] : words[0]};
}

std::shared_ptr<QuietConsole> QuietConsole::shared() {
    static std::weak_ptr<QuietConsole> of_all;
    auto ours = of_all.lock();
    if (!ours) {
        ours = std::make_shared<QuietConsole>();
        of_all = ours;
    }
    return ours;
}

QuietConsole::QuietConsole()
    : before_(level_to_restore(common::read_text_file(levels_file).value_or(""))) {
    if (before_ && !common::tolerate("quiet the console", [] { set_level(quiet); })) {
        before_.reset();
    }
}

QuietConsole::~QuietConsole() {
    if (before_) {
        common::tolerate("let the console speak again", [this] { set_level(*before_); });
    }
}

}  // namespace getty
