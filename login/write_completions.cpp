// Runs at build time: writes the file by which a shell completes the words of
// login's command line, from the one table of options. Arguments: the shell, and
// the name login is installed under.
#include "common/completions.hpp"
#include "login/option_table.hpp"

#include <iostream>
#include <string>

namespace {

common::CompletedProgram login_as(const std::string& name) {
    common::CompletedProgram program{.name = name, .operands = {{{.offer = common::Offer::users}}}};
    for (const login::OptionRow& row : login::option_table()) {
        program.options.push_back(
            {.short_form = std::string{row.short_form},
             .long_form = std::string{row.long_form},
             .argument = row.argument.empty() ? common::Argument::none : common::Argument::required,
             .value_name = std::string{row.argument},
             .help = std::string{row.meaning},
             .value = common::offered_for(row.argument)});
    }
    return program;
}

}  // namespace

int main(int argc, char** argv) try {
    const std::string text = argc == 3 ? common::completions_for(argv[1], login_as(argv[2])) : "";
    std::cout << text;
    return std::cout.flush() && !text.empty() ? 0 : 1;
} catch (...) {
    return 1;
}
