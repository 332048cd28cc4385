// Each option, key and escape has its item in a manual, and no other has one.

#include "getty/getty_conf.hpp"
#include "getty/issue.hpp"
#include "getty/option_table.hpp"
#include "login/option_table.hpp"
#include "login/sessions/option_table.hpp"
#include "login/settings.hpp"
#include "tests/pty/package.hpp"
#include "tests/pty/process.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

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

constexpr std::array pages{"getty.8",
                           "getty-issue.5",
                           "getty-recipes.7",
                           "getty.conf.5",
                           "gettydefs.5",
                           "login.1",
                           "sessions.1"};

std::string text_of(const std::string& page) {
    std::ifstream file{TTYGATE_MANUALS + ("/" + page)};
    REQUIRE(file);
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream{text};
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

Forms items_of(const std::string& page) {
    Forms forms;
    for (const std::string& line : lines_of(text_of(page))) {
        add_items(forms, line);
    }
    return forms;
}

/// Of what stands behind each ".It".
std::vector<std::string> words_of_items(const std::string& text) {
    std::vector<std::string> items;
    for (const std::string& line : lines_of(text)) {
        std::istringstream words{line};
        std::string word;
        words >> word;
        if (word == ".It") {
            items.insert(items.end(), std::istream_iterator<std::string>{words}, {});
        }
    }
    return items;
}

/// What a line shows of a text, where each fact is a word that is no letter.
std::string shown(const std::string& text, getty::IssueStyle style) {
    const auto fact = [] { return std::string{"<fact>"}; };
    const auto of_interface = [](std::string_view) { return std::string{"<fact>"}; };
    return getty::render_issue(
               text,
               {.system_name = fact,
                .node_name = fact,
                .release = fact,
                .version = fact,
                .machine = fact,
                .domain = fact,
                .host_domain = fact,
                .now = [] { return std::tm{}; },
                .users = [] { return 7U; },
                .os_release = of_interface,
                .ipv4_address = of_interface,
                .ipv6_address = of_interface,
                .addresses = [](getty::AddressList, std::string_view) { return std::string{"<>"}; },
                .host_keys = fact,
                .qr_code = of_interface,
                .line = "<line>",
                .speed = 9600},
               style)
        .text;
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
    CHECK(listed(items_of("getty.8")) == listed(forms_of(getty::option_table())));
}

TEST_CASE("the manual of sessions has an item for each of its options, and for no other") {
    CHECK(listed(items_of("sessions.1")) == listed(forms_of(sessions::option_table())));
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
    CHECK(listed(items_of("login.1")) == listed(table));
}

TEST_CASE("login's manual has an item for each key of the settings, and for no other") {
    std::set<std::string> items;
    std::string text = text_of("login.1");
    text.resize(text.find("\n.Ss Rules of the shadow gate\n"));
    text.erase(0, text.find("\n.Sh SETTINGS\n"));
    for (const std::string& word : words_of_items(text)) {
        // What is all capitals and longer than a caption's initials.
        const bool is_key = word.size() > 3 && std::all_of(word.begin(), word.end(), [](char c) {
                                return (c >= 'A' && c <= 'Z') || c == '_';
                            });
        if (is_key) {
            items.insert(word);
        }
    }
    const std::vector<std::string_view> known = login::known_keys();
    CHECK(listed(items) == listed({known.begin(), known.end()}));
}

TEST_CASE("the manual of getty.conf has an item for each key that is no option, and for no other") {
    std::set<std::string> items;
    for (const std::string& line : lines_of(text_of("getty.conf.5"))) {
        std::istringstream words{line};
        std::string word;
        words >> word;
        if (word != ".It") {
            continue;
        }
        while (words >> word) {
            if (word == "Cm" && words >> word) {
                items.insert(word);
                // Its value, which may be words of the table as well.
                while (words >> word && word != ",") {
                }
            }
        }
    }
    const std::vector<std::string_view> keys = getty::keys_of_sections();
    CHECK(listed(items) == listed({keys.begin(), keys.end()}));
}

TEST_CASE("the manual of the issue has an item for each escape, and for no other") {
    const auto is_escape = [](char letter) {
        const std::string alone{'\\', letter};
        return letter == '\\' || shown(alone, getty::IssueStyle::agetty) != alone.substr(1) ||
               shown(alone + "{x}", getty::IssueStyle::agetty) != alone.substr(1) + "{x}";
    };
    std::set<std::string> known;
    for (char letter = '!'; letter <= '~'; ++letter) {
        if (is_escape(letter)) {
            known.insert({letter});
        }
    }
    std::set<std::string> items;
    for (const std::string& word : words_of_items(text_of("getty-issue.5"))) {
        if (word.starts_with("\\e")) {
            items.insert(word == "\\e\\e" ? "\\" : word.substr(2, 1));
        }
    }
    CHECK(listed(items) == listed(known));
}

TEST_CASE("the manual of the issue names each colour, and what may follow a %") {
    const std::string page = text_of("getty-issue.5");
    const std::string_view mark = "a colour:\n";
    const std::size_t begin = page.find(mark);
    REQUIRE(begin != page.npos);
    std::set<std::string> told;
    std::string list = page.substr(begin + mark.size());
    list.resize(list.find('.'));
    std::replace(list.begin(), list.end(), ',', ' ');
    std::istringstream words{list};
    for (std::string word; words >> word;) {
        told.insert(word);
    }
    const std::vector<std::string_view> colours = getty::colour_names();
    CHECK(listed(told) == listed({colours.begin(), colours.end()}));

    std::string after_percent;
    for (char letter = '!'; letter <= '~'; ++letter) {
        const std::string alone{'%', letter};
        if (shown(alone, getty::IssueStyle::busybox) != alone.substr(1)) {
            after_percent += (after_percent.empty() ? "" : " ") + std::string{letter};
        }
    }
    CHECK(page.find("of those for d l m n o r s t u U v,") != page.npos);
    CHECK(after_percent == "U d l m n o r s t u v");
}

TEST_CASE("each manual has what people look for in one") {
    for (const std::string page : pages) {
        const std::string text = text_of(page);
        for (const std::string section : {"FILES",
                                          "EXIT STATUS",
                                          "EXAMPLES",
                                          "DIAGNOSTICS",
                                          "COMPATIBILITY",
                                          "SEE ALSO",
                                          "SECURITY CONSIDERATIONS"}) {
            CAPTURE(page);
            CAPTURE(section);
            CHECK(text.find("\n.Sh " + section + "\n") != text.npos);
        }
        for (const std::string other : {"agetty", "BusyBox", "mingetty", "util-linux", "shadow"}) {
            CAPTURE(page);
            CAPTURE(other);
            CHECK(text.find(other, text.find("\n.Sh COMPATIBILITY\n")) != text.npos);
        }
    }
}

TEST_CASE("mandoc has no fault to find in the manuals") {
    const std::string installed = "/usr/bin/mandoc";
    const std::string mandoc = ::access(installed.c_str(), X_OK) == 0
                                   ? installed
                                   : pty::fetched_package("mandoc") + installed;
    for (const std::string page : pages) {
        const std::string output =
            pty::run({.arguments =
                          {mandoc, "-T", "lint", "-W", "style", TTYGATE_MANUALS + ("/" + page)}})
                .output;
        std::istringstream lines{output};
        for (std::string line; std::getline(lines, line);) {
            // Which pages this machine has.
            const bool is_about_page = line.find("referenced manual not found") == line.npos &&
                                       line.find("outdated mandoc.db") == line.npos;
            CAPTURE(line);
            CHECK_FALSE(is_about_page);
        }
    }
}
