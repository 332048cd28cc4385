#pragma once

#include "getty/line_speed.hpp"
#include "getty/mode_changes.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// Something wrong in a table, for `file:line: what`.
struct Problem {
    unsigned line = 0;
    std::string what{};

    bool operator==(const Problem&) const = default;
};

/// An option of getty(8), as a table sets it: its long name without the dashes,
/// and what would stand after the `=`; `yes` or `no` for one that takes nothing.
struct OptionSetting {
    std::string name{};
    std::string value{};

    bool operator==(const OptionSetting&) const = default;
};

/// Which escapes a prompt and an initial message are written in.
enum class PromptStyle {
    gettydefs,  ///< @S, \D: gettydefs(4), and whatever says nothing else
    gettytab,   ///< %h: gettytab(5)
};

/// ttys(5): when init is to start the line's program.
enum class LineStatus { off, on, on_if_console, on_if_exists };

/// What only ttys(5) knows of a line; for init and login, not for getty.
struct TtysEntry {
    std::vector<std::string> command{};
    std::string label{};  ///< the class that the command's getty is called with, if any
    LineStatus status = LineStatus::off;
    bool secure = false;  ///< root may log in
    std::string kind{};   ///< dialup, network

    bool operator==(const TtysEntry&) const = default;
};

/// How a line is to be served: an entry of a line table, whatever its format.
/// What is not given (nullopt, empty) is left as it is without a table.
///
/// What getty has an option for stands in `options`, under the option's name;
/// so every option is a key of getty.conf, and argv, read later, wins.
struct LineProfile {
    unsigned line = 0;    ///< where the entry begins in its file
    std::string label{};  ///< in getty.conf the section's globs, "" before the first section
    std::vector<std::string> aliases{};

    std::vector<Speed> speeds{};
    bool console_speed = false;          ///< the speed is what the kernel's command line says
    std::optional<Speed> login_speed{};  ///< where login is to get another one
    ModeChanges initial_modes{};         ///< while asking for the name
    ModeChanges login_modes{};           ///< handed to login
    std::optional<std::string> next{};   ///< the label to go on with after a BREAK

    std::optional<std::string> terminal_type{};
    std::vector<std::string> environment{};  ///< NAME=VALUE

    std::optional<PromptStyle> prompt_style{};  ///< of the prompt and the text below it
    std::optional<std::string> prompt{};
    std::optional<std::string> issue_text{};   ///< shown before the issue files
    std::optional<std::string> clear_text{};   ///< what clears this terminal's screen
    std::optional<std::string> host_name{};    ///< for the prompt only
    std::optional<std::string> host_edit{};    ///< gettytab(5), he
    std::optional<std::string> date_format{};  ///< strftime(3), for %d

    std::optional<std::string> init_chat{};    ///< expect-send pairs that prepare a modem
    std::optional<std::string> answer_chat{};  ///< expect-send pairs that answer a call
    std::optional<std::chrono::seconds> chat_timeout{};
    std::optional<std::chrono::seconds> ring_timeout{};

    std::vector<OptionSetting> options{};
    TtysEntry ttys{};
    /// What was understood but cannot be done here, for the log and --check-table.
    std::vector<std::string> not_honoured{};

    bool operator==(const LineProfile&) const = default;
};

/// What a reader makes of a table. A faulty line is skipped and named here; the
/// rest counts.
struct ReadProfiles {
    std::vector<LineProfile> profiles{};
    std::vector<Problem> problems{};
};

/// Sets an option; the value it had is forgotten.
inline void set_option(LineProfile& profile, std::string_view name, std::string_view value) {
    for (OptionSetting& setting : profile.options) {
        if (setting.name == name) {
            setting.value = value;
            return;
        }
    }
    profile.options.push_back({.name = std::string{name}, .value = std::string{value}});
}

}  // namespace getty
