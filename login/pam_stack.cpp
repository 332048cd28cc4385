#include "login/pam_stack.hpp"

#include "common/safe_text.hpp"

#include <algorithm>
#include <array>

namespace login {

namespace {

constexpr auto types = std::to_array<std::string_view>({"auth", "account", "password", "session"});
constexpr std::string_view blanks = " \t\r";

std::string lower(std::string_view text) {
    std::string result{text};
    std::transform(result.begin(), result.end(), result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

/// A word, or everything between brackets.
std::string take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(blanks)));
    const bool is_bracketed = line.starts_with('[');
    const auto end = is_bracketed ? std::min(line.size(), line.find(']') + 1)
                                  : std::min(line.size(), line.find_first_of(blanks));
    std::string word{line.substr(0, end)};
    line.remove_prefix(end);
    return word;
}

/// Without the comment, and with what a backslash at the end continues.
std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    bool continues = false;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        line = line.substr(0, line.find('#'));
        const auto end = line.find_last_not_of(blanks);
        line = line.substr(0, end == std::string_view::npos ? 0 : end + 1);
        const bool goes_on = line.ends_with('\\');
        line.remove_suffix(goes_on ? 1 : 0);
        if (continues) {
            lines.back().append(" ").append(line);
        } else {
            lines.emplace_back(line);
        }
        continues = goes_on;
    }
    return lines;
}

class Reader {
  public:
    Reader(const ReadService& read, PamStack& stack) : read_(read), stack_(stack) {}

    /// `only` is the type that is wanted; "" for all.
    void take(const std::string& service, std::string_view only, unsigned depth) {
        // Two lines that include their own file are soon more than can be read.
        constexpr unsigned deepest = 16;
        if (depth > deepest || ++files_ > most_files) {
            complain(service + ": includes itself, or too many others");
            return;
        }
        const auto text = read_(service);
        if (!text) {
            complain("the PAM service " + service + " has no file");
            return;
        }
        for (const std::string& line : lines_of(*text)) {
            if (files_ > most_files) {
                return;
            }
            take_line(service, line, only, depth);
        }
    }

  private:
    static constexpr unsigned most_files = 500;

    void take_line(const std::string& service,
                   std::string_view line,
                   std::string_view only,
                   unsigned depth) {
        std::string type = lower(take_word(line));
        if (type.empty()) {
            return;
        }
        if (type == "@include") {
            take(take_word(line), only, depth + 1);
            return;
        }
        const bool may_be_missing = type.starts_with('-');
        type.erase(0, may_be_missing ? 1 : 0);
        if (std::find(types.begin(), types.end(), type) == types.end()) {
            complain(service + ": a line begins with " + common::quoted(type));
            return;
        }
        if (!only.empty() && type != only) {
            return;
        }
        const std::string control = lower(take_word(line));
        const std::string module = take_word(line);
        if (module.empty()) {
            complain(service + ": a line of " + type + " names no module");
            return;
        }
        if (control == "include" || control == "substack") {
            take(module, type, depth + 1);
            return;
        }
        stack_.modules.push_back({.service = service,
                                  .type = type,
                                  .control = control,
                                  .module = module,
                                  .may_be_missing = may_be_missing});
    }

    void complain(const std::string& what) {
        const std::string harmless = common::safe_text(what);
        auto& problems = stack_.problems;
        if (std::find(problems.begin(), problems.end(), harmless) == problems.end()) {
            problems.push_back(harmless);
        }
    }

    const ReadService& read_;
    PamStack& stack_;
    unsigned files_ = 0;
};

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
}

}  // namespace

bool PamModule::is_needed() const {
    if (!control.starts_with('[')) {
        return control == "required" || control == "requisite";
    }
    const auto action_for = [this](const std::string& value) -> std::optional<std::string_view> {
        for (const char before : {'[', ' ', '\t'}) {
            const auto at = control.find(before + value + "=");
            if (at != std::string::npos) {
                const auto begin = at + value.size() + 2;
                return std::string_view{control}.substr(
                    begin, control.find_first_of(" \t]", begin) - begin);
            }
        }
        return std::nullopt;
    };
    auto action = action_for("module_unknown");
    if (!action) {
        action = action_for("default");
    }
    return action.value_or("bad") == "bad" || action == "die";
}

bool PamStack::has_type(std::string_view type) const {
    return std::any_of(
        modules.begin(), modules.end(), [type](const PamModule& m) { return m.type == type; });
}

bool PamStack::has_module(std::string_view name) const {
    return std::any_of(modules.begin(), modules.end(), [name](const PamModule& m) {
        return base_name(m.module) == name;
    });
}

PamStack read_pam_stack(const std::string& service, const ReadService& read) {
    PamStack stack;
    Reader{read, stack}.take(service, "", 0);
    return stack;
}

}  // namespace login
