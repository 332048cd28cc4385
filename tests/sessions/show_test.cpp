#include "login/sessions/show.hpp"

#include "login/sessions/text_table.hpp"
#include "tests/sessions/machine_twin.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using sessions::Agreement;
using sessions::Row;
using tests::pts;

namespace {

Row ann() {
    Row row{
        .said = sessions::Said{.user = "ann",
                               .line = "pts/0",
                               .host = "far",
                               .process = 50,
                               .session = 100,
                               .when = std::chrono::sys_seconds{std::chrono::seconds{1'000'001}}},
        .agreement = Agreement::ok};
    const auto processes = tests::table_of(
        {{.id = 100, .parent = 50, .session = 100, .terminal = pts(0), .foreground = 100}});
    row.session = tests::sessions_of(processes).front();
    row.session->user = "ann";
    row.session->uid = 1000;
    row.session->idle = std::chrono::seconds{125};
    row.session->escaped = {200, 201};
    return row;
}

Row forged() {
    return {.said = sessions::Said{.user = "a b\x1b[2J",
                                   .line = "../\n\"x\\",
                                   .host = "\xff\x9b",
                                   .process = -1,
                                   .session = -2},
            .agreement = Agreement::stale};
}

bool is_printable(std::string_view text) {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
}

}  // namespace

TEST_CASE("the list has a row for each, and what it does not know is a dash") {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
    CHECK(
        sessions::list_of(std::vector<Row>{ann(), forged()}) ==
        "USER         LINE      SID  STARTED           TPGID  IDLE  HOST      PROCS  ESCAPED  "
        "UTMP         AGREES  COMMAND\n"
        "ann          pts/0     100  1970-01-12T13:46    100    2m  far           1        2  "
        "ann          ok      sh\n"
        "a\\x20b^[[2J  ../^J\"x\\    -  -                     -     -  \\xff\\x9b      -        -  "
        "a\\x20b^[[2J  stale   -\n");
    CHECK(sessions::list_of({}).starts_with("USER  LINE  SID  STARTED  TPGID"));
}

TEST_CASE("the list for programs") {
    CHECK(
        sessions::json_of(std::vector<Row>{ann(), forged()}) ==
        "{\"version\": 1, \"sessions\": [\n"
        "  {\"user\": \"ann\", \"line\": \"pts/0\", \"host\": \"far\", \"session\": {\"sid\": 100, "
        "\"uid\": 1000, \"leader\": \"sh\", \"started\": 1000001, \"tpgid\": 100, \"command\": "
        "\"sh\", \"idle\": 125, \"processes\": 1, \"escaped\": [200, 201]}, \"utmp\": {\"user\": "
        "\"ann\", \"line\": \"pts/0\", \"host\": \"far\", \"pid\": 50, \"session\": 100, \"time\": "
        "1000001}, \"agreement\": \"ok\"},\n"
        "  {\"user\": \"a b^[[2J\", \"line\": \"../^J\\\"x\\\\\", \"host\": \"\\\\xff\\\\x9b\", "
        "\"session\": null, \"utmp\": {\"user\": \"a b^[[2J\", \"line\": \"../^J\\\"x\\\\\", "
        "\"host\": \"\\\\xff\\\\x9b\", \"pid\": -1, \"session\": -2, \"time\": 0}, "
        "\"agreement\": \"stale\"}\n"
        "]}\n");
    CHECK(sessions::json_of({}) == "{\"version\": 1, \"sessions\": []}\n");
}

TEST_CASE("T-42: nothing that names itself acts on the terminal or forges a column") {
    for (int byte = 1; byte < 256; ++byte) {
        CAPTURE(byte);
        const std::string name = std::string{"x"} + static_cast<char>(byte) + " ok";
        Row row = ann();
        row.session->user = name;
        row.session->line = name;
        row.session->command = name;
        row.said->user = name;
        row.said->host = name;
        const std::string list = sessions::list_of(std::vector<Row>{row});
        CHECK(is_printable(list));
        CHECK(std::count(list.begin(), list.end(), '\n') == 2);
        std::istringstream words{list.substr(list.find('\n') + 1)};
        std::vector<std::string> cells;
        for (std::string word; words >> word;) {
            cells.push_back(word);
        }
        REQUIRE(cells.size() > 11);
        CHECK(cells[2] == "100");
        CHECK(cells[10] == "ok");
        CHECK(is_printable(sessions::json_of(std::vector<Row>{row})));
    }
}

TEST_CASE("columns are as wide as what is seen of them") {
    using enum sessions::Align;
    CHECK(sessions::text_table({left, right, left},
                               {{"a", "1", "x"}, {"\u00e4\u6f22", "10", "y z"}}) ==
          "a     1  x\n\u00e4\u6f22  10  y z\n");
    CHECK(sessions::text_table({left, left}, {{"abcdef", "x"}, {"\u00e4\u6f22", "y"}}) ==
          "abcdef  x\n\u00e4\u6f22     y\n");
    CHECK(sessions::cell("") == "-");
}

TEST_CASE("a text is cut to a screen") {
    struct Case {
        std::string_view text;
        std::size_t lines;
        std::size_t columns;
        std::string_view cut;
    };
    for (const Case& c : {Case{"abc\nde\nf\n", 2, 2, "ab\r\nde\r\n"},
                          Case{"abc\n", 5, 80, "abc\r\n"},
                          Case{"a\u6f22b\n", 1, 2, "a\r\n"},
                          Case{"a\u6f22b\n", 1, 3, "a\u6f22\r\n"},
                          Case{"abc\n", 0, 80, ""},
                          Case{"", 3, 80, ""}}) {
        CAPTURE(c.cut);
        CHECK(sessions::cut_to(c.text, c.lines, c.columns) == c.cut);
    }
}
