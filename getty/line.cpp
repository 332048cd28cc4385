#include "getty/line.hpp"

#include "common/language.hpp"
#include "common/log.hpp"
#include "common/spare_memory.hpp"
#include "getty/exit_status.hpp"
#include "getty/login_command.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace getty {

namespace {

using namespace std::chrono_literals;

/// What a line that takes no output may leave behind: an issue and a prompt.
constexpr std::size_t most_unwritten = 128UL * 1024;
constexpr auto patience_with_typing = 10s;

}  // namespace

Line::Line(std::string name, std::shared_ptr<const LineSettings> settings, Company company)
    : name_(std::move(name)),
      company_(company),
      steps_(std::move(settings)),
      options_(steps_.options()),
      judge_(options_->break_policy) {
    times_.look_again = Clock::now() + options_->delay;
}

Line::~Line() {
    give_back();
}

pollfd Line::waiting_for() const {
    if (login_) {
        return {.fd = login_->ended.get(), .events = POLLIN, .revents = 0};
    }
    if (occupant_) {
        return {.fd = occupant_->leader.get(), .events = POLLIN, .revents = 0};
    }
    if (!claimed_) {
        return {.fd = watch_ ? watch_->descriptor() : -1, .events = POLLIN, .revents = 0};
    }
    if (awaits_reply_) {
        return {.fd = process_->descriptor(), .events = POLLIN, .revents = 0};
    }
    const short output = unwritten_.empty() ? 0 : POLLOUT;
    const short input = is_deaf() || state_ >= LineState::handing_over ? 0 : POLLIN;
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
                             times_.record,
                             state_ == LineState::handing_over ? std::nullopt : times_.give_up,
                             times_.issue,
                             times_.reader,
                             times_.reply_due,
                             times_.idle}) {
        if (time && (!earliest || *time < *earliest)) {
            earliest = time;
        }
    }
    return earliest;
}

void Line::give_back() noexcept {
    if (claimed_ && claimed_->terminal.descriptor() >= 0) {
        getty::give_back(*claimed_, *options_);
        if (company_ == Company::among_others && claimed_->terminal.has_output_waiting()) {
            // Or to close a line that takes no output would wait for it, 30 s on a serial
            // one by default (setserial(8)).
            claimed_->terminal.drop_output();
        }
    }
}

common::Audience Line::audience() {
    return {language_, [this] {
                if (claimed_) {
                    common::speak_on(claimed_->terminal, options_->language);
                }
            }};
}

/// A copy, which other lines have no part in, for what does not hold on this one any more.
Options& Line::own_options() {
    const auto own = std::make_shared<Options>(*options_);
    options_ = own;
    return *own;
}

void Line::forget_autologin() {
    if (options_->autologin) {
        own_options().autologin.reset();
    }
}

void Line::on_event(short events, Clock::time_point now) {
    try {
        if (state_ == LineState::absent) {
            try_to_open(now);
            return;
        }
        if (awaits_reply_) {
            if (events != 0) {
                on_reply_of_process(now);
            }
            on_time(now);
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
        on_trouble(problem, now);
    }
}

/// The line does not do what it is asked for any more.
void Line::on_trouble(const std::system_error& problem, Clock::time_point now) {
    if (!std::exchange(trouble_is_logged_, true)) {
        common::log(common::Severity::notice, problem.what());
    }
    lose_line(now);
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
    if (state_ != LineState::handing_over && is_due(times_.give_up)) {
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
    if (is_due(times_.record)) {
        record_when_possible(now);
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
    if (is_due(times_.reply_due)) {
        lose_reader("it does not answer", now);
    }
    if (!awaits_reply_ && is_due(times_.reader)) {
        ask_reader({.kind = ReaderRequest::Kind::time, .now = now});
    }
    if (!awaits_reply_ && is_due(times_.idle)) {
        end_reading();
    }
    if (is_due(times_.issue) && waits_at_issue()) {
        if (options_->accessible && has_typed_text_) {
            // What is read aloud is not broken into.
            times_.issue = now + patience_with_typing;
        } else if (unwritten_.empty()) {
            look_at_issue(now);
            // Here it costs nobody who types time or memory.
            static_cast<void>(ignored_signals());
            free_memory();
        } else {
            // A stopped line is not written full.
            times_.issue = now + LiveIssue::shortest_time;
        }
    }
}

/// What the issue and the records took goes back to the machine, where getty only
/// waits from here on, for months maybe.
void Line::free_memory() {
    freed_memory_ = true;
    if (company_ == Company::alone) {
        common::give_memory_back();
    }
}

void Line::nobody_came() {
    end_reading();
    emit("\r\n" +
         common::translated("Nobody logged in within %d second.",
                            "Nobody logged in within %d seconds.",
                            static_cast<unsigned long>(options_->timeout.count())) +
         "\r\n");
    state_ = LineState::done;
    exit_status_ = left;
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
    // An issue's worth of room is not kept for the echo of a key.
    std::string{}.swap(unwritten_);
}

std::list<Line> lines_of(const Options& options) {
    std::list<Line> lines;
    lines.emplace_back(options.line, std::make_shared<const LineSettings>(settings_of(options)));
    return lines;
}

}  // namespace getty
