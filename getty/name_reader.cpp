#include "getty/name_reader.hpp"

#include <algorithm>
#include <utility>

namespace getty {

namespace {

using std::chrono::milliseconds;

/// More is said with the next reply; one key shows less than most_output besides.
constexpr std::size_t enough_output = 1024;

bool is_over(const Answer& answer) {
    return !std::holds_alternative<StillTyping>(answer) &&
           !std::holds_alternative<SpeedMismatch>(answer);
}

}  // namespace

NameReader::NameReader(const Options& options, Probing probing, const LineEnds& ends)
    : detects_parity_(options.detect_parity),
      question_(options),
      judge_(options.break_policy),
      ends_(ends) {
    if (probing == Probing::wanted) {
        probe_.emplace();
    }
}

ReaderReply NameReader::take(const ReaderRequest& request) {
    reply_ = {};
    if (request.after_gap) {
        marks_ = {};
        kept_.clear();
    }
    if (request.begins_anew) {
        question_.begin_anew();
        parity_ = {};
    }
    switch (request.kind) {
        case ReaderRequest::Kind::bytes:
            for (const char byte : request.bytes) {
                on_byte(byte, request.now);
            }
            break;
        case ReaderRequest::Kind::time:
            if (probe_) {
                on_step(probe_->on_time(request.now));
            }
            if (request.after_gap) {
                kept_.clear();
            }
            break;
        case ReaderRequest::Kind::begin_probe:
            if (probe_) {
                on_step(probe_->start(request.now));
            }
            break;
        case ReaderRequest::Kind::go_on: break;
    }
    read_kept();
    reply_.typed = question_.shown();
    reply_.has_typed_text = question_.has_typed_text();
    reply_.goes_on = !kept_.empty();
    reply_.has_more = kept_.find_first_not_of('\n') != kept_.npos;
    if (probe_ && probe_->wakes_at()) {
        reply_.wakes_in =
            std::clamp(std::chrono::ceil<milliseconds>(*probe_->wakes_at() - request.now),
                       milliseconds{1},
                       milliseconds{TerminalProbe::wait_for_late});
    }
    return std::exchange(reply_, {});
}

void NameReader::on_byte(char byte, Time now) {
    const LineEvent event = marks_.feed(byte);
    if (std::holds_alternative<BreakReceived>(event)) {
        reply_.speed = judge_.on_break();
    } else if (std::holds_alternative<DamagedByte>(event)) {
        reply_.speed = judge_.on_damage();
    } else if (const auto* const received = std::get_if<Received>(&event)) {
        on_received(received->byte, now);
    }
}

void NameReader::on_received(char byte, Time now) {
    judge_.on_good_byte();
    if (ends_.is_second_half(detects_parity_ ? without_parity(byte) : byte, now)) {
        return;
    }
    const char key = detects_parity_ ? parity_.feed(byte) : byte;
    if (probe_) {
        on_step(probe_->feed(key, now));
    } else {
        kept_ += key;
        read_kept();
    }
}

void NameReader::on_step(const TerminalProbe::Step& step) {
    if (step.size) {
        reply_.size = step.size;
    }
    kept_ += step.keys;
    read_kept();
    if (step.question == TerminalProbe::ask_for_size) {
        reply_.output += size_question_place;
    } else if (step.question == TerminalProbe::ask_for_corner) {
        reply_.output += corner_question_place;
    }
}

/// Up to what getty has to decide about.
void NameReader::read_kept() {
    while (!kept_.empty() && !is_over(question_.answer()) && reply_.speed == SpeedChange::stay &&
           reply_.output.size() < enough_output) {
        const char key = kept_.front();
        kept_.erase(0, 1);
        reply_.output += question_.feed(key);
        on_answer(question_.answer());
    }
}

void NameReader::on_answer(const Answer& answer) {
    if (std::holds_alternative<SpeedMismatch>(answer)) {
        reply_.speed = judge_.on_break();
    } else {
        reply_.answer = answer;
        if (auto* const typed = std::get_if<TypedName>(&reply_.answer)) {
            typed->typing.parity = parity_.parity();
        }
    }
}

bool ends_batch(char byte) {
    constexpr char erase = 0x7F;
    const char key = without_parity(byte);
    return key < ' ' || key == erase;
}

}  // namespace getty
