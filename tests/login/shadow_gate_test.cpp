#include "login/shadow_gate.hpp"

#include "tests/login/scripted_conversation.hpp"

#include <array>
#include <map>

#include <crypt.h>
#include <doctest/doctest.h>

using login::Answer;
using login::EmptyPasswords;
using login::Outcome;
using login::ShadowEntry;
using std::chrono::days;
using std::chrono::sys_days;

namespace {

constexpr sys_days today{days{20000}};

std::string hash_of(const char* password, const char* prefix, unsigned long cost = 0) {
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    REQUIRE(::crypt_gensalt_rn(
                prefix, cost, nullptr, 0, setting.data(), static_cast<int>(setting.size())) !=
            nullptr);
    crypt_data space{};
    return ::crypt_rn(password, setting.data(), &space, static_cast<int>(sizeof space));
}

/// Accounts that exist only here.
struct Accounts {
    std::map<std::string, ShadowEntry> entries{};
    uid_t uid = 1000;
    std::function<bool(const common::User&)> change_password = [](const common::User&) {
        return false;
    };

    [[nodiscard]] login::AccountSource source() const {
        return {.user = [this](const std::string& name) -> std::optional<common::User> {
                    if (!entries.contains(name)) {
                        return std::nullopt;
                    }
                    return common::User{.name = name, .uid = uid};
                },
                .shadow = [this](const std::string& name) -> std::optional<ShadowEntry> {
                    const auto found = entries.find(name);
                    return found == entries.end() ? std::nullopt : std::optional{found->second};
                },
                .today = [] { return today; },
                .change_password = change_password};
    }
};

login::Verdict try_password(const std::string& hash,
                            const std::string& password,
                            EmptyPasswords empty = EmptyPasswords::refused,
                            uid_t uid = 1000) {
    const Accounts accounts{.entries = {{"demo", {.hash = hash}}}, .uid = uid};
    tests::ScriptedConversation talk{{password}};
    login::ShadowGate gate{talk, empty, accounts.source()};
    return gate.admits("demo");
}

std::optional<login::Refusal> judge_account(const login::AgingPolicy& aging,
                                            tests::ScriptedConversation& talk) {
    const Accounts accounts{.entries = {{"demo", {.hash = "!", .aging = aging}}}};
    login::ShadowGate gate{talk, EmptyPasswords::refused, accounts.source()};
    gate.trust("demo");
    return gate.require_valid_account();
}

}  // namespace

TEST_CASE("shadow gate: the right password, by every method that libcrypt has") {
    struct Method {
        const char* prefix;
        unsigned long cost;
    };
    for (const Method& method : {Method{"$y$", 1},
                                 Method{"$2b$", 4},
                                 Method{"$6$", 1000},
                                 Method{"$5$", 1000},
                                 Method{"$gy$", 1},
                                 Method{"$7$", 6},
                                 Method{"$1$", 0},
                                 Method{"", 0}}) {
        CAPTURE(std::string{method.prefix});
        const std::string hash = hash_of("correct", method.prefix, method.cost);
        CHECK(try_password(hash, "correct").outcome == Outcome::admitted);
        CHECK(try_password(hash, "wrong").outcome == Outcome::refused);
        CHECK(try_password(hash, "").outcome == Outcome::refused);
    }
}

TEST_CASE("T-18 shadow gate: fields that no password opens") {
    const std::string hash = hash_of("correct", "$6$", 1000);
    for (const std::string& field : {"!" + hash,
                                     "!!" + hash,
                                     "*" + hash,
                                     std::string{"!"},
                                     std::string{"*"},
                                     std::string{"!!"},
                                     std::string{"*0"},
                                     std::string{"x"},
                                     std::string{":"},
                                     std::string{"$y$"},
                                     std::string{"$6$"},
                                     std::string{"$unknown$abc$def"},
                                     hash.substr(0, hash.size() - 1),
                                     hash + "x"}) {
        CAPTURE(field);
        for (const char* password : {"correct", "", "x", "*0", "!", "*"}) {
            CAPTURE(std::string{password});
            CHECK(try_password(field, password).outcome == Outcome::refused);
        }
        CHECK(try_password(field, field).outcome == Outcome::refused);
    }
}

TEST_CASE("T-18 shadow gate: an empty password is refused unless a setting says otherwise") {
    using Rule = EmptyPasswords;
    CHECK(try_password("", "", Rule::refused).outcome == Outcome::refused);
    CHECK(try_password("", "", Rule::refused_for_root).outcome == Outcome::admitted);
    CHECK(try_password("", "x", Rule::refused_for_root).outcome == Outcome::refused);
    for (const Rule rule : {Rule::refused, Rule::refused_for_root, Rule::left_to_pam}) {
        CHECK(try_password("", "", rule, 0).outcome == Outcome::refused);
    }
}

TEST_CASE("T-18 shadow gate: nobody comes in under a name that is none") {
    const Accounts accounts{.entries = {{"demo", {.hash = hash_of("x", "$6$", 1000)}}}};
    for (const char* name : {"nosuch", "-froot", "a b", ""}) {
        tests::ScriptedConversation talk{{"x"}};
        login::ShadowGate gate{talk, EmptyPasswords::left_to_pam, accounts.source()};
        CHECK(gate.admits(name).outcome == Outcome::refused);
        CHECK(gate.user_name().empty());
        // The question is the same for everybody.
        CHECK(talk.transcript == std::vector<std::string>{"hidden? Password: "});
    }
}

TEST_CASE("T-14 shadow gate: a password with a NUL in it, and one that is too long, are wrong") {
    const std::string hash = hash_of("correct", "$6$", 1000);
    CHECK(try_password(hash, std::string{"correct\0more", 12}).outcome == Outcome::refused);
    for (const Answer answer : {Answer::too_long, Answer::spoilt}) {
        const Accounts accounts{.entries = {{"demo", {.hash = hash}}}};
        tests::ScriptedConversation talk{{"correct"}};
        talk.spoils_the_next(answer);
        login::ShadowGate gate{talk, EmptyPasswords::refused, accounts.source()};
        CHECK(gate.admits("demo").outcome == Outcome::refused);
        CHECK(gate.admits("demo").outcome == Outcome::admitted);
        CHECK(gate.user_name() == "demo");
    }
}

TEST_CASE("T-18 shadow gate: what could not be kept is not taken for an empty password") {
    const Accounts accounts{.entries = {{"demo", {.hash = ""}}}};
    tests::ScriptedConversation talk{{""}};
    talk.spoils_the_next(Answer::too_long);
    login::ShadowGate gate{talk, EmptyPasswords::left_to_pam, accounts.source()};
    CHECK(gate.admits("demo").outcome == Outcome::refused);
    CHECK(gate.user_name().empty());
    CHECK(gate.admits("demo").outcome == Outcome::admitted);
}

TEST_CASE("shadow gate: who leaves has tried nothing") {
    const Accounts accounts{.entries = {{"demo", {.hash = ""}}}};
    for (const Answer ending :
         {Answer::end_of_file, Answer::hung_up, Answer::timed_out, Answer::terminated}) {
        tests::ScriptedConversation talk;
        talk.ends_with(ending);
        login::ShadowGate gate{talk, EmptyPasswords::left_to_pam, accounts.source()};
        CHECK(gate.admits("demo").outcome == Outcome::refused_for_good);
    }
}

TEST_CASE("shadow gate: accounts that have ended, and passwords that are too old") {
    tests::ScriptedConversation talk;
    CHECK_FALSE(judge_account({}, talk));
    CHECK(judge_account({.account_expires = today}, talk)->reason == "account expired");
    CHECK(judge_account(
              {.last_change = today - days{100}, .maximum_age = days{90}, .grace_period = days{5}},
              talk)
              ->words == "Your password has expired, and the time to change it is over.");
    CHECK(talk.transcript.empty());
    CHECK_FALSE(judge_account(
        {.last_change = today - days{89}, .maximum_age = days{90}, .warning_period = days{7}},
        talk));
    CHECK(talk.transcript == std::vector<std::string>{"Your password expires in 1 day.\n"});
    // -f for an account that is gone.
    const Accounts nobody;
    login::ShadowGate gate{talk, EmptyPasswords::refused, nobody.source()};
    gate.trust("demo");
    CHECK(gate.require_valid_account());
}

TEST_CASE("shadow gate: a password that must be changed is, or nobody comes in") {
    tests::ScriptedConversation talk;
    Accounts accounts{.entries = {{"demo", {.hash = "!", .aging = {.last_change = sys_days{}}}}}};

    SUBCASE("there is no way to change it") {
        login::ShadowGate gate{talk, EmptyPasswords::refused, accounts.source()};
        gate.trust("demo");
        CHECK(gate.require_valid_account()->words == "The password was not changed.");
    }
    SUBCASE("the program says it did, and the entry says it did not") {
        accounts.change_password = [](const common::User&) { return true; };
        login::ShadowGate gate{talk, EmptyPasswords::refused, accounts.source()};
        gate.trust("demo");
        CHECK(gate.require_valid_account());
    }
    SUBCASE("it was changed") {
        accounts.change_password = [&accounts](const common::User& user) {
            accounts.entries.at(user.name).aging.last_change = today;
            return true;
        };
        login::ShadowGate gate{talk, EmptyPasswords::refused, accounts.source()};
        gate.trust("demo");
        CHECK_FALSE(gate.require_valid_account());
    }
    CHECK(talk.transcript ==
          std::vector<std::string>{"Your password has to be changed before you can go on.\n"});
}
