#include "getty/ask_name.hpp"

#include "common/language.hpp"
#include "common/safe_text.hpp"
#include "getty/login_command.hpp"

#include <algorithm>

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

std::string in_small_letters(std::string_view name) {
    std::string small{name};
    for (char& c : small) {
        c = is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return small;
}

}  // namespace

NameQuestion::NameQuestion(const Options& options)
    : detects_case_(options.detect_case),
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

void NameQuestion::begin_anew() {
    editor_.restart();
    answer_ = StillTyping{};
}

std::string NameQuestion::feed(char byte) {
    answer_ = StillTyping{};
    learn_key(byte);
    std::string echo = editor_.feed(byte);
    switch (editor_.state()) {
        case LineState::typing: return echo;
        case LineState::finished: return echo + on_finished_line();
        case LineState::too_long:
        case LineState::spoilt: answer_ = RefusedName{NameFault::too_long}; return echo;
        case LineState::interrupted: begin_anew(); return echo + question_place;
        case LineState::redraw:
            editor_.go_on();
            return std::string{"\r\n"} + question_place + editor_.shown();
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
        begin_anew();
        return {question_place};
    }
    if (!is_login_name(name)) {
        answer_ = RefusedName{NameFault::has_other_characters};
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

const char* text_of(NameFault fault) {
    switch (fault) {
        case NameFault::too_long: return to_translate("That is too long for a name.");
        case NameFault::has_other_characters:
            return to_translate("That cannot be a name: it has characters no name has.");
    }
    return "";
}

std::string name_prompt(const Options& options, std::string_view host) {
    if (options.no_hostname) {
        return "login: ";
    }
    const std::string_view shown = options.long_hostname ? host : host.substr(0, host.find('.'));
    return common::safe_text(shown) + " login: ";
}

}  // namespace getty
