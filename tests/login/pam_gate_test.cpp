#include "login/pam_gate.hpp"

#include "tests/common/temporary_directory.hpp"
#include "tests/login/scripted_conversation.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include <doctest/doctest.h>
#include <security/pam_appl.h>

using login::Answer;
using login::Outcome;
using Transcript = std::vector<std::string>;

namespace {

/// Plays PAM: one call of the conversation function.
class Call {
  public:
    struct Message {
        int style;
        const char* text;
    };

    Call(std::initializer_list<Message> messages) {
        for (const auto& [style, text] : messages) {
            messages_.push_back({.msg_style = style, .msg = text});
        }
        for (const pam_message& message : messages_) {
            pointers_.push_back(&message);
        }
    }
    Call(const Call&) = delete;
    Call(Call&&) = delete;
    Call& operator=(const Call&) = delete;
    Call& operator=(Call&&) = delete;
    ~Call() {
        for (std::size_t i = 0; responses_ != nullptr && i < messages_.size(); ++i) {
            std::free(responses_[i].resp);
        }
        std::free(responses_);
    }

    int make(login::Conversation& conversation) {
        login::PamTalk talk{.conversation = conversation};
        return ::ttygate_pam_conversation(
            static_cast<int>(pointers_.size()), pointers_.data(), &responses_, &talk);
    }
    [[nodiscard]] bool has_responses() const { return responses_ != nullptr; }
    [[nodiscard]] const char* response(std::size_t index) const { return responses_[index].resp; }
    [[nodiscard]] int code(std::size_t index) const { return responses_[index].resp_retcode; }
    std::vector<const pam_message*>& pointers() { return pointers_; }

  private:
    std::vector<pam_message> messages_{};
    std::vector<const pam_message*> pointers_{};
    pam_response* responses_ = nullptr;
};

/// A service of made-up rules, below a directory of the test's.
class Service {
  public:
    explicit Service(const std::string& rules) { directory_.write("pam.d/login", rules); }

    login::PamGate& gate() {
        if (!gate_) {
            gate_ = std::make_unique<login::PamGate>(
                talk,
                // A number: libpam has libaudit look names up when somebody fails.
                login::PamItems{.line = "/dev/tty9", .host = "192.0.2.7"},
                directory_.path("pam.d"));
        }
        return *gate_;
    }
    void end() { gate_.reset(); }
    [[nodiscard]] const tests::TemporaryDirectory& directory() const { return directory_; }

    tests::ScriptedConversation talk{};

  private:
    tests::TemporaryDirectory directory_{};
    std::unique_ptr<login::PamGate> gate_{};
};

std::string all(const std::string& module) {
    return "auth required " + module + "\naccount required " + module + "\nsession required " +
           module + "\npassword required " + module + "\n";
}

}  // namespace

TEST_CASE("T-19 conversation: texts and questions, in their order, answers where they belong") {
    tests::ScriptedConversation talk{{"first", "second"}};
    Call call{{PAM_TEXT_INFO, "hello"},
              {PAM_PROMPT_ECHO_ON, "name: "},
              {PAM_ERROR_MSG, "careful"},
              {PAM_PROMPT_ECHO_OFF, "password: "}};
    REQUIRE(call.make(talk) == PAM_SUCCESS);
    CHECK(talk.transcript ==
          Transcript{"hello\n", "shown? name: ", "careful\n", "hidden? password: "});
    CHECK(call.response(0) == nullptr);
    CHECK(std::string{call.response(1)} == "first");
    CHECK(call.response(2) == nullptr);
    CHECK(std::string{call.response(3)} == "second");
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(call.code(i) == 0);
    }
}

TEST_CASE("T-19 conversation: calls that no module should make") {
    tests::ScriptedConversation talk{{"x"}};
    login::PamTalk data{.conversation = talk};
    const pam_message message{.msg_style = PAM_PROMPT_ECHO_ON, .msg = "?"};
    const pam_message* messages[] = {&message};
    auto* const untouched = static_cast<pam_response*>(static_cast<void*>(&data));
    pam_response* responses = untouched;
    CHECK(::ttygate_pam_conversation(0, messages, &responses, &data) == PAM_CONV_ERR);
    CHECK(::ttygate_pam_conversation(-1, messages, &responses, &data) == PAM_CONV_ERR);
    std::vector<const pam_message*> too_many(PAM_MAX_NUM_MSG + 1, &message);
    CHECK(::ttygate_pam_conversation(PAM_MAX_NUM_MSG + 1, too_many.data(), &responses, &data) ==
          PAM_CONV_ERR);
    CHECK(::ttygate_pam_conversation(1, nullptr, &responses, &data) == PAM_CONV_ERR);
    CHECK(::ttygate_pam_conversation(1, messages, nullptr, &data) == PAM_CONV_ERR);
    CHECK(::ttygate_pam_conversation(1, messages, &responses, nullptr) == PAM_CONV_ERR);
    messages[0] = nullptr;
    CHECK(::ttygate_pam_conversation(1, messages, &responses, &data) == PAM_CONV_ERR);
    CHECK(responses == untouched);
    CHECK(talk.transcript.empty());
}

TEST_CASE("T-19 conversation: styles that nobody knows end it, texts without text do not") {
    for (const int style : {0, 5, 6, 7, 99, -1}) {
        CAPTURE(style);
        tests::ScriptedConversation talk{{"x"}};
        Call call{{PAM_PROMPT_ECHO_ON, "?"}, {style, "!"}};
        CHECK(call.make(talk) == PAM_CONV_ERR);
        CHECK_FALSE(call.has_responses());
    }
    tests::ScriptedConversation talk{{"x"}};
    Call call{{PAM_TEXT_INFO, nullptr}, {PAM_PROMPT_ECHO_OFF, nullptr}};
    CHECK(call.make(talk) == PAM_SUCCESS);
    CHECK(talk.transcript == Transcript{"\n", "hidden? "});
}

TEST_CASE("T-19 conversation: no answer, no responses, not even those given before") {
    for (const Answer ending :
         {Answer::end_of_file, Answer::timed_out, Answer::hung_up, Answer::terminated}) {
        tests::ScriptedConversation talk{{"first"}};
        talk.ends_with(ending);
        Call call{{PAM_PROMPT_ECHO_OFF, "a"}, {PAM_PROMPT_ECHO_OFF, "b"}};
        CHECK(call.make(talk) == PAM_CONV_ERR);
        CHECK_FALSE(call.has_responses());
    }
}

TEST_CASE("T-14 T-19 conversation: an answer that cannot be used is a failed try, not the end") {
    for (const Answer outcome : {Answer::too_long, Answer::spoilt}) {
        tests::ScriptedConversation talk{{"right"}};
        talk.spoils_the_next(outcome);
        login::PamTalk data{.conversation = talk};
        const pam_message message{.msg_style = PAM_PROMPT_ECHO_OFF, .msg = "?"};
        const pam_message* messages[] = {&message};
        pam_response* responses = nullptr;
        CHECK(::ttygate_pam_conversation(1, messages, &responses, &data) == PAM_CONV_ERR);
        CHECK(data.unusable_answer);
        CHECK_FALSE(talk.ending());
    }
}

namespace {

class ThrowingConversation : public tests::ScriptedConversation {
  public:
    Answer ask(std::string_view /*prompt*/,
               common::Echo /*echo*/,
               common::Secret& /*answer*/) override {
        throw std::runtime_error{"out of everything"};
    }
    void say(std::string_view /*text*/) override { throw 42; }
};

}  // namespace

TEST_CASE("T-19 conversation: no exception passes") {
    ThrowingConversation talk;
    Call question{{PAM_PROMPT_ECHO_OFF, "?"}};
    CHECK(question.make(talk) == PAM_CONV_ERR);
    Call text{{PAM_TEXT_INFO, "!"}};
    CHECK(text.make(talk) == PAM_CONV_ERR);
}

TEST_CASE("T-19 conversation: ten thousand made-up calls") {
    std::mt19937 random{3};
    for (int i = 0; i < 10'000; ++i) {
        tests::ScriptedConversation talk{{"a", "", std::string(511, 'x')}};
        Call call{};
        std::vector<pam_message> messages(random() % 40);
        for (pam_message& message : messages) {
            message = {.msg_style = static_cast<int>(random() % 9) - 1,
                       .msg = random() % 4 == 0 ? nullptr : "text \x1b[2J"};
        }
        for (const pam_message& message : messages) {
            call.pointers().push_back(random() % 200 == 0 ? nullptr : &message);
        }
        login::PamTalk data{.conversation = talk};
        pam_response* responses = nullptr;
        const int code = ::ttygate_pam_conversation(
            static_cast<int>(call.pointers().size()), call.pointers().data(), &responses, &data);
        REQUIRE((code == PAM_SUCCESS || code == PAM_CONV_ERR));
        REQUIRE((responses != nullptr) == (code == PAM_SUCCESS));
        for (std::size_t n = 0; responses != nullptr && n < messages.size(); ++n) {
            std::free(responses[n].resp);
        }
        std::free(responses);
    }
}

TEST_CASE("PAM gate: a stack that lets everybody in, from start to end") {
    Service service{all("pam_permit.so")};
    login::PamGate& gate = service.gate();
    CHECK(gate.admits("demo").outcome == Outcome::admitted);
    CHECK(gate.user_name() == "demo");
    CHECK_FALSE(gate.require_valid_account());
    CHECK_NOTHROW(gate.open_session(login::Greeting::shown));
    CHECK(gate.environment() == common::Environment{});
    gate.close_session();
    gate.close_session();
    service.end();
}

TEST_CASE("T-18 PAM gate: no name comes out of a try that failed") {
    Service service{all("pam_deny.so")};
    const login::Verdict verdict = service.gate().admits("demo");
    CHECK(verdict.outcome == Outcome::refused);
    CHECK(verdict.reason == "Authentication failure");
    CHECK(service.gate().user_name().empty());
    CHECK(service.gate().require_valid_account());
}

TEST_CASE("PAM gate: which failures another try may cure") {
    struct Row {
        const char* code;
        Outcome outcome;
    };
    const Row rows[] = {
        {"success", Outcome::admitted},
        {"auth_err", Outcome::refused},
        {"user_unknown", Outcome::refused},
        {"cred_insufficient", Outcome::refused},
        {"authinfo_unavail", Outcome::refused},
        {"maxtries", Outcome::refused_for_good},
        {"abort", Outcome::refused_for_good},
        {"conv_err", Outcome::refused_for_good},
        {"perm_denied", Outcome::refused_for_good},
        {"acct_expired", Outcome::refused_for_good},
        {"new_authtok_reqd", Outcome::refused_for_good},
        {"system_err", Outcome::refused_for_good},
        {"service_err", Outcome::refused_for_good},
        {"buf_err", Outcome::refused_for_good},
        {"session_err", Outcome::refused_for_good},
        {"authtok_err", Outcome::refused_for_good},
    };
    for (const Row& row : rows) {
        const std::string code{row.code};
        CAPTURE(code);
        Service service{"auth required pam_debug.so auth=" + code + "\n"};
        CHECK(service.gate().admits("demo").outcome == row.outcome);
    }
}

TEST_CASE("T-16 PAM gate: the account is asked about, also when nobody was authenticated here") {
    for (const char* code : {"acct_expired",
                             "auth_err",
                             "perm_denied",
                             "user_unknown",
                             "authtok_expired",
                             "cred_expired"}) {
        CAPTURE(std::string{code});
        Service service{"auth required pam_permit.so\naccount required pam_debug.so acct=" +
                        std::string{code} + "\n"};
        service.gate().trust("demo");
        const auto refusal = service.gate().require_valid_account();
        CHECK(refusal);
    }
}

TEST_CASE("PAM gate: a module that has said why is not talked over") {
    Service service{"account required pam_echo.so sorry\naccount required pam_deny.so\n"};
    service.gate().trust("demo");
    const auto refusal = service.gate().require_valid_account();
    REQUIRE(refusal);
    CHECK(refusal->words.empty());
    CHECK(service.talk.transcript == Transcript{"sorry\n"});
}

TEST_CASE("T-14 PAM gate: who leaves after an answer that could not be used has left") {
    Service service{all("pam_unix.so")};
    service.talk.spoils_the_next(Answer::too_long);
    CHECK(service.gate().admits("demo").outcome == Outcome::refused);
    service.talk.ends_with(Answer::hung_up);
    CHECK(service.gate().admits("demo").outcome == Outcome::refused_for_good);
}

TEST_CASE("PAM gate: what a module said while it authenticated is no reason to refuse") {
    Service service{
        "auth optional pam_echo.so hello\nauth required pam_permit.so\n"
        "account required pam_deny.so\n"};
    CHECK(service.gate().admits("demo").outcome == Outcome::admitted);
    const auto refusal = service.gate().require_valid_account();
    REQUIRE(refusal);
    CHECK_FALSE(refusal->words.empty());
}

TEST_CASE("PAM gate: an expired password is changed, or nobody comes in") {
    const std::string expired =
        "account required pam_debug.so acct=new_authtok_reqd\npassword required pam_debug.so ";
    SUBCASE("changed") {
        Service service{expired + "prechauthtok=success chauthtok=success\n"};
        service.gate().trust("demo");
        CHECK_FALSE(service.gate().require_valid_account());
        CHECK(service.talk.allowed.size() == 1);
    }
    SUBCASE("refused") {
        for (const char* code : {"authtok_err", "perm_denied", "abort", "try_again", "conv_err"}) {
            CAPTURE(std::string{code});
            Service service{expired + "prechauthtok=success chauthtok=" + code + "\n"};
            service.gate().trust("demo");
            CHECK(service.gate().require_valid_account());
        }
    }
}

TEST_CASE("T-20 PAM gate: what was opened is closed, what was not is not") {
    struct Row {
        const char* what;
        const char* first_module;
        bool opens;
        const char* journal;
    };
    const Row rows[] = {
        {"everything works", "session=x", true, "open_session\nclose_session\n"},
        {"opening fails before it", "open_session=session_err", false, ""},
        {"no credentials, no session", "cred=cred_err", false, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.what});
        tests::TemporaryDirectory outside;
        const std::string journal = outside.write("journal", "");
        const std::string script =
            outside.write("note", "#!/bin/sh\necho \"$PAM_TYPE\" >> " + journal + "\n");
        std::filesystem::permissions(script, std::filesystem::perms::owner_all);
        std::string rules = "account required pam_permit.so\n";
        for (const char* type : {"auth required", "session requisite"}) {
            rules.append(type).append(" pam_debug.so ").append(row.first_module).append("\n");
        }
        rules.append("session required pam_exec.so quiet ").append(script).append("\n");
        Service service{rules};
        CHECK(service.gate().admits("demo").outcome == Outcome::admitted);
        CHECK_FALSE(service.gate().require_valid_account());
        if (row.opens) {
            CHECK_NOTHROW(service.gate().open_session(login::Greeting::shown));
        } else {
            CHECK_THROWS_AS(service.gate().open_session(login::Greeting::shown),
                            std::runtime_error);
        }
        // The gate's end is an end of the session as well.
        service.end();
        std::ifstream file{journal};
        const std::string noted{std::istreambuf_iterator<char>{file}, {}};
        CHECK(noted == row.journal);
    }
}

TEST_CASE("T-04 PAM gate: modules are told the line, the host and what we put in for them") {
    tests::TemporaryDirectory outside;
    const std::string journal = outside.write("journal", "");
    const std::string script = outside.write(
        "note",
        "#!/bin/sh\necho \"$PAM_SERVICE $PAM_USER $PAM_TTY $PAM_RHOST $XDG_VTNR\" >> " + journal +
            "\n");
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    tests::TemporaryDirectory services;
    services.write("login", "auth required pam_exec.so quiet " + script + "\n");
    tests::ScriptedConversation talk;
    common::Environment seat;
    seat.set("XDG_VTNR", "3");
    login::PamGate gate{talk,
                        {.line = "/dev/tty3", .host = "fe80::1%eth0", .environment = seat},
                        services.path("")};
    CHECK(gate.admits("demo").outcome == Outcome::admitted);
    std::ifstream file{journal};
    CHECK(std::string{std::istreambuf_iterator<char>{file}, {}} ==
          "login demo /dev/tty3 fe80::1%eth0 3\n");
    CHECK(std::string{gate.environment().find("XDG_VTNR")} == "3");
}

TEST_CASE("T-22 PAM gate: the delay that a module wants is noted, not slept") {
    Service service{"auth optional pam_faildelay.so delay=30000000\nauth required pam_deny.so\n"};
    const auto before = std::chrono::steady_clock::now();
    const login::Verdict verdict = service.gate().admits("demo");
    CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds{14});
    // libpam varies it by half.
    CHECK(verdict.delay >= std::chrono::seconds{10});
    CHECK(verdict.delay <= std::chrono::seconds{60});
}

TEST_CASE("PAM gate: a service is one by its own name only") {
    constexpr std::string_view text =
        "# login auth required pam_deny.so\n"
        "other auth required pam_deny.so\n"
        "  Remote auth required pam_permit.so\n"
        "loginx auth required pam_permit.so";
    CHECK_FALSE(login::pam_conf_lists(text, "login"));
    CHECK(login::pam_conf_lists(text, "remote"));
    CHECK(login::pam_conf_lists(text, "loginx"));
    CHECK_FALSE(login::pam_conf_lists("", "login"));
}
