#include "getty/noise.hpp"

#include <algorithm>

namespace getty {

namespace {

constexpr char mark = '\377';

}  // namespace

LineEvent MarkReader::feed(char byte) {
    switch (state_) {
        case State::plain:
            if (byte == mark) {
                state_ = State::marked;
                return NothingYet{};
            }
            if (byte == '\0') {
                return BreakReceived{};
            }
            return Received{byte};
        case State::marked:
            if (byte == '\0') {
                state_ = State::damaged;
                return NothingYet{};
            }
            // \377 \377; anything else the driver never sends after a mark.
            state_ = State::plain;
            return Received{byte};
        case State::damaged:
            state_ = State::plain;
            if (byte == '\0') {
                return BreakReceived{};
            }
            return DamagedByte{};
    }
    return NothingYet{};
}

SpeedChange NoiseJudge::on_break() {
    damaged_in_a_row_ = 0;
    return change();
}

SpeedChange NoiseJudge::on_damage() {
    if (++damaged_in_a_row_ < damage_that_counts) {
        return SpeedChange::stay;
    }
    damaged_in_a_row_ = 0;
    return change();
}

SpeedChange NoiseJudge::change() const {
    switch (policy_) {
        case BreakPolicy::ignore: return SpeedChange::stay;
        case BreakPolicy::cycle: return SpeedChange::next;
        case BreakPolicy::reset: return SpeedChange::first;
    }
    return SpeedChange::stay;
}

bool LineEnds::is_second_half(char byte, Time now) {
    const bool is_half = byte == '\n' && now - last_return_ < settling_time;
    last_return_ = byte == '\r' ? now : Time{};
    return is_half;
}

bool FloodGauge::is_flood(Time now) {
    constexpr auto time_of_a_byte =
        std::chrono::nanoseconds{std::chrono::seconds{1}} / most_a_second;
    const auto since = now - filled_at_;
    if (since >= time_of_a_byte * most_at_once) {
        left_ = most_at_once;
        filled_at_ = now;
    } else {
        const auto earned = since / time_of_a_byte;
        left_ = std::min(left_ + static_cast<int>(earned), most_at_once);
        filled_at_ += earned * time_of_a_byte;
    }
    if (left_ == 0) {
        return true;
    }
    --left_;
    return false;
}

bool is_all_breaks(std::string_view bytes) {
    return bytes.find_first_not_of(std::string_view{"\0\377", 2}) == std::string_view::npos;
}

}  // namespace getty
