#include "getty/many_lines.hpp"

#include "common/directory.hpp"
#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/stale_records.hpp"
#include "common/terminal.hpp"
#include "common/text_file.hpp"
#include "getty/console_lines.hpp"
#include "getty/getty_conf.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace getty {

namespace {

using namespace std::chrono_literals;

constexpr auto interval_without_watch = 5s;

/// devices.txt.
constexpr unsigned terminals_major = 4;
constexpr unsigned first_port = 64;
constexpr unsigned stand_ins_major = 5;
constexpr unsigned first_pseudo_major = 136;
constexpr unsigned last_pseudo_major = 143;

std::string directory_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

/// The kernel's own word on a device, "" without one.
std::string about(dev_t device, const char* what) {
    const std::string path = "/sys/dev/char/" + std::to_string(major(device)) + ":" +
                             std::to_string(minor(device)) + what;
    return common::read_text_file(path).value_or("");
}

/// By what the kernel says of it: opening a device may do something, and a glob may fit
/// any.
bool is_terminal(dev_t device) {
    const unsigned number = major(device);
    if (number >= first_pseudo_major && number <= last_pseudo_major) {
        return true;
    }
    // tty, console, ptmx, and tty0: each stands for a line that has another name.
    if (number == stand_ins_major || (number == terminals_major && minor(device) == 0)) {
        return false;
    }
    const std::string path =
        "/sys/dev/char/" + std::to_string(number) + ":" + std::to_string(minor(device));
    std::array<char, 512> target{};
    const auto length = ::readlink(path.c_str(), target.data(), target.size());
    const std::string_view place{target.data(),
                                 static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
    return place.find("/tty/") != std::string_view::npos;
}

/// A machine may have thirty nodes of serial ports and two ports.
bool has_port(dev_t device) {
    const bool is_serial = major(device) == terminals_major && minor(device) >= first_port;
    return !is_serial || !about(device, "/type").starts_with("0\n");
}

/// Not through links: what they lead to has a name of its own, and would be two lines.
bool is_line(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && S_ISCHR(status.st_mode) &&
           is_terminal(status.st_rdev) && has_port(status.st_rdev);
}

bool is_gone(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) != 0;
}

}  // namespace

ManyLines::ManyLines(const Options& options) : options_(options) {
    options_.lines.clear();
    for (const LineWord& word : options.lines) {
        switch (word.kind) {
            case LineWord::Kind::name: names_.push_back(word.text); break;
            case LineWord::Kind::pattern: patterns_.push_back(common::line_path(word.text)); break;
            case LineWord::Kind::consoles:
                for (std::string& line : console_lines(
                         common::read_text_file("/sys/class/tty/console/active").value_or(""))) {
                    names_.push_back(std::move(line));
                }
                break;
        }
    }
    for (const std::string& name : names_) {
        take_on(name);
    }
    // Watched before it is looked at: what comes meanwhile is told.
    for (const std::string& pattern : patterns_) {
        watches_.emplace_back(pattern);
    }
    look_for_new_ones();
}

void ManyLines::add_sources(std::vector<pollfd>& sources) const {
    for (const DeviceWatch& watch : watches_) {
        sources.push_back({.fd = watch.descriptor(), .events = POLLIN, .revents = 0});
    }
}

void ManyLines::look_for_new_ones() {
    looks_at_.reset();
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
        if (watches_[i].descriptor() < 0) {
            watches_[i] = DeviceWatch{patterns_[i]};
        }
        if (watches_[i].descriptor() < 0) {
            looks_at_ = Clock::now() + interval_without_watch;
        }
        // What was told is taken before the look.
        static_cast<void>(watches_[i].saw_device());
        const std::string directory = directory_of(patterns_[i]);
        const std::string glob = patterns_[i].substr(directory.size() + 1);
        for (const std::string& name : common::names_in(directory)) {
            std::string path = directory;
            path.append("/").append(name);
            if (matches_glob(glob, name) && !is_served(std::string{common::line_name(path)}) &&
                is_line(path)) {
                take_on(std::string{common::line_name(path)});
            }
        }
    }
}

void ManyLines::let_gone_ones_go() {
    for (auto line = lines_.begin(); line != lines_.end();) {
        if (line->is_idle() && !is_named(line->name()) &&
            is_gone(common::line_path(line->name()))) {
            common::tolerate("end the record of a line that has gone", [&] {
                common::end_records_of(::getpid(), line->name(), common::RecordPaths{});
            });
            line = lines_.erase(line);
        } else {
            ++line;
        }
    }
}

void ManyLines::end_records() noexcept {
    common::tolerate("end the records of the lines",
                     [] { common::end_records_of(::getpid(), common::RecordPaths{}); });
}

/// A line whose tables cannot be read is no reason to serve none.
void ManyLines::take_on(const std::string& name) {
    if (is_served(name)) {
        return;
    }
    common::tolerate("serve " + name, [&] {
        lines_.emplace_back(name, settings_for(name), Company::among_others).stand_among(lines_);
    });
}

bool ManyLines::is_served(const std::string& name) const {
    return std::any_of(
        lines_.begin(), lines_.end(), [&](const Line& line) { return line.name() == name; });
}

bool ManyLines::is_named(const std::string& name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
}

std::shared_ptr<const LineSettings> ManyLines::settings_for(const std::string& name) {
    Options own = options_;
    own.line = name;
    LineSettings settings = settings_of(own);
    for (Options& options : settings.steps) {
        // Which it is for is all that tells most from each other.
        options.line.clear();
    }
    settings_.erase(
        std::remove_if(
            settings_.begin(), settings_.end(), [](const auto& known) { return known.expired(); }),
        settings_.end());
    for (const auto& known : settings_) {
        if (auto shared = known.lock(); shared && *shared == settings) {
            return shared;
        }
    }
    auto own_settings = std::make_shared<const LineSettings>(std::move(settings));
    settings_.push_back(own_settings);
    return own_settings;
}

}  // namespace getty
