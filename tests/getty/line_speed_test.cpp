#include "getty/line_speed.hpp"

#include <optional>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using getty::keep_speed;
using getty::Speed;
using Speeds = std::vector<Speed>;

TEST_CASE("speeds are numbers, a list of them, or keep") {
    struct Case {
        std::string_view word;
        std::optional<Speeds> speeds;
    };
    const std::vector<Case> cases{
        {"9600", Speeds{9600}},
        {"115200,38400,9600", Speeds{115'200, 38'400, 9600}},
        {"0", Speeds{keep_speed}},
        {"keep", Speeds{keep_speed}},
        {"9600,keep", Speeds{9600, keep_speed}},
        {"12345", Speeds{12'345}},
        {"1", Speeds{1}},
        {"100000000", Speeds{100'000'000}},
        {"100000001", std::nullopt},
        {"4294967296", std::nullopt},
        {"99999999999999999999", std::nullopt},
        {"", std::nullopt},
        {",", std::nullopt},
        {",,", std::nullopt},
        {"9600,", Speeds{9600}},
        {",9600", Speeds{9600}},
        {"9600,,1200", Speeds{9600, 1200}},
        {"9600,,fast", std::nullopt},
        {"9600 ", std::nullopt},
        {" 9600", std::nullopt},
        {"+9600", std::nullopt},
        {"-9600", std::nullopt},
        {"0x10", std::nullopt},
        {"9600.5", std::nullopt},
        {"115200x9", std::nullopt},
        {"KEEP", std::nullopt},
        {"keeper", std::nullopt},
        {"vt100", std::nullopt},
    };
    for (const Case& c : cases) {
        CAPTURE(c.word);
        const bool equal = getty::read_speeds(c.word) == c.speeds;
        CHECK(equal);
    }
}

TEST_CASE("what can only be meant as speeds is digits and commas") {
    for (const std::string_view word :
         {"9600", "0", "115200,38400", ",", "9600,", "keep", "keep,9600", "9600,keep", "010"}) {
        CAPTURE(word);
        CHECK(getty::looks_like_speeds(word));
    }
    for (const std::string_view word :
         {"", "-", "ttyS0", "9600x", "std.9600", "9600 1200", "keeps"}) {
        CAPTURE(word);
        CHECK_FALSE(getty::looks_like_speeds(word));
    }
}

TEST_CASE("a BREAK goes round the speeds") {
    getty::SpeedCycle cycle{{115'200, 38'400, 9600}};
    CHECK(cycle.has_several());
    CHECK(cycle.current() == 115'200);
    cycle.advance();
    CHECK(cycle.current() == 38'400);
    cycle.advance();
    CHECK(cycle.current() == 9600);
    cycle.advance();
    CHECK(cycle.current() == 115'200);
    cycle.advance();
    cycle.restart();
    CHECK(cycle.current() == 115'200);
}

TEST_CASE("one speed, or none, is no cycle") {
    getty::SpeedCycle one{{9600}};
    CHECK_FALSE(one.has_several());
    one.advance();
    CHECK(one.current() == 9600);
    const getty::SpeedCycle none{{}};
    CHECK_FALSE(none.has_several());
    CHECK(none.current() == keep_speed);
}

TEST_CASE("the speed in a modem's text is the number after CONNECT") {
    struct Case {
        const char* text;
        std::optional<getty::Speed> speed;
    };
    for (const Case& c : {Case{"CONNECT 57600/ARQ/V34", 57'600},
                          Case{"ATS0=1\r\r\nOK\r\nCONNECT 4800\r\n", 4800},
                          Case{"RING\r\nCARRIER 28800\r\n", 28'800},
                          Case{"RING 1\r\nCONNECT\r\n", std::nullopt},
                          Case{"CONNECT 0", std::nullopt},
                          Case{"CONNECT 99999999999", std::nullopt},
                          Case{"CONNECT", std::nullopt},
                          Case{"", std::nullopt}}) {
        CAPTURE(c.text);
        CHECK(getty::speed_in_modem_text(c.text) == c.speed);
    }
}

TEST_CASE("what the kernel's command line says of a line as a console") {
    struct Row {
        std::string_view command_line;
        std::string_view line;
        std::optional<Speed> speed;
    };
    for (const Row& row : {Row{"quiet console=ttyS0,115200n8 ro\n", "ttyS0", 115'200},
                           Row{"console=tty0 console=ttyS0,9600", "ttyS0", 9600},
                           // The last one counts, of those that say something.
                           Row{"console=ttyS0,9600 console=ttyS0,57600", "ttyS0", 57'600},
                           Row{"console=ttyS0,9600 console=ttyS0,fast", "ttyS0", 9600},
                           Row{"  console=ttyS0,1200\tconsole=ttyS1,300  ", "ttyS1", 300},
                           Row{"console=ttyS0", "ttyS0", {}},
                           Row{"console=ttyS0,", "ttyS0", {}},
                           Row{"console=ttyS1,9600", "ttyS0", {}},
                           Row{"console=ttyS10,9600", "ttyS1", {}},
                           Row{"netconsole=ttyS0,9600", "ttyS0", {}},
                           Row{"", "ttyS0", {}},
                           Row{" \n", "ttyS0", {}}}) {
        CAPTURE(row.command_line);
        const auto setup = getty::console_setup(row.command_line, row.line);
        CHECK((setup ? std::optional{setup->speed} : std::nullopt) == row.speed);
    }
}
