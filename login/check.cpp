#include "login/check.hpp"

#include "common/json.hpp"
#include "common/safe_text.hpp"

#include <algorithm>

namespace login {

using Level = Finding::Level;

namespace {

constexpr std::size_t longest_row = 79;

std::string_view sign_of(Level level) {
    switch (level) {
        case Level::good: return "ok";
        case Level::note: return "note";
        case Level::unknown: return "?";
        case Level::bad: return "NO";
    }
    return "?";
}

std::string_view word_for(Level level) {
    switch (level) {
        case Level::good: return "ok";
        case Level::note: return "note";
        case Level::unknown: return "unknown";
        case Level::bad: return "refused";
    }
    return "unknown";
}

std::string_view word_for(CheckVerdict verdict) {
    switch (verdict) {
        case CheckVerdict::let_in: return "let in";
        case CheckVerdict::refused: return "refused";
        case CheckVerdict::unknown: break;
    }
    return "unknown";
}

std::string padded(std::string_view text, std::size_t width) {
    std::string result{text};
    result.resize(std::max(width, result.size() + 1), ' ');
    return result;
}

/// The words of a text in rows behind a margin; `first` stands in the margin of
/// the first row.
std::string in_rows(const std::string& first, std::string_view text) {
    std::string out = first;
    std::size_t column = first.size();
    bool begins = true;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (!begins && column + 1 + word.size() > longest_row) {
            out += '\n' + std::string(first.size(), ' ');
            column = first.size();
            begins = true;
        }
        out += (begins ? "" : " ") + std::string{word};
        column += word.size() + (begins ? 0 : 1);
        begins = false;
    }
    return out + '\n';
}

std::string answer(const CheckReport& report) {
    const std::string who =
        report.user ? common::safe_text(*report.user) : "A person with an account";
    const auto reason = [&report](Level level) {
        const auto found = std::find_if(report.findings.begin(),
                                        report.findings.end(),
                                        [level](const Finding& f) { return f.level == level; });
        return found == report.findings.end() ? std::string{} : found->text;
    };
    switch (verdict_of(report)) {
        case CheckVerdict::let_in:
            return who + " would be let in" +
                   (report.asks_for_password ? ", with the right password." : ".");
        case CheckVerdict::refused: return who + " would be refused: " + reason(Level::bad) + ".";
        case CheckVerdict::unknown: break;
    }
    return "Cannot tell whether " + (report.user ? who : "anybody") +
           " would be let in: " + reason(Level::unknown) + ".";
}

std::string json_or_null(const std::optional<std::string>& text) {
    return text ? common::json_string(*text) : "null";
}

std::string json_finding(const Finding& finding) {
    return "{\"topic\": " + common::json_string(finding.topic) +
           ", \"level\": " + common::json_string(word_for(finding.level)) +
           ", \"text\": " + common::json_string(finding.text) + "}";
}

std::string json_module(const CheckedModule& checked) {
    const PamModule& module = checked.module;
    return "{\"service\": " + common::json_string(module.service) +
           ", \"type\": " + common::json_string(module.type) +
           ", \"control\": " + common::json_string(module.control) +
           ", \"module\": " + common::json_string(module.module) +
           ", \"path\": " + json_or_null(checked.path) + "}";
}

template <typename Items, typename Render>
std::string json_list(const Items& items, Render render) {
    std::string out = "[";
    for (const auto& item : items) {
        out += (out.size() > 1 ? ",\n    " : "\n    ") + render(item);
    }
    return out + (items.empty() ? "]" : "\n  ]");
}

Finding about_password(const AccountFacts& facts) {
    const auto found = [](Level level, const char* text) {
        return Finding{.level = level, .topic = "password", .text = text};
    };
    if (!facts.asks_for_password) {
        return found(Level::good, "none is asked for, with -f");
    }
    switch (facts.shadow) {
        case AccountFacts::Shadow::unreadable:
            return found(Level::unknown, "only root can read /etc/shadow");
        case AccountFacts::Shadow::absent:
            return found(Level::note, "the shadow file does not know the account");
        case AccountFacts::Shadow::present: break;
    }
    switch (facts.password) {
        case PasswordField::usable: return found(Level::good, "one is set");
        case PasswordField::locked: return found(Level::bad, "the account's password is locked");
        case PasswordField::elsewhere:
            return found(Level::note, "it is not in the shadow file, which has an x");
        case PasswordField::empty: break;
    }
    return facts.empty_is_refused
               ? found(Level::bad, "the account has none, and PREVENT_NO_AUTH refuses that")
               : found(Level::note, "the account has none");
}

std::optional<Finding> about_age(const AgeJudgement& age) {
    const auto found = [](Level level, std::string text) {
        return Finding{.level = level, .topic = "account", .text = std::move(text)};
    };
    switch (age.verdict) {
        case AgeVerdict::valid: return std::nullopt;
        case AgeVerdict::expires_soon:
            return found(Level::note,
                         "the password expires in days: " + std::to_string(age.days_left.count()));
        case AgeVerdict::must_change:
            return found(Level::note, "the password has expired and has to be changed first");
        case AgeVerdict::password_expired:
            return found(Level::bad, "the password has expired, and the time to change it is over");
        case AgeVerdict::account_expired: break;
    }
    return found(Level::bad, "the account has expired");
}

}  // namespace

CheckVerdict verdict_of(const CheckReport& report) {
    const auto has = [&report](Level level) {
        return std::any_of(report.findings.begin(),
                           report.findings.end(),
                           [level](const Finding& f) { return f.level == level; });
    };
    if (has(Level::bad)) {
        return CheckVerdict::refused;
    }
    return has(Level::unknown) ? CheckVerdict::unknown : CheckVerdict::let_in;
}

int status_of(CheckVerdict verdict) {
    switch (verdict) {
        case CheckVerdict::let_in: return 0;
        case CheckVerdict::refused: return 1;
        case CheckVerdict::unknown: break;
    }
    return 2;
}

std::string check_as_text(const CheckReport& report) {
    constexpr std::size_t sign_width = 5;
    constexpr std::size_t topic_width = 9;
    std::string text;
    for (const Finding& finding : report.findings) {
        text +=
            in_rows(padded(sign_of(finding.level), sign_width) + padded(finding.topic, topic_width),
                    common::safe_text(finding.text));
    }
    return text + in_rows("", common::safe_text(answer(report)));
}

std::string check_as_json(const CheckReport& report) {
    return "{\n  \"version\": 1,\n  \"user\": " + json_or_null(report.user) +
           ",\n  \"line\": " + json_or_null(report.line) +
           ",\n  \"host\": " + json_or_null(report.host) +
           ",\n  \"verdict\": " + common::json_string(word_for(verdict_of(report))) +
           ",\n  \"findings\": " + json_list(report.findings, json_finding) +
           ",\n  \"modules\": " + json_list(report.modules, json_module) + "\n}\n";
}

PasswordField look_at_field(std::string_view field) {
    if (field.empty()) {
        return PasswordField::empty;
    }
    if (field.starts_with('!') || field.starts_with('*')) {
        return PasswordField::locked;
    }
    return field == "x" ? PasswordField::elsewhere : PasswordField::usable;
}

std::vector<Finding> account_findings(const AccountFacts& facts) {
    if (!facts.user) {
        return {{.level = Level::bad, .topic = "account", .text = "there is no such account"}};
    }
    std::vector<Finding> findings{{.topic = "account",
                                   .text = "uid " + std::to_string(facts.user->uid) + ", gid " +
                                           std::to_string(facts.user->gid)}};
    if (facts.shadow == AccountFacts::Shadow::present) {
        if (auto finding = about_age(facts.age)) {
            findings.push_back(*std::move(finding));
        }
    } else if (facts.shadow == AccountFacts::Shadow::unreadable) {
        findings.push_back({.level = Level::unknown,
                            .topic = "account",
                            .text = "only root can see whether it has expired"});
    }
    if (facts.is_locked_out && facts.asks_for_password) {
        findings.push_back({.level = Level::bad,
                            .topic = "account",
                            .text = "too many attempts have failed (faillog)"});
    }
    findings.push_back(about_password(facts));
    return findings;
}

std::vector<Finding> stack_findings(const std::string& service,
                                    const PamStack& stack,
                                    const std::vector<CheckedModule>& modules) {
    std::vector<Finding> findings;
    const auto add = [&findings](Level level, std::string text) {
        findings.push_back({.level = level, .topic = "service", .text = std::move(text)});
    };
    for (const std::string& problem : stack.problems) {
        add(Level::bad, problem);
    }
    for (const char* type : {"auth", "account", "session"}) {
        if (!stack.has_type(type)) {
            add(Level::note,
                "PAM service " + service + " has no " + type + " line: those of `other' hold");
        }
    }
    std::size_t missing = 0;
    for (const CheckedModule& checked : modules) {
        const PamModule& module = checked.module;
        if (checked.path || module.may_be_missing) {
            continue;
        }
        ++missing;
        // What changes passwords is asked only when one has expired.
        const bool refuses = module.is_needed() && module.type != "password";
        add(refuses ? Level::bad : Level::note,
            "there is no module " + module.module + " (" + module.type + " " + module.control +
                " in the PAM service " + module.service + ")");
    }
    if (missing == 0 && stack.problems.empty()) {
        add(Level::good,
            "PAM service " + service + ": lines: " + std::to_string(modules.size()) +
                ", all modules found");
    }
    return findings;
}

}  // namespace login
