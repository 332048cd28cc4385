#include "common/language.hpp"
#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/syscall.hpp"
#include "getty/exit_status.hpp"
#include "getty/line.hpp"
#include "getty/login_command.hpp"
#include "getty/parity.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <system_error>
#include <utility>

namespace getty {

namespace {

using namespace std::chrono_literals;

constexpr auto first_pause = 1s;
constexpr auto quiet_after_refusal = 10s;
constexpr unsigned refusals_without_pause = 3;
/// A flood on the line is worked off in portions, so that no line starves another.
constexpr int most_bytes_at_once = 256;
/// A line is quiet again when nothing came for so long.
constexpr auto quiet_after_flood = 100ms;
/// Between two looks at a flood that fills the kernel's queue meanwhile, which
/// no real port does.
constexpr auto pause_in_torrent = 10ms;
constexpr std::size_t flood_portion = 1024;
constexpr int most_flood_reads = 4;  ///< as much as the kernel's queue holds
/// Refusals that long ago are forgotten.
constexpr auto memory_of_refusals = 60s;
/// The process that reads has microseconds of work; the machine may be busy.
constexpr auto patience_with_reader = 3s;
/// So long after the last key, with nothing typed, it goes.
constexpr auto idle_reader_stays = 10s;
/// A reader keeps less than that.
constexpr unsigned most_go_ons = 1024;

}  // namespace

void Line::on_input(short events, Clock::time_point now) {
    seen_any_ = false;
    if (state_ == LineState::asking) {
        on_bytes_in_answer(now);
    } else {
        on_bytes_in_opening(now);
    }
    if (claimed_) {
        flush();
    }
    if (!seen_any_ && (events & (POLLHUP | POLLERR)) != 0) {
        // A driver that reports trouble and gives no reason would be polled
        // without end.
        errno = EIO;
        common::throw_errno("read", claimed_->terminal.path());
    }
}

/// What comes is not looked at now.
bool Line::is_deaf() const {
    return times_.ask_again || times_.flood;
}

/// One byte at a time: what was typed after the name is left in the line, for login
/// to see that somebody types ahead.
std::optional<char> Line::next_byte(Clock::time_point now) {
    const auto byte = is_deaf() ? std::nullopt : claimed_->terminal.read_byte();
    if (!byte) {
        return std::nullopt;
    }
    seen_any_ = true;
    next_pause_ = first_pause;
    trouble_is_logged_ = false;
    if (gauge_.is_flood(now)) {
        is_typed_lost_ = times_.settled || !is_all_breaks({&*byte, 1});
        begin_flood(now);
        return std::nullopt;
    }
    if (!steps_.is_at_first() && options_->break_quiet > 0s && !times_.settled) {
        times_.quiet = now + options_->break_quiet;
    }
    return byte;
}

/// A key to go on, or what a modem says: it is compared with what is waited for.
void Line::on_bytes_in_opening(Clock::time_point now) {
    for (int count = 0; count < most_bytes_at_once && state_ == LineState::opening; ++count) {
        const auto byte = next_byte(now);
        if (!byte) {
            return;
        }
        on_received(marks_.feed(*byte), now);
    }
}

void Line::on_received(const LineEvent& event, Clock::time_point now) {
    if (std::holds_alternative<BreakReceived>(event)) {
        change_speed(judge_.on_break(), now);
    } else if (std::holds_alternative<DamagedByte>(event)) {
        change_speed(judge_.on_damage(), now);
    } else if (const auto* const received = std::get_if<Received>(&event)) {
        judge_.on_good_byte();
        if (!ends_.is_second_half(typed_key(received->byte), now)) {
            on_key_in_opening(received->byte, now);
        }
    }
}

/// A byte without what the terminal's parity may have put into it.
char Line::typed_key(char byte) const {
    return options_->detect_parity ? without_parity(byte) : byte;
}

/// They go to the reader unseen, up to one with which a name may be finished.
void Line::on_bytes_in_answer(Clock::time_point now) {
    std::array<char, ReaderRequest::most_bytes> bytes{};
    std::size_t size = 0;
    bool is_at_end = false;
    while (size < bytes.size() && !is_at_end) {
        const auto byte = next_byte(now);
        if (!byte) {
            break;
        }
        if (!times_.settled) {
            bytes[size++] = *byte;
            is_at_end = ends_batch(*byte);
        } else if (typed_key(*byte) != '\n') {  // the other half of the line's end
            on_more_after_answer(now);
        }
    }
    if (size > 0) {
        draw_news_of_hint();
        ask_reader({.now = now, .bytes = {bytes.data(), size}});
        ::explicit_bzero(bytes.data(), size);
    }
}

void Line::draw_news_of_hint() {
    const bool may_redraw = !options_->plain && !options_->accessible;
    if (auto hint = may_redraw ? hints_.news(claimed_->terminal) : std::nullopt) {
        append_output(question_->change_hint(*std::move(hint), claimed_->terminal.size().ws_col));
    }
}

/// It is started with the first byte, so that a line on which nobody types pays
/// nothing for it.
void Line::ask_reader(ReaderRequest request) {
    request.begins_anew = std::exchange(begins_anew_, false);
    request.after_gap = std::exchange(is_after_gap_, false) || is_deaf();
    // After a refused name the next may be noise that looks like one.
    takes_name_at_once_ = refusals_ == 0 || request.now - last_refusal_ >= memory_of_refusals;
    request.ends_with_name = takes_name_at_once_;
    go_ons_ = request.kind == ReaderRequest::Kind::go_on ? go_ons_ + 1 : 0;
    times_.reader.reset();
    times_.idle.reset();
    if (options_->no_sandbox) {
        if (!reader_) {
            reader_ = std::make_unique<NameReader>(
                *options_, std::exchange(probing_, Probing::not_wanted), ends_);
        }
        on_reply(reader_->take(request), request.now);
        return;
    }
    const bool is_new = !process_;
    if (is_new && !start_process(request.now)) {
        return;
    }
    try {
        process_->send(request);
        if (is_new) {
            // While it becomes powerless there is nothing else to do.
            static_cast<void>(ignored_signals());
        }
        awaits_reply_ = true;
        times_.reply_due = request.now + patience_with_reader;
    } catch (const std::system_error& problem) {
        lose_reader(problem.what(), request.now);
    }
}

/// Without it nobody can log in, whatever they type: they are told, too.
bool Line::start_process(Clock::time_point now) {
    try {
        process_ = std::make_unique<NameProcess>(
            *options_, std::exchange(probing_, Probing::not_wanted), ends_);
        return true;
    } catch (const std::system_error& problem) {
        const std::string why = std::string{"no name can be read now: "} + problem.what();
        if (now >= next_loss_logged_) {
            next_loss_logged_ = now + quiet_after_refusal;
            common::log(common::Severity::error,
                        why + ", on " + std::string{claimed_->terminal.name()});
        }
        emit("\r\ngetty: " + common::safe_text(why) + "\r\n");
        ask_after_refusal(now);
        return false;
    }
}

void Line::on_reply_of_process(Clock::time_point now) {
    std::optional<ReaderReply> reply;
    try {
        reply = reply_in(process_->receive(), *options_);
    } catch (const std::system_error& problem) {
        lose_reader(problem.what(), now);
        return;
    }
    if (!reply || go_ons_ > most_go_ons) {
        lose_reader("it says what it cannot have to say", now);
        return;
    }
    awaits_reply_ = false;
    times_.reply_due.reset();
    note_lacks(reply->lacks);
    on_reply(*reply, now);
    flush();
}

void Line::on_reply(const ReaderReply& reply, Clock::time_point now) {
    if (reply.size) {
        common::tolerate("set the size of the terminal", [&] {
            claimed_->terminal.set_size(reply.size->rows, reply.size->columns);
        });
    }
    if (reply.wakes_in) {
        times_.reader = now + *reply.wakes_in;
    }
    if (std::exchange(drops_reply_, false)) {
        if (takes_name_at_once_ && std::holds_alternative<TypedName>(reply.answer)) {
            end_reading();  // it has ended
        }
        return;
    }
    append_output(drawn(reply.output));
    question_->set_typed(reply.typed);
    has_typed_text_ = reply.has_typed_text;
    if (times_.settled) {
        // Typed before the terminal had answered.
        if (reply.has_more) {
            on_more_after_answer(now);
        }
        return;
    }
    if (!std::holds_alternative<StillTyping>(reply.answer)) {
        answer_ = reply.answer;
        on_answer(now);
        if (times_.settled && reply.has_more) {
            on_more_after_answer(now);
        }
    } else if (reply.speed != SpeedChange::stay) {
        change_speed(reply.speed, now);
    }
    if (state_ != LineState::asking || times_.settled || is_deaf()) {
        return;
    }
    if (reply.goes_on) {
        ask_reader({.kind = ReaderRequest::Kind::go_on, .now = now});
    } else if (!has_typed_text_ && !times_.reader) {
        times_.idle = now + idle_reader_stays;
    }
}

/// With the questions in their places.
std::string Line::drawn(std::string_view output) const {
    std::string text;
    for (const char byte : output) {
        switch (byte) {
            case question_place: text += question_->text(); break;
            case size_question_place: text += TerminalProbe::ask_for_size; break;
            case corner_question_place: text += TerminalProbe::ask_for_corner; break;
            default: text += byte;
        }
    }
    return text;
}

/// The reader works without what this kernel does not have; somebody should know.
void Line::note_lacks(std::uint8_t lacks) {
    if (lacks == std::exchange(known_lacks_, lacks) || lacks == 0) {
        return;
    }
    std::string missing;
    for (const auto& [lack, name] : {std::pair{Lack::user, "nobody's account"},
                                     std::pair{Lack::landlock, "Landlock"},
                                     std::pair{Lack::seccomp, "seccomp"}}) {
        if ((lacks & static_cast<unsigned>(lack)) != 0) {
            missing += (missing.empty() ? "" : ", ") + std::string{name};
        }
    }
    common::log(common::Severity::notice,
                "names on " + std::string{claimed_->terminal.name()} +
                    " are read by a process that could do more than that: without " + missing);
}

void Line::end_reading() noexcept {
    process_.reset();
    reader_.reset();
    awaits_reply_ = false;
    drops_reply_ = false;
    times_.reader.reset();
    times_.reply_due.reset();
    times_.idle.reset();
}

/// Killed, or got at through what was typed: the next one begins with an empty line, and
/// not too soon if that goes on.
void Line::lose_reader(std::string_view reason, Clock::time_point now) {
    end_reading();
    if (now >= next_loss_logged_) {
        next_loss_logged_ = now + quiet_after_refusal;
        common::log(common::Severity::warning,
                    "the process that reads names on " + std::string{claimed_->terminal.name()} +
                        " was replaced: " + std::string{reason});
    }
    emit("\r\n");
    ask_after_refusal(now);
}

/// The question has been asked: what the reader has is no part of the answer.
void Line::begin_answer() {
    answer_ = StillTyping{};
    has_typed_text_ = false;
    question_->set_typed({});
    begins_anew_ = true;
    drops_reply_ = awaits_reply_;
}

void Line::on_answer(Clock::time_point now) {
    if (std::holds_alternative<TypedName>(answer_)) {
        if (takes_name_at_once_) {
            take_name();
        } else {
            times_.settled = now + LineEnds::settling_time;
        }
    } else if (std::holds_alternative<NobodyThere>(answer_)) {
        times_.settled = now + LineEnds::settling_time;
    } else if (const auto* const refused = std::get_if<RefusedName>(&answer_)) {
        refuse_name(text_of(refused->fault), now);
    }
}

void Line::take_name() {
    state_ = LineState::handing_over;
}

/// Nothing came after the answer: somebody typed it.
void Line::on_settled() {
    if (std::holds_alternative<NobodyThere>(answer_)) {
        end_reading();
        state_ = LineState::done;
        exit_status_ = left;
    } else {
        take_name();
    }
}

/// All of it is thrown away, or the rest of a password typed ahead would be shown.
void Line::on_more_after_answer(Clock::time_point now) {
    is_typed_lost_ = true;
    begin_flood(now);
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
    is_after_gap_ = true;
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

/// Says why and asks again. It is no news: one log line in a while.
void Line::refuse_name(const char* why, Clock::time_point now) {
    if (now >= next_refusal_logged_) {
        next_refusal_logged_ = now + quiet_after_refusal;
        common::log(common::Severity::notice,
                    "refused a name on " + std::string{claimed_->terminal.name()} + ": " + why);
    }
    emit(bell() + common::translated(why) + "\r\n");
    ask_after_refusal(now);
}

/// After a pause that grows: noise must not keep the machine busy.
void Line::ask_after_refusal(Clock::time_point now) {
    refusals_ = now - last_refusal_ < memory_of_refusals ? refusals_ + 1 : 1;
    last_refusal_ = now;
    begin_answer();
    if (refusals_ <= refusals_without_pause) {
        emit(question_->ask());
        return;
    }
    const unsigned doublings = std::min(refusals_ - refusals_without_pause, 4U) - 1;
    times_.ask_again = now + std::min<std::chrono::seconds>(1s * (1U << doublings), longest_pause);
}

}  // namespace getty
