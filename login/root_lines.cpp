#include "login/root_lines.hpp"

#include "login/rule_text.hpp"

namespace login {

namespace {

/// The words of a line of ttys(5): quotes hold blanks together, `#` ends it.
/// Takes the first off the front; "" at the end.
std::string_view take_word(std::string_view& line) {
    line = without_blanks(line);
    if (line.empty() || line.front() == '#') {
        line = {};
        return {};
    }
    const bool quoted = line.front() == '"';
    if (quoted) {
        line.remove_prefix(1);
    }
    const std::string_view word = line.substr(0, line.find_first_of(quoted ? "\"" : " \t"));
    line.remove_prefix(word.size());
    if (quoted && !line.empty()) {
        line.remove_prefix(1);
    }
    return word;
}

/// `name "command" type flags`; of two flags that contradict each other the last
/// counts, of two entries the first.
bool is_secure(std::string_view text, std::string_view name) {
    bool found = false;
    bool secure = false;
    for_each_rule(text, [&](unsigned /*number*/, std::string_view line) {
        if (take_word(line) != name) {
            return true;
        }
        found = true;
        take_word(line);  // the command
        take_word(line);  // the type
        while (!(line = without_blanks(line)).empty()) {
            const std::string_view flag = take_word(line);
            secure = flag == "secure" || (secure && flag != "insecure");
        }
        return false;
    });
    return found && secure;
}

}  // namespace

bool lists_line(std::string_view text, std::string_view word) {
    bool found = false;
    for_each_rule(text, [&found, word](unsigned /*number*/, std::string_view line) {
        found = !word.empty() && line.substr(0, line.find_first_of("# \t")) == word;
        return !found;
    });
    return found;
}

std::optional<std::string_view> list_against_root(const RootLines& lists, std::string_view line) {
    if (lists.securetty && !lists_line(*lists.securetty, line)) {
        return "/etc/securetty";
    }
    if (lists.console && !lists_line(*lists.console, line)) {
        return "CONSOLE";
    }
    if (lists.ttys && !is_secure(*lists.ttys, line)) {
        return "/etc/ttys";
    }
    return std::nullopt;
}

}  // namespace login
