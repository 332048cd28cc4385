// Runs at build time: writes what `login --help` prints, as a C++ string. CLI11
// lays it out from the one table of options. Built into login itself, CLI11 and
// the streams it brings would cost every login, for a text that never changes.
#include "login/option_table.hpp"

#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

namespace {

void add(CLI::App& app, const login::OptionRow& row) {
    std::string names{row.short_form};
    if (!row.long_form.empty()) {
        names.append(names.empty() ? "" : ",").append(row.long_form);
    }
    const std::string meaning{row.meaning};
    if (row.argument.empty()) {
        app.add_flag(names, meaning);
    } else {
        app.add_option(names, meaning)->type_name(std::string{row.argument});
    }
}

}  // namespace

int main() try {
    CLI::App app{"Begins a session on the terminal that is standard input.", "login"};
    app.set_help_flag();
    for (const login::OptionRow& row : login::option_table()) {
        add(app, row);
    }
    app.add_option("NAME", "whose session; asked for if not given")->type_name("");
    app.footer(
        "Each option is a word of its own and stands before the name; nothing stands after\n"
        "it. A name that begins with a dash is never accepted, not even after --. See login(1).");
    std::cout << "R\"help(" << app.help() << ")help\"\n";
    return std::cout.flush() ? 0 : 1;
} catch (...) {
    return 1;
}
