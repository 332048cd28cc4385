// What login and the records take in; targets.cpp has the rest.

#include "common/environment.hpp"
#include "common/program.hpp"
#include "common/record.hpp"
#include "common/safe_text.hpp"
#include "login/aging.hpp"
#include "login/audit_record.hpp"
#include "login/options.hpp"
#include "login/shadow_gate.hpp"
#include "login/shell_environment.hpp"
#include "login/user_name.hpp"
#include "login/watch_orders.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <utmpx.h>

#if TTYGATE_WITH_PAM
#include "login/pam_gate.hpp"

#include <security/pam_appl.h>
#endif

namespace fuzz {

namespace {

using namespace std::string_view_literals;

std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(at), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

/// Numbers out of whatever bytes there are; zeros when they are used up.
class Bytes {
  public:
    explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

    template <typename Number>
    Number take() {
        static_assert(std::is_trivially_copyable_v<Number>);
        Number number{};
        const auto size = std::min(bytes_.size(), sizeof number);
        std::memcpy(&number, bytes_.data(), size);
        bytes_.remove_prefix(size);
        return number;
    }
    /// -128 to 127.
    int take_small() {
        const int number = take<std::uint8_t>();
        return number < 128 ? number : number - 256;
    }
    std::string_view take_text(std::size_t size) {
        const auto text = bytes_.substr(0, size);
        bytes_.remove_prefix(text.size());
        return text;
    }
    [[nodiscard]] bool is_empty() const { return bytes_.empty(); }

  private:
    std::string_view bytes_;
};

/// T-01: whatever the words, no name is an option and no option is a name.
void run_login_words(std::string_view input) {
    std::vector<std::string> words{"login"};
    for (std::string& word : split(input.substr(0, input.find('\0')), '\n')) {
        // They print.
        if (!word.starts_with("--h") && !word.starts_with("--v")) {
            words.push_back(std::move(word));
        }
    }
    std::vector<const char*> pointers;
    pointers.reserve(words.size() + 1);
    for (const std::string& word : words) {
        pointers.push_back(word.c_str());
    }
    pointers.push_back(nullptr);
    const auto has = [&](std::string_view option) {
        return std::find(words.begin(), words.end(), option) != words.end();
    };
    try {
        const auto options = login::parse_options(static_cast<int>(words.size()), pointers.data());
        promise(!options.user || !options.user->starts_with('-'), "no name is an option");
        promise(!options.user || *options.user == words.back(), "the name comes last");
        promise(!options.host || login::is_possible_host(*options.host), "a host is one");
        promise(!options.already_authenticated || has("-f"), "-f is a word of its own");
        promise(!options.already_authenticated || options.user, "-f is for somebody");
        promise(!options.keep_environment || has("-p"), "-p is a word of its own");
    } catch (const common::UsageError& problem) {
        promise(is_harmless(common::safe_text(problem.what())), "a complaint acts on no terminal");
    }
}

void check_shell_environment(const common::Environment& environment,
                             bool (*is_dangerous)(std::string_view name)) {
    const auto is = [&](const char* name, std::string_view value) {
        const char* const found = environment.find(name);
        return found != nullptr && found == value;
    };
    promise(is("USER", "ann") && is("LOGNAME", "ann") && is("HOME", "/home/ann") &&
                is("SHELL", "/bin/sh"),
            "who somebody is, nobody else says");
    for (const std::string& entry : environment.entries()) {
        const auto name = entry.substr(0, entry.find('='));
        promise(!name.empty() && name.size() < entry.size(), "an entry is NAME=VALUE");
        promise(!is_dangerous(name), "nothing dangerous gets to the shell");
    }
}

/// What login sets itself it sets as it should.
bool is_dangerous_from_outside(std::string_view name) {
    constexpr std::array ours{"HOME"sv, "SHELL"sv, "USER"sv, "LOGNAME"sv, "PATH"sv, "MAIL"sv};
    return std::find(ours.begin(), ours.end(), name) == ours.end() && login::is_dangerous(name);
}

/// T-02: what login is started with decides nothing.
void run_environment(std::string_view input) {
    const auto entries = split(input, '\n');
    std::vector<const char*> pointers;
    pointers.reserve(entries.size() + 1);
    for (const std::string& entry : entries) {
        pointers.push_back(entry.c_str());
    }
    pointers.push_back(nullptr);
    const auto given = common::Environment::from(pointers.data());
    common::User ann;
    ann.name = "ann";
    ann.uid = 1001;
    ann.gid = 1001;
    ann.home = "/home/ann";
    for (const auto keep : {login::KeepEnvironment::no, login::KeepEnvironment::yes}) {
        check_shell_environment(
            login::shell_environment(ann, "/bin/sh", given, keep, {}, login::Settings{}),
            is_dangerous_from_outside);
    }
    // Modules may say where a session keeps its things, but not what is loaded.
    check_shell_environment(
        login::shell_environment(
            ann, "/bin/sh", {}, login::KeepEnvironment::no, given, login::Settings{}),
        [](std::string_view name) { return name == "IFS" || name.starts_with("LD_"); });
    const auto own = login::own_environment(given);
    for (const std::string& entry : own.entries()) {
        promise(!is_dangerous_from_outside(entry.substr(0, entry.find('='))),
                "nothing dangerous is left for the modules");
    }
}

/// T-12.
void run_user_name(std::string_view input) {
    const std::string logged = common::quoted(input);
    promise(is_harmless(logged) && logged.size() <= 330, "what is logged is one short line");
    promise(std::count(logged.begin(), logged.end(), '"') == 2, "it is quoted once");
    if (login::is_possible_user_name(input)) {
        promise(!input.empty() && input.size() <= login::longest_user_name && input[0] != '-',
                "a name has a length and is no option");
        promise(is_harmless(input) && input.find_first_of(" =,\"'/:"sv) == input.npos,
                "a name is read as nothing else");
        promise(logged == "\"" + std::string{input} + "\"" || input.find('\\') != input.npos,
                "a name is logged as it is");
    }
}

// --- records ---

std::vector<utmpx> records_of(Bytes& bytes, std::size_t most) {
    std::vector<utmpx> records;
    while (!bytes.is_empty() && records.size() < most) {
        records.push_back(bytes.take<utmpx>());
    }
    return records;
}

/// A file of records can hold anything.
void run_records(std::string_view input) {
    Bytes bytes{input};
    const auto records = records_of(bytes, 64);
    const utmpx wanted = common::login_record(
        {.line = "pts/1000", .user = "ann", .host = "far", .process = 71, .session = 72});
    const common::Slot slot = common::choose_slot(records, wanted);
    promise(slot.index <= common::next_index(records.size()), "a slot is there or the next");
    promise(!common::lies_across_pages(slot.index), "a slot lies in one page");
    promise(!slot.id.empty() && slot.id.size() <= sizeof wanted.ut_id, "an id fits");
    promise(!slot.left || (*slot.left < records.size() && common::lies_across_pages(*slot.left)),
            "what is left lay across two pages");
    if (slot.index < records.size() && records[slot.index].ut_type == USER_PROCESS) {
        const utmpx& old = records[slot.index];
        const auto line = common::text_of(old.ut_line);
        promise(old.ut_pid == wanted.ut_pid || line.empty() || line == "pts/1000",
                "nobody else's live record is taken");
    }
    const common::Clocks clocks{.now = common::time_of(wanted)};
    for (const utmpx& record : records) {
        static_cast<void>(common::is_stale(record, {.is_there = false}, clocks));
        const utmpx ended = common::ended_record(record, clocks.now);
        promise(ended.ut_type == DEAD_PROCESS && common::text_of(ended.ut_user).empty(),
                "what has ended has no user");
        promise(common::text_of(record.ut_line).size() <= sizeof record.ut_line,
                "a field ends where it ends");
    }
}

/// Logins and logouts on a few lines, against the plainest account of them.
void run_record_operations(std::string_view input) {
    constexpr std::array lines{"tty1"sv, "pts/1"sv, "pts/1001"sv, "pts/2001"sv, "ttyS1001"sv};
    std::map<std::string_view, std::string> logged_in;
    std::vector<utmpx> file;
    Bytes bytes{input.substr(0, 400)};
    while (!bytes.is_empty()) {
        const auto choice = bytes.take<std::uint8_t>();
        const std::size_t number = choice % lines.size();
        const auto line = lines.at(number);
        const std::string user(1 + choice % 40, static_cast<char>('a' + choice % 26));
        const common::LineUse use{.line = line,
                                  .user = user,
                                  // Of each line the same, as of a getty's that becomes login.
                                  .process = static_cast<pid_t>(1000 + number),
                                  .session = static_cast<pid_t>(2000 + number)};
        utmpx record{};
        switch (choice / 86) {
            case 0:
                record = common::waiting_record(use);
                logged_in.erase(line);
                break;
            case 1:
                record = common::login_record(use);
                logged_in[line] = user.substr(0, sizeof record.ut_user);
                break;
            default:
                record = common::logout_record(use);
                logged_in.erase(line);
                break;
        }
        const common::Slot slot = common::choose_slot(file, record);
        std::memset(record.ut_id, 0, sizeof record.ut_id);
        std::memcpy(record.ut_id, slot.id.data(), slot.id.size());
        if (slot.index >= file.size()) {
            file.resize(slot.index + 1);
        }
        file[slot.index] = record;
        if (slot.left) {
            file[*slot.left] = {};
        }
    }
    std::size_t live = 0;
    for (const utmpx& record : file) {
        if (record.ut_type == USER_PROCESS) {
            ++live;
            const auto found = logged_in.find(common::text_of(record.ut_line));
            promise(found != logged_in.end() && found->second == common::text_of(record.ut_user),
                    "whoever is recorded is logged in");
        }
    }
    promise(live == logged_in.size(), "whoever is logged in has one record");
    // One for each line, and those that no record may take.
    promise(file.size() <= lines.size() + 1, "the file does not grow");
}

// --- accounts ---

/// A day later nobody is any younger.
void run_aging(std::string_view input) {
    Bytes bytes{input};
    using std::chrono::days;
    const auto span = [&]() -> std::optional<days> {
        const auto number = bytes.take<std::int32_t>();
        return number < 0 ? std::nullopt : std::optional{days{number}};
    };
    const auto date = [&]() -> std::optional<std::chrono::sys_days> {
        const auto since = span();
        return since ? std::optional{std::chrono::sys_days{*since}} : std::nullopt;
    };
    const login::AgingPolicy policy{.last_change = date(),
                                    .maximum_age = span(),
                                    .warning_period = span(),
                                    .grace_period = span(),
                                    .account_expires = date()};
    const std::chrono::sys_days today{days{bytes.take<std::uint16_t>() + 1}};
    const auto now = login::judge_age(policy, today);
    const auto later = login::judge_age(policy, today + days{1});
    const bool has_ended = now.verdict == login::AgeVerdict::account_expired;
    promise(!has_ended || later.verdict == login::AgeVerdict::account_expired,
            "an account that has expired stays so");
    const bool is_too_old = now.verdict == login::AgeVerdict::password_expired;
    promise(!is_too_old || later.verdict == login::AgeVerdict::password_expired ||
                later.verdict == login::AgeVerdict::account_expired,
            "a password that has expired stays so");
    promise(policy.account_expires || !has_ended, "who has no end does not end");
    promise(now.days_left >= days{0}, "nothing ends in the past and is still to come");
}

/// Whatever stands in shadow(5): what cannot be somebody's hash is not hashed.
void run_password_field(std::string_view input) {
    const bool can = login::can_be_compared(input);
    promise(!can || !(input.empty() || input[0] == '*' || input[0] == '!' || input == "x"),
            "no password is right for a locked account");
}

// --- watching ---

void run_watch(std::string_view input) {
    Bytes bytes{input};
    const auto instant = [&] {
        const auto number = bytes.take<std::uint16_t>();
        return number == 0 ? login::never
                           : login::WatchClock::time_point{std::chrono::milliseconds{number}};
    };
    const login::WatchTimes times{
        .word_due = instant(), .call_ends = instant(), .login_ends = instant()};
    const login::WatchClock::time_point now{std::chrono::milliseconds{bytes.take<std::uint16_t>()}};
    const auto decision = login::decide(times, now);
    const bool is_over = times.call_ends <= now || times.login_ends <= now;
    promise((decision.action == login::WatchAction::end_login) == is_over,
            "a login ends when its time is over, and not before");
    promise(decision.action != login::WatchAction::wait || decision.until > now,
            "who waits waits for what is to come");
    promise(decision.until <= std::min(times.call_ends, times.login_ends) || is_over,
            "nobody sleeps past an end");
}

/// Of a name, a host, a line and a program.
void run_audit(std::string_view input) {
    std::vector<std::string> parts = split(input, '\n');
    parts.resize(4);
    login::Line line;
    line.shown_host = parts[1];
    line.name = parts[2];
    const std::string text = login::audit_text({.user = parts[0]}, line, parts[3]);
    promise(std::all_of(
                text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\''; }),
            "an audit record is one row, within the kernel's quotes");
    const auto fields = split(text, ' ');
    constexpr std::array names{
        "op="sv, "acct="sv, "exe="sv, "hostname="sv, "addr="sv, "terminal="sv, "res="sv};
    promise(fields.size() == names.size(), "an audit record has its seven fields");
    for (std::size_t i = 0; i < names.size(); ++i) {
        promise(fields[i].starts_with(names.at(i)), "each in its place");
    }
    promise(fields.back() == "res=failed", "and says what happened");
}

#if TTYGATE_WITH_PAM

/// Answers from a list, and ends at its end.
class ListedAnswers : public login::Conversation {
  public:
    explicit ListedAnswers(Bytes& bytes) : bytes_(bytes) {}

    login::Answer ask(std::string_view /*prompt*/,
                      common::Echo /*echo*/,
                      common::Secret& answer) override {
        answer.wipe();
        if (bytes_.is_empty()) {
            return login::Answer::hung_up;
        }
        const auto outcome = static_cast<login::Answer>(bytes_.take<std::uint8_t>() % 7);
        if (outcome == login::Answer::given) {
            const auto text = bytes_.take_text(bytes_.take<std::uint8_t>());
            answer.set_size(text.copy(answer.storage().data(), answer.storage().size()));
        }
        return outcome;
    }
    void say(std::string_view text) override {
        promise(is_harmless(common::safe_text(text, common::LineBreaks::kept), "\n\t"),
                "what a module says acts on no terminal");
    }
    [[nodiscard]] std::chrono::steady_clock::time_point answered_at() const override { return {}; }
    [[nodiscard]] std::optional<login::Answer> ending() const override { return std::nullopt; }
    void drop_input() override {}
    void allow(std::chrono::seconds /*time*/) override {}
    void pause_until(std::chrono::steady_clock::time_point /*end*/) override {}
    [[nodiscard]] bool wait_for(int /*descriptor*/,
                                std::chrono::milliseconds /*patience*/) override {
        return false;
    }

  private:
    Bytes& bytes_;
};

/// T-19: calls that modules make, and those that no module should.
void run_conversation(std::string_view input) {
    Bytes bytes{input};
    const int count = bytes.take_small();
    std::vector<pam_message> messages(static_cast<std::size_t>(std::clamp(count, 0, 40)));
    std::vector<std::string> texts(messages.size());
    std::vector<const pam_message*> pointers(messages.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const int kind = bytes.take_small();
        texts[i] = bytes.take_text(static_cast<std::size_t>(std::max(kind, 0)));
        messages[i] = {.msg_style = kind % 9, .msg = kind == -1 ? nullptr : texts[i].c_str()};
        pointers[i] = kind == -2 ? nullptr : &messages[i];
    }
    ListedAnswers answers{bytes};
    login::PamTalk talk{.conversation = answers};
    pam_response* responses = nullptr;
    const int code = ::ttygate_pam_conversation(
        count, pointers.empty() ? nullptr : pointers.data(), &responses, &talk);
    promise(code == PAM_SUCCESS || code == PAM_CONV_ERR, "a conversation ends well or does not");
    promise((responses != nullptr) == (code == PAM_SUCCESS), "responses come with success");
    for (std::size_t i = 0; responses != nullptr && i < messages.size(); ++i) {
        const bool is_question = messages[i].msg_style == PAM_PROMPT_ECHO_OFF ||
                                 messages[i].msg_style == PAM_PROMPT_ECHO_ON;
        promise((responses[i].resp != nullptr) == is_question && responses[i].resp_retcode == 0,
                "answers are where questions were");
        promise(!is_question || std::strlen(responses[i].resp) < PAM_MAX_RESP_SIZE,
                "an answer has room in every module");
        std::free(responses[i].resp);
    }
    std::free(responses);
}

#endif

}  // namespace

std::vector<Target> login_targets() {
    static const std::string records = [] {
        std::string bytes;
        for (const auto& use : {common::LineUse{.line = "tty1", .user = "ann", .process = 71},
                                common::LineUse{.line = "pts/1000", .user = "bob", .process = 9}}) {
            const utmpx record = common::login_record(use);
            std::array<char, sizeof record> raw{};
            std::memcpy(raw.data(), &record, sizeof record);
            bytes.append(raw.data(), raw.size());
        }
        return bytes;
    }();
    return {
        {"login_words",
         run_login_words,
         {"-p\n-h\nfar.example.org\n-f\nann",
          "--\nann",
          "-froot",
          "-f\n-froot",
          "-h\nx\nann\nA=1",
          "--check\nann"}},
            {"environment",
             run_environment,
             {"LC_X_proxy=1\nLC_Y_PROXY=1\nLC_\x1b=1\nLC_TIME=C",
              "TERM=xterm\nLD_PRELOAD=/tmp/x\nPATH=.\nHOME=/tmp",
              "XDG_SESSION_ID=3\nIFS= \nUSER=root",
              "LC_ALL=de_DE.UTF-8\nLANG=../../x\nTERM=\x1b[2J\n=x\nA"}},
            {"audit",
             run_audit,
             {"ann\n10.0.0.7\npts/3",
              "a b\nfar addr=1.2.3.4\ntty1 res=success",
              "\"'\\\n::1\n",
              ".\n::\0\0."sv}},
            {"user_name",
             run_user_name,
             {"ann", "-froot", "DOMAIN\\ann", "a b", "\xc3\xa4nn", "a=\"b"}},
            {"records", run_records, {records, std::string_view{records}.substr(0, 390)}},
            {"record_operations",
             run_record_operations,
             {"\x01\x60\xb0\x02\x61\xb1", "\x57\x58\x59"}},
            {"aging",
             run_aging,
             {"\x10\x27\0\0\x5a\0\0\0\x07\0\0\0\x0a\0\0\0\xff\xff\xff\xff\x20\x4e"sv}},
            {"password_field",
             run_password_field,
             {"$y$j9T$abcdefgh$0123456789", "!$6$x$y", "*", "x", "$2b$31$", "ab0123456789a"}},
            {"watch", run_watch, {"\x10\0\x20\0\x30\0\x18\0"sv, "\0\0\0\0\0\0\x01\0"sv}},
#if TTYGATE_WITH_PAM
            {"conversation",
             run_conversation,
             {"\x02\x01Password: \x02name\0\x05secret"sv,
              "\x04\x03\x1b[2\x04err\xff\xfe\x06\0"sv,
              "\xff",
              "\x28\x01\x01\x01\x01"}},
#endif
    };
}

}  // namespace fuzz
