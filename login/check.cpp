#include "login/check.hpp"

#include "common/json.hpp"
#include "common/safe_text.hpp"

namespace login {

using Level = Finding::Level;

namespace {

std::string_view word_for(CheckVerdict verdict) {
    switch (verdict) {
        case CheckVerdict::let_in: return "let in";
        case CheckVerdict::refused: return "refused";
        case CheckVerdict::unknown: break;
    }
    return "unknown";
}

std::string answer(const CheckReport& report) {
    const std::string who =
        report.user ? common::safe_text(*report.user) : "A person with an account";
    switch (verdict_of(report)) {
        case CheckVerdict::let_in:
            return who + " would be let in" +
                   (report.asks_for_password ? ", with the right password." : ".");
        case CheckVerdict::refused:
            return who + " would be refused: " + common::first_text(report.findings, Level::bad) +
                   ".";
        case CheckVerdict::unknown: break;
    }
    return "Cannot tell whether " + (report.user ? who : "anybody") +
           " would be let in: " + common::first_text(report.findings, Level::unknown) + ".";
}

std::string json_or_null(const std::optional<std::string>& text) {
    return text ? common::json_string(*text) : "null";
}

std::string json_module(const CheckedModule& checked) {
    const PamModule& module = checked.module;
    return "{\"service\": " + common::json_string(module.service) +
           ", \"type\": " + common::json_string(module.type) +
           ", \"control\": " + common::json_string(module.control) +
           ", \"module\": " + common::json_string(module.module) +
           ", \"path\": " + json_or_null(checked.path) + "}";
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
    return common::verdict_of(report.findings);
}

std::string check_as_text(const CheckReport& report) {
    return common::findings_as_text(report.findings, answer(report));
}

std::string check_as_json(const CheckReport& report) {
    return "{\n  \"version\": 1,\n  \"user\": " + json_or_null(report.user) +
           ",\n  \"line\": " + json_or_null(report.line) +
           ",\n  \"host\": " + json_or_null(report.host) +
           ",\n  \"verdict\": " + common::json_string(word_for(verdict_of(report))) +
           ",\n  \"findings\": " + common::json_list(report.findings, common::json_finding) +
           ",\n  \"modules\": " + common::json_list(report.modules, json_module) + "\n}\n";
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
