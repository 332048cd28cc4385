// Each option of the programs' tables has its item in the manual, and no other
// has one.

#include "getty/option_table.hpp"
#include "login/option_table.hpp"
#include "login/sessions/option_table.hpp"
#include "login/settings.hpp"
#include "tests/pty/process.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include <unistd.h>

#include <doctest/doctest.h>

namespace {

using Forms = std::set<std::string>;

/// A word of mdoc(7) that ends the arguments of the Fl before it.
bool is_macro(std::string_view word) {
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
    return word.size() == 2 && is_capital(word[0]) && is_small(word[1]);
}

/// The options in one line of the manual's source: "-t" and "--timeout" in
/// ".It Fl t , -timeout Ar seconds".
void add_items(Forms& forms, const std::string& line) {
    std::istringstream words{line};
    std::string word;
    words >> word;
    if (word != ".It") {
        return;
    }
    bool is_option = false;
    while (words >> word) {
        if (is_macro(word)) {
            is_option = word == "Fl";
        } else if (is_option && word != ",") {
            forms.insert("-" + word);
        }
    }
}

Forms items_of(const char* path) {
    std::ifstream file{path};
    REQUIRE(file);
    Forms forms;
    for (std::string line; std::getline(file, line);) {
        add_items(forms, line);
    }
    return forms;
}

std::string listed(const Forms& forms) {
    std::string text;
    for (const std::string& form : forms) {
        text += form + " ";
    }
    return text;
}

template <typename Table>
Forms forms_of(const Table& table) {
    Forms forms;
    for (const auto& [rule, unused] : table) {
        forms.insert("--" + std::string{rule.name});
        if (rule.letter != 0) {
            forms.insert(std::string{"-"} + rule.letter);
        }
    }
    return forms;
}

}  // namespace

TEST_CASE("getty's manual has an item for each of its options, and for no other") {
    CHECK(listed(items_of(TTYGATE_MANUALS "/getty.8")) == listed(forms_of(getty::option_table())));
}

TEST_CASE("the manual of sessions has an item for each of its options, and for no other") {
    CHECK(listed(items_of(TTYGATE_MANUALS "/sessions.1")) ==
          listed(forms_of(sessions::option_table())));
}

TEST_CASE("login's manual has an item for each of its options, and for no other") {
    Forms table;
    for (const login::OptionRow& row : login::option_table()) {
        for (const std::string_view form : {row.short_form, row.long_form}) {
            if (!form.empty()) {
                table.insert(std::string{form});
            }
        }
    }
    CHECK(listed(items_of(TTYGATE_MANUALS "/login.1")) == listed(table));
}

TEST_CASE("login's manual has an item for each key of the settings") {
    std::ifstream file{TTYGATE_MANUALS "/login.1"};
    REQUIRE(file);
    std::set<std::string> items;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words{line};
        std::string word;
        words >> word;
        while (word == ".It" && words >> line) {
            items.insert(line);
        }
    }
    for (const std::string_view key : login::known_keys()) {
        CAPTURE(std::string{key});
        CHECK(items.contains(std::string{key}));
    }
}

TEST_CASE("mandoc has no fault to find in the manuals") {
    if (::access("/usr/bin/mandoc", X_OK) != 0) {
        tests::skip("needs mandoc");
    }
    for (const char* const page :
         {"getty.8", "getty.conf.5", "gettydefs.5", "getty-recipes.7", "login.1", "sessions.1"}) {
        const std::string output =
            pty::run({.arguments = {"/usr/bin/mandoc",
                                    "-T",
                                    "lint",
                                    "-W",
                                    "style",
                                    TTYGATE_MANUALS + ("/" + std::string{page})}})
                .output;
        std::istringstream lines{output};
        for (std::string line; std::getline(lines, line);) {
            // Which pages this machine has, and how long the lines of the source are.
            const bool is_about_page = line.find("referenced manual not found") == line.npos &&
                                       line.find("outdated mandoc.db") == line.npos &&
                                       line.find("input text line longer") == line.npos;
            CAPTURE(line);
            CHECK_FALSE(is_about_page);
        }
    }
}
