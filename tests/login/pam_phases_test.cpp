// What a login comes to when a PAM module answers this in that phase, from the
// first question to the end of the session: Debian's pam_debug gives the answer,
// and a module of ours in front of it writes down what was called.
#include "common/program.hpp"
#include "login/authenticate.hpp"
#include "login/pam_gate.hpp"
#include "login/session.hpp"
#include "tests/common/temporary_directory.hpp"
#include "tests/login/scripted_conversation.hpp"

#include <array>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

namespace {

/// A session whose shell is over as soon as it has begun.
class BriefMachine : public login::Machine {
  public:
    void set_defaults() override {}
    void take_groups(const common::User& /*user*/) override {}
    void give_groups_back() noexcept override {}
    login::Greeting greeting_for(const common::User& /*user*/) override {
        return login::Greeting::shown;
    }
    void lend_terminal(const common::User& /*user*/) override {}
    void take_terminal_back() noexcept override {}
    void greet(const common::User& /*user*/) override {}
    pid_t hold_shell(const common::User& user, login::Gate& /*gate*/) override {
        shell_of = user.name;
        return 42;
    }
    void drop_shell() noexcept override {}
    void record_login(const common::User& /*user*/, pid_t /*session*/) override {}
    void record_logout() noexcept override {}
    int release_shell_and_wait() override { return 0; }
    pid_t lead_session() override { return 42; }
    void become_shell(const common::User& /*user*/, login::Gate& /*gate*/) override {}

    std::string shell_of{};
};

enum class Way { prompt, argument, trusted };

/// The arguments of the two modules.
struct Stack {
    std::string journal{};
    std::string debug{};
};

struct Outcome {
    std::string shell_of{};  ///< "": nobody
    std::string steps{};     ///< that the modules were called for

    bool operator==(const Outcome&) const = default;
};

/// One login of root's, who types their name as often as they are asked.
class Login {
  public:
    explicit Login(const Stack& stack) {
        directory_.write("journal/there", "");
        std::string rules;
        for (const char* type : {"auth", "account", "password", "session"}) {
            rules.append(type)
                .append(" required " TTYGATE_PAM_JOURNAL " in=")
                .append(directory_.path("journal"))
                .append(" ")
                .append(stack.journal)
                .append("\n")
                .append(type)
                .append(" required pam_debug.so ")
                .append(stack.debug)
                .append("\n");
        }
        directory_.write("pam.d/login", rules);
    }

    Outcome come(Way way) {
        tests::ScriptedConversation talk{{"root", "root", "root", "root"}};
        login::Options options{.plain_prompt = true};
        if (way != Way::prompt) {
            options.user = "root";
        }
        options.already_authenticated = way == Way::trusted;
        const login::Line line{.name = "tty9"};
        login::Settings settings;
        settings.btmp_file = directory_.path("btmp");
        settings.closed_lines = directory_.path("closed-lines");
        BriefMachine machine;
        try {
            login::PamGate gate{talk, {.line = "/dev/tty9"}, directory_.path("pam.d")};
            login::authenticate(gate, talk, line, options, settings);
            const auto user = login::require_account(gate, talk, line, settings);
            static_cast<void>(login::hold_session(machine, gate, user));
        } catch (const common::Leave& leave) {
            CHECK(leave.status == 1);
        } catch (const std::runtime_error&) {
            // A step of the session failed.
            CHECK(machine.shell_of.empty());
        }
        return {.shell_of = machine.shell_of, .steps = take_steps()};
    }

  private:
    std::string take_steps() {
        const std::string path = directory_.path("journal/" + std::to_string(::getpid()));
        std::ifstream file{path};
        std::string steps;
        for (std::string step; std::getline(file, step);) {
            steps += (steps.empty() ? "" : " ") + step;
        }
        ::unlink(path.c_str());
        return steps;
    }

    tests::TemporaryDirectory directory_{};
};

constexpr std::array phases{"auth", "acct", "chauthtok", "cred", "open_session", "close_session"};

/// For each phase what becomes of a login in which pam_debug answers so there:
///   +  there is a shell, and all is undone after it
///   -  there is none, and nothing is called after this but the undo of before
///   3  the same, after three tries
///   !  libpam itself calls nothing more: it waits to be called again for what the
///      module has not completed, which is for programs that asked for it
struct Row {
    const char* code;
    const char* outcomes;  ///< one for each of the phases
};

constexpr Row table[] = {
    {"success", "++++++"},
    {"open_err", "-----+"},
    {"symbol_err", "-----+"},
    {"service_err", "-----+"},
    {"system_err", "-----+"},
    {"buf_err", "-----+"},
    {"perm_denied", "-----+"},
    {"auth_err", "3----+"},
    {"cred_insufficient", "3----+"},
    {"authinfo_unavail", "3----+"},
    {"user_unknown", "3----+"},
    {"maxtries", "-----+"},
    {"new_authtok_reqd", "-+---+"},  // an expired password, which pam_debug changes
    {"acct_expired", "-----+"},
    {"session_err", "-----+"},
    {"cred_unavail", "-----+"},
    {"cred_expired", "-----+"},
    {"cred_err", "-----+"},
    {"no_module_data", "-----+"},
    {"conv_err", "-----+"},
    {"authtok_err", "--3--+"},
    {"authtok_recover_err", "--3--+"},
    {"authtok_lock_busy", "-----+"},
    {"authtok_disable_aging", "-----+"},
    {"try_again", "--3--+"},
    {"ignore", "++++++"},  // the module before it has said yes
    {"abort", "-----+"},
    {"authtok_expired", "-----+"},
    {"module_unknown", "-----+"},
    {"bad_item", "-----+"},
    {"conv_again", "-----+"},
    {"incomplete", "----!!"},
};

std::string thrice(const std::string& step) {
    return step + " " + step + " " + step;
}

/// What the table's character means in this phase.
Outcome expected(std::size_t phase, std::string_view code, char mark, Way way) {
    const std::string authenticate = way == Way::trusted ? "" : "authenticate ";
    const bool changes_password = phase == 2 || (phase == 1 && code == "new_authtok_reqd");
    const std::string account = authenticate + (changes_password ? "account password" : "account");
    if (mark == '!') {
        return phase == 4 ? Outcome{"", account + " establish open"}
                          : Outcome{"root", account + " establish open reinitialize close"};
    }
    if (mark == '+' || (phase == 0 && way == Way::trusted)) {
        return {"root", account + " establish open reinitialize close delete"};
    }
    const std::array<std::string, 5> ends{
        mark == '3' ? thrice("authenticate") : "authenticate",
        authenticate + "account",
        authenticate + "account " + (mark == '3' ? thrice("password") : "password"),
        account + " establish",
        account + " establish open delete"};
    return {"", ends.at(phase)};
}

std::string debug_arguments(std::size_t phase, std::string_view code) {
    std::string arguments = "prechauthtok=success ";
    if (phase == 2) {
        arguments += "acct=new_authtok_reqd ";
    }
    return arguments.append(phases.at(phase)).append("=").append(code);
}

}  // namespace

TEST_CASE("T-16 T-20 PAM gate: 6 phases, 32 answers, 3 ways to come: what becomes of each") {
    static_assert(std::size(table) == 32);
    unsigned runs = 0;
    for (const Row& row : table) {
        for (std::size_t phase = 0; phase < phases.size(); ++phase) {
            Login login{{.debug = debug_arguments(phase, row.code)}};
            for (const Way way : {Way::prompt, Way::argument, Way::trusted}) {
                const Outcome outcome = login.come(way);
                const Outcome wanted = expected(phase, row.code, row.outcomes[phase], way);
                if (outcome != wanted) {
                    CAPTURE(std::string{row.code});
                    CAPTURE(std::string{phases.at(phase)});
                    CAPTURE(static_cast<int>(way));
                    CHECK(outcome.shell_of == wanted.shell_of);
                    CHECK(outcome.steps == wanted.steps);
                }
                ++runs;
            }
        }
    }
    CHECK(runs == 576);
}

TEST_CASE("T-17 PAM gate: a name may be mapped until the account was checked, and no later") {
    struct Case {
        const char* journal;
        Outcome outcome;
    };
    const std::string whole = "authenticate account establish open reinitialize close delete";
    const Case cases[] = {
        {"authenticate:user=daemon", {"daemon", whole}},
        {"account:user=daemon", {"daemon", whole}},
        {"authenticate:user=daemon account:user=bin", {"bin", whole}},
        {"establish:user=daemon", {"", "authenticate account establish delete"}},
        {"open:user=daemon", {"", "authenticate account establish open close delete"}},
        {"reinitialize:user=daemon",
         {"", "authenticate account establish open reinitialize close delete"}},
        {"establish:no-user", {"", "authenticate account establish delete"}},
        {"open:user=-froot", {"", "authenticate account establish open close delete"}},
        {"account:no-user", {"", "authenticate account"}},
        {"account:user=", {"", "authenticate account"}},
        {"account:user=-froot", {"", "authenticate account"}},
        {"account:user=nobody-is-called-so", {"", "authenticate account"}},
        {"authenticate:user=-froot", {"", "authenticate"}},
        {"authenticate:no-user", {"", "authenticate"}},
        // Whatever modules look up meanwhile.
        {"authenticate:look-up=daemon account:look-up=daemon open:look-up=daemon "
         "reinitialize:look-up=daemon",
         {"root", whole}},
    };
    for (const Case& one : cases) {
        CAPTURE(std::string{one.journal});
        const Outcome outcome = Login{{.journal = one.journal}}.come(Way::prompt);
        CHECK(outcome.shell_of == one.outcome.shell_of);
        CHECK(outcome.steps == one.outcome.steps);
    }
}
