#include "getty/operands.hpp"

#include "common/program.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using getty::keep_speed;
using getty::Operands;
using Words = std::vector<std::string_view>;

namespace {

std::string shown(const Operands& operands) {
    std::string text = operands.line + " [";
    for (const getty::Speed speed : operands.speeds) {
        text += " " + std::to_string(speed);
    }
    return text + " ] " + operands.terminal_type;
}

/// A machine without line tables, which has these devices.
getty::OperandFacts no_tables() {
    return {.is_device = [](auto word) { return word.starts_with("tty") || word == "console"; },
            .is_label = [](auto) { return false; }};
}

Operands read(const Words& words) {
    return getty::read_operands(words, no_tables());
}

std::string joined(const Words& words) {
    std::string text;
    for (const std::string_view word : words) {
        text += "<" + std::string{word} + ">";
    }
    return text;
}

}  // namespace

TEST_CASE("line, speeds and terminal type are told apart in both dialects") {
    struct Case {
        Words words;
        Operands operands;
    };
    const std::vector<Case> cases{
        // agetty's: the line first.
        {{"tty1"}, {"tty1", {}, ""}},
        {{"tty1", "linux"}, {"tty1", {}, "linux"}},
        {{"tty1", "linux-c"}, {"tty1", {}, "linux-c"}},
        {{"ttyS0", "9600"}, {"ttyS0", {9600}, ""}},
        {{"ttyS0", "115200", "vt100"}, {"ttyS0", {115'200}, "vt100"}},
        {{"ttyS0", "115200,38400,9600", "vt220"}, {"ttyS0", {115'200, 38'400, 9600}, "vt220"}},
        {{"ttyS0", "keep", "vt220"}, {"ttyS0", {keep_speed}, "vt220"}},
        {{"ttyS0", "12345"}, {"ttyS0", {12'345}, ""}},
        {{"ttyS0", "keep,9600"}, {"ttyS0", {keep_speed, 9600}, ""}},
        {{"9600,", "ttyS0"}, {"ttyS0", {9600}, ""}},
        {{"/dev/ttyS0", "9600"}, {"/dev/ttyS0", {9600}, ""}},
        // System V's and BusyBox's: the speed first.
        {{"38400", "tty1"}, {"tty1", {38'400}, ""}},
        {{"38400", "tty1", "linux"}, {"tty1", {38'400}, "linux"}},
        {{"9600,1200", "ttyS0", "vt320"}, {"ttyS0", {9600, 1200}, "vt320"}},
        {{"0", "console", "vt100"}, {"console", {keep_speed}, "vt100"}},
        {{"keep", "ttyS0"}, {"ttyS0", {keep_speed}, ""}},
        {{"9600", "ttyS0", "115200"}, {"ttyS0", {9600}, "115200"}},
        {{"38400", "-", "linux"}, {"-", {38'400}, "linux"}},
        // A label of a line table between the two: not ours, passed over.
        {{"tty1", "VC", "linux"}, {"tty1", {}, "linux"}},
        // A number alone can only be a line.
        {{"9600"}, {"9600", {}, ""}},
        // Empty operands are not given.
        {{"tty1", "", ""}, {"tty1", {}, ""}},
        {{"tty1", "38400", ""}, {"tty1", {38'400}, ""}},
        {{"tty1", "", "linux"}, {"tty1", {}, "linux"}},
        {{"", "38400", "tty1", "", "linux"}, {"tty1", {38'400}, "linux"}},
    };
    for (const Case& c : cases) {
        CAPTURE(joined(c.words));
        CHECK(shown(read(c.words)) == shown(c.operands));
        CHECK(read(c.words) == c.operands);
    }
}

TEST_CASE("every known caller's operands are understood") {
    struct Case {
        std::string_view caller;
        Words words;
        Operands operands;
    };
    const std::vector<Case> cases{
        {"systemd getty@", {"-", "linux"}, {"-", {}, "linux"}},
        {"systemd getty@ without TERM", {"-", ""}, {"-", {}, ""}},
        {"systemd 252 serial-getty@",
         {"115200,57600,38400,9600", "-", "vt220"},
         {"-", {115'200, 57'600, 38'400, 9600}, "vt220"}},
        {"systemd 252 container-getty@",
         {"-", "115200,38400,9600", "vt220"},
         {"-", {115'200, 38'400, 9600}, "vt220"}},
        {"sysvinit tty1", {"38400", "tty1"}, {"tty1", {38'400}, ""}},
        {"sysvinit ttyS0", {"ttyS0", "115200", "vt100"}, {"ttyS0", {115'200}, "vt100"}},
        {"sysvinit ttyS0 of old", {"9600", "ttyS0", "vt320"}, {"ttyS0", {9600}, "vt320"}},
        {"sysvinit with a label", {"tty1", "VC", "linux"}, {"tty1", {}, "linux"}},
        {"BusyBox init console", {"console", "0", "vt100"}, {"console", {keep_speed}, "vt100"}},
        {"OpenEmbedded", {"115200", "ttyS0", "vt102"}, {"ttyS0", {115'200}, "vt102"}},
        {"OpenRC without a speed", {"tty1", "linux"}, {"tty1", {}, "linux"}},
        {"OpenRC with one", {"tty1", "38400", "linux"}, {"tty1", {38'400}, "linux"}},
        {"runit of Void", {"tty1", "38400", "linux"}, {"tty1", {38'400}, "linux"}},
        {"runit of Void, nothing set", {"tty1", "", ""}, {"tty1", {}, ""}},
        {"s6", {"tty2", "115200"}, {"tty2", {115'200}, ""}},
        {"dinit", {"tty1", "linux-c"}, {"tty1", {}, "linux-c"}},
        {"ly", {"tty2", "38400", "linux"}, {"tty2", {38'400}, "linux"}},
        {"Upstart", {"38400", "tty1"}, {"tty1", {38'400}, ""}},
        {"mingetty", {"tty1"}, {"tty1", {}, ""}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.caller);
        CHECK(shown(read(c.words)) == shown(c.operands));
    }
}

TEST_CASE("a bad speed is named") {
    struct Case {
        Words words;
        std::string_view named;
    };
    const std::vector<Case> cases{
        {{"ttyS0", "115200x9"}, "\"115200x9\""},
        {{"ttyS0", "9600,fast"}, "\"9600,fast\""},
        {{",", "ttyS0"}, "\",\""},
        {{"ttyS0", "100000001"}, "\"100000001\""},
        {{"99999999999", "ttyS0"}, "\"99999999999\""},
    };
    for (const Case& c : cases) {
        CAPTURE(joined(c.words));
        CHECK(std::string_view{read(c.words).unusable_speed}.starts_with(c.named));
    }
}

TEST_CASE("a label of a line table stands where BSD and System V have it") {
    const getty::OperandFacts facts{
        .is_device = [](auto word) { return word.starts_with("tty"); },
        .is_label = [](auto word) { return word == "std.9600" || word == "9600" || word == "VC"; }};
    struct Case {
        Words words;
        Operands operands;
    };
    const auto labelled = [](std::string line, std::string type, std::string label) {
        return Operands{
            .line = std::move(line), .terminal_type = std::move(type), .label = std::move(label)};
    };
    const std::vector<Case> cases{
        {{"std.9600", "ttyS0"}, labelled("ttyS0", "", "std.9600")},
        {{"std.9600", "ttyS0", "vt100"}, labelled("ttyS0", "vt100", "std.9600")},
        {{"std.9600", "not-there-yet"}, labelled("not-there-yet", "", "std.9600")},
        {{"ttyS0", "std.9600"}, labelled("ttyS0", "", "std.9600")},
        {{"ttyS0", "std.9600", "vt100"}, labelled("ttyS0", "vt100", "std.9600")},
        {{"tty1", "VC", "linux"}, labelled("tty1", "linux", "VC")},
        // System V's labels are often numbers; after the line a label comes first.
        {{"ttyS0", "9600"}, labelled("ttyS0", "", "9600")},
        {{"9600", "ttyS0"}, {"ttyS0", {9600}, ""}},
        {{"ttyS0", "1200"}, {"ttyS0", {1200}, ""}},
        // Nobody's label: a type; or, where only the second word is a device, meant as one.
        {{"ttyS0", "linux"}, {"ttyS0", {}, "linux"}},
        {{"std.300", "ttyS0"}, labelled("ttyS0", "", "std.300")},
        {{"ttyACM0-to-come", "vt100"}, {"ttyACM0-to-come", {}, "vt100"}},
        {{"-", "linux"}, {"-", {}, "linux"}},
    };
    for (const Case& c : cases) {
        CAPTURE(joined(c.words));
        CHECK(getty::read_operands(c.words, facts) == c.operands);
    }
}

TEST_CASE("a line that is still to come is no label, though a section has its name") {
    const getty::OperandFacts facts{.is_device = [](auto word) { return word == "ttyS0"; },
                                    .is_label =
                                        [](auto word) {
                                            return word == "ttyUSB0" || word == "hvc0" ||
                                                   word == "fast" || word == "F9600";
                                        }};
    struct Case {
        Words words;
        Operands operands;
    };
    const std::vector<Case> cases{
        {{"ttyUSB0", "9600"}, {"ttyUSB0", {9600}, ""}},
        {{"ttyUSB0", "115200", "vt100"}, {"ttyUSB0", {115'200}, "vt100"}},
        {{"ttyUSB0", "vt100"}, {"ttyUSB0", {}, "vt100"}},
        {{"hvc0", "vt220"}, {"hvc0", {}, "vt220"}},
        {{"ttyUSB0", "F9600"}, {.line = "ttyUSB0", .label = "F9600"}},
        {{"fast", "F9600"}, {.line = "fast", .label = "F9600"}},
        {{"fast", "ttyUSB0"}, {.line = "ttyUSB0", .label = "fast"}},
        {{"fast", "ttyS0"}, {.line = "ttyS0", .label = "fast"}},
    };
    for (const Case& c : cases) {
        CAPTURE(joined(c.words));
        CHECK(getty::read_operands(c.words, facts) == c.operands);
    }
}

TEST_CASE("what an init hands on of an inittab's comment is none of the operands") {
    // Buildroot's: /sbin/getty -L console 0 vt100 # GENERIC_SERIAL
    CHECK(read({"console", "0", "vt100", "#", "GENERIC_SERIAL"}) ==
          read({"console", "0", "vt100"}));
    CHECK(read({"ttyS0", "115200", "", "#", "GENERIC_SERIAL"}) == read({"ttyS0", "115200"}));
    CHECK(read({"tty1", "#serial"}) == read({"tty1"}));
}

TEST_CASE("words after line, speed and terminal type are not heeded") {
    Operands operands = read({"tty1", "9600", "linux"});
    operands.first_surplus = "more";
    CHECK(read({"tty1", "9600", "linux", "more", "and more"}) == operands);
}

TEST_CASE("too few operands are a usage error") {
    for (const Words& words : {Words{}, Words{""}, Words{"", "", ""}, Words{"#", "tty1"}}) {
        CAPTURE(joined(words));
        CHECK_THROWS_AS((void)read(words), common::UsageError);
    }
}
