#include "getty/line_words.hpp"

#include "common/program.hpp"
#include "common/safe_text.hpp"

#include <algorithm>

namespace getty {

namespace {

constexpr std::string_view consoles_word = "@console";
constexpr std::string_view device_directory = "/dev/";

[[noreturn]] void refuse(std::string_view word, const char* why) {
    throw common::UsageError{"option --lines: " + common::quoted(word) + " " + why};
}

LineWord read_line_word(std::string_view word) {
    if (word == consoles_word) {
        return {.kind = LineWord::Kind::consoles};
    }
    if (word.empty() || word.starts_with('@')) {
        refuse(word, "is no line: write names, as tty1 or ttyS0, globs, or @console");
    }
    if (word == "-") {
        refuse(word, "is one line, and cannot be one of several");
    }
    if (word.find("..") != std::string_view::npos) {
        refuse(word, "leads to a line by ..: name it without");
    }
    if (word.starts_with(device_directory)) {
        word.remove_prefix(device_directory.size());
    }
    constexpr std::string_view of_globs = "*?[";
    const std::size_t first = word.find_first_of(of_globs);
    if (first == std::string_view::npos) {
        return {.kind = LineWord::Kind::name, .text = std::string{word}};
    }
    if (word.find('/', first) != std::string_view::npos) {
        refuse(word, "has a glob in the name of a directory");
    }
    return {.kind = LineWord::Kind::pattern, .text = std::string{word}};
}

}  // namespace

std::vector<LineWord> read_line_words(std::string_view list) {
    std::vector<LineWord> words;
    for (bool goes_on = true; goes_on;) {
        const std::size_t end = std::min(list.find(','), list.size());
        words.push_back(read_line_word(list.substr(0, end)));
        goes_on = end < list.size();
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return words;
}

}  // namespace getty
