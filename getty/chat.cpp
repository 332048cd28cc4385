#include "getty/chat.hpp"

#include "getty/table_text.hpp"

#include <algorithm>
#include <utility>

namespace getty {

namespace {

using namespace std::chrono_literals;

/// More than any modem says before what is waited for is forgotten.
constexpr std::size_t longest_memory = 1024;

/// Words between blanks; inside of quotes a blank belongs to the word.
std::vector<std::string> chat_words(std::string_view script) {
    std::vector<std::string> words;
    bool inside = false;
    char quote = 0;
    for (std::size_t i = 0; i < script.size(); ++i) {
        const char c = script[i];
        const bool is_blank = c == ' ' || c == '\t' || c == '\n';
        if (quote == 0 && is_blank) {
            inside = false;
            continue;
        }
        if (!inside) {
            words.emplace_back();
            inside = true;
        }
        if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
        } else if (quote != 0 && c == quote) {
            quote = 0;
        } else {
            words.back() += c;
            if (c == '\\' && i + 1 < script.size()) {
                words.back() += script[++i];
            }
        }
    }
    return words;
}

char character_after_backslash(char letter) {
    switch (letter) {
        case 'b': return '\b';
        case 'n': return '\n';
        case 'r': return '\r';
        case 's': return ' ';
        case 't': return '\t';
        default: return letter;
    }
}

/// Takes the escapes out of a word.
std::vector<ChatPiece> pieces_of(std::string_view word) {
    std::vector<ChatPiece> pieces(1);
    while (!word.empty()) {
        const char c = word.front();
        word.remove_prefix(1);
        if (c != '\\' || word.empty()) {
            pieces.back().text += c;
            continue;
        }
        if (const auto octal = take_octal(word)) {
            pieces.back().text += *octal;
            continue;
        }
        const char letter = word.front();
        word.remove_prefix(1);
        if (letter == 'd' || letter == 'p') {
            pieces.back().pause = letter == 'd' ? 1000ms : 100ms;
            pieces.emplace_back();
        } else if (letter != 'c') {
            pieces.back().text += character_after_backslash(letter);
        }
    }
    return pieces;
}

/// A pause has no meaning in what is waited for.
std::string text_of(std::string_view word) {
    std::string text;
    for (const ChatPiece& piece : pieces_of(word)) {
        text += piece.text;
    }
    return text;
}

/// Up to the next dash that no backslash stands before.
std::string_view take_part(std::string_view& word) {
    std::size_t end = 0;
    while (end < word.size() && word[end] != '-') {
        end += word[end] == '\\' ? std::size_t{2} : std::size_t{1};
    }
    end = std::min(end, word.size());
    const std::string_view part = word.substr(0, end);
    word.remove_prefix(std::min(end + 1, word.size()));
    return part;
}

}  // namespace

Chat::Chat(std::string_view script) {
    const auto words = chat_words(script);
    for (std::size_t i = 0; i < words.size(); i += 2) {
        Exchange exchange{.alternatives = read_expectations(words[i])};
        if (i + 1 < words.size()) {
            exchange.reply = pieces_of(words[i + 1]);
        }
        exchanges_.push_back(std::move(exchange));
    }
    start_waiting();
}

std::vector<Chat::Expectation> Chat::read_expectations(std::string_view word) {
    std::vector<Expectation> alternatives;
    do {
        Expectation expectation{.text = text_of(take_part(word))};
        if (!word.empty()) {
            expectation.when_late = pieces_of(take_part(word));
            // What is sent last, in a word that ends with it, is answered by anything.
            alternatives.push_back(std::exchange(expectation, {}));
            if (!word.empty()) {
                continue;
            }
        }
        alternatives.push_back(std::move(expectation));
    } while (!word.empty());
    return alternatives;
}

std::optional<ChatPiece> Chat::next_piece() {
    if (to_send_.empty()) {
        return std::nullopt;
    }
    ChatPiece piece = std::move(to_send_.front());
    to_send_.pop_front();
    return piece;
}

bool Chat::is_waiting() const {
    return to_send_.empty() && !exchanges_.empty() && !has_failed_;
}

bool Chat::has_ended() const {
    return has_failed_ || (to_send_.empty() && exchanges_.empty());
}

void Chat::feed(char byte) {
    if (!is_waiting()) {
        return;
    }
    heard_ += byte;
    if (heard_.size() > longest_memory) {
        heard_.erase(0, heard_.size() - longest_memory / 2);
    }
    if (heard_.ends_with(exchanges_.front().alternatives[alternative_].text)) {
        finish_exchange();
    }
}

void Chat::time_is_up() {
    if (!is_waiting()) {
        return;
    }
    const auto& alternatives = exchanges_.front().alternatives;
    if (alternative_ + 1 >= alternatives.size()) {
        has_failed_ = true;
        return;
    }
    const auto& late = alternatives[alternative_].when_late;
    to_send_.insert(to_send_.end(), late.begin(), late.end());
    ++alternative_;
    heard_.clear();
    if (alternatives[alternative_].text.empty()) {
        finish_exchange();
    }
}

void Chat::finish_exchange() {
    const Exchange exchange = std::move(exchanges_.front());
    exchanges_.pop_front();
    to_send_.insert(to_send_.end(), exchange.reply.begin(), exchange.reply.end());
    start_waiting();
}

/// What is to be sent without waiting for anything is sent at once.
void Chat::start_waiting() {
    alternative_ = 0;
    heard_.clear();
    while (!exchanges_.empty() && exchanges_.front().alternatives.front().text.empty()) {
        const auto& reply = exchanges_.front().reply;
        to_send_.insert(to_send_.end(), reply.begin(), reply.end());
        exchanges_.pop_front();
    }
}

}  // namespace getty
