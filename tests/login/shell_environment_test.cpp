#include "login/shell_environment.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <doctest/doctest.h>

using common::Environment;
using login::KeepEnvironment;
using Entries = std::vector<std::string>;

namespace {

const common::User demo{
    .name = "demo", .home = "/home/demo", .shell = "/bin/sh", .uid = 1000, .gid = 1000};

Environment environment_of(std::initializer_list<const char*> entries) {
    std::vector<const char*> pointers{entries};
    pointers.push_back(nullptr);
    return Environment::from(pointers.data());
}

Entries shell_entries(const Environment& inherited,
                      KeepEnvironment keep,
                      const Environment& from_gate = {},
                      const login::Settings& settings = {}) {
    return login::shell_environment(demo, "/bin/sh", inherited, keep, from_gate, settings)
        .entries();
}

const Entries ours{"HOME=/home/demo",
                   "SHELL=/bin/sh",
                   "USER=demo",
                   "LOGNAME=demo",
                   "PATH=/usr/local/bin:/usr/bin:/bin",
                   "MAIL=/var/mail/demo"};

Entries with_ours(Entries first, const Entries& last = {}) {
    first.insert(first.end(), ours.begin(), ours.end());
    first.insert(first.end(), last.begin(), last.end());
    return first;
}

}  // namespace

TEST_CASE("T-31 environment: the shell's, exactly") {
    const Environment inherited = environment_of({"TERM=vt100",
                                                  "COLORTERM=truecolor",
                                                  "NO_COLOR=",
                                                  "LANG=C.UTF-8",
                                                  "LC_TIME=de_DE@euro",
                                                  "TZ=Europe/Paris",
                                                  "DISPLAY=:0.0",
                                                  "FOO=bar"});
    CHECK(shell_entries({}, KeepEnvironment::no) == with_ours({"TERM=dumb"}));
    CHECK(shell_entries(inherited, KeepEnvironment::no) ==
          with_ours({"TERM=vt100", "COLORTERM=truecolor", "NO_COLOR="}));
    CHECK(shell_entries(inherited, KeepEnvironment::yes) == with_ours({"TERM=vt100",
                                                                       "COLORTERM=truecolor",
                                                                       "NO_COLOR=",
                                                                       "LANG=C.UTF-8",
                                                                       "LC_TIME=de_DE@euro",
                                                                       "TZ=Europe/Paris",
                                                                       "DISPLAY=:0.0"}));
}

TEST_CASE("T-31 environment: what only begins like a locale's variable is not kept") {
    for (const char* entry : {"LC_X_proxy=1", "LC_Y_PROXY=1", "LC_\x1b=1", "LC_a=1", "LC_A B=1"}) {
        CAPTURE(std::string{entry});
        CHECK(shell_entries(environment_of({entry}), KeepEnvironment::yes) ==
              with_ours({"TERM=dumb"}));
    }
    CHECK(shell_entries(environment_of({"LC_A_1=1"}), KeepEnvironment::yes) ==
          with_ours({"TERM=dumb", "LC_A_1=1"}));
}

TEST_CASE("T-31 environment: what a gate may set, and what it may not") {
    const Environment gate = environment_of({"XDG_SESSION_ID=7",
                                             "HOME=/evil",
                                             "USER=root",
                                             "LOGNAME=root",
                                             "SHELL=/bin/evil",
                                             "IFS=x",
                                             "LD_PRELOAD=/evil.so",
                                             "PATH=/opt/bin",
                                             "KRB5CCNAME=FILE:/tmp/cc",
                                             "TERM=xterm"});
    Entries expected = with_ours({"TERM=xterm"}, {"XDG_SESSION_ID=7", "KRB5CCNAME=FILE:/tmp/cc"});
    std::replace(expected.begin(),
                 expected.end(),
                 std::string{"PATH=/usr/local/bin:/usr/bin:/bin"},
                 std::string{"PATH=/opt/bin"});
    CHECK(shell_entries(environment_of({"TERM=vt100"}), KeepEnvironment::no, gate) == expected);
}

TEST_CASE("environment: root's path, and a mail box where the settings have it") {
    const common::User root{.name = "root", .home = "/root"};
    const login::Settings settings{.root_path = "/sbin:/bin", .mail_directory = "/mail"};
    const Environment result =
        login::shell_environment(root, "/bin/bash", {}, KeepEnvironment::no, {}, settings);
    CHECK(std::string{result.find("PATH")} == "/sbin:/bin");
    CHECK(std::string{result.find("MAIL")} == "/mail/root");
    CHECK(std::string{result.find("SHELL")} == "/bin/bash");
}

TEST_CASE("T-02 environment: values that are not what their name says") {
    const char* const bad[] = {
        "TERM=../x",
        "TERM=a b",
        "TERM=",
        "TERM=\x1b[2J",
        "COLORTERM=a/b",
        "NO_COLOR=\n",
        "LANG=../../tmp/x",
        "LC_ALL=/tmp/x",
        "TZ=/etc/shadow",
        "TZ=:/etc/shadow",
        "TZ=../../shadow",
        "DISPLAY=a b",
        "LANG=\xff",
    };
    for (const char* entry : bad) {
        CAPTURE(std::string{entry});
        CHECK(shell_entries(environment_of({entry}), KeepEnvironment::yes) ==
              with_ours({"TERM=dumb"}));
    }
    const std::string longer = "LANG=" + std::string(300, 'a');
    CHECK(shell_entries(environment_of({longer.c_str()}), KeepEnvironment::yes) ==
          with_ours({"TERM=dumb"}));
}

TEST_CASE("T-02 environment: no list of the administrator's lets the dangerous through") {
    const char* const names[] = {
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "GLIBC_TUNABLES",
        "GCONV_PATH",
        "LOCPATH",
        "NLSPATH",
        "HOSTALIASES",
        "RES_OPTIONS",
        "MALLOC_PERTURB_",
        "TMPDIR",
        "IFS",
        "ENV",
        "BASH_ENV",
        "SHELLOPTS",
        "PS4",
        "TERMINFO",
        "TERMINFO_DIRS",
        "TERMCAP",
        "CREDENTIALS_DIRECTORY",
        "XDG_SESSION_ID",
        "KRB5CCNAME",
        "DBUS_SESSION_BUS_ADDRESS",
        "http_proxy",
        "HTTPS_PROXY",
        "HOME",
        "PATH",
        "SHELL",
        "USER",
        "LOGNAME",
        "BASH_FUNC_x%%",
        "RESOLV_HOST_CONF",
        "TERMPATH",
        "LIBPATH",
    };
    for (const char* name : names) {
        CAPTURE(std::string{name});
        const std::string entry = std::string{name} + "=x";
        const login::Settings settings{.environment_to_keep = {name}};
        CHECK(shell_entries(environment_of({entry.c_str()}), KeepEnvironment::yes, {}, settings) ==
              with_ours({"TERM=dumb"}));
    }
    const login::Settings settings{.environment_to_keep = {"EDITOR"}};
    CHECK(shell_entries(environment_of({"EDITOR=vi"}), KeepEnvironment::yes, {}, settings) ==
          with_ours({"TERM=dumb", "EDITOR=vi"}));
    CHECK(shell_entries(environment_of({"EDITOR=vi"}), KeepEnvironment::no, {}, settings) ==
          with_ours({"TERM=dumb"}));
}

TEST_CASE("T-02 environment: whatever comes in, only names of the list come out") {
    const Entries allowed{"TERM",
                          "COLORTERM",
                          "NO_COLOR",
                          "LANG",
                          "TZ",
                          "DISPLAY",
                          "HOME",
                          "SHELL",
                          "USER",
                          "LOGNAME",
                          "PATH",
                          "MAIL"};
    const Entries names{"TERM",
                        "LANG",
                        "LC_ALL",
                        "LC_",
                        "LANGUAGE",
                        "LD_PRELOAD",
                        "TZDIR",
                        "TZ",
                        "DISPLAY",
                        "FOO",
                        "PATH",
                        "HOME",
                        "NO_COLOR",
                        "XDG_VTNR",
                        "",
                        "A=B"};
    std::mt19937 random{11};
    for (int i = 0; i < 100'000; ++i) {
        Environment inherited;
        for (auto n = random() % 6; n > 0; --n) {
            std::string value;
            for (auto length = random() % 5; length > 0; --length) {
                value += static_cast<char>(random() % 256);
            }
            inherited.set(names[random() % names.size()], value);
        }
        const auto keep = random() % 2 == 0 ? KeepEnvironment::no : KeepEnvironment::yes;
        for (const std::string& entry : shell_entries(inherited, keep)) {
            const std::string name = entry.substr(0, entry.find('='));
            const bool listed = std::find(allowed.begin(), allowed.end(), name) != allowed.end() ||
                                (keep == KeepEnvironment::yes && name.starts_with("LC_"));
            CAPTURE(std::string{entry});
            REQUIRE(listed);
        }
        REQUIRE(login::own_environment(inherited).find("LD_PRELOAD") == nullptr);
    }
}

TEST_CASE("environment: our own is short, and says where programs are") {
    CHECK(
        login::own_environment(environment_of({"TERM=linux", "PATH=/evil", "LANG=C", "X=1"}))
            .entries() ==
        Entries{"TERM=linux", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"});
}
