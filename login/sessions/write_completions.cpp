// Runs at build time: writes the file by which a shell completes the words of
// the command line of sessions, from the one table of options. Arguments: the
// shell, and the name the program is installed under.
#include "common/completions.hpp"
#include "login/sessions/option_table.hpp"

#include <iostream>
#include <string>

namespace {

common::CompletedProgram sessions_as(const std::string& name) {
    common::CompletedProgram program{.name = name};
    for (const auto& [rule, unused] : sessions::option_table()) {
        program.options.push_back({.short_form = std::string{"-"} + rule.letter,
                                   .long_form = "--" + std::string{rule.name},
                                   .argument = rule.argument,
                                   .value_name = std::string{rule.value_name},
                                   .help = std::string{rule.help},
                                   .value = common::offered_for(rule.value_name)});
    }
    return program;
}

}  // namespace

int main(int argc, char** argv) try {
    const std::string text =
        argc == 3 ? common::completions_for(argv[1], sessions_as(argv[2])) : "";
    std::cout << text;
    return std::cout.flush() && !text.empty() ? 0 : 1;
} catch (...) {
    return 1;
}
