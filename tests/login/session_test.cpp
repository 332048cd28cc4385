#include "login/session.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using Journal = std::vector<std::string>;

namespace {

struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Writes down what happens, and fails where it is told to.
class Diary {
  public:
    explicit Diary(std::string fails_at) : fails_at_(std::move(fails_at)) {}

    void note(const std::string& event) { journal.push_back(event); }
    /// A step that may fail: it is noted only when it worked.
    void step(const std::string& event) {
        if (event == fails_at_) {
            throw Failure{event};
        }
        note(event);
    }

    Journal journal{};

  private:
    std::string fails_at_;
};

class DiaryMachine : public login::Machine {
  public:
    explicit DiaryMachine(Diary& diary) : diary_(diary) {}

    void set_defaults() override { diary_.step("defaults"); }
    void take_groups(const common::User& /*user*/) override { diary_.step("groups"); }
    void give_groups_back() noexcept override { diary_.note("groups back"); }
    login::Greeting greeting_for(const common::User& /*user*/) override {
        return login::Greeting::shown;
    }
    void lend_terminal(const common::User& /*user*/) override { diary_.step("terminal"); }
    void take_terminal_back() noexcept override { diary_.note("terminal back"); }
    void greet(const common::User& /*user*/) override { diary_.step("greeting"); }
    pid_t hold_shell(const common::User& /*user*/, login::Gate& /*gate*/) override {
        diary_.step("shell held");
        return 42;
    }
    void drop_shell() noexcept override { diary_.note("shell gone"); }
    void record_login(const common::User& /*user*/, pid_t session) override {
        CHECK(session == 42);
        diary_.step("record");
    }
    void record_logout() noexcept override { diary_.note("record out"); }
    pid_t lead_session() override {
        diary_.step("session led");
        return 42;
    }
    void become_shell(const common::User& /*user*/, login::Gate& /*gate*/) override {
        diary_.step("shell became");
        throw Failure{"no exec"};
    }
    int release_shell_and_wait() override {
        diary_.step("go");
        return 7;
    }

  private:
    Diary& diary_;
};

class DiaryGate : public login::Gate {
  public:
    explicit DiaryGate(Diary& diary) : diary_(diary) {}

    login::Verdict admits(const std::string& /*name*/) override { return {}; }
    void trust(const std::string& /*name*/) override {}
    std::optional<login::Refusal> require_valid_account() override { return std::nullopt; }
    [[nodiscard]] std::string user_name() const override { return "demo"; }
    [[nodiscard]] bool has_rules_of_its_own() const override { return true; }
    void open_session(login::Greeting /*greeting*/) override { diary_.step("session"); }
    common::Environment environment() override { return {}; }
    void forget_in_child() noexcept override {}
    void close_session() noexcept override { diary_.note("session closed"); }

  private:
    Diary& diary_;
};

Journal play(const std::string& fails_at) {
    Diary diary{fails_at};
    DiaryMachine machine{diary};
    DiaryGate gate{diary};
    const common::User user{.name = "demo"};
    if (fails_at.empty()) {
        CHECK(login::hold_session(machine, gate, user) == 7);
    } else {
        CHECK_THROWS_AS(static_cast<void>(login::hold_session(machine, gate, user)), Failure);
    }
    return diary.journal;
}

}  // namespace

TEST_CASE("T-20 session: the order of a login, and of its undoing") {
    CHECK(play("") == Journal{"defaults",
                              "groups",
                              "session",
                              "terminal",
                              "greeting",
                              "shell held",
                              "record",
                              "go",
                              "record out",
                              "shell gone",
                              "terminal back",
                              "session closed",
                              "groups back"});
}

TEST_CASE("T-20 session: where a step fails nothing follows, and what was before it is undone") {
    struct Row {
        const char* fails_at;
        Journal journal;
    };
    const Row rows[] = {
        {"defaults", {}},
        {"groups", {"defaults"}},
        {"session", {"defaults", "groups", "session closed", "groups back"}},
        {"terminal", {"defaults", "groups", "session", "session closed", "groups back"}},
        {"greeting",
         {"defaults",
          "groups",
          "session",
          "terminal",
          "terminal back",
          "session closed",
          "groups back"}},
        {"shell held",
         {"defaults",
          "groups",
          "session",
          "terminal",
          "greeting",
          "terminal back",
          "session closed",
          "groups back"}},
        {"record",
         {"defaults",
          "groups",
          "session",
          "terminal",
          "greeting",
          "shell held",
          "shell gone",
          "terminal back",
          "session closed",
          "groups back"}},
        {"go",
         {"defaults",
          "groups",
          "session",
          "terminal",
          "greeting",
          "shell held",
          "record",
          "record out",
          "shell gone",
          "terminal back",
          "session closed",
          "groups back"}},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.fails_at});
        CHECK(play(row.fails_at) == row.journal);
    }
}

TEST_CASE("T-20 session: a shell that login becomes is waited for by nobody, its failure undone") {
    const auto become = [](const std::string& fails_at) {
        Diary diary{fails_at};
        DiaryMachine machine{diary};
        DiaryGate gate{diary};
        CHECK_THROWS_AS(login::become_session(machine, gate, {.name = "demo"}), Failure);
        return diary.journal;
    };
    CHECK(become("") == Journal{"defaults",
                                "groups",
                                "session",
                                "terminal",
                                "greeting",
                                "session led",
                                "record",
                                "shell became",
                                "record out",
                                "terminal back",
                                "session closed",
                                "groups back"});
    CHECK(become("session led") == Journal{"defaults",
                                           "groups",
                                           "session",
                                           "terminal",
                                           "greeting",
                                           "terminal back",
                                           "session closed",
                                           "groups back"});
}
