// Runs at build time: writes the file by which a shell completes the words of
// getty's command line, from the one table of options. Arguments: the shell, and
// the name getty is installed under.
#include "common/completions.hpp"
#include "common/terminal_speed.hpp"
#include "getty/option_table.hpp"

#include <iostream>
#include <string>

namespace {

using common::Offer;
using common::Offered;

Offered speeds() {
    Offered offered{.offer = Offer::choices, .choices = {"keep"}};
    for (const unsigned speed : common::named_speeds()) {
        offered.choices.push_back(std::to_string(speed));
    }
    return offered;
}

common::CompletedProgram getty_as(const std::string& name) {
    const Offered lines{.offer = Offer::lines};
    const Offered types{.offer = Offer::terminal_types};
    // Both dialects: the line first, or the speed.
    common::CompletedProgram program{
        .name = name, .operands = {{lines, speeds()}, {speeds(), lines, types}, {types}}};
    for (const auto [rule, unused] : getty::option_table()) {
        if (rule.help.empty()) {
            continue;
        }
        program.options.push_back(
            {.short_form = rule.letter != 0 ? std::string{"-"} + rule.letter : "",
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
    const std::string text = argc == 3 ? common::completions_for(argv[1], getty_as(argv[2])) : "";
    std::cout << text;
    return std::cout.flush() && !text.empty() ? 0 : 1;
} catch (...) {
    return 1;
}
