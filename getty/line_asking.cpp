#include "common/language.hpp"
#include "common/safe_text.hpp"
#include "getty/issue_facts.hpp"
#include "getty/line.hpp"
#include "getty/plain_text.hpp"
#include "getty/prompt.hpp"

#include <algorithm>
#include <utility>

namespace getty {

namespace {

using namespace std::chrono_literals;

constexpr auto pause_between_steps = 100ms;
/// Beside it there is room for the prompt in what a line may have unwritten.
constexpr std::size_t longest_issue = 96UL * 1024;

/// In whole lines.
std::string_view as_much_as_is_shown(std::string_view issue) {
    return issue.size() <= longest_issue ? issue
                                         : issue.substr(0, issue.rfind('\n', longest_issue) + 1);
}

}  // namespace

void Line::ask(Clock::time_point now) {
    question_.emplace(prompt());
    begin_answer();
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
    issue = as_much_as_is_shown(issue);
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
        // It knows the options of before.
        end_reading();
        set_name_modes();
    }
    set_speed();
}

}  // namespace getty
