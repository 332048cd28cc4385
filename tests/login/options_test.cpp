#include "login/options.hpp"

#include "common/program.hpp"

#include <random>
#include <vector>

#include <doctest/doctest.h>

using login::Options;

namespace {

Options parse(const std::vector<const char*>& words) {
    std::vector<const char*> argv{"login"};
    argv.insert(argv.end(), words.begin(), words.end());
    const auto count = static_cast<int>(argv.size());
    argv.push_back(nullptr);
    return login::parse_options(count, argv.data());
}

}  // namespace

TEST_CASE("options: what callers write") {
    struct Row {
        std::vector<const char*> words;
        Options options;
    };
    const Row rows[] = {
        {{}, {}},
        {{""}, {}},
        {{"--"}, {}},
        {{"demo"}, {.user = "demo"}},
        {{"--", "demo"}, {.user = "demo"}},
        {{"-p", "--", "demo"}, {.user = "demo", .keep_environment = true}},
        {{"-f", "--", "demo"}, {.user = "demo", .already_authenticated = true}},
        {{"-f", "demo"}, {.user = "demo", .already_authenticated = true}},
        {{"-p", "-h", "host.example", "demo"},
         {.user = "demo", .host = "host.example", .keep_environment = true}},
        {{"-h", "fe80::1%eth0", "-p", "-f", "demo"},
         {.user = "demo",
          .host = "fe80::1%eth0",
          .already_authenticated = true,
          .keep_environment = true}},
        {{"-H"}, {.plain_prompt = true}},
        {{"-s", "/bin/zsh", "demo"}, {.user = "demo", .shell = "/bin/zsh"}},
        {{"--shell", "/bin/zsh"}, {.shell = "/bin/zsh"}},
        {{"--shell=/bin/zsh"}, {.shell = "/bin/zsh"}},
        {{"-d", "/dev/tty1", "demo"}, {.user = "demo"}},
        {{"1000"}, {.user = "1000"}},
        {{"--exec-shell", "demo"}, {.user = "demo", .become_shell = true}},
        {{"--check"}, {.check = login::CheckForm::text}},
        {{"--json", "--check", "-h", "host", "demo"},
         {.user = "demo", .host = "host", .check = login::CheckForm::json, .json = true}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.words.size());
        CHECK(parse(row.words) == row.options);
    }
}

TEST_CASE("T-01 options: what could be taken for one, and is not") {
    const std::vector<const char*> rows[] = {
        {"-froot"},
        {"-f", "-froot"},
        {"-fp", "root"},
        {"-pf", "root"},
        {"-"},
        {"--", "-froot"},
        {"--", "--"},
        {"--", "-"},
        {"-f"},
        {"-f", ""},
        {"-h"},
        {"-h", "", "demo"},
        {"-h", "a b", "demo"},
        {"-h", "a\nb", "demo"},
        {"-hlocalhost", "demo"},
        {"-p", "-h", "a", "-h", "b", "demo"},
        {"-h", "a", "-s", "/bin/sh", "demo"},
        {"-s", "/bin/sh", "-h", "a", "demo"},
        {"-h", "a", "--exec-shell", "demo"},
        {"-p", "-h", "a", "--check", "demo"},
        {"-p", "--check", "--json", "demo"},
        {"-s"},
        {"-x"},
        {"--shel", "/bin/sh"},
        {"--help=yes"},
        {"--json"},
        {"--check=json"},
        {"--check", "demo", "--json"},
        {"--bogus"},
        {"---"},
        {"-f root"},
        {"demo", "-f"},
        {"demo", "-p"},
        {"demo", "TERM=x"},
        {"demo", "other"},
        {"--", "demo", "VAR=x"},
        {"demo", ""},
    };
    for (const auto& words : rows) {
        CAPTURE(std::string{words.front()});
        CHECK_THROWS_AS(static_cast<void>(parse(words)), common::UsageError);
    }
}

TEST_CASE("T-01 options: a hundred thousand words, and none of them authenticates") {
    std::mt19937 random{7};
    const std::string letters = "-fhHpsd= \troot\xc3\n\"'";
    for (int i = 0; i < 100'000; ++i) {
        std::string word;
        for (auto length = random() % 6; length > 0; --length) {
            word += letters[random() % letters.size()];
        }
        Options options;
        try {
            options = parse({"--", word.c_str()});
        } catch (const common::UsageError&) {
            continue;
        }
        REQUIRE_FALSE(options.already_authenticated);
        REQUIRE_FALSE(options.user.value_or("").starts_with('-'));
        REQUIRE(options == Options{.user = word.empty() ? std::nullopt : std::optional{word}});
    }
}

TEST_CASE("options: a host is made of what hosts are made of") {
    for (const char* host : {"localhost", "10.0.0.7", "::1", "fe80::1%eth0", "a_b-c.example"}) {
        CHECK(login::is_possible_host(host));
    }
    for (const std::string& host : {std::string{},
                                    std::string{"a b"},
                                    std::string{"a;b"},
                                    std::string{"a\x1b[2J"},
                                    std::string(256, 'a')}) {
        CHECK_FALSE(login::is_possible_host(host));
    }
}

TEST_CASE("options: nobody but root, really and effectively") {
    CHECK_NOTHROW(login::require_privilege({.already_authenticated = true}, 0, 0));
    CHECK_THROWS_AS(login::require_privilege({.already_authenticated = true}, 1000, 0),
                    common::UsageError);
    CHECK_THROWS_AS(login::require_privilege({.host = "x"}, 0, 1000), common::UsageError);
    CHECK_THROWS_AS(login::require_privilege({}, 1000, 1000), common::UsageError);
}
