#include "login/greeting.hpp"

#include "common/language.hpp"
#include "common/safe_text.hpp"

#include <string_view>

namespace login {

using common::filled;
using common::to_translate;
using common::translated;

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
    std::string line = filled(translated(event), time.when);
    if (!time.host.empty()) {
        line += " " + filled(translated("from %s"), common::safe_text(time.host));
    }
    if (!time.line.empty()) {
        line += " " + filled(translated("on %s"), common::safe_text(time.line));
    }
    return line + "\n";
}

/// In the words that pam_lastlog(8) has for it.
std::string number_of(const GreetingFacts::Failures& failures, bool has_logged_in) {
    const unsigned long count = failures.count;
    if (failures.all_counted) {
        return has_logged_in
                   ? translated(
                         "There was %d failed login attempt since the last successful login.",
                         "There were %d failed login attempts since the last successful login.",
                         count)
                   : translated("There was %d failed login attempt.",
                                "There were %d failed login attempts.",
                                count);
    }
    const char* const words =
        has_logged_in
            ? translated(
                  "There were more than %s failed login attempts since the last successful login.")
            : translated("There were more than %s failed login attempts.");
    return filled(words, std::to_string(count));
}

std::string lines_about(const GreetingFacts::Failures& failures, bool has_logged_in) {
    return line_about(to_translate("Last failed login: %s"), failures.last) +
           number_of(failures, has_logged_in) + "\n";
}

std::string words_for(Mailbox mailbox) {
    switch (mailbox) {
        case Mailbox::unread: return std::string{translated("You have new mail.")} + "\n";
        case Mailbox::read: return std::string{translated("You have mail.")} + "\n";
        case Mailbox::empty: break;
    }
    return {};
}

}  // namespace

std::string greeting(const GreetingFacts& facts) {
    std::string text;
    if (facts.nologin) {
        append_lines(text, harmless(*facts.nologin));
        append_lines(text, translated("The system is closed to everybody else."));
    }
    if (facts.quiet) {
        return text;
    }
    if (facts.last_login) {
        text += line_about(to_translate("Last login: %s"), *facts.last_login);
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
