#include "getty/terminal_probe.hpp"

#include "common/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace getty {

namespace {

constexpr char escape_key = '\x1b';
constexpr char csi_byte = '\x9b';         ///< CSI of C1, one byte
constexpr char string_end_byte = '\x9c';  ///< ST of C1
constexpr unsigned short most_rows_or_columns = 1000;
constexpr std::size_t longest_answer = 32;
constexpr std::size_t most_held = 512;

constexpr std::string_view begin_strings = "]PX^_";  ///< OSC DCS SOS PM APC

bool is_control(char byte) {
    return static_cast<unsigned char>(byte) < ' ' || byte == '\x7f';
}

bool is_eight_bit(char byte) {
    return static_cast<unsigned char>(byte) >= 0x80;
}

/// ECMA-48, 5.4: parameter and intermediate bytes of a control sequence.
bool is_inside_csi(char byte) {
    return byte >= ' ' && byte <= '?';
}

std::optional<unsigned short> take_number(std::string_view& text) {
    unsigned short number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || number < 1 || number > most_rows_or_columns) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

/// `24;80`, whole.
std::optional<TerminalSize> size_in(std::string_view text) {
    const auto rows = take_number(text);
    if (!rows || !text.starts_with(';')) {
        return std::nullopt;
    }
    text.remove_prefix(1);
    const auto columns = take_number(text);
    if (!columns || !text.empty()) {
        return std::nullopt;
    }
    return TerminalSize{.rows = *rows, .columns = *columns};
}

}  // namespace

TerminalProbe::Step TerminalProbe::start(Clock::time_point now) {
    if (asked_ == Asked::nothing) {
        ask(Asked::size, now);
    }
    return std::exchange(step_, {});
}

TerminalProbe::Step TerminalProbe::feed(char byte, Clock::time_point now) {
    if (asked_ == Asked::nothing) {
        ask(Asked::size, now);
    }
    if (!belongs_to_sequence(byte, now)) {
        add_key(byte);
    }
    last_byte_ = now;
    return std::exchange(step_, {});
}

TerminalProbe::Step TerminalProbe::on_time(Clock::time_point now) {
    if (wakes_at_ && now >= *wakes_at_) {
        wakes_at_.reset();
        if (asked_ == Asked::size && !settled_) {
            ask(Asked::cursor, now);
        } else if (now < window_ends_) {
            wakes_at_ = window_ends_;
        } else {
            settle();
        }
    }
    return std::exchange(step_, {});
}

void TerminalProbe::ask(Asked what, Clock::time_point now) {
    asked_ = what;
    step_.question += what == Asked::size ? ask_for_size : ask_for_corner;
    wakes_at_ = now + patience;
    window_ends_ = now + wait_for_late;
}

/// Return waits while an answer is outstanding, and with it what follows.
void TerminalProbe::add_key(char byte) {
    const bool goes_on = missing_ > 0 && common::continues_utf8(byte);
    missing_ = goes_on ? missing_ - 1 : std::max<std::size_t>(common::utf8_length(byte), 1) - 1;
    const bool ends_line = byte == '\r' || byte == '\n';
    if (held_.empty() && !(ends_line && !settled_)) {
        step_.keys += byte;
    } else if (held_.size() < most_held) {
        held_ += byte;
    }
}

void TerminalProbe::settle() {
    settled_ = true;
    wakes_at_.reset();
    step_.keys += std::exchange(held_, {});
}

bool TerminalProbe::belongs_to_sequence(char byte, Clock::time_point now) {
    const bool is_late = now - last_byte_ > patience;
    if (now >= window_ends_ && (part_ == Part::none || is_late)) {
        part_ = Part::none;
        return false;
    }
    if (part_ == Part::string) {
        return goes_on_in_string(byte, is_late);
    }
    if (part_ == Part::string_escape) {
        part_ = byte == '\\' ? Part::none : Part::escape;
        if (part_ == Part::none) {
            return true;
        }
    }
    if (byte == escape_key || (byte == csi_byte && missing_ == 0)) {
        begin_sequence(byte);
        return true;
    }
    switch (part_) {
        case Part::escape: return goes_on_after_escape(byte);
        case Part::single: part_ = Part::none; return !is_control(byte);
        case Part::csi: return goes_on_in_csi(byte, is_late);
        case Part::none:
        case Part::string:
        case Part::string_escape: return false;
    }
    return false;
}

void TerminalProbe::begin_sequence(char byte) {
    part_ = byte == escape_key ? Part::escape : Part::csi;
    sequence_.clear();
}

/// An ESC that began nothing is dropped: it may be all that was left of an answer.
bool TerminalProbe::goes_on_after_escape(char byte) {
    part_ = Part::none;
    if (byte == '[') {
        begin_sequence(csi_byte);
        return true;
    }
    if (begin_strings.find(byte) != begin_strings.npos) {
        part_ = Part::string;
        return true;
    }
    if (byte == 'O') {
        part_ = Part::single;
        return true;
    }
    return false;
}

bool TerminalProbe::goes_on_in_string(char byte, bool is_late) {
    if (byte == escape_key) {
        part_ = Part::string_escape;
        return true;
    }
    const bool ends = byte == '\a' || byte == string_end_byte;
    const bool goes_on = !ends && !is_late && !is_control(byte);
    part_ = goes_on ? Part::string : Part::none;
    return ends || goes_on;
}

bool TerminalProbe::goes_on_in_csi(char byte, bool is_late) {
    if (is_inside_csi(byte)) {
        if (sequence_.size() < longest_answer) {
            sequence_ += byte;
        }
        return true;
    }
    if (byte == '[' && sequence_.empty()) {
        part_ = Part::single;  // a function key of a virtual terminal
        return true;
    }
    part_ = Part::none;
    if (is_control(byte) || is_eight_bit(byte)) {
        return false;
    }
    // The end of it, unless the end was lost and this is a key.
    if (is_late && byte != 't' && byte != 'R') {
        return false;
    }
    take_answer(byte);
    return true;
}

/// Terminals answer in order: what answers the last question is the last answer.
void TerminalProbe::take_answer(char final_byte) {
    if (settled_) {
        return;
    }
    constexpr std::string_view size_mark = "8;";
    std::string_view text = sequence_;
    const bool tells_size = final_byte == 't' && text.starts_with(size_mark);
    const bool tells_corner = final_byte == 'R' && asked_ == Asked::cursor;
    if (!tells_size && !tells_corner) {
        return;
    }
    text.remove_prefix(tells_size ? size_mark.size() : 0);
    const auto size = size_in(text);
    if (size && !std::exchange(has_size_, true)) {
        step_.size = size;
    }
    if (tells_corner || (size && asked_ == Asked::size)) {
        settle();
    }
}

}  // namespace getty
