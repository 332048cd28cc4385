// Runs at build time: writes what `getty --help` prints, as a C++ string. CLI11
// lays it out from the one table of options. Built into getty itself, CLI11 and
// the streams it brings would cost every waiting line 27 KiB and every start a
// quarter of its time, for a text that never changes.
#include "getty/option_table.hpp"

#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

namespace {

using common::Argument;
using common::OptionRule;

class HelpFormat : public CLI::Formatter {
  public:
    std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
        return std::string{getty::usage_text};
    }
};

void add(CLI::App& app, const OptionRule& rule) {
    const std::string help{rule.help};
    const std::string letter = rule.letter != 0 ? std::string{"-"} + rule.letter + "," : "";
    const std::string names = letter + "--" + std::string{rule.name};
    if (rule.argument == Argument::none) {
        app.add_flag(names, help);
        return;
    }
    const std::string value{rule.value_name};
    app.add_option(names, help)
        ->type_name(rule.argument == Argument::attached ? "[=" + value + "]" : value);
}

}  // namespace

int main() try {
    CLI::App app{"Opens a terminal line, asks for a name and starts login.", "getty"};
    app.formatter(std::make_shared<HelpFormat>());
    app.set_help_flag();
    for (const auto entry : getty::option_table()) {
        if (!entry.rule.help.empty()) {
            add(app, entry.rule);
        }
    }
    app.footer(
        "LINE is a name below /dev, - for standard input, or @console for every console.\n"
        "LABEL is an entry of a line table. See getty(8).");
    std::cout << "R\"help(" << app.help() << ")help\"\n";
    return std::cout.flush() ? 0 : 1;
} catch (...) {
    return 1;
}
