#include "login/check.hpp"

#include <vector>

#include <doctest/doctest.h>

using login::AccountFacts;
using login::check_as_json;
using login::check_as_text;
using login::CheckReport;
using login::CheckVerdict;
using login::PasswordField;
using login::verdict_of;
using Level = login::Finding::Level;

TEST_CASE("check: what is bad refuses, what could not be seen might") {
    CheckReport report;
    CHECK(verdict_of(report) == CheckVerdict::let_in);
    report.findings = {{.level = Level::good}, {.level = Level::note}};
    CHECK(verdict_of(report) == CheckVerdict::let_in);
    report.findings.push_back({.level = Level::unknown});
    CHECK(verdict_of(report) == CheckVerdict::unknown);
    report.findings.push_back({.level = Level::bad});
    CHECK(verdict_of(report) == CheckVerdict::refused);
    CHECK(login::status_of(CheckVerdict::let_in) == 0);
    CHECK(login::status_of(CheckVerdict::refused) == 1);
    CHECK(login::status_of(CheckVerdict::unknown) == 2);
}

TEST_CASE("check: the text is rows of 79 columns at most, with the answer at the end") {
    const CheckReport report{
        .user = "ann",
        .findings = {
            {.level = Level::good, .topic = "gate", .text = "PAM decides"},
            {.level = Level::note,
             .topic = "service",
             .text = "there is no module pam_with_a_long_name.so (session optional in the PAM "
                     "service common-session)"},
            {.level = Level::unknown, .topic = "password", .text = "only root\x1b[2J can see it"},
            {.level = Level::bad, .topic = "account", .text = "the account has expired"}}};
    CHECK(check_as_text(report) ==
          "ok   gate     PAM decides\n"
          "note service  there is no module pam_with_a_long_name.so (session optional in\n"
          "              the PAM service common-session)\n"
          "?    password only root^[[2J can see it\n"
          "NO   account  the account has expired\n"
          "ann would be refused: the account has expired.\n");
    CHECK(check_as_text({.user = "ann"}) == "ann would be let in, with the right password.\n");
    CHECK(check_as_text({.findings = {{.level = Level::unknown, .topic = "line", .text = "why"}}})
              .ends_with("\nCannot tell whether anybody would be let in: why.\n"));
}

TEST_CASE("check: JSON with the members that login(1) names") {
    CheckReport report{.user = "a\"nn",
                       .line = "tty1",
                       .findings = {{.level = Level::good, .topic = "gate", .text = "one"},
                                    {.level = Level::bad, .topic = "shell", .text = "two"}},
                       .modules = {{.module = {.service = "login",
                                               .type = "auth",
                                               .control = "required",
                                               .module = "pam_x.so"}}}};
    CHECK(check_as_json(report) ==
          "{\n"
          "  \"version\": 1,\n"
          "  \"user\": \"a\\\"nn\",\n"
          "  \"line\": \"tty1\",\n"
          "  \"host\": null,\n"
          "  \"verdict\": \"refused\",\n"
          "  \"findings\": [\n"
          "    {\"topic\": \"gate\", \"level\": \"ok\", \"text\": \"one\"},\n"
          "    {\"topic\": \"shell\", \"level\": \"refused\", \"text\": \"two\"}\n"
          "  ],\n"
          "  \"modules\": [\n"
          "    {\"service\": \"login\", \"type\": \"auth\", \"control\": \"required\", "
          "\"module\": \"pam_x.so\", \"path\": null}\n"
          "  ]\n"
          "}\n");
    CHECK(check_as_json({}).find("\"verdict\": \"let in\",\n  \"findings\": [],\n") !=
          std::string::npos);
}

TEST_CASE("check: password fields") {
    CHECK(login::look_at_field("") == PasswordField::empty);
    CHECK(login::look_at_field("!") == PasswordField::locked);
    CHECK(login::look_at_field("!!$y$x") == PasswordField::locked);
    CHECK(login::look_at_field("*") == PasswordField::locked);
    CHECK(login::look_at_field("x") == PasswordField::elsewhere);
    CHECK(login::look_at_field("$y$x") == PasswordField::usable);
}

TEST_CASE("check: what the account's entries lead to") {
    struct Row {
        AccountFacts facts;
        CheckVerdict verdict;
        const char* last;
    };
    const common::User ann{.name = "ann", .uid = 1001, .gid = 1001};
    const auto present = AccountFacts::Shadow::present;
    for (const Row& row : std::vector<Row>{
             {{}, CheckVerdict::refused, "there is no such account"},
             {{.user = ann, .shadow = present}, CheckVerdict::let_in, "one is set"},
             {{.user = ann, .shadow = AccountFacts::Shadow::unreadable},
              CheckVerdict::unknown,
              "only root can read /etc/shadow"},
             {{.user = ann}, CheckVerdict::let_in, "the shadow file does not know the account"},
             {{.user = ann, .shadow = present, .password = PasswordField::locked},
              CheckVerdict::refused,
              "the account's password is locked"},
             {{.user = ann,
             .shadow = present,
             .password = PasswordField::locked,
             .asks_for_password = false},
              CheckVerdict::let_in,
              "none is asked for, with -f"},
             {{.user = ann, .shadow = present, .password = PasswordField::empty},
              CheckVerdict::refused,
              "the account has none, and PREVENT_NO_AUTH refuses that"},
             {{.user = ann,
             .shadow = present,
             .password = PasswordField::empty,
             .empty_is_refused = false},
              CheckVerdict::let_in,
              "the account has none"},
             {{.user = ann,
             .shadow = present,
             .age = {.verdict = login::AgeVerdict::account_expired},
             .asks_for_password = false},
              CheckVerdict::refused,
              "none is asked for, with -f"},
             {{.user = ann, .shadow = present, .age = {.verdict = login::AgeVerdict::must_change}},
              CheckVerdict::let_in,
              "one is set"},
             {{.user = ann, .shadow = present, .is_locked_out = true},
              CheckVerdict::refused,
              "one is set"},
         }) {
        CAPTURE(std::string{row.last});
        const auto findings = login::account_findings(row.facts);
        CHECK(verdict_of({.findings = findings}) == row.verdict);
        CHECK(findings.back().text == row.last);
    }
}

TEST_CASE("check: modules that are missing refuse only where libpam would") {
    const auto verdict = [](const login::PamModule& module, bool found) {
        login::PamStack stack{.modules = {module}};
        for (const char* type : {"auth", "account", "session"}) {
            stack.modules.push_back({.type = type, .control = "required", .module = "pam_y.so"});
        }
        std::vector<login::CheckedModule> checked;
        for (const auto& each : stack.modules) {
            checked.push_back({.module = each, .path = "/lib/pam_y.so"});
        }
        if (!found) {
            checked.front().path.reset();
        }
        return verdict_of({.findings = login::stack_findings("login", stack, checked)});
    };
    const login::PamModule needed{
        .service = "login", .type = "auth", .control = "required", .module = "pam_x.so"};
    CHECK(verdict(needed, true) == CheckVerdict::let_in);
    CHECK(verdict(needed, false) == CheckVerdict::refused);
    login::PamModule optional = needed;
    optional.control = "optional";
    CHECK(verdict(optional, false) == CheckVerdict::let_in);
    login::PamModule changes_passwords = needed;
    changes_passwords.type = "password";
    CHECK(verdict(changes_passwords, false) == CheckVerdict::let_in);
    login::PamModule quiet = needed;
    quiet.may_be_missing = true;
    CHECK(verdict(quiet, false) == CheckVerdict::let_in);
    CHECK(verdict_of({.findings = login::stack_findings(
                          "login", {.problems = {"the PAM service login has no file"}}, {})}) ==
          CheckVerdict::refused);
}
