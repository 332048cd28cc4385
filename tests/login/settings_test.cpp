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
    CHECK(read("LOGIN_RETRIES 7 # three are too few\n").login_retries == 7);
    CHECK(read("LOGIN_RETRIES\t\"7\"\t#three are too few\r\n").login_retries == 7);
    CHECK(read("NOLOGINS_FILE /run/nologin # while we work").nologin_file == "/run/nologin");
    CHECK(read("MAIL_DIR /var/mail#2").mail_directory == "/var/mail#2");
    CHECK(read("LOGIN_RETRIES 7\nLOGIN_RETRIES 8\n").login_retries == 8);
    CHECK(read("login_Retries 7").login_retries == 7);
    CHECK(read("LOGIN_RETRIES_ 7").login_retries == 3);
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
        "LOG_UNKFAIL_ENAB yes\n"
        "LOGIN_KEEP_USERNAME yes\n"
        "ENV_TZ TZ=CET-1CEST\n"
        "ENV_HZ HZ=100\n"
        "ULIMIT 2048\n"
        "FAKE_SHELL /usr/sbin/jail\n"
        "LOGIN_SHELL_FALLBACK yes\n"
        "MOTD_FIRSTONLY yes\n"
        "MAIL_CHECK_ENAB no\n"
        "CONSOLE tty1:ttyS0\n"
        "PORTTIME_CHECKS_ENAB yes\n"
        "QUOTAS_ENAB no\n"
        "FAILLOG_ENAB no\n"
        "LOGIN_MODULE_TIMEOUT 20\n"
        "LOGIN_IDLE_TIMEOUT ttyS*=600 pts/*=3600, 900\n"
        "LOGIN_KILL_STRAYS yes\n"
        "LOGIN_LINGER_USERS build backup\n"
        "LOGIN_MAX_PROCESSES 500\n");
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
    CHECK(settings.keep_user_name);
    CHECK(settings.time_zone == "CET-1CEST");
    CHECK(settings.ticks == "100");
    CHECK(settings.largest_file == 2048U);
    CHECK(settings.fake_shell == "/usr/sbin/jail");
    CHECK(settings.root_shell_fallback);
    CHECK(settings.motd_first_only);
    CHECK_FALSE(settings.mail_notice);
    CHECK(settings.root_lines == "tty1:ttyS0");
    CHECK(settings.login_hours);
    CHECK_FALSE(settings.limits);
    CHECK_FALSE(settings.faillog);
    CHECK(login::module_timeout(settings) == 20s);
    CHECK(settings.idle_rules == std::vector<login::IdleRule>{{.lines = "ttyS*", .time = 600s},
                                                              {.lines = "pts/*", .time = 3600s},
                                                              {.lines = "*", .time = 900s}});
    CHECK(settings.kill_strays == std::vector<std::string>{"*"});
    CHECK(settings.linger_users == std::vector<std::string>{"build", "backup"});
    CHECK(settings.max_processes == 500U);
    CHECK(read("ENV_ROOTPATH /r").root_path == "/r");
    CHECK(read("ENV_TZ TZ=:/usr/share/zoneinfo/Asia/Gaza").time_zone ==
          ":/usr/share/zoneinfo/Asia/Gaza");
    CHECK(read("ENV_TZ TZ=<+0330>-3:30").time_zone == "<+0330>-3:30");
    CHECK(read("ENV_TZ TZ=CET\nENV_TZ /etc/tzname").time_zone_file == "/etc/tzname");
    CHECK(read("ENV_TZ TZ=CET\nENV_TZ /etc/tzname").time_zone.empty());
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
        "LOGIN_KEEP_USERNAME 1",
        "ENV_TZ CET",
        "ENV_TZ TZ=",
        "ENV_TZ TZ=:/usr/share/zoneinfo/../../etc/shadow",
        "ENV_TZ TZ=Europe/Berlin home",
        "ENV_TZ # TZ=Europe/Berlin",
        "ENV_TZ etc/tzname",
        "ENV_HZ 100",
        "ENV_HZ HZ=often",
        "ULIMIT -1",
        "ULIMIT 1M",
        "ULIMIT 18014398509481984",
        "FAKE_SHELL sh",
        "LOGIN_SHELL_FALLBACK always",
        "MOTD_FIRSTONLY",
        "MAIL_CHECK_ENAB 0",
        "CONSOLE",
        "PORTTIME_CHECKS_ENAB y",
        "QUOTAS_ENAB on",
        "FAILLOG_ENAB off",
        "LOGIN_MODULE_TIMEOUT 1m",
        "LOGIN_IDLE_TIMEOUT",
        "LOGIN_IDLE_TIMEOUT ttyS0",
        "LOGIN_IDLE_TIMEOUT ttyS0=5 =600",
        "LOGIN_IDLE_TIMEOUT ttyS0=600 pts/*=",
        "LOGIN_IDLE_TIMEOUT -1",
        "LOGIN_KILL_STRAYS",
        "LOGIN_MAX_PROCESSES 0",
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
        CHECK(settings.idle_rules.empty());
        CHECK(login::module_timeout(settings) == 60s);
        CHECK(settings.time_zone.empty());
        CHECK(settings.ticks.empty());
        CHECK_FALSE(settings.largest_file);
        CHECK(settings.fake_shell.empty());
        CHECK(settings.root_lines.empty());
    }
}

TEST_CASE("settings: how long a module and a person may keep us waiting") {
    CHECK(login::module_timeout(read("")) == 60s);
    CHECK(login::module_timeout(read("LOGIN_TIMEOUT 30")) == 30s);
    CHECK(login::module_timeout(read("LOGIN_MODULE_TIMEOUT 5\nLOGIN_TIMEOUT 30")) == 5s);
    CHECK(login::module_timeout(read("LOGIN_MODULE_TIMEOUT 0")) == 0s);
    struct Row {
        const char* text;
        const char* line;
        std::chrono::seconds expected;
    };
    const Row rows[] = {
        {"", "tty1", 0s},
        {"LOGIN_IDLE_TIMEOUT 900", "tty1", 900s},
        {"LOGIN_IDLE_TIMEOUT 900", "", 900s},
        {"LOGIN_IDLE_TIMEOUT=900", "pts/3", 900s},
        {"LOGIN_IDLE_TIMEOUT=ttyS*=600", "ttyS1", 600s},
        {"LOGIN_IDLE_TIMEOUT ttyS*=600 pts/*=3600 900", "ttyS1", 600s},
        {"LOGIN_IDLE_TIMEOUT ttyS*=600 pts/*=3600 900", "pts/12", 3600s},
        {"LOGIN_IDLE_TIMEOUT ttyS*=600 pts/*=3600 900", "tty1", 900s},
        {"LOGIN_IDLE_TIMEOUT ttyS*=600 pts/*=3600", "tty1", 0s},
        {"LOGIN_IDLE_TIMEOUT tty1=0 900", "tty1", 0s},
        {"LOGIN_IDLE_TIMEOUT 900 tty1=0", "tty1", 900s},
        {"LOGIN_IDLE_TIMEOUT tty[12]=7", "tty2", 7s},
        {"LOGIN_IDLE_TIMEOUT tty[12]=7", "tty3", 0s},
        {"LOGIN_IDLE_TIMEOUT 5\nLOGIN_IDLE_TIMEOUT pts/*=6", "tty1", 0s},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.text});
        CAPTURE(std::string{row.line});
        CHECK(login::idle_timeout(read(row.text), row.line) == row.expected);
    }
}

TEST_CASE("settings: keys without effect are told from those of other programs") {
    using login::SettingsFile;
    using Kind = login::StrangeKey::Kind;
    const char* const text =
        "# CONSOLE_GROUPS in a comment\n"
        "LOGIN_TIMEOUT 60\n"
        "PASS_MAX_DAYS 99999\n"
        "CONSOLE_GROUPS floppy\n"
        "\n"
        "LOGIN_TIMOUT=60\n"
        "login_timeout 60\n"
        "pass_max_days 99999\n"
        "LOGIN_MAX_PROCESSES 5\n";
    CHECK(login::strange_keys(text, SettingsFile::shared) ==
          std::vector<login::StrangeKey>{
              {.line = 4, .name = "CONSOLE_GROUPS", .kind = Kind::not_honoured},
              {.line = 6, .name = "LOGIN_TIMOUT", .kind = Kind::unknown}});
    const auto own = login::strange_keys(text, SettingsFile::own);
    // Of login's own file the two of PASS_MAX_DAYS too.
    REQUIRE(own.size() == 4);
    CHECK(own.front() ==
          login::StrangeKey{.line = 3, .name = "PASS_MAX_DAYS", .kind = Kind::unknown});
    CHECK(login::strange_keys("", SettingsFile::own).empty());
}

TEST_CASE("settings: no key that login knows is strange, in either file") {
    for (const char* key : {"LOGIN_TIMEOUT",
                            "LOGIN_RETRIES",
                            "FAIL_DELAY",
                            "LOGIN_KEEP_USERNAME",
                            "LOG_UNKFAIL_ENAB",
                            "LOG_OK_LOGINS",
                            "LOGIN_PLAIN_PROMPT",
                            "LOGIN_ENV_SAFELIST",
                            "TTYPERM",
                            "TTYGROUP",
                            "MOTD_FILE",
                            "MOTD_FIRSTONLY",
                            "HUSHLOGIN_FILE",
                            "DEFAULT_HOME",
                            "LASTLOG_UID_MAX",
                            "LASTLOG_ENAB",
                            "FAILLOG_ENAB",
                            "FTMP_FILE",
                            "ENV_PATH",
                            "ENV_SUPATH",
                            "ENV_ROOTPATH",
                            "ENV_TZ",
                            "ENV_HZ",
                            "UMASK",
                            "ULIMIT",
                            "ERASECHAR",
                            "KILLCHAR",
                            "FAKE_SHELL",
                            "NOLOGINS_FILE",
                            "CONSOLE",
                            "MAIL_DIR",
                            "MAIL_CHECK_ENAB",
                            "PREVENT_NO_AUTH",
                            "LOGIN_SHELL_FALLBACK",
                            "PORTTIME_CHECKS_ENAB",
                            "QUOTAS_ENAB",
                            "LOGIN_GATE",
                            "LOGIN_REMOTE_NOAUTH",
                            "LOGIN_MODULE_TIMEOUT",
                            "LOGIN_IDLE_TIMEOUT",
                            "LOGIN_PASSWORD_FEEDBACK"}) {
        CAPTURE(std::string{key});
        const std::string text = std::string{key} + " x\n";
        CHECK(login::strange_keys(text, login::SettingsFile::shared).empty());
        CHECK(login::strange_keys(text, login::SettingsFile::own).empty());
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
