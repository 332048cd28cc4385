#include "common/language.hpp"
#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/syscall.hpp"
#include "getty/exit_status.hpp"
#include "getty/issue_facts.hpp"
#include "getty/line.hpp"
#include "getty/plain_text.hpp"
#include "getty/prompt.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace getty {

namespace {

using namespace std::chrono_literals;

constexpr auto first_pause = 1s;
constexpr auto quiet_after_refusal = 10s;
constexpr unsigned refusals_without_pause = 3;
constexpr auto pause_between_steps = 100ms;
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
/// Refusals that long ago are forgotten.
constexpr auto memory_of_refusals = 60s;

}  // namespace

void Line::ask(Clock::time_point now) {
    question_ = std::make_unique<NameQuestion>(prompt(), *options_);
    if (options_->autologin) {
        emit(question_->ask() + common::safe_text(*options_->autologin) + " " +
             common::translated("(automatic login)") + "\r\n");
    }
    if (options_->autologin || options_->skip_login) {
        state_ = LineState::handing_over;
        return;
    }
    state_ = LineState::asking;
    if (options_->quiet_console && !quiet_) {
        quiet_ = QuietConsole::shared();
    }
    parity_ = {};
    if (!options_->no_hints) {
        question_->set_hint(hints_.hint(claimed_->terminal));
    }
    emit(question_->ask());
    // Who types at once, as machines do, pays nothing for what only others see.
    times_.issue = now + LiveIssue::shortest_time;
}

std::string Line::prompt() const {
    const LineProfile& profile = options_->profile;
    return as_shown(profile.prompt ? render_prompt(*profile.prompt, profile, facts())
                                   : name_prompt(*options_, issue_.host_name()));
}

/// What the administrator wrote may act on the terminal, unless a program reads it.
std::string Line::as_shown(std::string text) const {
    return options_->plain ? plain_text(text) : std::move(text);
}

LineFacts Line::line_facts() const {
    return facts_of(claimed_->terminal, speed());
}

IssueFacts Line::facts() const {
    return collect_facts(line_facts());
}

void Line::show_issue() {
    put_on_screen(issue_.draw(*options_, line_facts()));
}

/// The issue, below what a line table has to say and the option to clear; sent
/// with what comes after it.
void Line::put_on_screen(std::string_view issue) {
    const LineProfile& profile = options_->profile;
    const bool clears = !options_->no_clear && !options_->plain && !options_->accessible;
    if (clears && profile.clear_text) {
        append_output(*profile.clear_text);
    } else if (clears && claimed_->terminal.is_virtual_terminal()) {
        append_output(clear_screen);
    }
    if (!options_->no_newline || options_->accessible) {
        append_output("\r\n");
    }
    if (profile.issue_text) {
        append_output(as_shown(render_prompt(*profile.issue_text, profile, facts())));
    }
    append_output(as_shown(std::string{issue}));
    if (options_->accessible && !issue.empty() && !issue.ends_with('\n')) {
        append_output("\r\n");
    }
}

/// Somebody may look at the issue now, and nothing else is about to be said.
bool Line::waits_at_issue() const {
    return claimed_ && !options_->plain && !times_.ask_again &&
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
    const auto changed = issue_.look_again(*options_, line_facts());
    if (!changed) {
        return;
    }
    // Below what has been typed, where nothing clears that.
    emit("\r\n");
    put_on_screen(*changed);
    emit(state_ == LineState::asking ? question_->show_again(prompt()) : press_enter());
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
        refuse_name(common::translated("More came than anybody can type."), now);
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
        on_more_after_answer(event, now);
        return;
    }
    if (!steps_.is_at_first() && options_->break_quiet > 0s) {
        times_.quiet = now + options_->break_quiet;
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
        const char byte = options_->detect_parity ? parity_.feed(received->byte) : received->byte;
        if (probe_) {
            on_probe(probe_->feed(byte, now), now);
        } else {
            on_key(byte, now);
        }
    }
}

/// All of it is thrown away, or the rest of a password typed ahead would be shown.
void Line::on_more_after_answer(const LineEvent& event, Clock::time_point now) {
    const auto* const received = std::get_if<Received>(&event);
    if (received != nullptr && received->byte == '\n') {
        return;  // the other half of the line's end
    }
    is_typed_lost_ = true;
    begin_flood(now);
}

/// What is left when the name is finished was typed before login asked.
void Line::on_probe(const TerminalProbe::Step& step, Clock::time_point now) {
    if (step.size) {
        common::tolerate("set the size of the terminal",
                         [&] { claimed_->terminal.set_size(step.size->rows, step.size->columns); });
    }
    for (const char key : step.keys) {
        if (state_ != LineState::asking || times_.ask_again || times_.flood) {
            break;
        }
        if (times_.settled) {
            on_more_after_answer(Received{key}, now);
        } else {
            on_key(key, now);
        }
    }
    emit(step.question);
}

void Line::on_key(char byte, Clock::time_point now) {
    const bool may_redraw = !options_->plain && !options_->accessible;
    if (auto hint = may_redraw ? hints_.news(claimed_->terminal) : std::nullopt) {
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
void Line::refuse_name(const char* why, Clock::time_point now) {
    if (now >= next_refusal_logged_) {
        next_refusal_logged_ = now + quiet_after_refusal;
        common::log(common::Severity::notice,
                    "refused a name on " + std::string{claimed_->terminal.name()} + ": " + why);
    }
    emit(bell() + common::translated(why) + "\r\n");
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
/// look. A modem sends none: while it is talked to, it is noise.
void Line::change_speed(SpeedChange change, Clock::time_point now) {
    const bool is_with_modem = state_ == LineState::opening && opening_ < Opening::carrier;
    if (change == SpeedChange::stay || !steps_.has_several() || now < next_step_allowed_ ||
        is_with_modem) {
        return;
    }
    next_step_allowed_ = now + pause_between_steps;
    take_step(change);
    times_.quiet.reset();
    if (!steps_.is_at_first() && options_->break_quiet > 0s) {
        times_.quiet = now + options_->break_quiet;
    }
    if (state_ == LineState::asking) {
        show_issue();
        ask(now);
    }
}

/// Each entry of a line table has its own modes, prompt and all.
void Line::take_step(SpeedChange change) {
    const auto before = steps_.options();
    if (change == SpeedChange::next) {
        steps_.advance();
    } else {
        steps_.restart();
    }
    if (steps_.options() != before) {
        options_ = steps_.options();
        forget_autologin();
        set_name_modes();
    }
    set_speed();
}

}  // namespace getty
