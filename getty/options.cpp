#include "getty/options.hpp"

#include "common/command_line.hpp"
#include "common/log.hpp"
#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "common/terminal.hpp"
#include "common/terminal_speed.hpp"
#include "getty/credentials.hpp"
#include "getty/operands.hpp"
#include "getty/option_table.hpp"
#include "getty/table_files.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace getty {

namespace {

// Written at build time by write_help.cpp.
constexpr std::string_view help_text =
#include "getty/help_text.inc"
    ;

std::vector<common::OptionRule> rules_of(OptionTable table) {
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

bool is_device(std::string_view word) {
    struct stat status {};
    return ::stat(common::line_path(word).c_str(), &status) == 0 && S_ISCHR(status.st_mode);
}

/// Where the operands of one line have that.
constexpr std::string_view several_lines = "--lines";

/// What is said of all lines is said as it is of one: the line's place is taken.
std::vector<std::string_view> behind_a_line(std::span<const std::string_view> operands) {
    std::vector<std::string_view> words{several_lines};
    words.insert(words.end(), operands.begin(), operands.end());
    return words;
}

std::string speed_list() {
    std::string list;
    for (const Speed speed : common::named_speeds()) {
        // In a column, as agetty prints them.
        constexpr std::size_t width = 10;
        const std::string number = std::to_string(speed);
        list += std::string(width - std::min(width, number.size()), ' ') + number + "\n";
    }
    return list;
}

}  // namespace

void apply_settings(Options& options, std::span<const OptionSetting> settings) {
    const auto table = option_table();
    for (const OptionSetting& setting : settings) {
        const auto entry = std::find_if(table.begin(), table.end(), [&](const OptionEntry& e) {
            return e.rule.name == setting.name;
        });
        if (entry == table.end()) {
            continue;
        }
        const auto [rule, apply] = *entry;
        if (apply == nullptr) {
            continue;
        }
        if (rule.argument != common::Argument::none) {
            apply(options, setting.value);
        } else if (setting.value != "no") {
            apply(options, {});
        }
    }
}

namespace {

/// A credential is an option that the manager of services sets. One that is
/// wrong is no reason to have no prompt.
void take_credentials(Options& options) {
    for (const Credential& credential : read_credentials()) {
        const OptionSetting setting{.name = credential.option, .value = credential.value};
        try {
            Options tried;
            apply_settings(tried, {&setting, 1});
            options.given.push_back(setting);
        } catch (const common::UsageError& problem) {
            common::log(
                common::Severity::warning,
                "credential agetty." + credential.option + " is not heeded: " + problem.what());
        }
    }
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
    take_credentials(options);
    for (const auto& [index, value] : given.options) {
        const common::OptionRule rule = table[index].rule;
        if (rule.name == "help") {
            print_and_leave(help_text);
        }
        if (rule.name == "version") {
            print_and_leave("getty (ttygate) " TTYGATE_VERSION "\n");
        }
        if (rule.name == "list-speeds") {
            print_and_leave(speed_list());
        }
        if (rule.name == "lines") {
            options.lines = read_line_words(value);
            continue;
        }
        options.given.push_back(
            {.name = std::string{rule.name},
             .value = rule.argument == common::Argument::none ? "yes" : std::string{value}});
    }
    apply_settings(options, options.given);
    if (options.login_program.empty()) {
        options.login_program = TTYGATE_LOGIN_PROGRAM;
    }
    const bool looks = options.task == Task::check || options.task == Task::dump;
    if (looks && !options.lines.empty()) {
        throw common::UsageError{
            "--check and --dump look at one line: name it in place of --lines"};
    }
    if (options.task != Task::serve_line && (!looks || given.operands.empty())) {
        return options;
    }
    const bool names_lines = !options.lines.empty();
    const Operands operands =
        read_operands(names_lines ? behind_a_line(given.operands) : given.operands,
                      {.is_device = is_device, .is_label = is_label});
    if (names_lines && operands.line != several_lines) {
        throw common::UsageError{"a line beside --lines: " + common::quoted(operands.line)};
    }
    if (!operands.first_surplus.empty()) {
        // agetty and BusyBox pass it over without a word.
        common::log(common::Severity::warning,
                    common::quoted(operands.first_surplus) +
                        " is not heeded: it follows line, speed and terminal type");
    }
    options.line = names_lines ? std::string{} : operands.line;
    options.speeds = operands.speeds;
    options.setup = operands.setup;
    options.console_speed = operands.console_speed;
    options.unusable_speed = operands.unusable_speed;
    options.label = operands.label;
    options.terminal_type = operands.terminal_type;
    return options;
}

}  // namespace getty
