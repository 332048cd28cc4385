#include "common/language.hpp"
#include "common/log.hpp"
#include "common/program.hpp"
#include "common/record_file.hpp"
#include "common/safe_text.hpp"
#include "common/stale_records.hpp"
#include "common/terminal_speed.hpp"
#include "common/text_file.hpp"
#include "getty/exit_status.hpp"
#include "getty/line.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <unistd.h>

namespace getty {

namespace {

using namespace std::chrono_literals;

constexpr auto first_pause = 1s;
constexpr Speed usual_console_speed = 115'200;
/// No getty ends sooner over a line that failed.
constexpr auto shortest_life = 10s;

common::RecordTime now_for_record() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

/// A pseudo terminal whose other side is there can be opened again.
bool has_only_been_hung_up(const common::Terminal& terminal) noexcept {
    try {
        static_cast<void>(terminal.open_by_name());
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace

void Line::try_to_open(Clock::time_point now) {
    if (times_.leave) {
        state_ = now >= *times_.leave ? LineState::done : state_;
        return;
    }
    if (login_ && !has_login_ended(now)) {
        return;
    }
    if (watch_ && watch_->saw_device()) {
        // Here a moment ago, and perhaps not quite ready.
        next_pause_ = first_pause;
    } else if (times_.look_again && now < *times_.look_again) {
        return;
    }
    if (const auto wait = splash_.wants_time(name_, now)) {
        times_.look_again = now + *wait;
        return;
    }
    occupant_.reset();
    auto claim = claim_if_there();
    if (auto* const session = std::get_if<LineSession>(&claim)) {
        wait_for_end_of(std::move(*session));
        return;
    }
    if (!options_->unusable_speed.empty()) {
        if (auto* const readable = std::get_if<ClaimedLine>(&claim);
            readable != nullptr && company_ == Company::among_others) {
            claimed_.emplace(std::move(*readable));
        }
        // The line is standard error by now, if it is there: the reason is read on it.
        throw common::Failure{bad_speed, options_->unusable_speed};
    }
    if (auto* const claimed_line = std::get_if<ClaimedLine>(&claim)) {
        watch_.reset();
        claimed(std::move(*claimed_line), now);
        return;
    }
    end_left_records();
    const bool is_served = std::holds_alternative<ServedAlready>(claim);
    if (!std::exchange(trouble_is_logged_, true)) {
        common::log(common::Severity::warning,
                    "line " + common::quoted(name_) +
                        (is_served ? " is served by another name: left to that"
                                   : " is not there or not ready: waiting for it"));
    }
    if (!watch_ && !is_served) {
        watch_.emplace(common::line_path(name_));
    }
    look_again_later(now);
}

/// What is no terminal is refused at first sight. While a line is waited for, it
/// may just be on its way: a name comes before what is mounted on it.
Claim Line::claim_if_there() {
    try {
        const Visit visit = claimed_at_ == Clock::time_point{} ? Visit::first : Visit::again;
        return claim_line(name_, *options_, company_, visit, served_by_others());
    } catch (const common::Failure& problem) {
        if (!watch_ || problem.status() != no_terminal) {
            throw;
        }
        return NotThere{};
    }
}

std::vector<LineIdentity> Line::served_by_others() const {
    std::vector<LineIdentity> served;
    if (all_ != nullptr) {
        for (const Line& line : *all_) {
            if (line.claimed_ || line.login_) {
                served.push_back(line.identity_);
            }
        }
    }
    return served;
}

/// A getty started again, by hand or by an update, must not throw a person off
/// the line.
void Line::wait_for_end_of(LineSession session) {
    const std::string id = std::to_string(session.id);
    common::log(common::Severity::notice,
                "line " + common::quoted(name_) + ": " +
                    (session.user.empty() ? "another getty (process " + id + ") has taken it"
                                          : common::quoted(session.user) +
                                                " is logged in on it (session " + id + ")") +
                    ": waiting for the end of that");
    occupant_ = std::move(session);
    times_.look_again.reset();
}

void Line::claimed(ClaimedLine claimed_line, Clock::time_point now) {
    claimed_.emplace(std::move(claimed_line));
    if (all_ != nullptr) {
        const LineIdentity identity = identity_of(claimed_->terminal);
        // The line's own speed is the one it had before the first session.
        if (identity == identity_) {
            claimed_->found_speed = own_speed_;
        }
        identity_ = identity;
        own_speed_ = claimed_->found_speed;
    }
    claimed_at_ = now;
    times_ = {};
    left_records_ = 0;
    unwritten_.clear();
    marks_ = {};
    asks_when_quiet_ = false;
    probing_ = Probing::not_wanted;
    language_.reset();
    if (claimed_->terminal.is_virtual_terminal()) {
        emit(as_shown(restore_virtual_terminal(claimed_->terminal)));
    } else if (options_->probe_terminal && !options_->plain) {
        probing_ = Probing::wanted;
    }
    speed_ = common::speed_named_in(claimed_->found_modes.c_cflag);
    ask_kernel_for_speed();
    set_speed();
    if (company_ == Company::alone) {
        common::tolerate("record the waiting line", [this] { record_waiting(); });
    } else {
        // After the prompts, those of the other lines too.
        times_.record = now;
    }
    state_ = LineState::opening;
    opening_ = Opening::init_chat;
    go_on_opening(now);
}

/// Without a speed of its own, a serial line that is the kernel's console has
/// the console's speed.
void Line::ask_kernel_for_speed() {
    const common::Terminal& terminal = claimed_->terminal;
    const bool is_asked = options_->console_speed ||
                          (options_->speeds.empty() && !options_->keep_baud &&
                           !terminal.is_pseudo_terminal() && !terminal.is_virtual_terminal());
    if (!is_asked) {
        return;
    }
    const auto setup =
        console_setup(common::read_text_file("/proc/cmdline").value_or(""), terminal.name());
    if (setup) {
        steps_.replace_speeds({setup->speed});
        own_options().setup = *setup;
        set_name_modes();
    } else if (claimed_->found_speed == 0) {
        steps_.replace_speeds({usual_console_speed});
    }
}

void Line::set_name_modes() {
    claimed_->terminal.set_modes(name_modes(claimed_->found_modes, *options_));
    speed_ = common::speed_named_in(claimed_->found_modes.c_cflag);
}

/// What the line has now: asked only where its modes do not tell.
Speed Line::speed() const {
    return speed_ != 0 ? speed_ : claimed_->terminal.speed();
}

void Line::set_speed() {
    const common::Terminal& terminal = claimed_->terminal;
    const Speed wanted = steps_.speed() == keep_speed ? claimed_->found_speed : steps_.speed();
    if (wanted != keep_speed && wanted != speed()) {
        // The driver takes the nearest it has.
        speed_ = 0;
        try {
            terminal.set_speed(wanted);
        } catch (const std::system_error& problem) {
            throw common::Failure{bad_speed,
                                  "speed " + std::to_string(wanted) + ": " + problem.what()};
        }
    }
}

void Line::lose_line(Clock::time_point now) {
    const bool may_return =
        company_ == Company::among_others ||
        (claimed_ && name_ != "-" &&
         (!claimed_->terminal.is_pseudo_terminal() || has_only_been_hung_up(claimed_->terminal)));
    give_back();
    forget_all();
    if (!may_return) {
        exit_status_ = line_failed;
        leave_slowly(now);
        return;
    }
    look_again_later(now);
}

/// Whoever comes next finds what the first one found.
void Line::forget_all() {
    question_.reset();
    end_reading();
    chat_.reset();
    quiet_.reset();
    issue_.stop();
    claimed_.reset();
    times_ = {};
    steps_.begin_anew();
    options_ = steps_.options();
    modem_text_.clear();
}

/// Whoever starts getty on a line that is dead at once must not spin over it.
void Line::leave_slowly(Clock::time_point now) {
    const bool is_given_again = name_ == "-";
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

void Line::record_waiting() const {
    const std::string line{claimed_->terminal.name()};
    if (line.empty()) {
        return;  // a line without a name (another mount of devpts) has no record
    }
    const common::RecordPaths paths;
    const auto replacement = common::replace_record(own_record(line), paths.utmp);
    common::end_stale_records(replacement, line, paths);
}

/// login looks for the record of its process: the getty's that it was, where it was one.
void Line::record_login() const {
    const std::string line{claimed_->terminal.name()};
    if (!line.empty()) {
        common::put_record(own_record(line), common::RecordPaths{}.utmp);
    }
}

/// Of this process, at the line's prompt.
utmpx Line::own_record(std::string_view line) const {
    const pid_t process = ::getpid();
    return common::waiting_record({.line = line,
                                   .host = options_->host,
                                   .process = process,
                                   // A getty leads its session.
                                   .session = process,
                                   .when = now_for_record()});
}

}  // namespace getty
