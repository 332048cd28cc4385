#pragma once

#include "getty/issue.hpp"
#include "getty/line_profile.hpp"
#include "getty/line_speed.hpp"
#include "getty/line_words.hpp"
#include "getty/noise.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace getty {

/// CLOCAL: whether the line has no modem control lines to listen to.
enum class Carrier { as_driver_has_it, never_local, always_local };

/// What getty is started for.
enum class Task { serve_line, show_issue, reload, check, dump };

/// What the command line says. Everything else follows from the line itself.
struct Options {
    Task task = Task::serve_line;
    std::string line{};
    std::vector<LineWord> lines{};  ///< --lines: several, in place of that one
    std::vector<Speed> speeds{};
    LineSetup setup{};
    bool console_speed = false;
    std::string unusable_speed{};  ///< why what stands for a speed is none
    std::string label{};           ///< of a line table, in place of a speed
    std::string terminal_type{};
    std::string table{};         ///< --check-table
    std::string table_format{};  ///< if its name does not tell

    std::string login_program{};
    std::string login_options{};  ///< replaces login's arguments; \u becomes the name
    std::optional<std::string> autologin{};
    bool autologin_once = false;              ///< once since the machine started
    std::chrono::seconds autologin_grace{0};  ///< in which a key gives a prompt instead
    bool skip_login = false;
    std::string host{};
    bool remote = false;

    std::vector<std::string> issue_files{};  ///< empty: the usual places
    IssueStyle issue_style = IssueStyle::agetty;
    bool no_issue = false;
    bool no_newline = false;
    bool no_clear = false;
    bool no_hints = false;
    bool no_hostname = false;
    bool long_hostname = false;
    bool json = false;  ///< for --show-issue and --check
    bool plain = false;
    bool accessible = false;
    bool hide_name = false;
    std::string language{};  ///< empty: what the machine's files say

    std::string init_string{};
    Carrier carrier = Carrier::as_driver_has_it;
    bool flow_control = false;
    bool no_reset = false;
    bool keep_baud = false;
    bool extract_baud = false;
    bool detect_case = false;
    bool detect_parity = false;
    bool quiet_console = false;
    bool sulogin = false;
    BreakPolicy break_policy = BreakPolicy::cycle;
    std::chrono::seconds break_quiet{60};
    bool hang_up = false;
    std::string erase_characters{};
    std::string kill_characters{};
    bool probe_terminal = false;
    bool no_sandbox = false;
    bool login_pause = false;
    bool wait_for_return = false;

    std::chrono::seconds delay{0};
    std::chrono::seconds timeout{0};  ///< 0: no limit
    int nice = 0;
    std::string directory{};
    std::string root{};
    std::string nologin_message{};

    LineProfile profile{};               ///< what the line tables say besides
    std::vector<OptionSetting> given{};  ///< by credentials and command line, in this order
    bool operator==(const Options&) const = default;
};

/// Does what the settings say, one after the other. They are good ones: see
/// objection_to().
void apply_settings(Options& options, std::span<const OptionSetting> settings);

/// Reads the command line, and before it the credentials that systemd hands
/// over: the command line wins. --help, --version and --list-speeds are answered
/// here and end in Leave. Throws UsageError. What line tables say is not in it
/// yet: see settings_of().
[[nodiscard]] Options parse_options(int argc, char** argv);

}  // namespace getty
