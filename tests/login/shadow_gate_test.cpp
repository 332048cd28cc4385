#include "login/shadow_gate.hpp"

#include "common/log.hpp"
#include "tests/login/scripted_conversation.hpp"

#include <array>
#include <map>
#include <stdexcept>

#include <sys/resource.h>

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

/// That children which are waited for have used of the processor.
std::chrono::microseconds time_of_children() {
    rusage used{};
    REQUIRE(::getrusage(RUSAGE_CHILDREN, &used) == 0);
    const auto in = [](const timeval& time) {
        return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
    };
    return in(used.ru_utime) + in(used.ru_stime);
}

}  // namespace

TEST_CASE("shadow gate: the right password, by every method that libcrypt has") {
    struct Method {
        const char* prefix;
        unsigned long cost;
        const char* field_begins;
    };
    const Method methods[] = {
        {"$y$", 1, "$y$"},           // yescrypt
        {"$gy$", 1, "$gy$"},         // the same with GOST's hash
        {"$7$", 6, "$7$"},           // scrypt
        {"$2b$", 4, "$2b$04$"},      // bcrypt
        {"$2a$", 4, "$2a$04$"},      // bcrypt, as it was
        {"$2y$", 4, "$2y$04$"},      // bcrypt, as PHP and Openwall call it
        {"$6$", 1000, "$6$rounds"},  // SHA-512
        {"$5$", 1000, "$5$rounds"},  // SHA-256
        {"$6$", 0, "$6$"},
        {"$5$", 0, "$5$"},
        {"$sha1", 4, "$sha1$"},  // NetBSD's
        {"$md5", 1, "$md5"},     // Sun's
        {"$1$", 0, "$1$"},       // MD5
        {"$3$", 0, "$3$"},       // NT
        {"_", 1, "_"},           // BSDi's DES
        {"", 0, ""},             // DES of 1979
    };
    for (const Method& method : methods) {
        CAPTURE(std::string{method.prefix});
        const std::string hash = hash_of("correct", method.prefix, method.cost);
        CHECK(hash.starts_with(method.field_begins));
        CHECK(try_password(hash, "correct").outcome == Outcome::admitted);
        CHECK(try_password(hash, "wrong").outcome == Outcome::refused);
        CHECK(try_password(hash, "").outcome == Outcome::refused);
        // Not a byte of the field may differ.
        for (const std::size_t place : {hash.size() - 1, hash.size() / 2}) {
            std::string other = hash;
            other[place] = other[place] == 'a' ? 'b' : 'a';
            CHECK(try_password(other, "correct").outcome == Outcome::refused);
        }
    }
}

TEST_CASE("shadow gate: what the log says of a field that cannot be checked") {
    struct Row {
        const char* field;
        const char* reason;
    };
    const char* const unsupported =
        "the account's password is kept by a method that this libcrypt does not support";
    const char* const odd = "the account's password is kept in a form that cannot be checked";
    const Row rows[] = {
        {"!", "the account's password is locked"},
        {"*", "the account's password is locked"},
        {"!!", "the account's password is locked"},
        {"x", "the shadow entry is broken: its password is x"},
        {"$unknown$abc$def", unsupported},
        {"$8$abc$def", unsupported},
        {"$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", unsupported},
        {"{SSHA}abcdef", unsupported},
        {"plain text", unsupported},
        {"$y$", odd},
        {"$2b$99$abc", odd},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.field});
        const auto verdict = try_password(row.field, "x");
        CHECK(verdict.outcome == Outcome::refused);
        CHECK(verdict.reason == row.reason);
    }
}

TEST_CASE("shadow gate: a cost without end is stopped") {
    for (const char* field : {"$2b$31$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
                              "$6$rounds=999999999$salt$hash",
                              "$5$rounds=999999999$salt$hash",
                              "$sha1$4294967295$salt$hash"}) {
        CAPTURE(std::string{field});
        const Accounts accounts{.entries = {{"demo", {.hash = field}}}};
        auto source = accounts.source();
        source.hashing_patience = std::chrono::milliseconds{200};
        tests::ScriptedConversation talk{{"x"}};
        login::ShadowGate gate{talk, EmptyPasswords::refused, source};
        const auto begun = std::chrono::steady_clock::now();
        const auto verdict = gate.admits("demo");
        CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds{60});
        CHECK(verdict.outcome == Outcome::refused);
        CHECK(verdict.reason == "the account's password takes too long to check");
    }
}

TEST_CASE("shadow gate: bcrypt looks at 72 bytes, and no other method at so few") {
    const std::string longest(72, 'p');
    const std::string bcrypt = hash_of(longest.c_str(), "$2b$", 4);
    CHECK(try_password(bcrypt, longest).outcome == Outcome::admitted);
    // As whoever set it typed it; the log is told.
    CHECK(try_password(bcrypt, longest + "more").outcome == Outcome::admitted);
    CHECK(try_password(bcrypt, longest.substr(1)).outcome == Outcome::refused);
    for (const char* prefix : {"$y$", "$6$"}) {
        const std::string other = hash_of(longest.c_str(), prefix, 0);
        CHECK(try_password(other, longest).outcome == Outcome::admitted);
        CHECK(try_password(other, longest + "more").outcome == Outcome::refused);
    }
}

TEST_CASE(
    "T-18 shadow gate: unknown, locked, star, empty and blank root, with no password and one") {
    struct Row {
        const char* what;
        const char* name;
        const char* field;
        uid_t uid;
        bool opens;  ///< to an empty password, where empty ones are allowed
    };
    const Row rows[] = {
        {"unknown", "nosuch", "", 1000, false},
        {"locked", "demo", "!", 1000, false},
        {"star", "demo", "*", 1000, false},
        {"x", "demo", "x", 1000, false},
        {"empty", "demo", "", 1000, true},
        {"blank root", "demo", "", 0, false},
    };
    for (const Row& row : rows) {
        for (const EmptyPasswords rule : {EmptyPasswords::refused,
                                          EmptyPasswords::refused_for_root,
                                          EmptyPasswords::left_to_pam}) {
            for (const char* password : {"", "x"}) {
                CAPTURE(std::string{row.what});
                CAPTURE(std::string{password});
                const Accounts accounts{.entries = {{"demo", {.hash = row.field}}}, .uid = row.uid};
                tests::ScriptedConversation talk{{password}};
                login::ShadowGate gate{talk, rule, accounts.source()};
                const bool allowed =
                    row.opens && *password == '\0' && rule != EmptyPasswords::refused;
                CHECK((gate.admits(row.name).outcome == Outcome::admitted) == allowed);
                CHECK(gate.user_name() == (allowed ? "demo" : ""));
            }
        }
    }
}

TEST_CASE("shadow gate: failures are counted, and so many lock out whoever knows the password") {
    struct Count {
        unsigned failures = 0;
        unsigned successes = 0;
        bool locks = false;
    };
    Count count;
    const Accounts accounts{.entries = {{"demo", {.hash = hash_of("right", "$6$", 1000)}}}};
    auto source = accounts.source();
    source.failures = {.locks_out = [&count](const common::User&) { return count.locks; },
                       .note_failure = [&count](const common::User&) { ++count.failures; },
                       .note_success =
                           [&count](const common::User&) {
                               ++count.successes;
                               return login::FailureCount{.failures = 2};
                           }};
    const auto try_it = [&source](const char* name, const char* password) {
        tests::ScriptedConversation talk{{password}};
        login::ShadowGate gate{talk, EmptyPasswords::refused, source};
        const auto verdict = gate.admits(name);
        CHECK(gate.failures_before().has_value() == (verdict.outcome == Outcome::admitted));
        return verdict;
    };
    CHECK(try_it("demo", "wrong").outcome == Outcome::refused);
    CHECK(count.failures == 1);
    CHECK(try_it("nosuch", "wrong").outcome == Outcome::refused);
    CHECK(count.failures == 1);
    count.locks = true;
    const auto locked = try_it("demo", "right");
    CHECK(locked.outcome == Outcome::refused);
    CHECK(locked.reason == "the password is right, but there were too many failures (faillog)");
    CHECK(count.failures == 2);
    CHECK(count.successes == 0);
    count.locks = false;
    CHECK(try_it("demo", "right").outcome == Outcome::admitted);
    CHECK(count.failures == 2);
    CHECK(count.successes == 1);
}

TEST_CASE("T-18 shadow gate: a failure was found before it was counted") {
    std::optional<std::chrono::steady_clock::time_point> counted;
    const Accounts accounts{.entries = {{"demo", {.hash = hash_of("right", "$6$", 1000)}}}};
    auto source = accounts.source();
    source.failures.note_failure = [&counted](const common::User&) {
        counted = std::chrono::steady_clock::now();
    };
    tests::ScriptedConversation talk{{"wrong"}};
    login::ShadowGate gate{talk, EmptyPasswords::refused, source};
    const auto verdict = gate.admits("demo");
    REQUIRE(counted);
    REQUIRE(verdict.found);
    CHECK(*verdict.found <= *counted);
}

TEST_CASE("T-18 shadow gate: a weak method is noted when the password was right, not before") {
    const std::string weak = hash_of("right", "$1$");
    common::DivertedLog log;
    CHECK(try_password(weak, "wrong").outcome == Outcome::refused);
    CHECK(log.lines().empty());
    CHECK(try_password(weak, "right").outcome == Outcome::admitted);
    CHECK(log.lines() == std::vector<std::string>{"the password of \"demo\" is kept by a method "
                                                  "that is no longer strong"});
}

TEST_CASE("shadow gate: so many failures lock out where there is no password, too") {
    for (const bool locks : {false, true}) {
        const Accounts accounts{.entries = {{"demo", {.hash = ""}}}};
        auto source = accounts.source();
        source.failures.locks_out = [locks](const common::User&) { return locks; };
        tests::ScriptedConversation talk{{""}};
        login::ShadowGate gate{talk, EmptyPasswords::refused_for_root, source};
        CHECK(gate.admits("demo").outcome == (locks ? Outcome::refused : Outcome::admitted));
    }
}

TEST_CASE("T-22 shadow gate: whatever is wrong, it takes as much of the processor to say so") {
    const Accounts accounts{.entries = {{"wrong", {.hash = hash_of("correct", nullptr)}},
                                        {"locked", {.hash = "!"}},
                                        {"broken", {.hash = "x"}},
                                        {"odd", {.hash = "$y$"}},
                                        {"unsupported", {.hash = "{SSHA}abcdef"}},
                                        {"none", {.hash = ""}}}};
    const auto time_for = [&accounts](const char* name) {
        const auto before = time_of_children();
        for (int i = 0; i < 3; ++i) {
            tests::ScriptedConversation talk{{"x"}};
            login::ShadowGate gate{talk, EmptyPasswords::refused, accounts.source()};
            CHECK(gate.admits(name).outcome == Outcome::refused);
        }
        return time_of_children() - before;
    };
    const auto usual = time_for("wrong");
    for (const char* name : {"nosuch", "locked", "broken", "odd", "unsupported", "none"}) {
        CAPTURE(std::string{name});
        // A busy machine may take twice as long for the same; who computes no hash
        // takes a small part of it.
        CHECK(time_for(name) > usual / 4);
    }
}

TEST_CASE("shadow gate: who is told to end in the middle of a check is not blamed on its cost") {
    struct ToldToEnd : tests::ScriptedConversation {
        using ScriptedConversation::ScriptedConversation;
        [[nodiscard]] bool wait_for(int, std::chrono::milliseconds) override { return false; }
        [[nodiscard]] std::optional<Answer> ending() const override { return Answer::terminated; }
    };
    const Accounts accounts{.entries = {{"demo", {.hash = hash_of("right", "$6$", 1000)}}}};
    ToldToEnd talk{{"right"}};
    login::ShadowGate gate{talk, EmptyPasswords::refused, accounts.source()};
    const auto verdict = gate.admits("demo");
    CHECK(verdict.outcome == Outcome::refused);
    CHECK(verdict.reason == "login was told to end before it was checked");
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

TEST_CASE("T-18 shadow gate: who is not looked up is refused like everybody, and no sooner") {
    const std::string hash = hash_of("correct", "$6$", 1000);
    const Accounts accounts{.entries = {{"demo", {.hash = hash}}}};
    const auto is_down = [](const std::string&) -> std::optional<common::User> {
        throw std::runtime_error{"the directory is down"};
    };
    const auto is_unreadable = [](const std::string&) -> std::optional<ShadowEntry> {
        throw std::runtime_error{"there are no sheets left"};
    };
    for (const bool has_user : {false, true}) {
        tests::ScriptedConversation talk{{"correct"}};
        login::AccountSource source = accounts.source();
        if (has_user) {
            source.shadow = is_unreadable;
        } else {
            source.user = is_down;
        }
        login::ShadowGate gate{talk, EmptyPasswords::left_to_pam, source};
        const login::Verdict verdict = gate.admits("demo");
        CHECK(verdict.outcome == Outcome::refused);
        CHECK(verdict.reason == "the account could not be looked up");
        CHECK(gate.user_name().empty());
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
