#include "getty/option_table.hpp"

#include "common/language_name.hpp"
#include "common/program.hpp"
#include "common/short_text.hpp"
#include "getty/table_step.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace getty {

namespace {

using common::Argument;
using common::UsageError;

constexpr unsigned longest_wait = 86'400;

std::vector<std::string> split(std::string_view list, char separator) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(separator), list.size());
        if (end > 0) {
            parts.emplace_back(list.substr(0, end));
        }
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return parts;
}

void set_carrier(Options& options, std::string_view mode) {
    if (mode.empty() || mode == "always") {
        options.carrier = Carrier::always_local;
    } else if (mode == "never") {
        options.carrier = Carrier::never_local;
    } else if (mode == "auto") {
        options.carrier = Carrier::as_driver_has_it;
    } else {
        throw UsageError{"option --local-line: \"" + std::string{mode} +
                         "\" is none of always, never, auto"};
    }
}

void set_break_policy(Options& options, std::string_view word) {
    if (word == "cycle") {
        options.break_policy = BreakPolicy::cycle;
    } else if (word == "reset") {
        options.break_policy = BreakPolicy::reset;
    } else if (word == "ignore") {
        options.break_policy = BreakPolicy::ignore;
    } else {
        throw UsageError{"option --break: \"" + std::string{word} +
                         "\" is none of cycle, reset, ignore"};
    }
}

void set_issue_style(Options& options, std::string_view word) {
    if (word == "agetty") {
        options.issue_style = IssueStyle::agetty;
    } else if (word == "busybox") {
        options.issue_style = IssueStyle::busybox;
    } else {
        throw UsageError{"option --issue-style: \"" + std::string{word} +
                         "\" is none of agetty, busybox"};
    }
}

void set_language(Options& options, std::string_view name) {
    if (name != "C" && name != "POSIX" && !common::is_language(name)) {
        throw UsageError{"option --language: \"" + std::string{name} +
                         "\" is no language such as de, fr_CA or C"};
    }
    options.language = name;
}

void set_nice(Options& options, std::string_view value) {
    const bool negative = value.starts_with('-');
    unsigned size = 0;
    try {
        size = common::read_number("--nice", value.substr(negative ? 1 : 0), 0, negative ? 20 : 19);
    } catch (const UsageError&) {
        throw UsageError{"option --nice: \"" + std::string{value} +
                         "\" is not a whole number from -20 to 19"};
    }
    options.nice = negative ? -static_cast<int>(size) : static_cast<int>(size);
}

void set_name(std::string& place, const char* option, std::string_view value) {
    if (value.empty()) {
        throw UsageError{std::string{"option "} + option + ": the value is empty"};
    }
    place = value;
}

std::chrono::seconds read_seconds(const char* option, std::string_view value) {
    return std::chrono::seconds{common::read_number(option, value, 0, longest_wait)};
}

/// As it is read here; kept apart below.
constexpr std::array table{
    OptionEntry{{'8', "8bits", Argument::none, "", "take 8-bit input as it is (always so)"},
                [](Options&, std::string_view) {}},
    OptionEntry{{'a', "autologin", Argument::required, "USER", "log USER in without asking"},
                [](Options& o, std::string_view v) {
                    std::string user;
                    set_name(user, "--autologin", v);
                    o.autologin = user;
                }},
    OptionEntry{{'c', "noreset", Argument::none, "", "leave the line's control modes alone"},
                [](Options& o, std::string_view) { o.no_reset = true; }},
    OptionEntry{{'C', "chdir", Argument::required, "DIR", "start login in DIR"},
                [](Options& o, std::string_view v) { set_name(o.directory, "--chdir", v); }},
    OptionEntry{{'d', "delay", Argument::required, "SECONDS", "wait before opening the line"},
                [](Options& o, std::string_view v) { o.delay = read_seconds("--delay", v); }},
    OptionEntry{{'E', "remote", Argument::none, "", "tell login the host (-h HOST, or -H)"},
                [](Options& o, std::string_view) { o.remote = true; }},
    OptionEntry{{'f', "issue-file", Argument::required, "PATHS", "show these, colon between"},
                [](Options& o, std::string_view v) { o.issue_files = split(v, ':'); }},
    OptionEntry{{'h', "flow-control", Argument::none, "", "hardware flow control (RTS/CTS)"},
                [](Options& o, std::string_view) { o.flow_control = true; }},
    OptionEntry{{'H', "host", Argument::required, "HOST", "host for the record and for login"},
                [](Options& o, std::string_view v) { o.host = v; }},
    OptionEntry{{'i', "noissue", Argument::none, "", "show no issue"},
                [](Options& o, std::string_view) { o.no_issue = true; }},
    OptionEntry{{'I', "init-string", Argument::required, "TEXT", "send first; \\NNN is octal"},
                [](Options& o, std::string_view v) { o.init_string = v; }},
    OptionEntry{{'J', "noclear", Argument::none, "", "do not clear a virtual terminal"},
                [](Options& o, std::string_view) { o.no_clear = true; }},
    OptionEntry{
        {'l', "login-program", Argument::required, "PATH", "what to start for a name"},
        [](Options& o, std::string_view v) { set_name(o.login_program, "--login-program", v); }},
    OptionEntry{{'L', "local-line", Argument::attached, "always|never|auto", "carrier is ignored"},
                set_carrier},
    OptionEntry{{'m', "extract-baud", Argument::none, "", "speed from a modem's CONNECT text"},
                [](Options& o, std::string_view) { o.extract_baud = true; }},
    OptionEntry{{0, "list-speeds", Argument::none, "", "show the usual speeds and leave"}, nullptr},
    OptionEntry{{0, "show-issue", Argument::none, "", "show the issue and leave; needs no line"},
                [](Options& o, std::string_view) { o.task = Task::show_issue; }},
    OptionEntry{{0, "reload", Argument::none, "", "have waiting gettys show the issue again"},
                [](Options& o, std::string_view) { o.task = Task::reload; }},
    OptionEntry{{'n', "skip-login", Argument::none, "", "do not ask for a name"},
                [](Options& o, std::string_view) { o.skip_login = true; }},
    OptionEntry{{'N', "nonewline", Argument::none, "", "no empty line before the issue"},
                [](Options& o, std::string_view) { o.no_newline = true; }},
    OptionEntry{
        {'o', "login-options", Argument::required, "WORDS", "login's arguments; \\u is the name"},
        [](Options& o, std::string_view v) { o.login_options = v; }},
    OptionEntry{{'p', "login-pause", Argument::none, "", "wait for a key before the login"},
                [](Options& o, std::string_view) { o.login_pause = true; }},
    OptionEntry{{'P', "nice", Argument::required, "N", "start login with this niceness"}, set_nice},
    OptionEntry{{'r', "chroot", Argument::required, "DIR", "start login below DIR"},
                [](Options& o, std::string_view v) { set_name(o.root, "--chroot", v); }},
    OptionEntry{{'R', "hangup", Argument::none, "", "hang up standard input too, before use"},
                [](Options& o, std::string_view) { o.hang_up = true; }},
    OptionEntry{{'s', "keep-baud", Argument::none, "", "begin at the speed the line has"},
                [](Options& o, std::string_view) { o.keep_baud = true; }},
    OptionEntry{{'t', "timeout", Argument::required, "SECONDS", "leave when no name came"},
                [](Options& o, std::string_view v) { o.timeout = read_seconds("--timeout", v); }},
    OptionEntry{
        {'U', "detect-case", Argument::none, "", "a name in capitals only: so is the terminal"},
        [](Options& o, std::string_view) { o.detect_case = true; }},
    OptionEntry{{'w', "wait-cr", Argument::none, "", "wait for Return before the issue"},
                [](Options& o, std::string_view) { o.wait_for_return = true; }},
    OptionEntry{{0, "nohints", Argument::none, "", "no hints on a virtual terminal"},
                [](Options& o, std::string_view) { o.no_hints = true; }},
    OptionEntry{{0, "nohostname", Argument::none, "", "no host name in the prompt"},
                [](Options& o, std::string_view) { o.no_hostname = true; }},
    OptionEntry{{0, "long-hostname", Argument::none, "", "the whole host name in the prompt"},
                [](Options& o, std::string_view) { o.long_hostname = true; }},
    OptionEntry{{0, "erase-chars", Argument::required, "CHARS", "more keys that erase"},
                [](Options& o, std::string_view v) { o.erase_characters = v; }},
    OptionEntry{{0, "kill-chars", Argument::required, "CHARS", "more keys that clear the line"},
                [](Options& o, std::string_view v) { o.kill_characters = v; }},
    OptionEntry{
        {0, "nologin-message", Argument::required, "TEXT", "said when there is no login program"},
        [](Options& o, std::string_view v) { o.nologin_message = v; }},
    OptionEntry{{0, "help", Argument::none, "", "show this help and leave"}, nullptr},
    OptionEntry{{0, "version", Argument::none, "", "show the version and leave"}, nullptr},
    // From here on the options are ours.
    OptionEntry{
        {0, "break", Argument::required, "cycle|reset|ignore", "what a BREAK does to the speed"},
        set_break_policy},
    OptionEntry{
        {0,
         "break-quiet",
         Argument::required,
         "SECONDS",
         "quiet time before the first speed is back"},
        [](Options& o, std::string_view v) { o.break_quiet = read_seconds("--break-quiet", v); }},
    OptionEntry{{0, "check", Argument::none, "", "say what would happen, and do nothing"},
                [](Options& o, std::string_view) { o.task = Task::check; }},
    OptionEntry{{0, "dump", Argument::none, "", "show what holds on the line, and who says so"},
                [](Options& o, std::string_view) { o.task = Task::dump; }},
    OptionEntry{{0,
                 "check-table",
                 Argument::required,
                 "FILE",
                 "say what a line table says, and what is wrong in it"},
                [](Options& o, std::string_view v) {
                    o.task = Task::check;
                    set_name(o.table, "--check-table", v);
                }},
    OptionEntry{{0,
                 "table-format",
                 Argument::required,
                 "getty.conf|gettydefs|gettytab|ttys",
                 "of the line table, if its name does not tell"},
                [](Options& o, std::string_view v) { o.table_format = v; }},
    OptionEntry{{0, "issue-style", Argument::required, "agetty|busybox", "\\ or % before escapes"},
                set_issue_style},
    OptionEntry{{0, "probe-terminal", Argument::none, "", "ask the terminal for its size"},
                [](Options& o, std::string_view) { o.probe_terminal = true; }},
    OptionEntry{{0, "no-sandbox", Argument::none, "", "no process of its own reads names"},
                [](Options& o, std::string_view) { o.no_sandbox = true; }},
    OptionEntry{{0, "autologin-once", Argument::none, "", "log in by itself once since the start"},
                [](Options& o, std::string_view) { o.autologin_once = true; }},
    OptionEntry{{0,
                 "autologin-grace",
                 Argument::required,
                 "SECONDS",
                 "a key in this time gives a prompt instead"},
                [](Options& o, std::string_view v) {
                    o.autologin_grace = read_seconds("--autologin-grace", v);
                }},
    OptionEntry{{0, "detect-parity", Argument::none, "", "7 bits and parity, if the name has it"},
                [](Options& o, std::string_view) { o.detect_parity = true; }},
    OptionEntry{{0, "accessible", Argument::none, "", "for braille and speech: nothing moves"},
                [](Options& o, std::string_view) { o.accessible = true; }},
    OptionEntry{{0, "language", Argument::required, "LANGUAGE", "of what is said on the line"},
                set_language},
    OptionEntry{
        {0, "lines", Argument::required, "LINE,...", "serve all these: names, globs, @console"},
        nullptr},
    OptionEntry{{0, "json", Argument::none, "", "--show-issue and --check answer in JSON"},
                [](Options& o, std::string_view) { o.json = true; }},
    OptionEntry{{0, "plain", Argument::none, "", "no escape sequences, nothing shown twice"},
                [](Options& o, std::string_view) { o.plain = true; }},
    OptionEntry{{0, "hide-name", Argument::none, "", "the name is not shown as it is typed"},
                [](Options& o, std::string_view) { o.hide_name = true; }},
    OptionEntry{{0, "quiet-console", Argument::none, "", "no kernel messages while asking"},
                [](Options& o, std::string_view) { o.quiet_console = true; }},
    OptionEntry{{0, "sulogin", Argument::none, "", "on a console without login, start sulogin"},
                [](Options& o, std::string_view) { o.sulogin = true; }},
    OptionEntry{
        {0, "loginprog", Argument::required, "PATH", ""},
        [](Options& o, std::string_view v) { set_name(o.login_program, "--loginprog", v); }},
    OptionEntry{{0, "loginpause", Argument::none, "", ""},
                [](Options& o, std::string_view) { o.login_pause = true; }},
    OptionEntry{{0, "nohangup", Argument::none, "", ""}, [](Options&, std::string_view) {}},
};

struct OptionWords {
    char letter = 0;
    common::Argument argument = Argument::none;
    common::ShortText<16> name{};
    common::ShortText<36> value_name{};
    common::ShortText<52> help{};
};

consteval auto words_of_table() {
    std::array<OptionWords, table.size()> words{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const common::OptionRule& rule = table[i].rule;
        words[i] = {.letter = rule.letter,
                    .argument = rule.argument,
                    .name = common::ShortText<16>{rule.name},
                    .value_name = common::ShortText<36>{rule.value_name},
                    .help = common::ShortText<52>{rule.help}};
    }
    return words;
}

consteval std::size_t count_established() {
    std::size_t count = 0;
    while (table[count].rule.name != "break") {
        ++count;
    }
    return count;
}

constexpr auto words_of_options = words_of_table();

}  // namespace

OptionEntry OptionTable::operator[](std::size_t index) const {
    const OptionWords& words = words_of_options[index];
    decltype(OptionEntry::apply) apply = nullptr;
    with_constant<table.size()>(index, [&](auto at) { apply = table[at].apply; });
    return {.rule = {.letter = words.letter,
                     .name = words.name.view(),
                     .argument = words.argument,
                     .value_name = words.value_name.view(),
                     .help = words.help.view()},
            .apply = apply};
}

// NOLINTNEXTLINE(readability-convert-member-functions-to-static)
std::size_t OptionTable::size() const {
    return words_of_options.size();
}

std::size_t established_options() {
    return count_established();
}

}  // namespace getty
