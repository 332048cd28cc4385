#include "common/line_editor.hpp"

#include "common/safe_text.hpp"
#include "common/utf8.hpp"

#include <algorithm>
#include <utility>

#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero(3)

namespace common {

namespace {

/// XON and XOFF: what a terminal sends by itself when its buffer is full.
constexpr bool is_flow_control(char byte) {
    return byte == '\x11' || byte == '\x13';
}

constexpr char escape_key = '\x1b';

/// Columns of text as safe_text shows it.
std::size_t columns_of(std::string_view untrusted) {
    const std::string shown = safe_text(untrusted);
    std::size_t columns = 0;
    for (std::string_view rest = shown; !rest.empty();) {
        const Decoded decoded = decode_utf8(rest);
        columns += static_cast<std::size_t>(display_width(decoded.code));
        rest.remove_prefix(decoded.length);
    }
    return columns;
}

std::string rub_out(std::size_t columns) {
    std::string echo;
    for (; columns > 0; --columns) {
        echo += "\b \b";
    }
    return echo;
}

}  // namespace

std::string LineEditor::feed(char byte) {
    if (std::exchange(second_half_may_come_, false) && byte == '\n') {
        return {};
    }
    if (skips_escape(byte)) {
        return {};
    }
    std::string echo;
    if (escape_ == Escape::begun) {
        // An ESC that began no sequence is a byte like another.
        escape_ = Escape::none;
        echo = insert(escape_key);
        if (byte == escape_key) {
            escape_ = Escape::begun;
            return echo;
        }
    }
    return echo + edit(byte);
}

/// ESC [ … letter is dropped whole: arrow keys, and the brackets that some
/// terminals put around pasted text. ESC [ [ A is F1 on a virtual terminal.
bool LineEditor::skips_escape(char byte) {
    switch (escape_) {
        case Escape::none:
            if (byte != escape_key) {
                return false;
            }
            escape_ = Escape::begun;
            return true;
        case Escape::begun:
            if (byte != '[' && byte != 'O') {
                return false;
            }
            escape_ = Escape::sequence;
            return true;
        case Escape::sequence: {
            const bool belongs = byte >= ' ' && byte <= '~';
            if ((byte >= '@' && byte != '[') || !belongs) {
                escape_ = Escape::none;
            }
            return belongs;
        }
    }
    return false;
}

std::string LineEditor::edit(char byte) {
    const EditKeys& keys = rules_.keys;
    if (byte == '\r' || byte == '\n') {
        return finish(byte);
    }
    if (byte == '\0') {
        if (rules_.nul == NulByte::breaks) {
            state_ = LineState::line_break;
            return {};
        }
        spoilt_ = true;
        return {};
    }
    if (byte == keys.erase || byte == keys.also_erase ||
        keys.more_erase.find(byte) != keys.more_erase.npos) {
        return erase_last();
    }
    if (byte == keys.kill || keys.more_kill.find(byte) != keys.more_kill.npos) {
        return erase_all();
    }
    if (byte == keys.word_erase) {
        return erase_word();
    }
    if (byte == keys.interrupt) {
        restart();
        state_ = LineState::interrupted;
        return "^C\r\n";
    }
    if (is_flow_control(byte) && rules_.echo == Echo::shown) {
        return {};
    }
    if (byte == keys.redraw) {
        state_ = LineState::redraw;
        return {};
    }
    if (byte == keys.end_of_file && size_ == 0) {
        state_ = LineState::end_of_file;
        return {};
    }
    return insert(byte);
}

std::string LineEditor::finish(char byte) {
    carriage_return_ = byte == '\r';
    state_ = LineState::finished;
    if (beyond_ > 0 || spoilt_) {
        state_ = beyond_ > 0 ? LineState::too_long : LineState::spoilt;
        cut_to(0);
    }
    return "\r\n";
}

std::string LineEditor::insert(char byte) {
    const bool goes_on = missing_ > 0 && continues_utf8(byte);
    const std::size_t missing =
        goes_on ? missing_ - 1 : std::max<std::size_t>(utf8_length(byte), 1) - 1;
    if (beyond_ > 0 || size_ == storage_.size()) {
        // Counted, so that erasing takes back first what was never kept. A
        // character that only began to fit is beyond as a whole.
        if (goes_on && beyond_ == 0) {
            cut_to(echoed_);
            beyond_ = 1;
        } else if (!goes_on) {
            ++beyond_;
        }
        missing_ = missing;
        return {};
    }
    storage_[size_++] = byte;
    missing_ = missing;
    // Nothing is shown until the character is whole.
    return missing_ > 0 ? std::string{} : echo_of_new();
}

std::string LineEditor::echo_of_new() {
    // A byte may complete what is shown as broken since the one after it was erased.
    const std::size_t start = std::min(echoed_, start_of_last());
    const std::size_t mended = width_of(start, echoed_);
    echoed_ = size_;
    return rub_out(mended) + form_of(start, size_);
}

/// How a part of the line looks on the terminal.
std::string LineEditor::form_of(std::size_t start, std::size_t end) const {
    return rules_.echo == Echo::shown ? safe_text(text().substr(start, end - start))
                                      : std::string(width_of(start, end), '*');
}

/// Columns of that.
std::size_t LineEditor::width_of(std::size_t start, std::size_t end) const {
    const std::string_view part = text().substr(start, end - start);
    if (rules_.echo == Echo::shown) {
        return columns_of(part);
    }
    std::size_t marks = 0;
    for (std::size_t done = 0; done < part.size() && rules_.feedback != Feedback::none;) {
        marks += marks_at(start + done);
        done += decode_utf8(part.substr(done)).length;
    }
    return marks;
}

/// For the character there. The place decides and not what stands in it: erased,
/// as many go as came.
std::size_t LineEditor::marks_at(std::size_t position) const {
    if (rules_.feedback == Feedback::dots) {
        return 1;
    }
    constexpr std::uint32_t golden_ratio = 0x9E3779B9;
    constexpr std::uint32_t mixer = 0x45D9F3B;
    std::uint32_t mixed = rules_.seed ^ (static_cast<std::uint32_t>(position) * golden_ratio);
    for (int round = 0; round < 2; ++round) {
        mixed = (mixed ^ (mixed >> 16U)) * mixer;
    }
    return 1 + (mixed >> 16U) % 3;
}

/// Where the last character begins; a byte that belongs to none stands alone.
std::size_t LineEditor::start_of_last() const {
    const std::size_t longest = std::min<std::size_t>(size_, 4);
    for (std::size_t back = 1; back <= longest; ++back) {
        const std::string_view tail = text().substr(size_ - back);
        if (const Decoded decoded = decode_utf8(tail); decoded.valid && decoded.length == back) {
            return size_ - back;
        }
    }
    return size_ - 1;
}

void LineEditor::cut_to(std::size_t size) {
    ::explicit_bzero(storage_.data() + size, size_ - size);
    size_ = size;
    echoed_ = std::min(echoed_, size);
    missing_ = 0;
}

std::string LineEditor::erase_last() {
    if (beyond_ > 0) {
        --beyond_;
        missing_ = 0;
        return {};
    }
    if (echoed_ < size_) {
        // An unfinished character was never shown.
        cut_to(echoed_);
        return {};
    }
    // A combining character goes together with the one it stands on.
    std::size_t columns = 0;
    std::size_t shown = 0;
    while (size_ > 0 && columns == 0) {
        const std::size_t start = start_of_last();
        columns = columns_of(text().substr(start));
        shown += width_of(start, size_);
        cut_to(start);
    }
    return rub_out(shown);
}

std::string LineEditor::erase_word() {
    std::string echo;
    const auto last_is_blank = [this] { return storage_[size_ - 1] == ' '; };
    while (size_ > 0 && last_is_blank()) {
        echo += erase_last();
    }
    while (size_ > 0 && !last_is_blank()) {
        echo += erase_last();
    }
    return echo;
}

std::string LineEditor::erase_all() {
    std::string echo;
    beyond_ = 0;
    missing_ = 0;
    while (size_ > 0) {
        echo += erase_last();
    }
    spoilt_ = false;
    return echo;
}

std::string LineEditor::shown() const {
    return form_of(0, echoed_);
}

void LineEditor::restart() {
    cut_to(0);
    escape_ = Escape::none;
    beyond_ = 0;
    spoilt_ = false;
    state_ = LineState::typing;
}

}  // namespace common
