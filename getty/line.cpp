#include "getty/line.hpp"

#include "common/log.hpp"
#include "common/program.hpp"
#include "common/record_file.hpp"
#include "common/safe_text.hpp"
#include "common/syscall.hpp"
#include "common/text_file.hpp"
#include "getty/autologin.hpp"
#include "getty/console_lines.hpp"
#include "getty/exit_status.hpp"
#include "getty/issue_facts.hpp"
#include "getty/login_command.hpp"
#include "getty/prompt.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <malloc.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace getty {

namespace {

using namespace std::chrono_literals;

constexpr auto first_pause = 1s;
constexpr auto longest_pause = 10s;
constexpr auto quiet_after_refusal = 10s;
constexpr unsigned refusals_without_pause = 3;
constexpr auto pause_between_steps = 100ms;
constexpr auto carrier_interval = 250ms;
constexpr auto patience_with_modem = 1s;
/// gettytab(5), ct.
constexpr auto patience_in_chat = 10s;
constexpr std::size_t longest_modem_text = 256;
constexpr std::size_t largest_shadow_file = 4UL * 1024 * 1024;
constexpr Speed usual_console_speed = 115'200;
/// What a line that takes no output may leave behind: an issue and a prompt.
constexpr std::size_t most_unwritten = 128UL * 1024;
/// A flood on the line is worked off in portions, so that no line starves another.
constexpr int most_bytes_at_once = 256;
/// A line is quiet again when nothing came for so long.
constexpr auto quiet_after_flood = 100ms;
/// Between two looks at a flood that fills the kernel's queue meanwhile, which
/// no real port does.
constexpr auto pause_in_torrent = 10ms;
constexpr std::size_t flood_portion = 1024;
constexpr int most_flood_reads = 4;  ///< as much as the kernel's queue holds
/// Faster than the next key, slower than the next byte of noise.
constexpr auto settling_time = 30ms;
/// A line that takes no output must not keep a person from login for ever.
constexpr auto patience_with_output = 10s;
/// No getty ends sooner over a line that failed.
constexpr auto shortest_life = 10s;
/// Refusals that long ago are forgotten.
constexpr auto memory_of_refusals = 60s;

constexpr const char* rescue_program = "/sbin/sulogin";
constexpr std::string_view press_enter = "[press ENTER to login]";

/// Octal \NNN and \\ in --init-string.
std::string unescaped(std::string_view text) {
    std::string out;
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    while (!text.empty()) {
        if (text.front() != '\\' || text.size() == 1) {
            out += text.front();
            text.remove_prefix(1);
            continue;
        }
        text.remove_prefix(1);
        unsigned code = 0;
        std::size_t digits = 0;
        while (digits < 3 && digits < text.size() && is_octal(text[digits])) {
            code = code * 8 + static_cast<unsigned>(text[digits] - '0');
            ++digits;
        }
        out += digits > 0 ? static_cast<char>(code & 0xFFU) : text.front();
        text.remove_prefix(std::max<std::size_t>(digits, 1));
    }
    return out;
}

/// A pseudo terminal whose master has gone never comes back: the next one of
/// that name is somebody else's. Numbers: Unix98 slaves, devices.txt.
bool is_pseudo_terminal(const common::Terminal& line) {
    const unsigned number = major(line.device());
    return number >= 136 && number <= 143;
}

/// One of the kernel's consoles.
bool is_console(std::string_view line) {
    const auto lines =
        console_lines(common::read_text_file("/sys/class/tty/console/active").value_or(""));
    return line == "console" || std::find(lines.begin(), lines.end(), line) != lines.end();
}

bool is_our_login(const std::string& path) {
    struct stat program {};
    struct stat ours {};
    return ::stat(path.c_str(), &program) == 0 && ::stat(TTYGATE_INSTALLED_LOGIN, &ours) == 0 &&
           program.st_dev == ours.st_dev && program.st_ino == ours.st_ino;
}

common::RecordTime now_for_record() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

/// Root, directory and niceness may be login's when it fails: there is no way back.
[[noreturn]] void become_or_fail(const Options& options,
                                 const std::vector<std::string>& arguments,
                                 const common::Environment& environment) {
    try {
        become_login(options, arguments, environment);
    } catch (const std::system_error& problem) {
        throw common::Failure{no_login,
                              arguments.front() + " cannot be started: cannot " + problem.what()};
    }
}

}  // namespace

Line::Line(LineSettings settings)
    : steps_(std::move(settings)), options_(steps_.options()), judge_(options_.break_policy) {
    times_.look_again = Clock::now() + options_.delay;
}

pollfd Line::waiting_for() const {
    if (occupant_) {
        return {.fd = occupant_->leader.get(), .events = POLLIN, .revents = 0};
    }
    if (!claimed_) {
        return {.fd = watch_ ? watch_->descriptor() : -1, .events = POLLIN, .revents = 0};
    }
    const short output = unwritten_.empty() ? 0 : POLLOUT;
    const bool is_deaf = times_.ask_again || times_.flood || state_ == LineState::handing_over;
    const short input = is_deaf ? 0 : POLLIN;
    return {.fd = claimed_->terminal.descriptor(),
            .events = static_cast<short>(input | output),
            .revents = 0};
}

pollfd Line::watching() const {
    const bool is_wanted = waits_at_issue() && !times_.issue;
    return {.fd = is_wanted ? issue_.descriptor() : -1, .events = POLLIN, .revents = 0};
}

std::optional<Clock::time_point> Line::wakes_at() const {
    std::optional<Clock::time_point> earliest;
    for (const auto& time : {times_.look_again,
                             times_.chat_goes_on,
                             times_.modem_done,
                             times_.grace_over,
                             times_.ask_again,
                             times_.settled,
                             times_.flood,
                             times_.quiet,
                             times_.leave,
                             times_.written,
                             times_.give_up,
                             times_.issue,
                             probe_ ? probe_->wakes_at() : std::nullopt}) {
        if (time && (!earliest || *time < *earliest)) {
            earliest = time;
        }
    }
    return earliest;
}

void Line::on_event(short events, Clock::time_point now) {
    try {
        if (state_ == LineState::absent) {
            try_to_open(now);
            return;
        }
        if ((events & POLLOUT) != 0) {
            flush();
        }
        if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) {
            on_input(events, now);
        }
        on_time(now);
    } catch (const std::system_error& problem) {
        if (!claimed_) {
            throw;
        }
        if (!std::exchange(trouble_is_logged_, true)) {
            common::log(common::Severity::notice, problem.what());
        }
        lose_line(now);
    }
}

void Line::try_to_open(Clock::time_point now) {
    if (times_.leave) {
        state_ = now >= *times_.leave ? LineState::done : state_;
        return;
    }
    if (watch_ && watch_->saw_device()) {
        // Here a moment ago, and perhaps not quite ready.
        next_pause_ = first_pause;
    } else if (times_.look_again && now < *times_.look_again) {
        return;
    }
    if (const auto wait = splash_.wants_time(options_.line, now)) {
        times_.look_again = now + *wait;
        return;
    }
    occupant_.reset();
    auto claim = claim_if_there();
    if (auto* const session = std::get_if<LineSession>(&claim)) {
        wait_for_end_of(std::move(*session));
        return;
    }
    if (!options_.unusable_speed.empty()) {
        // The line is standard error by now, if it is there: the reason is read on it.
        throw common::Failure{bad_speed, options_.unusable_speed};
    }
    if (auto* const claimed_line = std::get_if<ClaimedLine>(&claim)) {
        watch_.reset();
        claimed(std::move(*claimed_line), now);
        return;
    }
    if (!std::exchange(trouble_is_logged_, true)) {
        common::log(
            common::Severity::warning,
            "line " + common::quoted(options_.line) + " is not there or not ready: waiting for it");
    }
    if (!watch_) {
        watch_.emplace(common::line_path(options_.line));
    }
    look_again_later(now);
}

/// What is no terminal is refused at first sight. While a line is waited for, it
/// may just be on its way: a name comes before what is mounted on it.
Claim Line::claim_if_there() {
    try {
        return claim_line(options_);
    } catch (const common::Failure& problem) {
        if (!watch_ || problem.status() != no_terminal) {
            throw;
        }
        return NotThere{};
    }
}

/// A getty started again, by hand or by an update, must not throw a person off
/// the line.
void Line::wait_for_end_of(LineSession session) {
    common::log(common::Severity::notice,
                "line " + common::quoted(options_.line) + ": " + common::quoted(session.user) +
                    " is logged in on it (session " + std::to_string(session.id) +
                    "): waiting for the end of that");
    occupant_ = std::move(session);
    times_.look_again.reset();
}

void Line::claimed(ClaimedLine claimed_line, Clock::time_point now) {
    claimed_.emplace(std::move(claimed_line));
    times_ = {};
    unwritten_.clear();
    marks_ = {};
    asks_when_quiet_ = false;
    probe_.reset();
    if (claimed_->terminal.is_virtual_terminal()) {
        emit(restore_virtual_terminal(claimed_->terminal));
    } else if (options_.probe_terminal) {
        probe_.emplace();
    }
    ask_kernel_for_speed();
    set_speed();
    common::tolerate("record the waiting line", [this] { record_waiting(); });
    if (options_.timeout > 0s) {
        times_.give_up = now + options_.timeout;
    }
    state_ = LineState::opening;
    opening_ = Opening::init_chat;
    go_on_opening(now);
}

/// Without a speed of its own, a serial line that is the kernel's console has
/// the console's speed.
void Line::ask_kernel_for_speed() {
    const common::Terminal& terminal = claimed_->terminal;
    const bool is_asked = options_.console_speed ||
                          (options_.speeds.empty() && !options_.keep_baud &&
                           !is_pseudo_terminal(terminal) && !terminal.is_virtual_terminal());
    if (!is_asked) {
        return;
    }
    const auto setup =
        console_setup(common::read_text_file("/proc/cmdline").value_or(""), terminal.name());
    if (setup) {
        steps_.replace_speeds({setup->speed});
        options_.setup = *setup;
        terminal.set_modes(name_modes(claimed_->found_modes, options_));
    } else if (claimed_->found_speed == 0) {
        steps_.replace_speeds({usual_console_speed});
    }
}

void Line::set_speed() const {
    const common::Terminal& terminal = claimed_->terminal;
    const Speed wanted = steps_.speed() == keep_speed ? claimed_->found_speed : steps_.speed();
    if (wanted != keep_speed && wanted != terminal.speed()) {
        try {
            terminal.set_speed(wanted);
        } catch (const std::system_error& problem) {
            throw common::Failure{bad_speed,
                                  "speed " + std::to_string(wanted) + ": " + problem.what()};
        }
    }
}

/// From the open line to the question, as far as it goes without waiting.
void Line::go_on_opening(Clock::time_point now) {
    const LineProfile& profile = options_.profile;
    switch (opening_) {
        case Opening::init_chat:
            if (talks_to_modem(profile.init_chat, now)) {
                return;
            }
            opening_ = Opening::ring;
            [[fallthrough]];
        case Opening::ring:
            if (profile.answer_chat) {
                if (profile.ring_timeout) {
                    times_.chat_goes_on = now + *profile.ring_timeout;
                }
                return;
            }
            opening_ = Opening::answer_chat;
            [[fallthrough]];
        case Opening::answer_chat:
            if (talks_to_modem(profile.answer_chat, now)) {
                return;
            }
            opening_ = Opening::carrier;
            [[fallthrough]];
        case Opening::carrier:
            if (options_.carrier == Carrier::never_local && !claimed_->terminal.has_carrier()) {
                times_.look_again = now + carrier_interval;
                return;
            }
            times_.look_again.reset();
            emit(unescaped(options_.init_string));
            opening_ = Opening::modem;
            [[fallthrough]];
        case Opening::modem:
            if (options_.extract_baud) {
                times_.modem_done = now + patience_with_modem;
                return;
            }
            opening_ = Opening::return_key;
            [[fallthrough]];
        case Opening::return_key:
            if (options_.wait_for_return) {
                return;
            }
            opening_ = Opening::issue;
            [[fallthrough]];
        case Opening::issue:
            show_issue();
            opening_ = Opening::any_key;
            if (options_.login_pause) {
                emit(press_enter);
                times_.issue = now + LiveIssue::shortest_time;
                return;
            }
            [[fallthrough]];
        case Opening::any_key:
            opening_ = Opening::grace;
            if (options_.autologin) {
                decide_autologin();
            }
            if (options_.autologin && options_.autologin_grace > 0s) {
                emit("Logging in as " + common::safe_text(*options_.autologin) + " in " +
                     std::to_string(options_.autologin_grace.count()) +
                     " seconds; a key stops that.\r\n");
                times_.grace_over = now + options_.autologin_grace;
                return;
            }
            [[fallthrough]];
        case Opening::grace: opening_ = Opening::question; [[fallthrough]];
        case Opening::question: ask(now);
    }
}

void Line::on_key_in_opening(char byte, Clock::time_point now) {
    const bool is_return = byte == '\r' || byte == '\n';
    switch (opening_) {
        case Opening::ring:
            // The call is what the chat waits for first: it hears this byte too.
            opening_ = Opening::answer_chat;
            go_on_opening(now);
            if (chat_) {
                chat_->feed(byte);
                go_on_with_chat(now);
            }
            return;
        case Opening::init_chat:
        case Opening::answer_chat:
            chat_->feed(byte);
            go_on_with_chat(now);
            return;
        case Opening::modem:
            if (modem_text_.size() < longest_modem_text) {
                modem_text_ += byte;
            }
            if (is_return && speed_in_modem_text(modem_text_)) {
                take_speed_from_modem(now);
            }
            return;
        case Opening::return_key:
            if (is_return) {
                opening_ = Opening::issue;
                go_on_opening(now);
            }
            return;
        case Opening::any_key:
            emit("\n");
            if (probe_) {
                on_probe(probe_->start(now), now);
            }
            go_on_opening(now);
            return;
        case Opening::grace:
            times_.grace_over.reset();
            options_.autologin.reset();
            go_on_opening(now);
            return;
        case Opening::carrier:
        case Opening::issue:
        case Opening::question: return;
    }
}

/// True while the talk goes on; it begins here.
bool Line::talks_to_modem(const std::optional<std::string>& script, Clock::time_point now) {
    if (!script) {
        return false;
    }
    if (!chat_) {
        chat_ = std::make_unique<Chat>(*script);
        go_on_with_chat(now);
        return true;
    }
    chat_.reset();
    return false;
}

/// Sends what is to be sent, up to a pause; without one the other side has its
/// time to answer.
void Line::go_on_with_chat(Clock::time_point now) {
    const auto patience = options_.profile.chat_timeout.value_or(patience_in_chat);
    times_.chat_goes_on = now + patience;
    while (const auto piece = chat_->next_piece()) {
        emit(piece->text);
        if (piece->pause > 0ms) {
            times_.chat_goes_on = now + piece->pause;
            return;
        }
    }
    if (chat_->has_failed()) {
        throw common::Failure{line_failed, "the modem has not answered as the line table says"};
    }
    if (chat_->has_ended()) {
        times_.chat_goes_on.reset();
        go_on_opening(now);
    }
}

void Line::take_speed_from_modem(Clock::time_point now) {
    times_.modem_done.reset();
    if (const auto speed = speed_in_modem_text(modem_text_)) {
        steps_.replace_speeds({*speed});
        set_speed();
    }
    modem_text_.clear();
    opening_ = Opening::return_key;
    go_on_opening(now);
}

/// --autologin may not hold: then there is a prompt, and a word why.
void Line::decide_autologin() {
    std::optional<std::string> reason;
    if (options_.autologin_once && !is_first_autologin(claimed_->terminal.name())) {
        // No news: that is what was asked for.
        options_.autologin.reset();
        return;
    }
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    reason = reason_against_autologin(
        common::read_text_file("/etc/shadow", largest_shadow_file).value_or(""),
        *options_.autologin,
        today);
    if (reason) {
        common::log(
            common::Severity::warning,
            "no automatic login of " + common::quoted(*options_.autologin) + ": " + *reason);
        emit("No automatic login: " + *reason + ".\r\n");
        options_.autologin.reset();
    }
}

void Line::ask(Clock::time_point now) {
    question_ = std::make_unique<NameQuestion>(prompt(), options_);
    if (options_.autologin) {
        emit(question_->ask() + common::safe_text(*options_.autologin) + " (automatic login)\r\n");
    }
    if (options_.autologin || options_.skip_login) {
        state_ = LineState::handing_over;
        return;
    }
    state_ = LineState::asking;
    if (options_.quiet_console && !quiet_) {
        quiet_ = std::make_unique<QuietConsole>();
    }
    parity_ = {};
    if (!options_.no_hints) {
        question_->set_hint(hints_.hint(claimed_->terminal));
    }
    emit(question_->ask());
    // Who types at once, as machines do, pays nothing for what only others see.
    times_.issue = now + LiveIssue::shortest_time;
    // From here on getty only waits, for months maybe: what the issue and the
    // records took goes back to the machine.
    ::malloc_trim(0);
}

std::string Line::prompt() const {
    const LineProfile& profile = options_.profile;
    return profile.prompt ? render_prompt(*profile.prompt, profile, facts())
                          : name_prompt(options_, host_name());
}

IssueFacts Line::facts() const {
    const common::Terminal& terminal = claimed_->terminal;
    return collect_facts(std::string{terminal.name()}, terminal.speed());
}

void Line::show_issue() {
    const common::Terminal& terminal = claimed_->terminal;
    put_on_screen(issue_.draw(options_, std::string{terminal.name()}, terminal.speed()));
}

/// The issue, below what a line table has to say and the option to clear.
void Line::put_on_screen(std::string_view issue) {
    const LineProfile& profile = options_.profile;
    if (!options_.no_clear && profile.clear_text) {
        emit(*profile.clear_text);
    } else if (!options_.no_clear && claimed_->terminal.is_virtual_terminal()) {
        emit(clear_screen);
    }
    if (!options_.no_newline) {
        emit("\r\n");
    }
    if (profile.issue_text) {
        emit(render_prompt(*profile.issue_text, profile, facts()));
    }
    emit(issue);
}

/// Somebody may look at the issue now, and nothing else is about to be said.
bool Line::waits_at_issue() const {
    return claimed_ && !times_.ask_again &&
           (state_ == LineState::asking ||
            (state_ == LineState::opening && opening_ == Opening::any_key));
}

/// Many changes are one, and are shown when the last of a moment has been made.
void Line::on_change(Clock::time_point now) {
    times_.issue =
        std::max(now + LiveIssue::settling_time, looked_at_issue_ + LiveIssue::shortest_time);
}

/// Shows the issue again if it has changed, and under it what has been typed.
void Line::look_at_issue(Clock::time_point now) {
    looked_at_issue_ = now;
    const common::Terminal& terminal = claimed_->terminal;
    const auto changed =
        issue_.look_again(options_, std::string{terminal.name()}, terminal.speed());
    if (!changed) {
        return;
    }
    // Below what has been typed, where nothing clears that.
    emit("\r\n");
    put_on_screen(*changed);
    emit(state_ == LineState::asking ? question_->show_again(prompt()) : std::string{press_enter});
}

void Line::on_input(short events, Clock::time_point now) {
    bool seen_any = false;
    // One byte at a time: what was typed after the name is left in the line,
    // for login to see that somebody types ahead.
    for (int count = 0; count < most_bytes_at_once && !times_.ask_again && !times_.flood; ++count) {
        const auto byte = claimed_->terminal.read_byte();
        if (!byte) {
            break;
        }
        seen_any = true;
        next_pause_ = first_pause;
        trouble_is_logged_ = false;
        if (gauge_.is_flood(now)) {
            is_typed_lost_ = times_.settled || !is_all_breaks({&*byte, 1});
            begin_flood(now);
            break;
        }
        on_received(marks_.feed(*byte), now);
        if (state_ == LineState::handing_over || state_ == LineState::done) {
            break;
        }
    }
    flush();
    if (!seen_any && (events & (POLLHUP | POLLERR)) != 0) {
        // A driver that reports trouble and gives no reason would be polled
        // without end.
        errno = EIO;
        common::throw_errno("read", claimed_->terminal.path());
    }
}

void Line::begin_flood(Clock::time_point now) {
    times_.settled.reset();
    last_of_flood_ = now;
    times_.flood = now + quiet_after_flood;
}

/// Noise, or a file sent to the wrong place: nothing of it is looked at, and the
/// line is asked on again when it is quiet.
void Line::on_flood(Clock::time_point now) {
    std::array<char, flood_portion> portion{};
    std::size_t size = 0;
    int reads = 0;
    while (reads < most_flood_reads && (size = claimed_->terminal.read_some(portion)) > 0) {
        is_typed_lost_ = is_typed_lost_ || !is_all_breaks({portion.data(), size});
        ++reads;
    }
    // It may have been typed by somebody.
    ::explicit_bzero(portion.data(), portion.size());
    if (reads > 0) {
        last_of_flood_ = now;
    }
    if (now - last_of_flood_ >= quiet_after_flood) {
        on_flood_over(now);
    } else {
        times_.flood = now + (reads == most_flood_reads ? pause_in_torrent : quiet_after_flood);
    }
}

void Line::on_flood_over(Clock::time_point now) {
    marks_ = {};
    if (std::exchange(asks_when_quiet_, false)) {
        ask(now);
        return;
    }
    // BREAKs alone change nothing, and what had been typed stays.
    if (is_typed_lost_ && state_ == LineState::asking) {
        emit("\r\n");
        refuse_name("More came than anybody can type.", now);
    }
}

/// Nothing came after the answer: somebody typed it.
void Line::on_settled() {
    if (std::holds_alternative<NobodyThere>(question_->answer())) {
        state_ = LineState::done;
        exit_status_ = left;
    } else {
        state_ = LineState::handing_over;
    }
}

void Line::on_received(const LineEvent& event, Clock::time_point now) {
    if (times_.settled) {
        const auto* const received = std::get_if<Received>(&event);
        if (received != nullptr && received->byte == '\n') {
            return;  // the other half of the line's end
        }
        // All of what comes is thrown away, or the rest of a password typed
        // ahead would be shown.
        is_typed_lost_ = true;
        begin_flood(now);
        return;
    }
    if (!steps_.is_at_first() && options_.break_quiet > 0s) {
        times_.quiet = now + options_.break_quiet;
    }
    if (std::holds_alternative<BreakReceived>(event)) {
        change_speed(judge_.on_break(), now);
    } else if (std::holds_alternative<DamagedByte>(event)) {
        change_speed(judge_.on_damage(), now);
    } else if (const auto* const received = std::get_if<Received>(&event)) {
        judge_.on_good_byte();
        if (is_second_half(received->byte, now)) {
            return;
        }
        if (state_ == LineState::opening) {
            on_key_in_opening(received->byte, now);
            return;
        }
        const char byte = options_.detect_parity ? parity_.feed(received->byte) : received->byte;
        if (probe_) {
            on_probe(probe_->feed(byte, now), now);
        } else {
            on_key(byte, now);
        }
    }
}

/// What is left when the name is finished was typed before login asked.
void Line::on_probe(const TerminalProbe::Step& step, Clock::time_point now) {
    if (step.size) {
        common::tolerate("set the size of the terminal",
                         [&] { claimed_->terminal.set_size(step.size->rows, step.size->columns); });
    }
    for (const char key : step.keys) {
        if (state_ != LineState::asking || times_.ask_again) {
            break;
        }
        on_key(key, now);
    }
    emit(step.question);
}

void Line::on_key(char byte, Clock::time_point now) {
    if (auto hint = hints_.news(claimed_->terminal)) {
        append_output(question_->change_hint(*std::move(hint), claimed_->terminal.size().ws_col));
    }
    append_output(question_->feed(byte));
    on_answer(now);
}

/// The LF of a terminal that ends its lines in CR LF is no line of its own.
bool Line::is_second_half(char byte, Clock::time_point now) {
    const bool is_half = byte == '\n' && now - last_return_ < settling_time;
    last_return_ = byte == '\r' ? now : Clock::time_point{};
    return is_half;
}

void Line::on_answer(Clock::time_point now) {
    const Answer& answer = question_->answer();
    if (std::holds_alternative<TypedName>(answer)) {
        // After a refused one it may be noise that looks like a name.
        const bool is_noisy = refusals_ > 0 && now - last_refusal_ < memory_of_refusals;
        if (is_noisy) {
            times_.settled = now + settling_time;
        } else {
            state_ = LineState::handing_over;
        }
    } else if (std::holds_alternative<SpeedMismatch>(answer)) {
        change_speed(judge_.on_break(), now);
    } else if (std::holds_alternative<NobodyThere>(answer)) {
        times_.settled = now + settling_time;
    } else if (const auto* const refused = std::get_if<RefusedName>(&answer)) {
        refuse_name(refused->why, now);
    }
}

/// Says why and asks again, after a pause that grows: noise must not keep the
/// machine busy. Nor is it news: one log line in a while.
void Line::refuse_name(std::string_view why, Clock::time_point now) {
    if (now >= next_refusal_logged_) {
        next_refusal_logged_ = now + quiet_after_refusal;
        common::log(common::Severity::notice,
                    "refused a name on " + std::string{claimed_->terminal.name()} + ": " +
                        std::string{why});
    }
    emit(std::string{why} + "\r\n");
    refusals_ = now - last_refusal_ < memory_of_refusals ? refusals_ + 1 : 1;
    last_refusal_ = now;
    if (refusals_ <= refusals_without_pause) {
        emit(question_->ask());
        return;
    }
    const unsigned doublings = std::min(refusals_ - refusals_without_pause, 4U) - 1;
    times_.ask_again = now + std::min<std::chrono::seconds>(1s * (1U << doublings), longest_pause);
}

/// With one speed a BREAK may be noise, and what has been typed stays. Several
/// in a moment are one: the line is not switched faster than a person could
/// look.
void Line::change_speed(SpeedChange change, Clock::time_point now) {
    if (change == SpeedChange::stay || !steps_.has_several() || now < next_step_allowed_) {
        return;
    }
    next_step_allowed_ = now + pause_between_steps;
    take_step(change);
    times_.quiet.reset();
    if (!steps_.is_at_first() && options_.break_quiet > 0s) {
        times_.quiet = now + options_.break_quiet;
    }
    if (state_ == LineState::asking) {
        show_issue();
        ask(now);
    }
}

/// Each entry of a line table has its own modes, prompt and all.
void Line::take_step(SpeedChange change) {
    const Options* const before = &steps_.options();
    if (change == SpeedChange::next) {
        steps_.advance();
    } else {
        steps_.restart();
    }
    if (&steps_.options() != before) {
        options_ = steps_.options();
        options_.autologin.reset();
        claimed_->terminal.set_modes(name_modes(claimed_->found_modes, options_));
    }
    set_speed();
}

void Line::on_time(Clock::time_point now) {
    const auto is_due = [now](std::optional<Clock::time_point>& time) {
        const bool due = time && now >= *time;
        if (due) {
            time.reset();
        }
        return due;
    };
    if (is_due(times_.settled)) {
        on_settled();
        return;
    }
    if (is_due(times_.flood)) {
        on_flood(now);
    }
    if (is_due(times_.give_up) && state_ != LineState::handing_over) {
        nobody_came();
        return;
    }
    if (is_due(times_.look_again)) {
        go_on_opening(now);
    }
    if (is_due(times_.chat_goes_on)) {
        if (opening_ == Opening::ring) {
            // A modem that has heard nothing for so long is set up anew.
            opening_ = Opening::init_chat;
            go_on_opening(now);
        } else {
            chat_->time_is_up();
            go_on_with_chat(now);
        }
    }
    if (is_due(times_.modem_done)) {
        take_speed_from_modem(now);
    }
    if (is_due(times_.grace_over)) {
        go_on_opening(now);
    }
    if (is_due(times_.ask_again)) {
        // What came meanwhile is not looked at, and noise that goes on is not asked.
        asks_when_quiet_ = true;
        last_of_flood_ = {};
        on_flood(now);
    }
    if (is_due(times_.quiet)) {
        refusals_ = 0;
        change_speed(SpeedChange::first, now);
    }
    if (probe_ && probe_->wakes_at()) {
        on_probe(probe_->on_time(now), now);
    }
    if (is_due(times_.issue) && waits_at_issue()) {
        if (unwritten_.empty()) {
            look_at_issue(now);
            ::malloc_trim(0);
        } else {
            // A stopped line is not written full.
            times_.issue = now + LiveIssue::shortest_time;
        }
    }
}

void Line::nobody_came() {
    emit("\r\nNobody logged in within " + std::to_string(options_.timeout.count()) +
         " seconds.\r\n");
    state_ = LineState::done;
    exit_status_ = left;
}

void Line::lose_line(Clock::time_point now) {
    const bool may_return =
        claimed_ && options_.line != "-" && !is_pseudo_terminal(claimed_->terminal);
    question_.reset();
    chat_.reset();
    quiet_.reset();
    issue_.stop();
    claimed_.reset();
    times_ = {};
    if (!may_return) {
        exit_status_ = line_failed;
        leave_slowly(now);
        return;
    }
    look_again_later(now);
}

/// Whoever starts getty on a line that is dead at once must not spin over it.
void Line::leave_slowly(Clock::time_point now) {
    const bool is_given_again = options_.line == "-";
    if (!is_given_again || now - started_ >= shortest_life) {
        state_ = LineState::done;
        return;
    }
    state_ = LineState::absent;
    times_.leave = started_ + shortest_life;
}

void Line::look_again_later(Clock::time_point now) {
    state_ = LineState::absent;
    times_.look_again = now + next_pause_;
    next_pause_ = std::min<std::chrono::seconds>(2 * next_pause_, longest_pause);
}

void Line::emit(std::string_view text) {
    append_output(text);
    flush();
}

void Line::append_output(std::string_view text) {
    unwritten_.append(text.substr(0, most_unwritten - std::min(most_unwritten, unwritten_.size())));
}

void Line::flush() {
    while (!unwritten_.empty()) {
        const std::size_t written = claimed_->terminal.write_some(unwritten_);
        if (written == 0) {
            return;
        }
        unwritten_.erase(0, written);
    }
}

void Line::record_waiting() const {
    const std::string line{claimed_->terminal.name()};
    if (line.empty()) {
        return;  // a line without a name (another mount of devpts) has no record
    }
    common::put_record(common::waiting_record({.line = line,
                                               .host = options_.host,
                                               .process = ::getpid(),
                                               .session = ::getsid(0),
                                               .when = now_for_record()}),
                       common::RecordPaths{}.utmp);
}

std::string Line::terminal_type() const {
    if (!options_.terminal_type.empty()) {
        return options_.terminal_type;
    }
    const char* const inherited = ::getenv("TERM");
    if (inherited != nullptr && *inherited != '\0') {
        return inherited;
    }
    return claimed_->terminal.is_virtual_terminal() ? "linux" : "vt220";
}

void Line::become_login(Clock::time_point now) {
    if (!unwritten_.empty()) {
        // A name typed ahead: the issue and the prompt are still on their way.
        times_.written = times_.written.value_or(now + patience_with_output);
        if (now < *times_.written) {
            return;
        }
    }
    times_.written.reset();
    const std::string program = options_.root + options_.login_program;
    if (const int problem = problem_with_program(program); problem != 0) {
        do_without_login(problem, now);
        return;
    }
    // What is open of it would only be closed by the exec.
    issue_.stop();
    const auto* const typed = std::get_if<TypedName>(&question_->answer());
    const std::string name = options_.autologin.value_or(typed != nullptr ? typed->name : "");
    give_line_to_login(is_our_login(program) ? LoginEcho::off : LoginEcho::on);
    become_or_fail(options_, login_arguments(options_, name), environment());
}

void Line::give_line_to_login(LoginEcho echo) {
    const common::Terminal& terminal = claimed_->terminal;
    const auto* const typed = std::get_if<TypedName>(&question_->answer());
    NameTyping typing = typed != nullptr ? typed->typing : NameTyping{};
    typing.parity = parity_.parity();
    quiet_.reset();
    terminal.set_modes(
        login_modes(claimed_->found_modes, terminal.modes(), options_, typing, echo));
    if (options_.profile.login_speed) {
        common::tolerate("set the speed for login",
                         [&] { terminal.set_speed(*options_.profile.login_speed); });
    }
    // The descriptors that login inherits share this open line.
    terminal.set_blocking();
}

common::Environment Line::environment() const {
    return login_environment(common::Environment::from(environ), terminal_type(), options_.profile);
}

/// No login program: said on the line, once in the log, and looked for again
/// when the next name comes. On a console sulogin(8) may let root in meanwhile.
void Line::do_without_login(int problem, Clock::time_point now) {
    const std::string reason =
        options_.root + options_.login_program + " cannot be run: " + common::error_text(problem);
    if (!std::exchange(missing_login_is_logged_, true)) {
        common::log(common::Severity::error, reason);
    }
    emit(common::safe_text(options_.nologin_message.empty() ? reason : options_.nologin_message) +
         "\r\n");
    if (options_.sulogin && is_console(claimed_->terminal.name()) &&
        ::access(rescue_program, X_OK) == 0) {
        become_rescue_login();
    }
    state_ = LineState::asking;
    times_.ask_again = now + longest_pause;
}

void Line::become_rescue_login() {
    common::log(common::Severity::warning,
                "handing " + std::string{claimed_->terminal.name()} + " over to " + rescue_program);
    give_line_to_login(LoginEcho::on);
    become_or_fail({}, {rescue_program}, environment());
}

std::vector<Line> lines_of(const Options& options) {
    std::vector<Line> lines;
    lines.emplace_back(settings_of(options));
    return lines;
}

}  // namespace getty
