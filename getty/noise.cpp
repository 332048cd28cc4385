#include "getty/noise.hpp"

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

}  // namespace getty
