#include "getty/options.hpp"

#include "common/command_line.hpp"
#include "common/program.hpp"
#include "common/terminal_speed.hpp"
#include "getty/credentials.hpp"
#include "getty/operands.hpp"
#include "getty/option_table.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace getty {

namespace {

// Written at build time by write_help.cpp.
constexpr std::string_view help_text =
#include "getty/help_text.inc"
    ;

std::vector<common::OptionRule> rules_of(std::span<const OptionEntry> table) {
    std::vector<common::OptionRule> rules;
    rules.reserve(table.size());
    std::transform(
        table.begin(), table.end(), std::back_inserter(rules), [](const OptionEntry& entry) {
            return entry.rule;
        });
    return rules;
}

/// Writes to standard output and leaves; text that did not arrive is a failure.
[[noreturn]] void print_and_leave(std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written <= 0) {
            throw common::Leave{1};
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    throw common::Leave{0};
}

/// A credential is an option that the manager of services sets.
void apply_credentials(Options& options, std::span<const OptionEntry> table) {
    for (const Credential& credential : read_credentials()) {
        const auto entry = std::find_if(table.begin(), table.end(), [&](const OptionEntry& e) {
            return e.rule.name == credential.option;
        });
        if (entry != table.end()) {
            entry->apply(options, credential.value);
        }
    }
}

std::string speed_list() {
    std::string list;
    for (const Speed speed : common::named_speeds()) {
        list += std::to_string(speed) + "\n";
    }
    return list;
}

}  // namespace

Options parse_options(int argc, char** argv) {
    const auto table = option_table();
    const auto rules = rules_of(table);
    const auto order = ::getenv("POSIXLY_CORRECT") != nullptr ? common::OperandOrder::after_options
                                                              : common::OperandOrder::anywhere;
    const std::span<const char* const> words{argv + 1, static_cast<std::size_t>(argc) - 1};
    const auto given = common::read_command_line(rules, words, order, established_options());

    Options options;
    apply_credentials(options, table);
    for (const auto& [index, value] : given.options) {
        const OptionEntry& entry = table[index];
        if (entry.rule.name == "help") {
            print_and_leave(help_text);
        }
        if (entry.rule.name == "version") {
            print_and_leave("getty (ttygate) " TTYGATE_VERSION "\n");
        }
        if (entry.rule.name == "list-speeds") {
            print_and_leave(speed_list());
        }
        entry.apply(options, value);
    }
    if (options.login_program.empty()) {
        options.login_program = TTYGATE_LOGIN_PROGRAM;
    }
    if (options.task != Task::serve_line) {
        return options;
    }
    const Operands operands = read_operands(given.operands);
    options.line = operands.line;
    options.speeds = operands.speeds;
    options.setup = operands.setup;
    options.console_speed = operands.console_speed;
    options.terminal_type = operands.terminal_type;
    return options;
}

}  // namespace getty
