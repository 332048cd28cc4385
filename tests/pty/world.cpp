#include "tests/pty/world.hpp"

#include "common/syscall.hpp"
#include "tests/pty/escaped.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/world_files.hpp"
#include "tests/pty/world_mounts.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pty {

namespace {

namespace fs = std::filesystem;

bool anybody_else() {
    const auto all = running_processes();
    return std::any_of(all.begin(), all.end(), [](const RunningProcess& process) {
        // Zombies among them are their Process objects' to reap.
        return process.id != 1 && process.id != ::getpid() && process.state != 'Z';
    });
}

}  // namespace

std::optional<std::string> World::why_not_available() {
    return is_isolated() ? std::nullopt : why_not_isolated();
}

World::World() {
    if (!is_isolated()) {
        throw std::logic_error{"a World is made inside run_isolated() only"};
    }
    directory_outside_ = fs::current_path();
    root_outside_ =
        common::UniqueFd{common::check(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "open", "/")};
    outside_ = common::UniqueFd{
        common::check(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), "open the namespace")};
    common::check(::unshare(CLONE_NEWNS), "unshare");
    try {
        mount_world();
        log_.emplace("/dev/log");
    } catch (...) {
        leave();
        throw;
    }
}

World::~World() {
    kill_everybody();
    log_.reset();
    leave();
}

void World::leave() noexcept {
    // Whatever was mounted goes with the namespace's last process. setns() goes
    // to the root of the namespace, which is not ours if we run in a chroot.
    if (::setns(outside_.get(), CLONE_NEWNS) < 0 || ::fchdir(root_outside_.get()) < 0 ||
        ::chroot(".") < 0 || ::chdir(directory_outside_.c_str()) < 0) {
        // Going on would be testing in the wrong place.
        std::perror("leave the World");
        std::abort();
    }
}

const char* World::getty() {
    return TTYGATE_INSTALLED_GETTY;
}

const char* World::login() {
    return TTYGATE_INSTALLED_LOGIN;
}

const char* World::sessions() {
    return TTYGATE_SESSIONS_PLACE;
}

// These take no member of it, but there must be a World for them to be about.
// NOLINTBEGIN(readability-convert-member-functions-to-static)

void World::add_user(const Account& account) const {
    append_file("/etc/passwd", passwd_line(account));
    append_file("/etc/shadow", shadow_line(account));
    if (!account.group) {
        append_file("/etc/group", group_line(account));
    }
    const std::string home = home_of(account);
    // "/nonexistent" and the like are for tests of missing homes.
    if (!fs::path{home}.parent_path().empty() && fs::is_directory(fs::path{home}.parent_path()) &&
        home.starts_with("/home/")) {
        fs::create_directories(home);
        common::check(::chown(home.c_str(), account.user, group_of(account)), "chown", home);
        common::check(::chmod(home.c_str(), 0700), "chmod", home);
    }
}

void World::set_password(const std::string& name, const std::string& password) const {
    std::string shadow = "\n" + read_file("/etc/shadow");
    const auto entry = shadow.find("\n" + name + ":");
    if (entry == std::string::npos) {
        throw std::logic_error{"no account " + name};
    }
    const auto field = entry + name.size() + 2;
    shadow.replace(field, shadow.find(':', field) - field, hashed(password));
    write_text("/etc/shadow", std::string_view{shadow}.substr(1));
}

void World::add_group(std::string_view name, gid_t group, std::string_view members) const {
    append_file(
        "/etc/group",
        std::string{name} + ":x:" + std::to_string(group) + ":" + std::string{members} + "\n");
}

void World::write_file(const fs::path& path, std::string_view text, mode_t mode) const {
    fs::create_directories(path.parent_path());
    write_text(path, text);
    common::check(::chmod(path.c_str(), mode), "chmod", path.c_str());
}

void World::append_file(const fs::path& path, std::string_view text) const {
    write_text(path, fs::exists(path) ? read_file(path).append(text) : std::string{text});
}

void World::remove_file(const fs::path& path) const {
    fs::remove_all(path);
}

std::string World::read_file(const fs::path& path) const {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        throw std::runtime_error{"cannot read " + path.string()};
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<Record> World::utmp() const {
    return records_in("/run/utmp");
}

std::vector<Record> World::wtmp() const {
    return records_in("/var/log/wtmp");
}

std::vector<Record> World::btmp() const {
    return records_in("/var/log/btmp");
}

std::optional<LastLogin> World::last_login(uid_t user) const {
    return last_login_in("/var/log/lastlog", user);
}

std::vector<std::string> World::sanitizer_reports() const {
    std::vector<std::string> reports;
    const fs::path directory = "/run/sanitizer";
    if (fs::is_directory(directory)) {
        for (const auto& entry : fs::directory_iterator{directory}) {
            std::string report = read_file(entry.path());
            // The leak checker met a process that was just ending: no finding.
            constexpr const char* met_an_end = "Unable to get registers from thread";
            if (report.find(met_an_end) == std::string::npos ||
                std::count(report.begin(), report.end(), '\n') > 1) {
                reports.push_back(std::move(report));
            }
        }
    }
    return reports;
}

void World::kill_everybody() const {
    // In a pid namespace of our own, "everybody" is whom the tests started.
    // Again and again: one that forks just now is missed the first time.
    const auto nobody_left = [] {
        ::kill(-1, SIGKILL);
        return !anybody_else();
    };
    if (!wait_until(nobody_left)) {
        std::fputs("processes of a test do not die\n", stderr);
    }
}

// NOLINTEND(readability-convert-member-functions-to-static)

const std::vector<std::string>& World::log_lines() {
    return log_->lines();
}

void World::forget_log() {
    log_->forget();
}

std::size_t World::count_log(std::string_view text) {
    const auto& lines = log_lines();
    return static_cast<std::size_t>(
        std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
            return line.find(text) != std::string::npos;
        }));
}

std::string World::wait_for_log(std::string_view text, Milliseconds deadline) {
    if (!wait_until([&] { return count_log(text) > 0; }, deadline)) {
        std::string message = "nothing logged with \"" + escaped(text) + "\"; log:";
        for (const std::string& line : log_lines()) {
            message += "\n" + escaped(line);
        }
        throw std::runtime_error{message};
    }
    const auto& lines = log_lines();
    return *std::find_if(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.find(text) != std::string::npos;
    });
}

}  // namespace pty
