#include "login/pam_stack.hpp"

#include <map>
#include <vector>

#include <doctest/doctest.h>

using login::PamModule;

namespace {

login::PamStack read(const std::map<std::string, std::string>& files) {
    return login::read_pam_stack(
        "login", [&files](const std::string& name) -> std::optional<std::string> {
            const auto found = files.find(name);
            return found == files.end() ? std::nullopt : std::optional{found->second};
        });
}

std::string listed(const login::PamStack& stack) {
    std::string text;
    for (const PamModule& module : stack.modules) {
        text += module.service + " " + (module.may_be_missing ? "-" : "") + module.type + " " +
                module.control + " " + module.module + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("PAM stack: lines, comments, continuations, brackets") {
    const auto stack = read({{"login",
                              "# comment\n"
                              "\n"
                              "AUTH  Required\tpam_unix.so nullok # not this\n"
                              "-session optional pam_systemd.so\n"
                              "account [success=1 new_authtok_reqd=done default=ignore] \\\n"
                              "    /opt/pam_x.so\n"}});
    CHECK(listed(stack) ==
          "login auth required pam_unix.so\n"
          "login -session optional pam_systemd.so\n"
          "login account [success=1 new_authtok_reqd=done default=ignore] /opt/pam_x.so\n");
    CHECK(stack.problems.empty());
    CHECK(stack.has_type("auth"));
    CHECK_FALSE(stack.has_type("password"));
    CHECK(stack.has_module("pam_x.so"));
    CHECK_FALSE(stack.has_module("x.so"));
}

TEST_CASE("PAM stack: @include takes all, include and substack only their type") {
    const auto stack = read({{"login",
                              "@include common-auth\n"
                              "account substack system\n"
                              "session include system\n"},
                             {"common-auth", "auth required pam_unix.so\n@include deeper\n"},
                             {"deeper", "password required pam_unix.so\n"},
                             {"system",
                              "auth required pam_deny.so\n"
                              "account required pam_permit.so\n"
                              "session required pam_limits.so\n"}});
    CHECK(listed(stack) ==
          "common-auth auth required pam_unix.so\n"
          "deeper password required pam_unix.so\n"
          "system account required pam_permit.so\n"
          "system session required pam_limits.so\n");
}

TEST_CASE("PAM stack: what cannot be read is said once") {
    using Problems = std::vector<std::string>;
    CHECK(read({}).problems == Problems{"the PAM service login has no file"});
    CHECK(read({{"login", "@include gone\nauth include gone\n"}}).problems ==
          Problems{"the PAM service gone has no file"});
    CHECK(read({{"login", "@include login\n@include login\n"}}).problems ==
          Problems{"login: includes itself, or too many others"});
    CHECK(read({{"login", "aut\x1bh required\nauth required\n"}}).problems ==
          Problems{"login: a line begins with \"aut\\x1bh\"",
                   "login: a line of auth names no module"});
}

// The fuzzer's finding: what was left of each of the files took its time.
TEST_CASE("PAM stack: after too many files nothing more is read") {
    const std::string twice = "@include many\n@include many\n";
    const auto stack = read({{"login", twice + "auth required pam_unix.so\n"}, {"many", twice}});
    CHECK(listed(stack).empty());
    CHECK(stack.problems == std::vector<std::string>{"many: includes itself, or too many others"});
}

TEST_CASE("PAM stack: which modules must be there") {
    struct Row {
        const char* control;
        bool needed;
    };
    for (const Row& row : std::vector<Row>{
             {"required", true},
             {"requisite", true},
             {"sufficient", false},
             {"optional", false},
             {"[success=ok default=bad]", true},
             {"[success=ok default=die]", true},
             {"[success=1 default=ignore]", false},
             {"[success=ok module_unknown=ignore default=bad]", false},
             {"[default=ignore module_unknown=die]", true},
             {"[success=ok]", true},
         }) {
        CAPTURE(std::string{row.control});
        CHECK(PamModule{.control = row.control}.is_needed() == row.needed);
    }
}
