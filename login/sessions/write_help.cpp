// Runs at build time: writes what `sessions --help` prints, as a C++ string.
// CLI11 lays it out from the one table of options.
#include "login/sessions/option_table.hpp"

#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

namespace {

void add(CLI::App& app, const common::OptionRule& rule) {
    const std::string names = std::string{"-"} + rule.letter + ",--" + std::string{rule.name};
    const std::string help{rule.help};
    if (rule.argument == common::Argument::none) {
        app.add_flag(names, help);
    } else {
        app.add_option(names, help)->type_name(std::string{rule.value_name});
    }
}

}  // namespace

int main() try {
    CLI::App app{
        "Shows who is on this machine by the kernel's own account, and whether the records\n"
        "agree.",
        "sessions"};
    app.set_help_flag();
    for (const sessions::OptionEntry& entry : sessions::option_table()) {
        add(app, entry.rule);
    }
    app.footer("\nSESSION is a line, by its name below /dev, or a SID. See sessions(1).");
    std::cout << "R\"help(" << app.help() << ")help\"\n";
    return std::cout.flush() ? 0 : 1;
} catch (...) {
    return 1;
}
