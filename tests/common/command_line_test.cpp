#include "common/command_line.hpp"

#include "common/program.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using common::Argument;
using common::CommandLine;
using common::OperandOrder;
using common::OptionRule;
using Words = std::vector<const char*>;

namespace {

constexpr std::array rules{
    OptionRule{'8', "8bits"},
    OptionRule{'a', "autologin", Argument::required},
    OptionRule{'i', "noissue"},
    OptionRule{'J', "noclear"},
    OptionRule{'L', "local-line", Argument::attached},
    OptionRule{'t', "timeout", Argument::required},
    OptionRule{0, "nohostname"},
    OptionRule{0, "reload"},
    OptionRule{'l', "login-program", Argument::required},
    OptionRule{'o', "login-options", Argument::required},
    // Ours, later than those above.
    OptionRule{0, "autologin-once", Argument::required},
    OptionRule{0, "timer"},
    OptionRule{0, "probe"},
    OptionRule{0, "probe-terminal"},
};
constexpr std::size_t established = 10;

CommandLine read(const Words& words, OperandOrder order = OperandOrder::anywhere) {
    return common::read_command_line(rules, words, order, established);
}

/// "-a=root --timeout=5 | ttyS0 9600": the options by their long names, then
/// the operands.
std::string told(const CommandLine& line) {
    std::string text;
    for (const auto& [rule, value] : line.options) {
        text += std::string{rules.at(rule).name};
        text += rules.at(rule).argument == Argument::none ? " " : "=" + std::string{value} + " ";
    }
    text += "|";
    for (const std::string_view operand : line.operands) {
        text += " " + std::string{operand};
    }
    return text;
}

std::string refusal(const Words& words) {
    try {
        return "accepted: " + told(read(words));
    } catch (const common::UsageError& problem) {
        return problem.what();
    }
}

std::string number_refusal(std::string_view text, unsigned least, unsigned most) {
    try {
        return "accepted: " + std::to_string(common::read_number("--timeout", text, least, most));
    } catch (const common::UsageError& problem) {
        return problem.what();
    }
}

}  // namespace

TEST_CASE("options and operands are told apart as getopt_long does") {
    struct Case {
        Words words;
        std::string expected;
    };
    const std::vector<Case> cases{
        {{}, "|"},
        {{"tty1"}, "| tty1"},
        {{"-"}, "| -"},
        {{""}, "| "},
        {{"-i"}, "noissue |"},
        {{"-i8J"}, "noissue 8bits noclear |"},
        {{"-t", "5"}, "timeout=5 |"},
        {{"-t5"}, "timeout=5 |"},
        {{"-t", "-5"}, "timeout=-5 |"},
        {{"-t="}, "timeout== |"},
        {{"-it5", "x"}, "noissue timeout=5 | x"},
        {{"-it", "5", "x"}, "noissue timeout=5 | x"},
        {{"-ti5"}, "timeout=i5 |"},
        {{"--timeout", "5"}, "timeout=5 |"},
        {{"--timeout=5"}, "timeout=5 |"},
        {{"--timeout=5=6"}, "timeout=5=6 |"},
        {{"--timeout", "--"}, "timeout=-- |"},
        {{"-a", ""}, "autologin= |"},
        {{"--autologin=", "tty1"}, "autologin= | tty1"},
        // An attached value is never the next word.
        {{"-L", "9600", "ttyS0"}, "local-line= | 9600 ttyS0"},
        {{"-L=never", "ttyS0"}, "local-line=never | ttyS0"},
        {{"-L=", "ttyS0"}, "local-line= | ttyS0"},
        {{"--local-line", "ttyS0"}, "local-line= | ttyS0"},
        {{"--local-line=auto", "ttyS0"}, "local-line=auto | ttyS0"},
        {{"-iL=never"}, "noissue local-line=never |"},
        // Options may follow operands, until --.
        {{"ttyS0", "-i", "9600", "-L"}, "noissue local-line= | ttyS0 9600"},
        {{"-i", "--", "-8", "--", "tty1"}, "noissue | -8 -- tty1"},
        {{"tty1", "--"}, "| tty1"},
        // Abbreviations that fit one only.
        {{"--noi"}, "noissue |"},
        {{"--r"}, "reload |"},
        {{"--8"}, "8bits |"},
        {{"--lo=never"}, "accepted nowhere"},
        {{"--loc=never"}, "local-line=never |"},
        {{"--login-p", "x"}, "login-program=x |"},
        // A whole name wins over a longer one.
        {{"--probe"}, "probe |"},
        {{"--probe-"}, "probe-terminal |"},
        // What an incumbent has keeps its short form.
        {{"--auto", "root"}, "autologin=root |"},
        {{"--autologin-", "root"}, "autologin-once=root |"},
        {{"--tim=5"}, "timeout=5 |"},
        // All are kept, so that the last can win.
        {{"-t1", "-t2"}, "timeout=1 timeout=2 |"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.expected);
        if (c.expected == "accepted nowhere") {
            CHECK_THROWS_AS((void)read(c.words), common::UsageError);
        } else {
            CHECK(told(read(c.words)) == c.expected);
        }
    }
}

TEST_CASE("with POSIXLY_CORRECT the first operand ends the options") {
    const Words words{"-i", "tty1", "-8", "--", "--no-such"};
    CHECK(told(read(words, OperandOrder::after_options)) == "noissue | tty1 -8 -- --no-such");
    CHECK(told(read({"-t", "5", "--", "-8"}, OperandOrder::after_options)) == "timeout=5 | -8");
    CHECK(told(read({"-", "-8"}, OperandOrder::after_options)) == "| - -8");
}

TEST_CASE("what is no option of ours is refused by its name") {
    struct Case {
        Words words;
        std::string_view expected;
    };
    const std::vector<Case> cases{
        {{"-x"}, "unknown option -x"},
        {{"-ix"}, "unknown option -x"},
        {{"--no-such"}, "unknown option --no-such"},
        {{"--no-such=5"}, "unknown option --no-such=5"},
        {{"--=5"}, "unknown option --=5"},
        {{"-8-reload"}, "unknown option --"},
        {{"-="}, "unknown option -="},
        {{"---reload"}, "unknown option ---reload"},
        {{"--Reload"}, "unknown option --Reload"},
        {{"--no"}, "option --no is ambiguous: --noissue, --noclear, --nohostname"},
        {{"--login=x"}, "option --login=x is ambiguous: --login-program, --login-options"},
        {{"--pro"}, "option --pro is ambiguous: --probe, --probe-terminal"},
        {{"-t"}, "option -t needs a value"},
        {{"-it"}, "option -t needs a value"},
        {{"--timeout"}, "option --timeout needs a value"},
        {{"--time"}, "option --timeout needs a value"},
        {{"--noclear=false"}, "option --noclear takes no value"},
        {{"--noclear="}, "option --noclear takes no value"},
        {{"-Lalways"}, "option -L: write -L=always, not -Lalways"},
        {{"-iLnever"}, "option -L: write -L=never, not -iLnever"},
    };
    for (const Case& c : cases) {
        CHECK(refusal(c.words) == c.expected);
    }
}

TEST_CASE("a long name without a letter has no letter") {
    const std::string nul_option{'-', '\0'};
    CHECK(told(read({nul_option.c_str()})) == "| -");
}

TEST_CASE("numbers are whole, in base 10 and within limits") {
    CHECK(common::read_number("-t", "0", 0, 9) == 0);
    CHECK(common::read_number("-t", "9", 0, 9) == 9);
    CHECK(common::read_number("-t", "4294967295", 0, 4294967295U) == 4294967295U);
    for (const std::string_view text :
         {"",   " ",  "x",       "5x",  "x5",  "5 ",  " 5",  "+5",         "-5",
          "-0", "05", "00",      "0x5", "5.0", "1e3", "5,6", "4294967296", "99999999999999999999",
          "10", "2",  "\xd9\xa5"}) {
        CHECK(number_refusal(text, 3, 9) ==
              "option --timeout: \"" + std::string{text} + "\" is not a whole number from 3 to 9");
    }
}
