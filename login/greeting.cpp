#include "login/greeting.hpp"

#include "common/safe_text.hpp"

#include <string_view>

namespace login {

namespace {

/// With a line end, unless there is nothing to end.
void append_lines(std::string& text, const std::string& more) {
    text += more;
    if (!text.empty() && text.back() != '\n') {
        text += '\n';
    }
}

std::string last_login_line(const GreetingFacts::LastTime& last) {
    std::string line = "Last login: " + last.when;
    if (!last.host.empty()) {
        line += " from " + common::safe_text(last.host);
    }
    if (!last.line.empty()) {
        line += " on " + common::safe_text(last.line);
    }
    return line + "\n";
}

}  // namespace

std::string greeting(const GreetingFacts& facts) {
    std::string text;
    if (facts.nologin) {
        append_lines(text, *facts.nologin);
        text += "The system is closed to everybody else.\n";
    }
    if (facts.quiet) {
        return text;
    }
    if (facts.last_login) {
        text += last_login_line(*facts.last_login);
    }
    for (const std::string& message : facts.messages_of_the_day) {
        append_lines(text, message);
    }
    return text;
}

bool is_hushed_by(const std::string& list, const std::string& name, const std::string& shell) {
    if (list.empty()) {
        return true;
    }
    std::string_view rest = list;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : rest.size());
        if (!line.empty() && (line == name || line == shell)) {
            return true;
        }
    }
    return false;
}

}  // namespace login
