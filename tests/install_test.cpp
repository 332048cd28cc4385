// What `meson install` puts where: these files and no others, none with rights
// that it should not have, nothing outside the prefix.

#include "tests/common/temporary_directory.hpp"
#include "tests/pty/process.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace {

namespace fs = std::filesystem;

using Paths = std::set<std::string>;

/// Generous: a machine that is busy configures slowly.
constexpr pty::Milliseconds longest_run{200'000};

constexpr mode_t program = 0755;
constexpr mode_t data = 0644;

struct Installed {
    std::string path;  ///< below the prefix; {} is the program prefix
    mode_t mode;
};

/// Everything, for a build with PAM and catalogues or without.
std::vector<Installed> expected_files() {
    std::vector<Installed> all{
        {"sbin/{}getty", program},
        {"bin/{}login", program},
        {"bin/{}sessions", program},
        {"share/man/man1/{}login.1", data},
        {"share/man/man1/{}sessions.1", data},
        {"share/man/man5/getty.conf.5", data},
        {"share/man/man5/{}getty-issue.5", data},
        {"share/man/man5/gettydefs.5", data},
        {"share/man/man7/{}getty-recipes.7", data},
        {"share/man/man8/{}getty.8", data},
        {"share/ttygate/inits/busybox/inittab", data},
        {"share/ttygate/inits/dinit/getty-tty1", data},
        {"share/ttygate/inits/finit/ttygate.conf", data},
        {"share/ttygate/inits/openrc/ttygate", program},
        {"share/ttygate/inits/runit/getty-ttyS0/run", program},
        {"share/ttygate/inits/s6/getty-ttyS0/run", program},
        {"share/ttygate/inits/systemd/console-getty.service.d/ttygate.conf", data},
        {"share/ttygate/inits/systemd/container-getty@.service.d/ttygate.conf", data},
        {"share/ttygate/inits/systemd/getty@.service.d/ttygate.conf", data},
        {"share/ttygate/inits/systemd/serial-getty@.service.d/ttygate.conf", data},
        {"share/ttygate/inits/systemd/ttygate-lines.service", data},
        {"share/ttygate/inits/sysvinit/inittab", data},
        {"share/ttygate/inits/ttys", data},
        {"share/ttygate/inits/upstart/tty1.conf", data},
    };
    for (const std::string name : {"getty", "login", "sessions"}) {
        all.push_back({"share/bash-completion/completions/{}" + name + ".bash", data});
        all.push_back({"share/fish/vendor_completions.d/{}" + name + ".fish", data});
        all.push_back({"share/zsh/site-functions/_{}" + name, data});
    }
    if constexpr (TTYGATE_WITH_CATALOGUES != 0) {
        for (const std::string language : {"de", "fr"}) {
            all.push_back({"share/locale/" + language + "/LC_MESSAGES/ttygate.mo", data});
        }
    }
    if constexpr (TTYGATE_WITH_PAM != 0) {
        for (const std::string family : {"arch", "debian", "fedora"}) {
            for (const std::string service : {"login", "remote"}) {
                all.push_back({"share/doc/ttygate/pam/" + family + "/" + service, data});
            }
        }
    }
    return all;
}

Paths expected_paths(const std::string& prefix, const std::string& program_prefix) {
    Paths paths;
    for (const Installed& installed : expected_files()) {
        std::string path = prefix + "/" + installed.path;
        if (const auto place = path.find("{}"); place != std::string::npos) {
            path.replace(place, 2, program_prefix);
        }
        paths.insert(path);
    }
    return paths;
}

std::string listed(const Paths& paths) {
    std::string text = "\n";
    for (const std::string& path : paths) {
        text += path + "\n";
    }
    return text;
}

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    REQUIRE(file);
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return std::string{name} + "=" + (value != nullptr ? value : "");
}

/// What meson says; the test fails if it cannot do it.
std::string meson(const std::vector<std::string>& words) {
    std::string command = "exec meson";
    for (const std::string& word : words) {
        command += " '" + word + "'";
    }
    const pty::Finished finished =
        pty::run({.arguments = {"/bin/sh", "-c", command},
                  .environment = {variable("PATH"), variable("HOME"), "LANG=C.UTF-8"}},
                 longest_run);
    CAPTURE(command);
    CAPTURE(finished.output);
    REQUIRE(finished.exit == pty::Exit{.status = 0});
    return finished.output;
}

void need_meson() {
    if (pty::run(
            {.arguments = {"/bin/sh", "-c", "command -v meson"}, .environment = {variable("PATH")}})
            .exit != pty::Exit{.status = 0}) {
        tests::skip("needs meson");
    }
}

/// The destinations in `meson introspect --installed`: {"built": "installed", ...}.
Paths destinations(const std::string& json) {
    Paths paths;
    const std::string separator = "\": \"";
    for (auto at = json.find(separator); at != std::string::npos; at = json.find(separator, at)) {
        at += separator.size();
        paths.insert(json.substr(at, json.find('"', at) - at));
    }
    return paths;
}

}  // namespace

TEST_CASE("meson install: these files, with these modes, and nothing outside the prefix") {
    need_meson();
    if (TTYGATE_USUAL_PLACES == 0) {
        tests::skip("needs a build with the usual places and options");
    }
    const tests::TemporaryDirectory directory;
    const std::string root = directory.path("root");
    static_cast<void>(
        meson({"install", "-C", TTYGATE_BUILD, "--no-rebuild", "--quiet", "--destdir", root}));
    Paths found;
    for (const auto& entry : fs::recursive_directory_iterator{root}) {
        const std::string path = entry.path().string().substr(root.size());
        struct stat status {};
        REQUIRE(::lstat(entry.path().c_str(), &status) == 0);
        CAPTURE(path);
        if (S_ISDIR(status.st_mode)) {
            CHECK((status.st_mode & 07777U) == 0755);
        } else {
            CHECK(S_ISREG(status.st_mode));
            found.insert(path);
        }
    }
    CHECK(listed(found) == listed(expected_paths(TTYGATE_PREFIX, TTYGATE_PROGRAM_PREFIX)));
    // No set-user-ID, no set-group-ID: these are all bits.
    for (const Installed& installed : expected_files()) {
        std::string path = root + TTYGATE_PREFIX + "/" + installed.path;
        if (const auto place = path.find("{}"); place != std::string::npos) {
            path.replace(place, 2, TTYGATE_PROGRAM_PREFIX);
        }
        CAPTURE(path);
        struct stat status {};
        CHECK(::lstat(path.c_str(), &status) == 0);
        CHECK((status.st_mode & 07777U) == installed.mode);
    }
}

TEST_CASE("program_prefix: every name has it, and each speaks of the others by it") {
    need_meson();
    const tests::TemporaryDirectory directory;
    const std::string build = directory.path("build");
    const std::string pam = TTYGATE_WITH_PAM != 0 ? "-Dpam=enabled" : "-Dpam=disabled";
    const std::string catalogues =
        TTYGATE_WITH_CATALOGUES != 0 ? "-Dcatalogues=enabled" : "-Dcatalogues=disabled";
    static_cast<void>(meson({"setup",
                             "--prefix=/opt/try",
                             "-Dprogram_prefix=ttygate-",
                             "-Dsystemd_dropins=true",
                             "-Dtests=disabled",
                             pam,
                             catalogues,
                             build,
                             TTYGATE_SOURCES}));
    auto expected = expected_paths("/opt/try", "ttygate-");
    for (const std::string unit :
         {"console-getty", "container-getty@", "getty@", "serial-getty@"}) {
        expected.insert("/opt/try/lib/systemd/system/" + unit + ".service.d/ttygate.conf");
    }
    CHECK(listed(destinations(meson({"introspect", "--installed", build}))) == listed(expected));
    // What getty starts when it is told nothing.
    CHECK(text_of(build + "/build.ninja")
              .find("-DTTYGATE_LOGIN_PROGRAM=\"/opt/try/bin/ttygate-login\"") != std::string::npos);
    CHECK(text_of(build + "/getty/inits/sysvinit-inittab")
              .find(":/opt/try/sbin/ttygate-getty -l /opt/try/bin/ttygate-login ") !=
          std::string::npos);

    static_cast<void>(meson(
        {"compile", "-C", build, "ttygate_getty_8", "ttygate_getty_recipes_7", "ttygate_login_1"}));
    const std::string getty = text_of(build + "/man/ttygate-getty.8");
    for (const char* const line : {"\n.Dt TTYGATE-GETTY 8\n",
                                   "\n.Nm ttygate-getty\n",
                                   "\n.Xr ttygate-login 1 ,\n",
                                   "\n.Pa /opt/try/bin/ttygate-login .\n",
                                   "respawn:/opt/try/sbin/ttygate-getty "}) {
        CAPTURE(line);
        CHECK(getty.find(line) != std::string::npos);
    }
    CHECK(getty.find("/usr/local/") == std::string::npos);
    const std::string recipes = text_of(build + "/man/ttygate-getty-recipes.7");
    CHECK(recipes.find("\nsetsid -f /opt/try/sbin/ttygate-getty -l /opt/try/bin/ttygate-login ") !=
          std::string::npos);
    CHECK(recipes.find("\ncp /opt/try/share/ttygate/inits/systemd/") != std::string::npos);
    CHECK(recipes.find("/usr/local/") == std::string::npos);
    CHECK(text_of(build + "/man/ttygate-login.1").find("\n.Xr ttygate-getty 8\n") !=
          std::string::npos);
}
