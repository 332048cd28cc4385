#include "login/sessions/option_table.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace sessions {

namespace {

using common::Argument;

void choose(Options& options, Task task) {
    options.task = task;
    ++options.tasks_given;
}

pid_t session_id(std::string_view option, std::string_view text) {
    return static_cast<pid_t>(
        common::read_number(option, text, 1, std::numeric_limits<pid_t>::max()));
}

bool is_number(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// No line's name is all digits.
void set_end(Options& options, std::string_view word) {
    choose(options, Task::end);
    if (is_number(word)) {
        options.session = session_id("--end", word);
        return;
    }
    constexpr std::string_view directory = "/dev/";
    if (word.starts_with(directory)) {
        word.remove_prefix(directory.size());
    }
    options.line = word;
}

constexpr auto rows = std::to_array<OptionEntry>({
    {{.letter = 't',
      .name = "tree",
      .argument = Argument::required,
      .value_name = "SID",
      .help = "show the processes of a session, and its stopped and orphaned groups"},
     [](Options& options, std::string_view value) {
         choose(options, Task::tree);
         options.session = session_id("--tree", value);
     }},
    {{.letter = 'w',
      .name = "watch",
      .help = "show the list anew every two seconds, until q or ^C"},
     [](Options& options, std::string_view) { choose(options, Task::watch); }},
    {{.letter = 'j', .name = "json", .help = "the list for programs"},
     [](Options& options, std::string_view) { choose(options, Task::json); }},
    {{.letter = 'r',
      .name = "repair",
      .help = "mark the records dead that are about nobody; for root"},
     [](Options& options, std::string_view) { choose(options, Task::repair); }},
    {{.letter = 'e',
      .name = "end",
      .argument = Argument::required,
      .value_name = "SESSION",
      .help = "end a session, with what escaped from it: HUP, TERM, then KILL"},
     set_end},
    {{.letter = 'h', .name = "help", .help = "say this and leave"}, nullptr},
    {{.letter = 'V', .name = "version", .help = "say which version this is and leave"}, nullptr},
});

}  // namespace

std::span<const OptionEntry> option_table() {
    return rows;
}

}  // namespace sessions
