#include "login/check_facts.hpp"

#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/terminal.hpp"
#include "common/text_file.hpp"
#include "login/admission_facts.hpp"
#include "login/faillog.hpp"
#include "login/home_view.hpp"
#include "login/line.hpp"
#include "login/make_gate.hpp"
#include "login/pam_files.hpp"
#include "login/settings_files.hpp"
#include "login/shadow_gate.hpp"
#include "login/user_name.hpp"

#include <algorithm>
#include <exception>

#include <sys/stat.h>
#include <unistd.h>

namespace login {

using Level = Finding::Level;

namespace {

/// For what asks a gate only whose the rules are.
class GateInName : public Gate {
  public:
    explicit GateInName(bool has_rules) : has_rules_(has_rules) {}

    [[nodiscard]] Verdict admits(const std::string& /*name*/) override { return {}; }
    void trust(const std::string& /*name*/) override {}
    [[nodiscard]] std::optional<Refusal> require_valid_account() override { return std::nullopt; }
    [[nodiscard]] std::string user_name() const override { return {}; }
    [[nodiscard]] bool has_rules_of_its_own() const override { return has_rules_; }
    void open_session(Greeting /*greeting*/) override {}
    [[nodiscard]] common::Environment environment() override { return {}; }
    void forget_in_child() noexcept override {}
    void close_session() noexcept override {}

  private:
    bool has_rules_;
};

bool is_root() {
    return ::geteuid() == 0;
}

bool is_there(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

/// Everything one look knows, while it goes on.
class Look {
  public:
    explicit Look(const Options& options) : options_(options) {
        report_.user = options.user;
        report_.host = options.host;
    }

    CheckReport take() {
        look_at_settings();
        look_at_terminal();
        if (kind_ == GateKind::pam) {
            look_at_service();
        } else {
            look_at_shadow_file();
        }
        look_at_options();
        report_.asks_for_password = asks_for_password();
        if (options_.user) {
            look_at_account();
        }
        // What the files say is wrong in them, and the log would have said.
        for (const std::string& line : log_.lines()) {
            add(Level::note, "files", line);
        }
        return std::move(report_);
    }

  private:
    void add(Level level, const char* topic, std::string text) {
        report_.findings.push_back({.level = level, .topic = topic, .text = std::move(text)});
    }

    void look_at_settings() {
        try {
            settings_ = read_settings();
        } catch (const std::exception& problem) {
            add(is_root() ? Level::bad : Level::unknown, "settings", problem.what());
        }
        kind_ = gate_kind(settings_);
        const std::string name = kind_ == GateKind::pam ? "PAM" : "the shadow file";
        if (kind_ == GateKind::pam && !can_use_pam()) {
            add(Level::bad, "gate", "LOGIN_GATE is pam, and this login was built without PAM");
            return;
        }
        add(Level::good,
            "gate",
            name + " decides who may come in: " +
                (settings_.gate ? "LOGIN_GATE says so"
                                : "LOGIN_GATE says nothing, and login was built so"));
    }

    void look_at_terminal() {
        line_.remote_host = options_.host;
        line_.shown_host = options_.host.value_or("");
        if (::isatty(STDIN_FILENO) != 1) {
            add(Level::note,
                "line",
                "standard input is no terminal: what depends on the line is left out");
            return;
        }
        try {
            line_ = look_at_line({.terminal = common::Terminal::standard_input(),
                                  .session_owner = SessionOwner::login},
                                 options_);
            has_line_ = true;
            report_.line = line_.name;
            add(Level::good, "line", line_.origin());
        } catch (const std::exception& problem) {
            add(Level::unknown, "line", problem.what());
        }
    }

    void look_at_service() {
        std::string service = "login";
        if (line_.remote_host) {
            if (pam_service_text("remote")) {
                service = "remote";
            } else {
                add(Level::note,
                    "service",
                    "there is no PAM service remote: login is used for this host");
            }
        }
        const PamStack stack = read_pam_stack(service, pam_service_text);
        for (const PamModule& module : stack.modules) {
            report_.modules.push_back({.module = module, .path = pam_module_path(module.module)});
        }
        for (Finding& finding : stack_findings(service, stack, report_.modules)) {
            report_.findings.push_back(std::move(finding));
        }
        if (stack.has_module("pam_nologin.so")) {
            look_at_nologin("/etc/nologin");
            look_at_nologin("/var/run/nologin");
        }
        add(Level::note, "service", "a module may refuse for reasons that only it knows");
    }

    /// For a stack that heeds it; our own gate's is in admit().
    void look_at_nologin(const std::string& path) {
        if (is_there(path) && options_.user != "root") {
            add(Level::bad, "service", path + " is there, and pam_nologin keeps out all but root");
        }
    }

    void look_at_shadow_file() {
        try {
            require_shadow_file();
            add(Level::good, "service", "there is a shadow file");
        } catch (const std::exception& problem) {
            add(Level::bad, "service", problem.what());
        }
    }

    void look_at_options() {
        if (options_.already_authenticated && line_.remote_host && !settings_.remote_noauth) {
            add(Level::note,
                "options",
                "-f is not heeded for a host: LOGIN_REMOTE_NOAUTH is not set");
        }
        if (options_.become_shell && kind_ == GateKind::pam) {
            add(Level::bad, "options", "--exec-shell is for the shadow gate");
        }
    }

    [[nodiscard]] bool asks_for_password() const {
        return !options_.already_authenticated ||
               (line_.remote_host.has_value() && !settings_.remote_noauth);
    }

    void look_at_account() {
        if (!is_possible_user_name(*options_.user)) {
            add(Level::bad, "account", "that cannot be a user name");
            return;
        }
        AccountFacts facts{
            .asks_for_password = report_.asks_for_password,
            .empty_is_refused = settings_.empty_passwords == EmptyPasswords::refused};
        try {
            facts.user = common::find_user(*options_.user);
        } catch (const std::exception& problem) {
            add(Level::unknown, "account", problem.what());
            return;
        }
        if (facts.user) {
            facts.empty_is_refused = facts.empty_is_refused || facts.user->uid == 0;
            look_at_shadow_entry(facts);
        }
        for (Finding& finding : account_findings(facts)) {
            report_.findings.push_back(std::move(finding));
        }
        if (facts.user) {
            look_at_admission(*facts.user);
            look_at_home_of(*facts.user);
        }
    }

    void look_at_shadow_entry(AccountFacts& facts) {
        if (!is_root()) {
            facts.shadow = AccountFacts::Shadow::unreadable;
            return;
        }
        try {
            const auto entry = find_shadow_entry(facts.user->name);
            if (!entry) {
                return;
            }
            facts.shadow = AccountFacts::Shadow::present;
            facts.password = look_at_field(entry->hash);
            const auto now = std::chrono::system_clock::now();
            facts.age = judge_age(entry->aging, std::chrono::floor<std::chrono::days>(now));
            if (kind_ == GateKind::shadow && settings_.faillog) {
                const auto count = read_failure_count(facts.user->uid);
                facts.is_locked_out =
                    count && is_locked_out(*count, std::chrono::floor<std::chrono::seconds>(now));
            }
        } catch (const std::exception& problem) {
            add(Level::unknown, "account", problem.what());
        }
    }

    void look_at_admission(const common::User& user) {
        const bool has_rules = kind_ == GateKind::pam;
        const std::size_t logged_before = log_.lines().size();
        Line line = line_;
        if (!has_line_ && !has_rules) {
            // The rules that hold on every line; the others are said below.
            if (const auto refusal =
                    refusal_by_nologin(nologin_text(GateInName{false}, settings_), user)) {
                add(Level::bad, "rules", refusal->reason);
            }
            if (has_rules_about_lines(user)) {
                add(Level::unknown, "rules", "they depend on the line, and this is none");
            }
        }
        const Admission admission =
            admit(user, GateInName{has_rules || !has_line_}, line, options_, settings_);
        const bool is_unreadable =
            !is_root() &&
            std::any_of(log_.lines().begin() + static_cast<std::ptrdiff_t>(logged_before),
                        log_.lines().end(),
                        [](const std::string& said) { return said.ends_with("cannot be read"); });
        if (admission.refusal) {
            add(is_unreadable ? Level::unknown : Level::bad,
                admission.shell.command.path.empty() ? "rules" : "shell",
                admission.refusal->reason);
            return;
        }
        if (!has_rules && has_line_) {
            add(Level::good, "rules", "nothing on this machine keeps the user off this line");
        }
        const std::string& shell = admission.shell.command.path;
        add(Level::good, "shell", shell);
        if (shell.ends_with("/nologin") || shell.ends_with("/false")) {
            add(Level::note, "shell", "it ends each session at once");
        }
        const auto shells = common::read_text_file("/etc/shells");
        if (!lists_line(shells.value_or(""), shell)) {
            add(Level::note, "shell", "it is not in /etc/shells, which login does not mind");
        }
    }

    [[nodiscard]] bool has_rules_about_lines(const common::User& user) const {
        const bool has_root_lines =
            user.uid == 0 &&
            (is_there("/etc/securetty") || is_there("/etc/ttys") || !settings_.root_lines.empty());
        return has_root_lines || is_there("/etc/login.access") ||
               (settings_.login_hours && is_there("/etc/porttime"));
    }

    void look_at_home_of(const common::User& user) {
        const Level missing = settings_.default_home ? Level::note : Level::bad;
        const std::string otherwise =
            settings_.default_home ? ": the shell would start in /" : ", and DEFAULT_HOME is no";
        if (!is_root() && ::geteuid() != user.uid) {
            struct stat status {};
            if (::stat(user.home.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
                add(Level::good, "home", user.home + " is a directory");
            } else if (errno == EACCES) {
                add(Level::unknown, "home", "only root and the user can see whether it is there");
            } else {
                add(missing, "home", user.home + " is not there" + otherwise);
            }
            return;
        }
        const HomeView view = look_at_home(user, {.hush_file = settings_.hushlogin_file});
        if (!view.answers) {
            add(missing, "home", user.home + " does not answer" + otherwise);
        } else if (!view.can_be_entered) {
            add(missing, "home", user.home + " cannot be entered by the user" + otherwise);
        } else {
            add(Level::good, "home", user.home + (view.hushed ? ", with a hushed greeting" : ""));
        }
    }

    const Options& options_;
    common::DivertedLog log_{};
    CheckReport report_{};
    Settings settings_{};
    GateKind kind_ = GateKind::shadow;
    Line line_{};
    bool has_line_ = false;
};

}  // namespace

CheckReport look_for(const Options& options) {
    return Look{options}.take();
}

int run_check(const Options& options) {
    const CheckReport report = look_for(options);
    const std::string text =
        options.check == CheckForm::json ? check_as_json(report) : check_as_text(report);
    if (!common::print(STDOUT_FILENO, text)) {
        return status_of(CheckVerdict::unknown);
    }
    return status_of(verdict_of(report));
}

}  // namespace login
