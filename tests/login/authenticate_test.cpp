#include "login/authenticate.hpp"

#include "common/program.hpp"
#include "common/record_file.hpp"
#include "tests/common/temporary_directory.hpp"
#include "tests/login/scripted_conversation.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using login::Outcome;
using Names = std::vector<std::string>;

namespace {

/// Asks for a password and lets in who says "right"; after "half" for more.
class PasswordGate : public login::Gate {
  public:
    explicit PasswordGate(login::Conversation& talk) : talk_(talk) {}

    login::Verdict admits(const std::string& name) override {
        asked_about.push_back(name);
        common::Secret password;
        if (talk_.ask("Password: ", common::Echo::hidden, password) != login::Answer::given) {
            return {.outcome = Outcome::refused_for_good, .reason = "nobody answered"};
        }
        if (password.view() == "half" &&
            talk_.ask("Token: ", common::Echo::hidden, password) != login::Answer::given) {
            return {.outcome = Outcome::refused_for_good, .reason = "left in the middle"};
        }
        if (password.view() == "right") {
            user_ = name;
            return {.outcome = Outcome::admitted};
        }
        const auto found = std::chrono::steady_clock::now();
        std::this_thread::sleep_for(writing);
        return {
            .outcome = password.view() == "never" ? Outcome::refused_for_good : Outcome::refused,
            .reason = "wrong",
            .found = writing > 0ms ? std::optional{found} : std::nullopt};
    }
    void trust(const std::string& name) override { user_ = name; }
    std::optional<login::Refusal> require_valid_account() override { return refusal; }
    [[nodiscard]] std::string user_name() const override { return user_; }
    [[nodiscard]] std::optional<common::User> account() const override { return judged; }
    [[nodiscard]] bool has_rules_of_its_own() const override { return true; }
    void open_session(login::Greeting /*greeting*/) override {}
    common::Environment environment() override { return {}; }
    void forget_in_child() noexcept override {}
    void close_session() noexcept override {}

    Names asked_about{};
    std::optional<login::Refusal> refusal{};
    /// What it takes to write a failure down.
    std::chrono::milliseconds writing{};
    std::optional<common::User> judged{};

  private:
    login::Conversation& talk_;
    std::string user_{};
};

/// One login, with a person who types what the script says.
struct Login {
    explicit Login(std::deque<std::string> keys) : talk(std::move(keys)) {
        settings.btmp_file = directory.write("btmp", "");
        settings.closed_lines = directory.path("closed-lines");
        // What others could read would not be written.
        std::filesystem::permissions(
            settings.btmp_file,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }

    /// True if somebody got in.
    bool authenticate() {
        try {
            login::authenticate(gate, talk, line, options, settings);
            return true;
        } catch (const common::Leave& leave) {
            CHECK(leave.status == 1);
            return false;
        }
    }
    [[nodiscard]] Names recorded_failures() const {
        Names names;
        for (const utmpx& record : common::read_records(settings.btmp_file)) {
            names.emplace_back(common::text_of(record.ut_user));
        }
        return names;
    }
    [[nodiscard]] auto times_said(const std::string& text) const {
        return std::count_if(
            talk.transcript.begin(), talk.transcript.end(), [&text](const auto& said) {
                return said.find(text) != std::string::npos;
            });
    }

    tests::TemporaryDirectory directory{};
    tests::ScriptedConversation talk;
    PasswordGate gate{talk};
    login::Line line{.name = "tty9"};
    login::Options options{.plain_prompt = true};
    login::Settings settings{};
};

}  // namespace

TEST_CASE("authenticate: a name, a password, and in") {
    Login login{{"root", "right"}};
    CHECK(login.authenticate());
    CHECK(login.gate.user_name() == "root");
    CHECK(login.talk.transcript == Names{"shown? login: ", "hidden? Password: "});
    CHECK(login.talk.pauses.empty());
    CHECK(login.recorded_failures().empty());
    CHECK(login.talk.allowed == std::vector{60s});
}

TEST_CASE("authenticate: a name that was given is not asked for, the next one is") {
    Login login{{"wrong", "root", "right"}};
    login.options.user = "root";
    CHECK(login.authenticate());
    CHECK(login.talk.transcript == Names{"hidden? Password: ",
                                         "(drops input)",
                                         "\nLogin incorrect\n",
                                         "shown? login: ",
                                         "hidden? Password: "});
    CHECK(login.talk.pauses.size() == 1);
    CHECK(login.talk.pauses.front() > 5s);
    CHECK(login.talk.pauses.front() <= 5250ms);
    CHECK(login.recorded_failures() == Names{"root"});
}

TEST_CASE("authenticate: as many tries as the settings give, each slow and each recorded") {
    Login login{{"root", "a", "root", "b", "root", "c", "root", "right"}};
    CHECK_FALSE(login.authenticate());
    CHECK(login.times_said("Login incorrect") == 3);
    // One more for the last words, which a hang-up must not overtake.
    CHECK(login.talk.pauses.size() == 4);
    CHECK(login.recorded_failures() == Names{"root", "root", "root"});
}

TEST_CASE("T-25 authenticate: a name that is no account is written nowhere") {
    Login login{{"hunter2-typed-too-early", "x"}};
    CHECK_FALSE(login.authenticate());
    CHECK(login.recorded_failures() == Names{"(unknown)"});
}

TEST_CASE("T-01 authenticate: the gate never sees what cannot be a name") {
    for (const std::string& name : {std::string{"-froot"},
                                    std::string{"root -f"},
                                    std::string{"\t-f"},
                                    std::string{"a\nb"},
                                    std::string(257, 'x'),
                                    std::string(511, 'x'),
                                    std::string{"\xff"}}) {
        Login login{{name, "root", "right"}};
        CHECK(login.authenticate());
        CHECK(login.gate.asked_about == Names{"root"});
        CHECK(login.times_said("user name") == 1);
        CHECK(login.talk.pauses.size() == 1);
        CHECK(login.recorded_failures() == Names{"(unknown)"});
    }
    for (const login::Answer answer : {login::Answer::too_long, login::Answer::spoilt}) {
        Login login{{"root", "right"}};
        login.talk.spoils_the_next(answer);
        CHECK(login.authenticate());
        CHECK(login.gate.asked_about == Names{"root"});
        CHECK(login.talk.pauses.size() == 1);
    }
}

TEST_CASE("authenticate: an empty name is no attempt") {
    Login login{{"", "", "root", "right"}};
    CHECK(login.authenticate());
    CHECK(login.times_said("login: ") == 3);
    CHECK(login.talk.pauses.empty());
}

TEST_CASE("T-23 authenticate: the delay of a failure holds for the next login on the line") {
    Login first{{"root", "wrong"}};
    CHECK_FALSE(first.authenticate());
    Login next{{"root", "right"}};
    next.settings.closed_lines = first.settings.closed_lines;
    CHECK(next.authenticate());
    REQUIRE(next.talk.pauses.size() == 1);
    CHECK(next.talk.pauses.front() > 4s);
    // Only then does the person's own time begin.
    CHECK(next.talk.allowed == std::vector{60s});

    Login on_another_line{{"root", "right"}};
    on_another_line.settings.closed_lines = first.settings.closed_lines;
    on_another_line.line.name = "tty8";
    CHECK(on_another_line.authenticate());
    CHECK(on_another_line.talk.pauses.empty());

    Login trusted{{}};
    trusted.settings.closed_lines = first.settings.closed_lines;
    trusted.options = {.user = "root", .already_authenticated = true};
    CHECK(trusted.authenticate());
    CHECK(trusted.talk.pauses.empty());
}

TEST_CASE("T-18 authenticate: an answer is no later for what was written down of a failure") {
    // The log, full, or the count of failures, whose lock somebody holds: it is there
    // for names that are accounts.
    Login login{{"root", "wrong"}};
    login.settings.answer_grid = 20ms;
    login.settings.fail_delay = 0s;
    login.gate.writing = 3 * login.settings.answer_grid;
    CHECK_FALSE(login.authenticate());
    REQUIRE_FALSE(login.talk.pauses.empty());
    CHECK(login.talk.pauses.front() <= 0ms);
}

TEST_CASE("authenticate: some failures are the last") {
    Login login{{"root", "never", "root", "right"}};
    CHECK_FALSE(login.authenticate());
    CHECK(login.talk.pauses.size() == 2);
}

TEST_CASE("authenticate: who leaves without an answer has failed nothing") {
    for (const login::Answer ending : {login::Answer::end_of_file,
                                       login::Answer::hung_up,
                                       login::Answer::timed_out,
                                       login::Answer::terminated}) {
        Login at_name{{}};
        at_name.talk.ends_with(ending);
        CHECK_FALSE(at_name.authenticate());
        Login at_password{{"root"}};
        at_password.talk.ends_with(ending);
        CHECK_FALSE(at_password.authenticate());
        CHECK(at_password.recorded_failures().empty());
        CHECK(at_password.talk.pauses.empty());
        CHECK(at_password.times_said("within 60 seconds") ==
              (ending == login::Answer::timed_out ? 1 : 0));
    }
}

TEST_CASE("T-23 authenticate: who answers and then leaves has failed, and waits") {
    for (const login::Answer ending : {login::Answer::end_of_file,
                                       login::Answer::hung_up,
                                       login::Answer::timed_out,
                                       login::Answer::terminated}) {
        Login login{{"root", "half"}};
        login.talk.ends_with(ending);
        CHECK_FALSE(login.authenticate());
        CHECK(login.recorded_failures() == Names{"root"});
        REQUIRE(login.talk.pauses.size() == 1);
        CHECK(login.talk.pauses.front() > 4s);
        CHECK(login.times_said("Login incorrect") == 0);
    }
}

TEST_CASE("T-23 authenticate: a failure is recorded before its delay, which can be the end of us") {
    Login login{{"root", "wrong", "root", "right"}};
    std::vector<Names> recorded;
    login.talk.at_pause = [&] { recorded.push_back(login.recorded_failures()); };
    CHECK(login.authenticate());
    CHECK(recorded == std::vector<Names>{{"root"}});
}

TEST_CASE("authenticate: what cannot be a name is not kept for the next try") {
    Login login{{"-froot", "root", "wrong", "right"}};
    login.settings.keep_user_name = true;
    CHECK(login.authenticate());
    CHECK(login.gate.asked_about == Names{"root", "root"});
    CHECK(login.times_said("login: ") == 2);
}

TEST_CASE("authenticate: -f is for a name from here, or with the administrator's consent") {
    Login here{{}};
    here.options = {.user = "root", .already_authenticated = true};
    CHECK(here.authenticate());
    CHECK(here.talk.transcript.empty());

    Login remote{{"wrong"}};
    remote.options = here.options;
    remote.line.remote_host = "host";
    CHECK_FALSE(remote.authenticate());
    CHECK(remote.gate.asked_about == Names{"root"});

    Login with_consent{{}};
    with_consent.options = here.options;
    with_consent.line.remote_host = "host";
    with_consent.settings.remote_noauth = true;
    CHECK(with_consent.authenticate());

    Login no_name{{}};
    no_name.options = {.user = "a b", .already_authenticated = true};
    CHECK_FALSE(no_name.authenticate());
    CHECK(no_name.gate.asked_about.empty());
}

TEST_CASE("T-17 authenticate: the account is the one that the gate ended with") {
    Login login{{}};
    login.gate.trust("root");
    CHECK(login::require_account(login.gate, login.talk, login.line, login.settings).uid == 0);

    login.gate.trust("hunter2-nobody-has-this-name");
    CHECK_THROWS_AS(static_cast<void>(
                        login::require_account(login.gate, login.talk, login.line, login.settings)),
                    common::Leave);
    CHECK(login.talk.transcript.size() == 1);
    CHECK(login.talk.transcript.back().starts_with("\nLogin incorrect\nLogin refused (ref "));

    // What a directory calls an account may be no name either.
    login.gate.judged = common::User{.name = "-froot"};
    CHECK_THROWS_AS(static_cast<void>(
                        login::require_account(login.gate, login.talk, login.line, login.settings)),
                    common::Leave);
    login.gate.judged.reset();
    // Each time there is time to read it.
    CHECK(login.talk.pauses.size() == 2);
    CHECK(login.talk.pauses.back() > 4s);

    login.gate.trust("root");
    login.gate.refusal = login::Refusal{.words = "Your account has expired."};
    CHECK_THROWS_AS(static_cast<void>(
                        login::require_account(login.gate, login.talk, login.line, login.settings)),
                    common::Leave);
    CHECK(login.talk.transcript.back().starts_with(
        "\nYour account has expired.\nLogin refused (ref "));
}

TEST_CASE(
    "authenticate: the prompt has the short name of the host, unless a plain one is asked for") {
    CHECK(login::name_prompt({.plain_prompt = true}, {}) == "login: ");
    CHECK(login::name_prompt({}, {.plain_prompt = true}) == "login: ");
    const std::string prompt = login::name_prompt({}, {});
    CHECK(prompt.ends_with(" login: "));
    CHECK(prompt.find('.') == std::string::npos);
}
