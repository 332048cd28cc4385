#include "tests/bench/programs.hpp"

#include "tests/pty/process.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

namespace bench {

namespace {

namespace fs = std::filesystem;

constexpr pty::Milliseconds longest_download{120'000};

std::vector<std::string> environment_for_fetching() {
    std::vector<std::string> environment;
    for (const std::string name :
         {"PATH", "HOME", "TTYGATE_CACHE", "XDG_CACHE_HOME", "http_proxy", "https_proxy"}) {
        if (const char* const value = std::getenv(name.c_str())) {
            environment.push_back(name + "=" + value);
        }
    }
    return environment;
}

/// The folder of a Debian package, fetched if it has not been before.
std::optional<fs::path> package(const std::string& name, Missing& missing) {
    auto [exit, output] =
        pty::run({.arguments = {TTYGATE_FETCH, name}, .environment = environment_for_fetching()},
                 longest_download);
    output.resize(std::min(output.size(), output.find_last_not_of('\n') + 1));
    if (exit != pty::Exit{.status = 0}) {
        missing.push_back(name + ": " + output);
        return std::nullopt;
    }
    return output;
}

struct Peer {
    const char* name;
    const char* package;
    const char* file;
    std::vector<std::string> words;  ///< after the program's path
};

std::vector<Peer> getty_peers() {
    const std::string arrival = Programs::arrival();
    return {
        {"fgetty", "fgetty", "sbin/fgetty", {"{line}"}},
        {"busybox-static",
         "busybox-static",
         "bin/busybox",
         {"getty", "-l", arrival, "38400", "{line}", "vt100"}},
        {"busybox", "busybox", "bin/busybox", {"getty", "-l", arrival, "38400", "{line}", "vt100"}},
        {"mingetty", "mingetty", "sbin/mingetty", {"--loginprog=" + arrival, "{line}"}},
        {"agetty",
         "util-linux",
         "sbin/agetty",
         {"--login-program", arrival, "38400", "{line}", "vt100"}},
    };
}

std::vector<Peer> login_peers() {
    return {
        {"busybox-static", "busybox-static", "bin/busybox", {"login", "{name}"}},
        {"busybox", "busybox", "bin/busybox", {"login", "{name}"}},
        {"toybox", "toybox", "bin/toybox", {"login", "{name}"}},
        {"shadow (Debian's login)", "login", "bin/login", {"{name}"}},
    };
}

/// What Debian 12 has no package of.
constexpr const char* unpackaged[] = {
    "ubase: no package in Debian",
    "util-linux's login: Debian 12 takes login from shadow",
    "ngetty: one process for all lines, beside whose figures ours cannot stand in one row",
};

std::vector<std::string> with_path(const std::string& path, std::vector<std::string> words) {
    words.insert(words.begin(), path);
    return words;
}

}  // namespace

std::string Programs::arrival() {
    return std::string{directory} + "/arrival";
}

std::string Programs::sessions() {
    return std::string{directory} + "/sessions";
}

Programs::Programs(Missing& missing) : missing_(missing) {
    add_file("arrival", TTYGATE_BENCH "/arrival");
    add_file("sessions", TTYGATE_SESSIONS);
    const std::vector<std::string> line_and_login{"{line}", arrival()};
    for (const char* const floor :
         {"floor", "floor-full", "libc-static", "libc-static-pie", "libc-dyn"}) {
        add(gettys_,
            {floor, Role::floor, line_and_login},
            std::string{TTYGATE_BENCH "/getty-"} + floor);
    }
    for (const char* const floor : {"floor-crypt", "floor-pam"}) {
        add(logins_,
            {floor, Role::floor, {"{name}"}},
            std::string{TTYGATE_BENCH "/login-"} + floor);
    }
    add(logins_, {"floor-parent", Role::floor, {arrival()}}, TTYGATE_BENCH "/login-floor-parent");
    for (const Peer& peer : getty_peers()) {
        if (const auto folder = package(peer.package, missing_)) {
            add(gettys_, {peer.name, Role::peer, peer.words}, *folder / peer.file);
        }
    }
    for (const Peer& peer : login_peers()) {
        if (const auto folder = package(peer.package, missing_)) {
            add(logins_, {peer.name, Role::peer, peer.words}, *folder / peer.file);
        }
    }
    missing_.insert(missing_.end(), std::begin(unpackaged), std::end(unpackaged));
    add(gettys_,
        {"ours", Role::ours, {"-l", arrival(), "38400", "{line}", "vt100"}},
        TTYGATE_GETTY);
    add(logins_, {"ours, shadow gate", Role::ours, {"{name}"}}, TTYGATE_SHADOW_LOGIN);
    if (TTYGATE_WITH_PAM != 0) {
        add(logins_, {"ours, PAM", Role::ours, {"{name}"}}, TTYGATE_LOGIN);
    }
}

std::string Programs::add_file(const std::string& name, const fs::path& from) {
    std::ifstream file{from, std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    if (bytes.empty()) {
        missing_.push_back(name + ": there is no " + from.string());
        return {};
    }
    files_.push_back({.name = name, .bytes = std::move(bytes)});
    return std::string{directory} + "/" + name;
}

void Programs::add(std::vector<Program>& list, Program program, const fs::path& from) {
    // In a folder of its own, under its own name: some look at how they are called.
    const bool is_getty = &list == &gettys_;
    const std::string place =
        (is_getty ? "getty-" : "login-") + program.name + "/" + from.filename().string();
    const std::string path = add_file(place, from);
    if (!path.empty()) {
        program.words = with_path(path, std::move(program.words));
        list.push_back(std::move(program));
    }
}

void Programs::install() const {
    for (const File& file : files_) {
        const fs::path path = fs::path{directory} / file.name;
        fs::create_directories(path.parent_path());
        std::ofstream{path, std::ios::binary} << file.bytes;
        fs::permissions(path, fs::perms{0755});
    }
}

}  // namespace bench
