#include "common/assigned_value.hpp"
#include "common/line_editor.hpp"
#include "common/safe_text.hpp"
#include "common/utf8.hpp"
#include "getty/ask_name.hpp"
#include "getty/chat.hpp"
#include "getty/getty_conf.hpp"
#include "getty/issue.hpp"
#include "getty/line_table.hpp"
#include "getty/login_command.hpp"
#include "getty/mode_words.hpp"
#include "getty/name_reader.hpp"
#include "getty/noise.hpp"
#include "getty/operands.hpp"
#include "getty/prompt.hpp"
#include "getty/qr_code.hpp"
#include "getty/terminal_probe.hpp"
#include "login/check.hpp"
#include "login/limits.hpp"
#include "login/login_access.hpp"
#include "login/login_hours.hpp"
#include "login/pam_stack.hpp"
#include "login/root_lines.hpp"
#include "login/settings.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>

namespace fuzz {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

void promise(bool holds, const char* what) {
    if (!holds) {
        throw std::logic_error{what};
    }
}

bool is_harmless(std::string_view text, std::string_view also) {
    while (!text.empty()) {
        if (also.find(text.front()) != also.npos) {
            text.remove_prefix(1);
            continue;
        }
        const common::Decoded decoded = common::decode_utf8(text);
        if (!decoded.valid || common::is_hidden_control(decoded.code) || decoded.code < ' ') {
            return false;
        }
        text.remove_prefix(decoded.length);
    }
    return true;
}

namespace {

/// T-11, T-14: what is echoed moves the cursor back over what was echoed at most.
void run_line_editor(std::string_view input) {
    std::array<char, 256> storage{};
    common::LineEditor editor{storage};
    for (const char byte : input) {
        promise(is_harmless(editor.feed(byte), "\b \r\n"), "an echo is harmless");
        promise(editor.text().size() <= storage.size(), "a line stays in its storage");
        promise(is_harmless(editor.shown()), "a line is shown harmlessly");
        if (editor.state() != common::LineState::typing) {
            if (editor.state() == common::LineState::redraw) {
                editor.go_on();
            } else {
                editor.restart();
                promise(editor.text().empty(), "a new line is empty");
            }
        }
    }
}

void run_password_editor(std::string_view input) {
    std::array<char, 512> storage{};
    common::LineEditor editor{storage,
                              {.echo = common::Echo::hidden, .nul = common::NulByte::spoils}};
    for (const char byte : input) {
        const std::string echo = editor.feed(byte);
        promise(echo.empty() || echo == "\r\n" || echo == "^C\r\n", "nothing hidden is echoed");
        if (editor.state() == common::LineState::too_long ||
            editor.state() == common::LineState::spoilt) {
            promise(editor.text().empty(), "of a line that counts for nothing nothing is kept");
        }
        if (editor.state() != common::LineState::typing) {
            editor.restart();
        }
    }
}

void check_name(const std::string& name) {
    promise(!name.empty() && name.size() <= 256, "a name has 1 to 256 bytes");
    promise(name.front() != '-', "a name is no option");
    promise(is_harmless(name), "a name is printable");
    promise(name.find_first_of(" =,\"'/:") == name.npos, "a name has no byte that names have not");
    const auto words = getty::login_arguments({.login_program = "/bin/login"}, name);
    promise(words.size() == 3 && words[1] == "--" && words[2] == name, "a name follows --");
}

void run_name(std::string_view input) {
    getty::NameQuestion question{{.erase_characters = "#", .kill_characters = "@"}};
    for (const char byte : input) {
        promise(is_harmless(question.feed(byte), "\b \r\n\x05"), "an echo is harmless");
        if (const auto* const typed = std::get_if<getty::TypedName>(&question.answer())) {
            check_name(typed->name);
            question.begin_anew();
        } else if (!std::holds_alternative<getty::StillTyping>(question.answer())) {
            question.begin_anew();
        }
    }
}

/// What a process says that reads names for getty and has been taken over.
void run_reader_messages(std::string_view input) {
    const getty::Options options{.erase_characters = "#", .kill_characters = "@"};
    const auto reply = getty::reply_in(input, options);
    if (!reply) {
        return;
    }
    promise(is_harmless(reply->output, "\b\r\n\x05\x11\x12"), "what is shown is harmless");
    promise(reply->output.find('\x7f') == reply->output.npos, "DEL is not shown");
    promise(is_harmless(reply->typed), "what was typed is shown harmlessly");
    promise(reply->output.size() <= getty::ReaderReply::most_output &&
                reply->typed.size() <= getty::ReaderReply::most_typed,
            "a reply is short");
    if (const auto* const typed = std::get_if<getty::TypedName>(&reply->answer)) {
        check_name(typed->name);
        promise(typed->typing.letters == getty::LetterCase::both &&
                    typed->typing.parity == getty::Parity::none,
                "nothing is told that was not asked for");
    }
    promise(!reply->wakes_in || (*reply->wakes_in >= 1ms && *reply->wakes_in <= 1s),
            "a reader sleeps for a moment");
    promise(getty::packed(*reply) == input, "a message means one thing");
}

/// Whatever comes from the line, the reader says nothing that getty would not hear.
void run_name_reader(std::string_view input) {
    using Kind = getty::ReaderRequest::Kind;
    const getty::Options options{
        .detect_parity = true, .erase_characters = "#", .kill_characters = "@"};
    getty::NameReader reader{options, getty::Probing::wanted, {}};
    auto now = std::chrono::steady_clock::time_point{1h};
    while (!input.empty()) {
        const auto how = static_cast<unsigned char>(input.front());
        input.remove_prefix(1);
        std::size_t size = 0;
        while (size < input.size() && size < getty::ReaderRequest::most_bytes &&
               (size == 0 || !getty::ends_batch(input[size - 1]))) {
            ++size;
        }
        const auto kind = static_cast<Kind>(how % 4);
        const getty::ReaderRequest request{
            .kind = kind,
            .begins_anew = (how & 4U) != 0,
            .after_gap = (how & 8U) != 0,
            .now = now,
            .bytes = kind == Kind::bytes ? input.substr(0, size) : std::string_view{}};
        input.remove_prefix(request.bytes.size());
        const std::string sent = getty::packed(request);
        const auto arrived = getty::request_in(sent);
        promise(arrived.has_value(), "a request arrives");
        const std::string said = getty::packed(reader.take(*arrived));
        promise(sent.size() <= getty::longest_request && said.size() <= getty::longest_reply,
                "messages fit");
        promise(getty::reply_in(said, options).has_value(), "a reader is heard");
        now += std::chrono::milliseconds{how};
    }
}

/// T: no byte of an answer, late, twice or in parts, becomes a key.
void run_terminal_probe(std::string_view input) {
    getty::TerminalProbe probe;
    auto now = getty::TerminalProbe::Clock::time_point{};
    const auto check = [](const getty::TerminalProbe::Step& step) {
        if (step.size) {
            promise(step.size->rows >= 1 && step.size->rows <= 1000 && step.size->columns >= 1 &&
                        step.size->columns <= 1000,
                    "a size is sane");
        }
        promise(step.question.size() < 64, "a question is short");
    };
    std::size_t keys = 0;
    for (std::size_t i = 0; i + 1 < input.size(); i += 2) {
        const auto step = probe.feed(input[i], now);
        check(step);
        keys += step.keys.size();
        now += std::chrono::milliseconds{static_cast<unsigned char>(input[i + 1]) % 64};
        if (probe.wakes_at() && *probe.wakes_at() <= now) {
            const auto later = probe.on_time(now);
            check(later);
            keys += later.keys.size();
        }
    }
    promise(keys <= input.size(), "no key is made up");
}

getty::IssueFacts facts() {
    const auto hostile = [] { return std::string{"\x1b[2J\xc2\x9b\n\r\\S\\n\xff"}; };
    const auto of_argument = [](std::string_view argument) {
        return std::string{argument} + "\x1b]0;\a";
    };
    return {
        .system_name = hostile,
        .node_name = hostile,
        .release = hostile,
        .version = hostile,
        .machine = hostile,
        .domain = hostile,
        .host_domain = hostile,
        .now = [] { return std::tm{}; },
        .users = [] { return 7U; },
        .os_release = of_argument,
        .ipv4_address = of_argument,
        .ipv6_address = of_argument,
        .addresses = [](getty::AddressList, std::string_view name) { return std::string{name}; },
        .host_keys = hostile,
        .qr_code =
            [](std::string_view text) {
                const auto code = getty::qr_code(text);
                return code && code->size() < 30 ? getty::drawn(*code) : std::string{};
            },
        .line = "tty\x1b[H",
        .speed = 9600};
}

/// The administrator's own text passes as it is; with that harmless, so is all.
void run_issue(std::string_view input) {
    for (const auto style : {getty::IssueStyle::agetty, getty::IssueStyle::busybox}) {
        const auto rendered = getty::render_issue(input, facts(), style);
        promise(rendered.text.size() <= 1024 * (input.size() + 1), "an issue stays in bounds");
        // \e and the colours are the administrator's escapes, and ANSI_COLOR's.
        if (is_harmless(input, "\r\n\t") && input.find("\\e") == input.npos &&
            input.find("\\S") == input.npos && input.find("%e") == input.npos) {
            promise(is_harmless(rendered.text, "\r\n\t"), "what the machine says is harmless");
        }
    }
}

void run_os_release(std::string_view input) {
    for (const std::string_view variable : {"PRETTY_NAME"sv, "ANSI_COLOR"sv, "X"sv, ""sv}) {
        const std::string value = common::assigned_value(input, variable);
        promise(value.size() <= input.size(), "a value is a part of the file");
        promise(value.find('\n') == value.npos, "a value is of one line");
    }
}

void run_safe_text(std::string_view input) {
    promise(is_harmless(common::safe_text(input)), "safe text is harmless");
    promise(is_harmless(common::safe_text(input, common::LineBreaks::kept), "\n\t"),
            "safe text with line breaks is harmless");
    const std::string quoted = common::quoted(input);
    promise(is_harmless(quoted), "quoted text is harmless");
    promise(quoted.size() >= 2 && quoted.front() == '"' && quoted.size() < 1024,
            "quoted text is in quotes, and short");
}

void run_table(std::string_view input) {
    for (const auto format : {getty::TableFormat::getty_conf,
                              getty::TableFormat::gettydefs,
                              getty::TableFormat::gettytab,
                              getty::TableFormat::ttys}) {
        const auto table = getty::read_line_table(format, input);
        const auto lines = 1 + static_cast<unsigned>(std::count(input.begin(), input.end(), '\n'));
        for (const auto& problem : table.problems) {
            promise(problem.line >= 1 && problem.line <= lines, "a problem has its line");
            promise(!problem.what.empty(), "a problem is told");
        }
        for (const auto& profile : table.profiles) {
            const auto ring = getty::ring_from(table, profile);
            promise(!ring.entries.empty() && ring.returns_to < ring.entries.size(),
                    "a ring has a place to go on");
            (void)getty::with_profile({}, profile);
            (void)getty::dump(profile);
            if (profile.prompt) {
                (void)getty::render_prompt(*profile.prompt, profile, facts());
            }
        }
    }
}

void run_modes(std::string_view input) {
    const auto reading = getty::read_stty_words(input);
    (void)getty::read_gettydefs_flags(input);
    const std::string words = getty::write_stty_words(reading.changes);
    promise(getty::read_stty_words(words).changes == reading.changes,
            "written modes read the same");
    termios modes{};
    (void)getty::apply(modes, reading.changes);
}

void run_operands(std::string_view input) {
    std::vector<std::string_view> words;
    while (!input.empty() && words.size() < 4) {
        const std::size_t end = std::min(input.find('\n'), input.size());
        words.push_back(input.substr(0, end));
        input.remove_prefix(std::min(end + 1, input.size()));
    }
    try {
        const auto operands =
            getty::read_operands(words,
                                 {.is_device = [](auto word) { return word.starts_with("tty"); },
                                  .is_label = [](auto word) { return word == "std.9600"; }});
        promise(!operands.line.empty(), "there is a line");
        promise(operands.label.empty() || operands.speeds.empty(), "a label stands for a speed");
    } catch (const std::runtime_error&) {
        return;  // refused, with a reason
    }
}

void run_chat(std::string_view input) {
    const std::size_t half = input.size() / 2;
    getty::Chat chat{input.substr(0, half)};
    const auto send_all = [&chat] {
        while (const auto piece = chat.next_piece()) {
            promise(piece->pause <= 1s, "a pause is short");
        }
    };
    send_all();
    for (const char byte : input.substr(half)) {
        chat.feed(byte);
        send_all();
        promise(chat.is_waiting() || chat.has_ended(), "a chat waits or has ended");
    }
    for (std::size_t i = 0; i <= input.size() && !chat.has_ended(); ++i) {
        chat.time_is_up();
        send_all();
    }
    promise(chat.has_ended(), "patience ends every chat");
}

void run_marks(std::string_view input) {
    getty::MarkReader reader;
    std::size_t told = 0;
    for (const char byte : input) {
        told += std::holds_alternative<getty::NothingYet>(reader.feed(byte)) ? 0U : 1U;
    }
    promise(told <= input.size(), "no byte is made up");
}

unsigned lines_of(std::string_view input) {
    return 1 + static_cast<unsigned>(std::count(input.begin(), input.end(), '\n'));
}

void run_settings(std::string_view input) {
    login::Settings settings;
    for (const auto& problem : login::apply_settings(input, settings)) {
        promise(problem.line >= 1 && problem.line <= lines_of(input), "a problem has its line");
    }
    promise(settings.login_retries >= 1, "somebody may try");
    promise((settings.tty_mode.value_or(0) & ~mode_t{0620}) == 0, "a line is nobody else's");
    for (const auto file : {login::SettingsFile::shared, login::SettingsFile::own}) {
        for (const auto& key : login::strange_keys(input, file)) {
            promise(key.line >= 1 && key.line <= lines_of(input), "a key has its line");
            promise(input.find(key.name) != input.npos, "a key is in the text");
        }
    }
}

void check_faults(std::string_view input, const std::vector<login::FaultyLine>& faults) {
    unsigned before = 0;
    for (const auto& fault : faults) {
        promise(fault.line > before && fault.line <= lines_of(input), "a fault has its line");
        promise(!fault.what.empty(), "a fault is told");
        before = fault.line;
    }
}

void check_verdict(std::string_view input,
                   const login::RuleVerdict& verdict,
                   const std::vector<login::FaultyLine>& faults) {
    check_faults(input, faults);
    promise(verdict.allowed || verdict.line != 0, "nobody is kept out without a rule");
    promise(verdict.line <= lines_of(input), "a rule has its line");
    promise((verdict.doubted_by != 0) ==
                (!faults.empty() && (verdict.line == 0 || faults.front().line < verdict.line)),
            "a fault before the rule, and no other, is a doubt");
}

void run_limits(std::string_view input) {
    const auto is_member = [](std::string_view group) { return group == "staff"; };
    const auto reading = login::limits_for(input, "ann", is_member);
    check_faults(input, reading.faults);
    promise(reading.limits.umask.value_or(0) <= 0777, "a umask is one");
    const int priority = reading.limits.priority.value_or(0);
    promise(priority >= -20 && priority <= 20, "a priority is one");
    promise(reading.limits.resources.size() <= 12, "a resource has one limit");
}

void run_login_hours(std::string_view input) {
    for (const unsigned minute : {0U, 600U, 1439U}) {
        const auto reading = login::read_login_hours(
            input, "ann", "tty1", {.weekday = minute % 7, .minute = minute});
        check_verdict(input, reading.verdict, reading.faults);
        promise(!reading.left || (reading.left->count() > 0) == reading.verdict.allowed,
                "what is allowed has time left");
    }
}

void run_login_access(std::string_view input) {
    for (const std::string_view origin : {"tty1"sv, "far.example.org"sv, "10.1.2.3"sv, "::1"sv}) {
        const auto reading = login::read_login_access(
            input,
            {.user = "ann",
             .is_listed_in = [](std::string_view group) { return group == "staff"; },
             .origin = origin});
        check_verdict(input, reading.verdict, reading.faults);
    }
}

void run_root_lines(std::string_view input) {
    const std::string text{input};
    const bool is_listed = login::lists_line(text, "tty1");
    promise(!is_listed || text.find("tty1") != text.npos, "what is not there is not listed");
    promise(login::list_against_root({.securetty = text}, "tty1").has_value() == !is_listed,
            "a list keeps off what it has not");
    const bool is_secure = !login::list_against_root({.ttys = text}, "tty1");
    promise(!is_secure || text.find("secure") != text.npos, "nothing is secure by itself");
}

void run_pam_stack(std::string_view input) {
    // A file that includes itself is read until there are too many: a table has that.
    unsigned left = 20;
    const auto stack = login::read_pam_stack("login", [input, &left](const std::string&) {
        if (left == 0) {
            return std::optional<std::string>{};
        }
        --left;
        return std::optional{std::string{input}};
    });
    std::vector<login::CheckedModule> modules;
    for (const login::PamModule& module : stack.modules) {
        promise(stack.has_type(module.type) && !module.module.empty(),
                "a line has a type and a module");
        modules.push_back({.module = module});
    }
    const login::CheckReport report{.findings = login::stack_findings("login", stack, modules)};
    promise(is_harmless(login::check_as_text(report), "\n"), "the report acts on no terminal");
}

/// Messages of a good reader, kept for as long as the program runs.
std::vector<std::string_view> seeds_of_replies() {
    static const std::vector<std::string> messages{
        getty::packed(getty::ReaderReply{}),
        getty::packed(getty::ReaderReply{.output = "an\b \b\r\n\x05",
                                         .typed = "j\xc3\xb6rg",
                                         .has_typed_text = true,
                                         .goes_on = true,
                                         .speed = getty::SpeedChange::next,
                                         .wakes_in = 100ms}),
        getty::packed(getty::ReaderReply{.output = "\r\n",
                                         .answer = getty::TypedName{.name = "DOMAIN\\ann"},
                                         .size = getty::TerminalSize{.rows = 24, .columns = 80},
                                         .lacks = 2}),
        getty::packed(getty::ReaderReply{
            .has_more = true,
            .answer = getty::RefusedName{getty::NameFault::has_other_characters}})};
    return {messages.begin(), messages.end()};
}

std::vector<Target> made_here() {
    return {
        {"line_editor",
         run_line_editor,
         {"ann\r",
          "j\xc3\xb6rg\x7f\x7f\r",
          "\xe4\xb8\xad\x17\x15\x03\x0c",
          "\x1b[200~x\x1b[201~\r"}},
        {"password_editor",
         run_password_editor,
         {"secret\r", "a\0b\r"sv, "\x7f\x15\x03\x04\r", "\x1b[A\r"}},
        {"getty_input",
         run_name,
         {"ann\r", "-froot\r", "ann#@\r", "DOMAIN\\ann\n", "\xff\0\0"sv, "a b\r"}},
        {"reader_messages", run_reader_messages, seeds_of_replies()},
        {"name_reader",
         run_name_reader,
         {"\x10"
          "ann\r\x20-froot\r",
          "\x03\x20"
          "ann\r\x65\x65\x02",
          "\x10\xff\0\0\x10\x0c\x04\x10\x15"sv,
          "\x10"
          "a#@\xc3\xa9\x7f\x18\x1b[8;24;80t"}},
        {"terminal_probe",
         run_terminal_probe,
         {"a\0\x1b\0[\0008\0;\0002\0004\0;\0008\0000\0t\0"sv,
          "\x1b\0[\0R\0"sv,
          "\x1bP\x1b\\\r\0"sv}},
        {"issue",
         run_issue,
         {"\\S \\n \\l\n",
          "\\4{eth0} \\6 \\a \\A{lo}",
          "\\e{red}\\e{reset}",
          "\\S{ANSI_COLOR}\\",
          "%n"}},
        {"os_release",
         run_os_release,
         {"PRETTY_NAME=\"Debian \\\"12\\\"\"\nX='a b'\n", "ANSI_COLOR=1;31\n", "X=\"\\$\\`\""}},
        {"safe_text", run_safe_text, {"\x1b[2J", "\xc2\x9b", "\xe2\x80\xae", "\xf0\x9f\x98\x80"}},
        {"table",
         run_table,
         {"[ttyS*]\nspeed = 9600\nmodes = sane cs7\nnext = old\n[old]\nnext = old\n",
          "9600# B9600 CS7 # SANE #@S login: \\n#1200\n\n1200#B1200#SANE#x#9600\n",
          "default:\\\n\t:sp#1200:im=%h:lm=\\E[H:\nstd|x:tc=default:nx=std:i0#07:ac=RING ATA:\n",
          "ttyv0 \"/usr/libexec/getty Pc\" xterm onifexists secure\n"}},
        {"modes",
         run_modes,
         {"sane cs8 -parenb erase ^H min 1 9600 -echo", "SANE TAB3 VERASE \\b"}},
        {"operands",
         run_operands,
         {"ttyS0\n9600,1200\nvt100", "std.9600\nttyS0", "115200n8r\n-\n"}},
        {"chat", run_chat, {"\"\" ATZ\\r OK-\\d-OK ATA\\pOKCONNECT", "a-b-c 'd e'"}},
        {"marks", run_marks, {"\xff\0\0\xff\xff\xff\0x"sv}},
        {"login_defs",
         run_settings,
         {"LOGIN_TIMEOUT 60\nENV_PATH=\"PATH=/bin\"\n# x\nTTYPERM 0620\n",
          "FAIL_DELAY\t-1\n",
          "LOGIN_IDLE_TIMEOUT ttyS*=600 900\nENV_TZ TZ=CET\nULIMIT 99\nCONSOLE_GROUPS x\n"}},
        {"limits",
         run_limits,
         {"ann L2D2048 N5\n@staff U- K027\n* P-5\n", "ann -\n", "* A1C2D3F4I5M6N7O8R9S10T11\n"}},
        {"login_hours",
         run_login_hours,
         {"tty1:ann,bob:Wk0900-1700,SaSu0000-2400\n*:*:\n", "*:ann:Al2200-0600\n", "x\n*:*:0-1"}},
        {"login_access",
         run_login_access,
         {"+:ann bob EXCEPT staff:tty1 LOCAL .example.org 10.0.0.0/8 192.168.\n-:ALL:ALL\n",
          "-:ALL EXCEPT ann:ALL EXCEPT 10.1.0.0/255.255.0.0 ::1/128\n",
          "nonsense\n+::\n"}},
        {"pam_stack",
         run_pam_stack,
         {"auth required pam_unix.so nullok # x\n@include common-auth\n",
          "-session optional pam_systemd.so\naccount [success=1 default=ignore] \\\n pam_x.so\n",
          "password substack system\nauth include /etc/x\n"}},
        {"root_lines",
         run_root_lines,
         {"tty1 \"/sbin/getty std\" linux on secure # x\n", "# a\ntty1\nconsole\n", "tty1#"}},
    };
}

}  // namespace

std::span<const Target> targets() {
    static const std::vector<Target> all = [] {
        auto list = made_here();
        const auto more = login_targets();
        list.insert(list.end(), more.begin(), more.end());
        return list;
    }();
    return all;
}

}  // namespace fuzz
