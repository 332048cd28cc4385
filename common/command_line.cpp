#include "common/command_line.hpp"

#include "common/program.hpp"

#include <algorithm>
#include <charconv>

namespace common {

namespace {

/// Walks over the words once; an option that needs a value may take the next.
class Reader {
  public:
    Reader(std::span<const OptionRule> rules,
           std::span<const char* const> words,
           OperandOrder order,
           std::size_t established)
        : rules_(rules), words_(words), order_(order), established_(established) {}

    CommandLine read() {
        while (next_ < words_.size()) {
            const std::string_view word = words_[next_++];
            if (word == "--") {
                take_operands();
            } else if (word.starts_with("--")) {
                read_long(word);
            } else if (word.size() > 1 && word.front() == '-') {
                read_cluster(word);
            } else {
                result_.operands.push_back(word);
                if (order_ == OperandOrder::after_options) {
                    take_operands();
                }
            }
        }
        return std::move(result_);
    }

  private:
    void take_operands() {
        for (; next_ < words_.size(); ++next_) {
            result_.operands.emplace_back(words_[next_]);
        }
    }

    void read_long(std::string_view word) {
        const std::string_view body = word.substr(2);
        const std::size_t equals = body.find('=');
        const std::size_t index = find_long(word, body.substr(0, equals));
        const OptionRule& rule = rules_[index];
        const std::string shown = "--" + std::string{rule.name};
        if (equals == body.npos) {
            const bool takes_next = rule.argument == Argument::required;
            result_.options.push_back({index, takes_next ? next_word(shown) : std::string_view{}});
            return;
        }
        if (rule.argument == Argument::none) {
            throw UsageError{"option " + shown + " takes no value"};
        }
        result_.options.push_back({index, body.substr(equals + 1)});
    }

    void read_cluster(std::string_view word) {
        for (std::size_t at = 1; at < word.size(); ++at) {
            const std::size_t index = find_letter(word[at]);
            const std::string shown = std::string{"-"} + word[at];
            const std::string_view rest = word.substr(at + 1);
            switch (rules_[index].argument) {
                case Argument::none: result_.options.push_back({index, {}}); continue;
                case Argument::required:
                    result_.options.push_back({index, rest.empty() ? next_word(shown) : rest});
                    return;
                case Argument::attached:
                    // "-Lalways" would otherwise read as -L -a lways.
                    if (!rest.empty() && rest.front() != '=') {
                        throw UsageError{"option " + shown + ": write " + shown + "=" +
                                         std::string{rest} + ", not " + std::string{word}};
                    }
                    result_.options.push_back({index, rest.empty() ? rest : rest.substr(1)});
                    return;
            }
        }
    }

    std::string_view next_word(const std::string& option) {
        if (next_ == words_.size()) {
            throw UsageError{"option " + option + " needs a value"};
        }
        return words_[next_++];
    }

    [[nodiscard]] std::size_t find_letter(char letter) const {
        const auto found = std::find_if(rules_.begin(), rules_.end(), [letter](const auto& rule) {
            return rule.letter == letter && letter != 0;
        });
        if (found == rules_.end()) {
            throw UsageError{std::string{"unknown option -"} + letter};
        }
        return static_cast<std::size_t>(found - rules_.begin());
    }

    [[nodiscard]] std::size_t find_long(std::string_view word, std::string_view name) const {
        std::vector<std::size_t> fitting;
        for (std::size_t index = 0; index < rules_.size(); ++index) {
            if (rules_[index].name == name) {
                return index;
            }
            if (rules_[index].name.starts_with(name) && !name.empty()) {
                fitting.push_back(index);
            }
        }
        if (fitting.empty()) {
            throw UsageError{"unknown option " + std::string{word}};
        }
        const bool only_one_established =
            fitting.front() < established_ &&
            std::all_of(fitting.begin() + 1, fitting.end(), [this](std::size_t index) {
                return index >= established_;
            });
        if (fitting.size() > 1 && !only_one_established) {
            throw UsageError{"option " + std::string{word} + " is ambiguous: " + list_of(fitting)};
        }
        return fitting.front();
    }

    [[nodiscard]] std::string list_of(const std::vector<std::size_t>& indices) const {
        std::string list;
        for (const std::size_t index : indices) {
            list += (list.empty() ? "--" : ", --") + std::string{rules_[index].name};
        }
        return list;
    }

    std::span<const OptionRule> rules_;
    std::span<const char* const> words_;
    OperandOrder order_;
    std::size_t established_;
    std::size_t next_ = 0;
    CommandLine result_;
};

}  // namespace

CommandLine read_command_line(std::span<const OptionRule> rules,
                              std::span<const char* const> words,
                              OperandOrder order,
                              std::size_t established) {
    return Reader{rules, words, order, established}.read();
}

unsigned read_number(std::string_view option,
                     std::string_view text,
                     unsigned least,
                     unsigned most) {
    unsigned value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, value);
    const bool leading_zero = text.size() > 1 && text.front() == '0';
    if (problem != std::errc{} || stopped != end || leading_zero || value < least || value > most) {
        throw UsageError{"option " + std::string{option} + ": \"" + std::string{text} +
                         "\" is not a whole number from " + std::to_string(least) + " to " +
                         std::to_string(most)};
    }
    return value;
}

}  // namespace common
