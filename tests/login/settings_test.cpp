#include "login/settings.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using login::apply_settings;
using login::Settings;
using login::SettingsProblem;

namespace {

Settings read(std::string_view text) {
    Settings settings;
    const auto problems = apply_settings(text, settings);
    CAPTURE(text);
    CHECK(problems.empty());
    return settings;
}

}  // namespace

TEST_CASE("settings: what holds when nothing is said") {
    const Settings settings = read("");
    CHECK(settings.login_timeout == 60s);
    CHECK(settings.login_retries == 3);
    CHECK(settings.fail_delay == 5s);
    CHECK_FALSE(settings.gate);
    CHECK_FALSE(settings.remote_noauth);
    CHECK(settings.empty_passwords == login::EmptyPasswords::refused);
}

TEST_CASE("settings: how a line may be written") {
    CHECK(read("LOGIN_RETRIES 7").login_retries == 7);
    CHECK(read("LOGIN_RETRIES=7\n").login_retries == 7);
    CHECK(read("\t LOGIN_RETRIES \t=  7 \r\n").login_retries == 7);
    CHECK(read("LOGIN_RETRIES \"7\"").login_retries == 7);
    CHECK(read("# LOGIN_RETRIES 7").login_retries == 3);
    CHECK(read("LOGIN_RETRIES 7\nLOGIN_RETRIES 8\n").login_retries == 8);
    CHECK(read("login_retries 7").login_retries == 3);
    CHECK(read("ENV_PATH\tPATH=/usr/bin:/bin").path == "/usr/bin:/bin");
    CHECK(read("ENV_PATH=/usr/bin").path == "/usr/bin");
    CHECK(read("SOMETHING_ELSE whatever\n\n").login_retries == 3);
}

TEST_CASE("settings: every key reaches its place") {
    const Settings settings = read(
        "LOGIN_TIMEOUT 10\n"
        "FAIL_DELAY 2\n"
        "LOGIN_GATE shadow\n"
        "LOGIN_REMOTE_NOAUTH yes\n"
        "LOGIN_PLAIN_PROMPT yes\n"
        "LOGIN_PASSWORD_FEEDBACK dots\n"
        "PREVENT_NO_AUTH superuser\n"
        "TTYPERM 0620\n"
        "TTYGROUP 77\n"
        "ERASECHAR 010\n"
        "KILLCHAR 0x18\n"
        "ENV_SUPATH PATH=/sbin\n"
        "ENV_ROOTPATH /lost\n"
        "MAIL_DIR /var/spool/mail\n"
        "LOGIN_ENV_SAFELIST \"A_1, B\tC\"\n"
        "UMASK 077\n"
        "DEFAULT_HOME no\n"
        "HUSHLOGIN_FILE /etc/hushlogins\n"
        "MOTD_FILE /a:/b\n"
        "NOLOGINS_FILE /run/nologin\n"
        "FTMP_FILE /var/log/failed\n"
        "LASTLOG_ENAB no\n"
        "LASTLOG_UID_MAX 60000\n"
        "LOG_OK_LOGINS yes\n"
        "LOG_UNKFAIL_ENAB yes\n");
    CHECK(settings.login_timeout == 10s);
    CHECK(settings.fail_delay == 2s);
    CHECK(settings.gate == login::GateKind::shadow);
    CHECK(settings.remote_noauth);
    CHECK(settings.plain_prompt);
    CHECK(settings.password_feedback == common::Feedback::dots);
    CHECK(settings.empty_passwords == login::EmptyPasswords::refused_for_root);
    CHECK(settings.tty_mode == mode_t{0620});
    CHECK(settings.tty_group == "77");
    CHECK(settings.erase_key == 8);
    CHECK(settings.kill_key == 0x18);
    CHECK(settings.root_path == "/sbin");
    CHECK(settings.mail_directory == "/var/spool/mail");
    CHECK(settings.environment_to_keep == std::vector<std::string>{"A_1", "B", "C"});
    CHECK(settings.umask == mode_t{077});
    CHECK_FALSE(settings.default_home);
    CHECK(settings.hushlogin_file == "/etc/hushlogins");
    CHECK(settings.motd_files == "/a:/b");
    CHECK(settings.nologin_file == "/run/nologin");
    CHECK(settings.btmp_file == "/var/log/failed");
    CHECK_FALSE(settings.lastlog);
    CHECK(settings.lastlog_uid_max == uid_t{60000});
    CHECK(settings.log_logins);
    CHECK(settings.log_unknown_names);
    CHECK(read("ENV_ROOTPATH /r").root_path == "/r");
}

TEST_CASE("settings: a value that cannot be understood changes nothing and has a line number") {
    const char* const lines[] = {
        "LOGIN_TIMEOUT -1",
        "LOGIN_TIMEOUT 0x10",
        "LOGIN_TIMEOUT 5 s",
        "LOGIN_TIMEOUT",
        "LOGIN_TIMEOUT 99999999999",
        "LOGIN_RETRIES 0",
        "LOGIN_RETRIES +3",
        "LOGIN_RETRIES 1e3",
        "FAIL_DELAY no",
        "FAIL_DELAY -5",
        "LOGIN_GATE none",
        "LOGIN_GATE",
        "LOGIN_REMOTE_NOAUTH 1",
        "LOGIN_REMOTE_NOAUTH true",
        "PREVENT_NO_AUTH maybe",
        "TTYPERM 0666",
        "TTYPERM 0622",
        "TTYPERM 9",
        "TTYPERM rw",
        "UMASK 0888",
        "UMASK 01777",
        "ERASECHAR ^H",
        "ERASECHAR 256",
        "ENV_PATH",
        "MAIL_DIR mail",
        "NOLOGINS_FILE x",
        "FTMP_FILE btmp",
        "DEFAULT_HOME",
        "LASTLOG_UID_MAX -1",
    };
    for (const char* line : lines) {
        CAPTURE(std::string{line});
        Settings settings;
        const auto problems = apply_settings(std::string{"# first\n"} + line + "\n", settings);
        REQUIRE(problems.size() == 1);
        CHECK(problems.front().line == 2);
        const std::string key{line,
                              std::string_view{line}.find_first_of(' ') == std::string_view::npos
                                  ? std::string_view{line}.size()
                                  : std::string_view{line}.find_first_of(' ')};
        CHECK(problems.front().what.starts_with(key + " must be"));
        CHECK(settings.login_timeout == 60s);
        CHECK(settings.login_retries == 3);
        CHECK(settings.fail_delay == 5s);
        CHECK_FALSE(settings.gate);
        CHECK_FALSE(settings.remote_noauth);
        CHECK(settings.empty_passwords == login::EmptyPasswords::refused);
        CHECK_FALSE(settings.tty_mode);
        CHECK(settings.umask == mode_t{022});
        CHECK(settings.erase_key == 0x7F);
        CHECK(settings.path == Settings{}.path);
    }
}

TEST_CASE("settings: the second file has the last word") {
    Settings settings;
    CHECK(apply_settings("FAIL_DELAY 3\nLOGIN_GATE pam\nLOGIN_RETRIES 5", settings).empty());
    CHECK(apply_settings("LOGIN_GATE shadow\nFAIL_DELAY nonsense", settings) ==
          std::vector<SettingsProblem>{
              {.line = 2, .what = "FAIL_DELAY must be a number from 0 to 86400"}});
    CHECK(settings.gate == login::GateKind::shadow);
    CHECK(settings.login_retries == 5);
    CHECK(settings.fail_delay == 3s);
}
