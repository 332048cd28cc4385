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

std::string harmless(const std::string& text) {
    return common::safe_text(text, common::LineBreaks::kept);
}

std::string line_about(const char* event, const GreetingFacts::LastTime& time) {
    std::string line = std::string{event} + ": " + time.when;
    if (!time.host.empty()) {
        line += " from " + common::safe_text(time.host);
    }
    if (!time.line.empty()) {
        line += " on " + common::safe_text(time.line);
    }
    return line + "\n";
}

/// In the words that pam_lastlog(8) has for it.
std::string lines_about(const GreetingFacts::Failures& failures, bool has_logged_in) {
    const bool is_one = failures.count == 1 && failures.all_counted;
    return line_about("Last failed login", failures.last) +
           (is_one ? "There was " : "There were ") + (failures.all_counted ? "" : "more than ") +
           std::to_string(failures.count) + " failed login attempt" + (is_one ? "" : "s") +
           (has_logged_in ? " since the last successful login.\n" : ".\n");
}

std::string_view words_for(Mailbox mailbox) {
    switch (mailbox) {
        case Mailbox::unread: return "You have new mail.\n";
        case Mailbox::read: return "You have mail.\n";
        case Mailbox::empty: break;
    }
    return {};
}

}  // namespace

std::string greeting(const GreetingFacts& facts) {
    std::string text;
    if (facts.nologin) {
        append_lines(text, harmless(*facts.nologin));
        text += "The system is closed to everybody else.\n";
    }
    if (facts.quiet) {
        return text;
    }
    if (facts.last_login) {
        text += line_about("Last login", *facts.last_login);
    }
    if (facts.failures.count > 0) {
        text += lines_about(facts.failures, facts.last_login.has_value());
    }
    for (const GreetingFacts::Message& message : facts.messages_of_the_day) {
        append_lines(text, message.trusted ? message.text : harmless(message.text));
    }
    return text.append(words_for(facts.mailbox));
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
