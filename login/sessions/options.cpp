#include "login/sessions/options.hpp"

#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "common/syscall.hpp"
#include "login/sessions/option_table.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include <unistd.h>

namespace sessions {

namespace {

/// Laid out by CLI11 when this was built (write_help.cpp).
constexpr std::string_view help_text =
#include "login/sessions/help_text.inc"
    ;

[[noreturn]] void answer(std::string_view option) {
    print(option == "help" ? help_text : "sessions (ttygate) " TTYGATE_VERSION "\n");
    throw common::Leave{0};
}

std::vector<common::OptionRule> rules() {
    const auto table = option_table();
    std::vector<common::OptionRule> all;
    all.reserve(table.size());
    std::transform(table.begin(), table.end(), std::back_inserter(all), [](const auto& entry) {
        return entry.rule;
    });
    return all;
}

}  // namespace

void print(std::string_view text) {
    while (!text.empty()) {
        const auto written =
            common::check(common::retry_interrupted(
                              [text] { return ::write(STDOUT_FILENO, text.data(), text.size()); }),
                          "write");
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

Options parse_options(int argc, const char* const* argv) {
    std::span<const char* const> words{argv, static_cast<std::size_t>(argc)};
    words = words.subspan(std::min<std::size_t>(1, words.size()));
    const auto known = rules();
    const common::CommandLine line =
        common::read_command_line(known, words, common::OperandOrder::anywhere, known.size());
    Options options;
    for (const common::GivenOption& given : line.options) {
        const OptionEntry& entry = option_table()[given.rule];
        if (entry.apply == nullptr) {
            answer(entry.rule.name);
        }
        entry.apply(options, given.value);
    }
    if (!line.operands.empty()) {
        throw common::UsageError{"unexpected " + common::quoted(line.operands.front())};
    }
    if (options.tasks_given > 1) {
        throw common::UsageError{"one thing at a time"};
    }
    if (options.task == Task::end && options.session == 0 && options.line.empty()) {
        throw common::UsageError{"option --end: which session?"};
    }
    return options;
}

}  // namespace sessions
