#include "getty/ask_name.hpp"

#include "common/language.hpp"
#include "common/safe_text.hpp"
#include "common/utf8.hpp"
#include "getty/login_command.hpp"

#include <algorithm>
#include <utility>

namespace getty {

using common::LineState;
using common::to_translate;

namespace {

bool is_small(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

bool has_capitals_only(std::string_view name) {
    return std::none_of(name.begin(), name.end(), is_small) &&
           std::any_of(name.begin(), name.end(), is_capital);
}

/// Columns of text that has been made harmless.
std::size_t columns_of(std::string_view shown) {
    std::size_t columns = 0;
    while (!shown.empty()) {
        const common::Decoded decoded = common::decode_utf8(shown);
        columns += static_cast<std::size_t>(common::display_width(decoded.code));
        shown.remove_prefix(decoded.length);
    }
    return columns;
}

std::string in_small_letters(std::string_view name) {
    std::string small{name};
    for (char& c : small) {
        c = is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return small;
}

}  // namespace

NameQuestion::NameQuestion(std::string prompt, const Options& options)
    : prompt_(std::move(prompt)),
      detects_case_(options.detect_case),
      more_erase_(options.erase_characters),
      more_kill_(options.kill_characters),
      editor_(storage_,
              {.keys = {.more_erase = more_erase_, .more_kill = more_kill_},
               .echo = options.hide_name ? common::Echo::hidden : common::Echo::shown}) {}

/// A terminal's Backspace is ^H or DEL, and only the terminal knows which. What
/// corrected the name is to correct what follows.
void NameQuestion::learn_key(char byte) {
    constexpr common::EditKeys usual;
    if (byte == usual.erase || byte == usual.also_erase ||
        more_erase_.find(byte) != more_erase_.npos) {
        keys_.erase = static_cast<cc_t>(byte);
    } else if (byte == usual.kill || more_kill_.find(byte) != more_kill_.npos) {
        keys_.kill = static_cast<cc_t>(byte);
    }
}

std::string NameQuestion::ask() {
    editor_.restart();
    answer_ = StillTyping{};
    return question();
}

std::string NameQuestion::change_hint(std::string hint, std::size_t columns) {
    const std::string typed = editor_.shown();
    const auto lines_of_hint = std::count(hint_.begin(), hint_.end(), '\n');
    auto rows_up = static_cast<std::size_t>(lines_of_hint);
    if (const std::size_t width = columns_of(prompt_ + typed); columns > 0 && width > 0) {
        // A full row's cursor waits at its end for the next character.
        rows_up += (width - 1) / columns;
    }
    std::string shown = "\r";
    if (rows_up > 0) {
        shown += "\x1b[" + std::to_string(rows_up) + "A";
    }
    hint_ = std::move(hint);
    return shown + "\x1b[J" + question() + typed;
}

std::string NameQuestion::show_again(std::string prompt) {
    prompt_ = std::move(prompt);
    return question() + editor_.shown();
}

std::string NameQuestion::feed(char byte) {
    answer_ = StillTyping{};
    learn_key(byte);
    std::string echo = editor_.feed(byte);
    switch (editor_.state()) {
        case LineState::typing: return echo;
        case LineState::finished: return echo + on_finished_line();
        case LineState::too_long:
        case LineState::spoilt:
            answer_ = RefusedName{to_translate("That is too long for a name.")};
            return echo;
        case LineState::interrupted: return echo + ask();
        case LineState::redraw: editor_.go_on(); return "\r\n" + question() + editor_.shown();
        case LineState::line_break:
            editor_.go_on();
            answer_ = SpeedMismatch{};
            return echo;
        case LineState::end_of_file: answer_ = NobodyThere{}; return "\r\n";
    }
    return echo;
}

std::string NameQuestion::on_finished_line() {
    const std::string_view name = editor_.text();
    if (name.empty()) {
        return ask();
    }
    if (!is_login_name(name)) {
        answer_ =
            RefusedName{to_translate("That cannot be a name: it has characters no name has.")};
        return {};
    }
    const LineEnding ending =
        editor_.ended_with_carriage_return() ? LineEnding::carriage_return : LineEnding::newline;
    if (detects_case_ && has_capitals_only(name)) {
        answer_ = TypedName{
            .name = in_small_letters(name),
            .typing = {.ending = ending, .letters = LetterCase::capitals_only, .keys = keys_}};
    } else {
        answer_ = TypedName{.name = std::string{name}, .typing = {.ending = ending, .keys = keys_}};
    }
    return {};
}

std::string name_prompt(const Options& options, std::string_view host) {
    if (options.no_hostname) {
        return "login: ";
    }
    const std::string_view shown = options.long_hostname ? host : host.substr(0, host.find('.'));
    return common::safe_text(shown) + " login: ";
}

}  // namespace getty
