// The same dialogue with Debian's login (shadow 4.13) and with ours, each in a World
// of its own made the same way: what stood on the screen, what reached the shell,
// what was written down and what PAM was called for is compared. The two differ in
// what is listed here, each with its reason, and in nothing else; and in all that is
// listed, so that the list stays true.

#include "tests/pty/comparison.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/escaped.hpp"
#include "tests/pty/package.hpp"
#include "tests/pty/pam_journal.hpp"
#include "tests/pty/test_world.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <functional>
#include <regex>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

using pty::absent;
using pty::Difference;
using pty::Facts;
using Words = std::vector<std::string>;

/// Somebody waits for a text, and types.
struct Step {
    std::string_view awaited;
    std::string_view typed;
};

pty::Account usual_ann() {
    return {.name = "ann", .user = 1001, .password = "secret", .shell = pty::installed_stub};
}

template <typename Change>
pty::Account ann_with(Change change) {
    pty::Account account = usual_ann();
    change(account);
    return account;
}

/// What Debian's login does in the end; ours always ends.
enum class DebiansEnd { it_ends, it_goes_on };

struct Case {
    std::string title;
    /// After the program's name.
    Words words{};
    std::vector<Step> steps{};
    std::vector<Difference> also{};        ///< besides those everywhere
    std::vector<std::string_view> same{};  ///< not different here, though everywhere else
    pty::Account ann = usual_ann();
    std::function<void(const pty::World& world)> prepare{};
    Words environment{"TERM=vt100", "PATH=/bin"};
    std::vector<Step> debians_steps{};  ///< where they are others
    DebiansEnd debians_end = DebiansEnd::it_ends;
};

const std::vector<Step> right{{"login: ", "ann\r"}, {"Password: ", "secret\r"}};
const std::vector<Step> password_only{{"Password: ", "secret\r"}};

constexpr std::string_view own_session =
    "the shell leads a session of its own: no signal for it reaches login, who has to undo";
constexpr std::string_view the_lines_process =
    "init and getty know the line by login's number, readers its session by the shell's";
constexpr std::string_view sane = "as stty sane has it, whatever was left on the line";

/// In every session.
constexpr std::array in_a_session{
    Difference{"after.lastlog", "none", "written", "where no module of the stack does"},
    Difference{
        "after.owner", "1001:1001 0600", "0:5 0600", "the line is nobody's between two sessions"},
    Difference{"after.utmp", "in ann; ", "out ; ", "who has gone is not on the line"},
    Difference{"after.wtmp", "", "in ann; out ; ", "where no module of the stack does"},
    Difference{"c_iflag.BRKINT", "off", "on", sane},
    Difference{"c_iflag.IMAXBEL", "off", "on", sane},
    Difference{"environment.HUSHLOGIN", "FALSE", absent, "for no shell that there is"},
    Difference{"environment.MAIL", absent, "/var/mail/ann", "pam_mail need not be there for it"},
    Difference{"owner",
               "1001:1001 600",
               "1001:5 620",
               "TTYGROUP tty is the default: write(1) and wall(1) work, mesg(1) decides"},
    Difference{"pam.items", "login  /dev/{line}", "login - /dev/{line}", "no host is no item"},
    Difference{"pam.steps",
               "authenticate account open establish close",
               "authenticate account establish open reinitialize close delete",
               "credentials before the session, as pam_setcred(3) has it, and taken back"},
    Difference{
        "record.id", "/0", "{last four}", "as all others make it: another would be a second one"},
    Difference{"record.process", "own", "login", the_lines_process},
    Difference{"record.session", "login", "own", the_lines_process},
    Difference{"session.foreground", "login", "own", own_session},
    Difference{"session.group", "login", "own", own_session},
    Difference{"session.id", "login", "own", own_session},
    Difference{"session.of_the_line", "login", "own", own_session},
};

class Comparison {
  public:
    Comparison() : debians_(pty::fetched_file("login", "/bin/login")) {
        // Another one differs in other things.
        if (debians_.find("Maximum number of tries exceeded") == std::string::npos) {
            tests::skip("needs the login of shadow, which is Debian 12's");
        }
    }

    /// Somebody gets in.
    void check_session(const Case& what) const { check(what, in_a_session); }
    /// Nobody does: nothing differs but what is listed.
    void check_refusal(const Case& what) const { check(what, {}); }

  private:
    enum class Whose { debian, ours };

    void check(const Case& what, std::span<const Difference> everywhere) const {
        CAPTURE(what.title);
        try {
            const Facts theirs = facts_of(what, Whose::debian);
            const Facts ours = facts_of(what, Whose::ours);
            CHECK(pty::difference_of(theirs, ours) ==
                  pty::listed(everywhere, what.same, what.also));
        } catch (const std::runtime_error& problem) {
            FAIL_CHECK(std::string{problem.what()});
        }
    }

    static std::string story_of(const std::vector<pty::Record>& records) {
        std::string story;
        for (const pty::Record& record : records) {
            const char* const kind = record.type == USER_PROCESS    ? "in "
                                     : record.type == DEAD_PROCESS  ? "out "
                                     : record.type == LOGIN_PROCESS ? "asked "
                                                                    : "other ";
            story += kind + record.user + (record.host.empty() ? "" : " from " + record.host) +
                     (record.line.empty() ? " nowhere" : "") + "; ";
        }
        return story;
    }

    /// Without what is different every time.
    static std::string screen_of(const pty::Line& line) {
        const std::string screen =
            pty::escaped(pty::with_replaced(line.transcript(), line.name(), "{line}"));
        const std::regex time{"[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} [A-Z]+ [0-9]{4}"};
        const std::regex reference{"ref [0-9a-f]+"};
        return std::regex_replace(
            std::regex_replace(pty::with_replaced(screen, "\n", ""), time, "{time}"),
            reference,
            "ref {id}");
    }

    static std::string text_of(const pty::Line::Owner& owner) {
        std::ostringstream text;
        text << owner;
        return text.str();
    }

    [[nodiscard]] Facts facts_of(const Case& what, Whose whose) const {
        pty::TestWorld world;
        const std::string program = "/run/debian/login";
        world.write_file(program, debians_, 0755);
        stub_.install(world);
        choose_gate(world, pty::Gate::pam);
        journal_.join_stack(world, {}, "login");
        journal_.join_stack(world, {}, "remote");
        world.add_user(what.ann);
        if (what.prepare) {
            what.prepare(world);
        }
        pty::Line line;
        pty::Command command{.arguments = {whose == Whose::debian ? program : pty::World::login()},
                             .environment = what.environment,
                             .session = pty::Session::leader_with_terminal};
        command.arguments.insert(command.arguments.end(), what.words.begin(), what.words.end());
        auto login = line.start_on(command);
        const bool has_other_steps = whose == Whose::debian && !what.debians_steps.empty();
        for (const Step& step : has_other_steps ? what.debians_steps : what.steps) {
            line.expect(step.awaited, 2 * pty::default_deadline);
            line.send(step.typed);
        }
        if (whose == Whose::debian && what.debians_end == DebiansEnd::it_goes_on) {
            CHECK(login.is_running());
            login.signal(SIGKILL);
        }
        const auto exit = login.wait_exit(2 * pty::default_deadline);
        line.expect_hang_up();
        Facts facts;
        for (const auto& [key, value] : pty::facts_of_stub(line.name())) {
            const bool is_process = key.starts_with("record.") || key.starts_with("session.");
            facts[key] = is_process && value == std::to_string(login.id()) ? "login" : value;
        }
        facts["exit"] = exit.signal != 0 ? "goes on" : std::to_string(exit.status);
        facts["screen"] = screen_of(line);
        facts["after.owner"] = text_of(line.owner());
        facts["after.utmp"] = story_of(world.utmp());
        facts["after.wtmp"] = story_of(world.wtmp());
        facts["after.btmp"] = story_of(world.btmp());
        facts["after.lastlog"] = world.last_login(1001) ? "written" : "none";
        facts["pam.steps"] = pty::PamJournal::steps_of(login.id());
        facts["pam.items"] =
            pty::with_replaced(pty::PamJournal::items_of(login.id()), line.name(), "{line}");
        return facts;
    }

    pty::PamJournal journal_;
    pty::LoginStub stub_;
    std::string debians_;
};

std::vector<Step> then_right(std::vector<Step> steps) {
    steps.insert(steps.end(), right.begin(), right.end());
    return steps;
}

void append_to_stack(const pty::World& world, const std::string& line) {
    world.append_file("/etc/pam.d/login", line + "\n");
}

}  // namespace

TEST_CASE("beside Debian's login: who comes in") {
    const Comparison comparison;
    comparison.check_session({.title = "asked for both", .steps = right});
    comparison.check_session({.title = "named", .words = {"ann"}, .steps = password_only});
    comparison.check_session(
        {.title = "named by getty", .words = {"--", "ann"}, .steps = password_only});
    comparison.check_session({.title = "trusted",
                              .words = {"-f", "ann"},
                              .also = {{"pam.steps",
                                        "account open establish close",
                                        "account establish open reinitialize close delete",
                                        "as with a password"}}});
    comparison.check_session(
        {.title = "from a host",
         .words = {"-h", "far.example.org", "ann"},
         .steps = password_only,
         .also = {{"after.utmp", "in ann from far.example.org; ", "out ; ", "as without"},
                  {"after.wtmp", "", "in ann from far.example.org; out ; ", "as without"},
                  {"environment.REMOTEHOST",
                   "far.example.org",
                   absent,
                   "it is in the record, for those who ask"},
                  {"pam.items",
                   "login far.example.org /dev/{line}",
                   "remote far.example.org /dev/{line}",
                   "the service for logins from elsewhere, where there is one"}}});
    comparison.check_session(
        {.title = "keeps the environment",
         .words = {"-p", "ann"},
         .steps = password_only,
         .also = {{"environment.EVIL", "1", absent, "what -p keeps is a list"}},
         .environment = {"TERM=vt100",
                         "PATH=/bin",
                         "LANG=C.UTF-8",
                         "LC_TIME=C",
                         "TZ=UTC",
                         "DISPLAY=:0",
                         "EVIL=1",
                         "LD_LIBRARY_PATH=/evil",
                         "IFS=x"}});
    comparison.check_session(
        {.title = "does not keep it",
         .words = {"ann"},
         .steps = password_only,
         .also =
             {{"environment.LANG", "C.UTF-8", absent, "what is kept without -p is the terminal's"},
              {"environment.TZ", "UTC", absent, "the same"}},
         .environment = {"TERM=vt100", "LANG=C.UTF-8", "TZ=UTC", "EVIL=1"}});
    comparison.check_session(
        {.title = "has nothing",
         .words = {"ann"},
         .steps = password_only,
         .also = {{"environment.TERM", absent, "dumb", "programs complain where there is none"}},
         .environment = {}});
    comparison.check_session(
        {.title = "root",
         .steps = {{"login: ", "root\r"}, {"Password: ", "toor\r"}},
         .also = {{"after.owner", "0:0 0600", "0:5 0600", "as for others"},
                  {"after.utmp", "in root; ", "out ; ", "as for others"},
                  {"after.wtmp", "", "in root; out ; ", "as for others"},
                  {"environment.MAIL", absent, "/var/mail/root", "as for others"},
                  {"owner", "0:0 600", "0:5 620", "as for others"}},
         .same = {"after.lastlog"},  // that of ann
         .prepare = [](const pty::World& world) {
             world.set_password("root", "toor");
             world.write_file("/etc/passwd",
                              pty::with_replaced(world.read_file("/etc/passwd"),
                                                 "/root:/bin/sh",
                                                 std::string{"/root:"} + pty::installed_stub));
         }});
}

constexpr std::string_view for_lastb = "failures are for lastb(1), and are told at the next login";
constexpr std::string_view status_of_refusal = "whoever did not get in gets 1";
constexpr std::string_view no_session_to_close = "what was not opened is not closed";

TEST_CASE("beside Debian's login: who comes in at the second try") {
    const Comparison comparison;
    const Difference told{
        "screen",
        "box login: ann\\r\\nPassword: \\r\\n\\r\\nLogin incorrect\\r\\n"
        "box login: ann\\r\\nPassword: \\r\\n",
        "box login: ann\\r\\nPassword: \\r\\n\\r\\nLogin incorrect\\r\\n"
        "box login: ann\\r\\nPassword: \\r\\nLast failed login: {time} on {line}\\r\\n"
        "There was 1 failed login attempt.\\r\\n",
        "whose account it is wants to know"};
    const Difference two_tries{
        "pam.steps",
        "authenticate authenticate account open establish close",
        "authenticate authenticate account establish open reinitialize close delete",
        "as at the first"};
    comparison.check_session(
        {.title = "wrong",
         .steps = then_right({{"login: ", "ann\r"}, {"Password: ", "wrong\r"}}),
         .also = {two_tries, told, {"after.btmp", "", "asked ann; ", for_lastb}}});
    comparison.check_session(
        {.title = "unknown",
         .steps = then_right({{"login: ", "nobody-here\r"}, {"Password: ", "x\r"}}),
         .also = {two_tries, {"after.btmp", "", "asked (unknown); ", for_lastb}}});
    comparison.check_session(
        {.title = "an empty password",
         .steps = then_right({{"login: ", "ann\r"}, {"Password: ", "\r"}}),
         .also = {two_tries, told, {"after.btmp", "", "asked ann; ", for_lastb}}});
    comparison.check_session(
        {.title = "an empty name",
         .steps = then_right({{"login: ", "\r"}}),
         .also = {{"pam.steps",
                   "authenticate authenticate account open establish close",
                   "authenticate account establish open reinitialize close delete",
                   "no name is no try"},
                  {"screen",
                   "box login: \\r\\nPassword: \\r\\n\\r\\nLogin incorrect\\r\\n"
                   "box login: ann\\r\\nPassword: \\r\\n",
                   "box login: \\r\\nbox login: ann\\r\\nPassword: \\r\\n",
                   "the same"}},
         .debians_steps = then_right({{"login: ", "\r"}, {"Password: ", "x\r"}})});
}

TEST_CASE("beside Debian's login: who does not come in") {
    const Comparison comparison;
    const auto with_setting = [](const std::string& setting) {
        return [setting](const pty::World& world) {
            world.append_file("/etc/login.defs", setting + "\n");
        };
    };
    comparison.check_refusal(
        {.title = "wrong until it ends",
         .steps = {{"login: ", "ann\r"},
                   {"Password: ", "wrong\r"},
                   {"login: ", "ann\r"},
                   {"Password: ", "wrong\r"}},
         .also = {{"after.btmp", "", "asked ann; asked ann; ", for_lastb},
                  {"exit", "0", "1", status_of_refusal},
                  {"pam.steps",
                   "authenticate authenticate close",
                   "authenticate authenticate",
                   no_session_to_close},
                  {"screen",
                   "box login: ann\\r\\nPassword: \\r\\n\\r\\nLogin incorrect\\r\\nbox login: "
                   "ann\\r\\nPassword: \\r\\n\\r\\nLogin incorrect\\r\\nMaximum number of tries "
                   "exceeded (2)\\r\\n",
                   "box login: ann\\r\\nPassword: \\r\\n\\r\\nLogin incorrect\\r\\nbox login: "
                   "ann\\r\\nPassword: \\r\\n\\r\\nLogin incorrect\\r\\n",
                   "the next prompt comes at once"}},
         .prepare = with_setting("LOGIN_RETRIES 2")});
    comparison.check_refusal(
        {.title = "end of file for a name",
         .steps = {{"login: ", "\x04"}},
         .also = {{"exit", "goes on", "1", "who wants to leave leaves"},
                  {"pam.steps", "authenticate authenticate", "", "no name is no try"},
                  {"screen",
                   "box login: \\r\\n\\r\\nLogin incorrect\\r\\nbox login: ",
                   "box login: ",
                   "the same"}},
         .debians_steps = {{"login: ", "\x04"}, {"login: ", ""}},
         .debians_end = DebiansEnd::it_goes_on});
    comparison.check_refusal(
        {.title = "end of file for a password",
         .steps = {{"login: ", "ann\r"}, {"Password: ", "\x04"}},
         .also = {{"exit", "0", "1", status_of_refusal},
                  {"pam.steps", "authenticate close", "authenticate", no_session_to_close},
                  {"screen",
                   "box login: ann\\r\\nPassword: \\r\\n\\r\\nLogin incorrect\\r\\nMaximum number "
                   "of tries exceeded (1)\\r\\n",
                   "box login: ann\\r\\nPassword: ",
                   "who leaves has not tried a password"}},
         .prepare = with_setting("LOGIN_RETRIES 1")});
    comparison.check_refusal(
        {.title = "too slow",
         .steps = {{"login: ", "ann\r"}, {"Password: ", "sec"}},
         .also = {{"exit", "0", "1", status_of_refusal},
                  {"screen",
                   "box login: ann\\r\\nPassword: \\r\\nLogin timed out after 3 seconds.\\r\\n",
                   "box login: ann\\r\\nPassword: \\r\\nNobody logged in within 3 seconds.\\r\\n",
                   "our own words"}},
         .prepare = with_setting("LOGIN_TIMEOUT 3")});
    comparison.check_refusal(
        {.title = "-froot",
         .words = {"-froot"},
         .also = {{"screen",
                   "Usage: login [-p] [name]\\r\\n       login [-p] [-h host] [-f name]\\r\\n",
                   "login: unknown option \"-froot\"\\r\\n"
                   "Try 'login --help' for more information.\\r\\n",
                   "what was wrong is said"}}});
    comparison.check_refusal(
        {.title = "unknown option",
         .words = {"-x"},
         .also = {{"screen",
                   "/run/debian/login: invalid option -- 'x'\\r\\nUsage: login [-p] [name]\\r\\n   "
                   "    login [-p] [-h host] [-f name]\\r\\n",
                   "login: unknown option \"-x\"\\r\\n"
                   "Try 'login --help' for more information.\\r\\n",
                   "our own words"}}});
    comparison.check_refusal(
        {.title = "-f without a name",
         .words = {"-f"},
         .also = {{"screen",
                   "Usage: login [-p] [name]\\r\\n       login [-p] [-h host] [-f name]\\r\\n",
                   "login: -f needs a name\\r\\nTry 'login --help' for more information.\\r\\n",
                   "what was wrong is said"}}});
    comparison.check_refusal({.title = "a variable after the name",
                              .words = {"ann", "A=1"},
                              .also = {{"exit", "0", "1", status_of_refusal},
                                       {"pam.steps", "authenticate close", "", "nobody is asked"},
                                       {"screen",
                                        "Password: \\r\\n\\r\\nLogin incorrect\\r\\n"
                                        "Maximum number of tries exceeded (1)\\r\\n",
                                        "login: nothing may follow the name: \"A\\\\x3d1\"\\r\\n"
                                        "Try 'login --help' for more information.\\r\\n",
                                        "what was typed at a prompt never becomes environment"}},
                              .prepare = with_setting("LOGIN_RETRIES 1"),
                              .debians_steps = {{"Password: ", "wrong\r"}}});
    comparison.check_refusal(
        {.title = "account expired",
         .steps = right,
         .also = {{"screen",
                   "box login: ann\\r\\nPassword: \\r\\nYour account has expired; please contact "
                   "your system administrator.\\r\\n\\r\\nUser account has expired\\r\\n",
                   "box login: ann\\r\\nPassword: \\r\\nYour account has expired; please contact "
                   "your system administrator.\\r\\n\\r\\nLogin refused (ref {id})\\r\\n",
                   "the module has said why; the log has the rest, under this name"}},
         .ann = ann_with([](auto& account) { account.expiry = 1; })});
    comparison.check_refusal(
        {.title = "locked",
         .steps = right,
         .also = {{"after.btmp", "", "asked ann; ", for_lastb},
                  {"exit", "0", "1", status_of_refusal},
                  {"pam.steps", "authenticate close", "authenticate", no_session_to_close},
                  {"screen",
                   "box login: ann\\r\\nPassword: \\r\\n\\r\\nLogin incorrect\\r\\nMaximum number "
                   "of tries exceeded (1)\\r\\n",
                   "box login: ann\\r\\nPassword: \\r\\n\\r\\nLogin incorrect\\r\\n",
                   "the next prompt comes at once"}},
         .ann = ann_with([](auto& account) { account.password_field = "!"; }),
         .prepare = with_setting("LOGIN_RETRIES 1")});
    comparison.check_refusal(
        {.title = "an expired password that is not changed",
         .steps = {{"login: ", "ann\r"},
                   {"Password: ", "secret\r"},
                   {"Current password: ", "wrong\r"}},
         .also = {{"screen",
                   "box login: ann\\r\\nPassword: \\r\\nYou are required to change your password "
                   "immediately (administrator enforced).\\r\\nChanging password for "
                   "ann.\\r\\nCurrent password: \\r\\n\\r\\nAuthentication failure\\r\\n",
                   "box login: ann\\r\\nPassword: \\r\\nYou are required to change your password "
                   "immediately (administrator enforced).\\r\\nChanging password for "
                   "ann.\\r\\nCurrent password: \\r\\n\\r\\nLogin refused (ref {id})\\r\\n",
                   "the module has said why; the log has the rest, under this name"}},
         .ann = ann_with([](auto& account) { account.last_change = 0; })});
    comparison.check_refusal(
        {.title = "nologin",
         .steps = right,
         .also = {{"screen",
                   "box login: ann\\r\\nPassword: \\r\\nClosed for "
                   "today.\\r\\n\\r\\n\\r\\nAuthentication failure\\r\\n",
                   "box login: ann\\r\\nPassword: \\r\\nClosed for today.\\r\\n\\r\\n\\r\\nLogin "
                   "refused (ref {id})\\r\\n",
                   "the module has said why; the log has the rest, under this name"}},
         .prepare = [](const pty::World& world) {
             world.write_file("/etc/nologin", "Closed for today.\n");
             world.write_file(
                 "/etc/pam.d/login",
                 "account requisite pam_nologin.so\n" + world.read_file("/etc/pam.d/login"));
         }});
    comparison.check_refusal(
        {.title = "shell missing",
         .steps = right,
         .also = {{"after.owner",
                   "1001:1001 0600",
                   "0:5 0620",
                   "the line is not given to somebody who gets no shell"},
                  {"after.utmp", "in ann; ", "", "nor is it recorded"},
                  {"exit", "0", "1", status_of_refusal},
                  {"pam.items", "login  /dev/{line}", "", "nor is a session opened"},
                  {"pam.steps",
                   "authenticate account open establish close",
                   "authenticate account",
                   "nor is a session opened"},
                  {"screen",
                   "box login: ann\\r\\nPassword: \\r\\nCannot execute /nowhere/sh: No such file "
                   "or directory\\r\\n",
                   "box login: ann\\r\\nPassword: \\r\\n\\r\\nThe shell /nowhere/sh is not "
                   "there.\\r\\nLogin refused (ref {id})\\r\\n",
                   "our own words"}},
         .ann = ann_with([](auto& account) { account.shell = "/nowhere/sh"; })});
    comparison.check_refusal(
        {.title = "home missing, and required",
         .steps = right,
         .also = {{"after.lastlog",
                   "none",
                   "written",
                   "as in every session: whether a home can be entered only its owner finds out"},
                  {"after.owner", "1001:1001 0600", "0:5 0600", "as in every session"},
                  {"after.utmp", "in ann; ", "out ; ", "as in every session"},
                  {"after.wtmp", "", "in ann; out ; ", "as in every session"},
                  {"exit", "0", "1", status_of_refusal},
                  {"pam.items", "login  /dev/{line}", "login - /dev/{line}", "as in every session"},
                  {"pam.steps",
                   "authenticate account open establish close",
                   "authenticate account establish open reinitialize close delete",
                   "as in every session"},
                  {"screen",
                   "box login: ann\\r\\nPassword: \\r\\nUnable to cd to '/nowhere'\\r\\n",
                   "box login: ann\\r\\nPassword: \\r\\n\\r\\r\\nlogin: cannot enter the home "
                   "directory /nowhere: No such file or directory (ref {id})\\r\\r\\n",
                   "our own words"}},
         .ann = ann_with([](auto& account) { account.home = "/nowhere"; }),
         .prepare = with_setting("DEFAULT_HOME no")});
}

TEST_CASE("beside Debian's login: what is said, and what else happens") {
    const Comparison comparison;
    const auto greeting = [](const pty::World& world) {
        append_to_stack(world, "session optional pam_motd.so motd=/etc/motd");
        append_to_stack(world, "session optional pam_mail.so standard");
        world.write_file("/etc/motd", "Be nice.\n");
        world.write_file("/var/mail/ann", "From x\n\nhello\n");
    };
    comparison.check_session({.title = "motd and mail",
                              .steps = right,
                              .same = {"environment.MAIL"},
                              .prepare = greeting});
    comparison.check_session(
        {.title = "hushlogin",
         .steps = right,
         .also = {{"environment.HUSHLOGIN", "TRUE", absent, "for no shell that there is"}},
         .same = {"environment.MAIL"},
         .prepare = [&](const pty::World& world) {
             greeting(world);
             world.append_file("/etc/login.defs", "HUSHLOGIN_FILE .hushlogin\n");
             world.write_file("/home/ann/.hushlogin", "");
         }});
    comparison.check_session({.title = "pam_lastlog's records",
                              .steps = right,
                              .also = {{"after.wtmp",
                                        "in ann; out ; ",
                                        "in ann; out ; out ; ",
                                        "when the session is closed ours has been written"}},
                              .same = {"after.lastlog"},
                              .prepare = [](const pty::World& world) {
                                  append_to_stack(world, "session optional pam_lastlog.so silent");
                              }});
    comparison.check_session(
        {.title = "an expired password is changed",
         .steps = {{"login: ", "ann\r"},
                   {"Password: ", "secret\r"},
                   {"Current password: ", "secret\r"},
                   {"New password: ", "vTq8#kLw2z\r"},
                   {"Retype new password: ", "vTq8#kLw2z\r"}},
         .also = {{"pam.steps",
                   "authenticate account password open establish close",
                   "authenticate account password establish open reinitialize close delete",
                   "as without"}},
         .ann = ann_with([](auto& account) { account.last_change = 0; })});
    comparison.check_session({.title = "an empty shell field",
                              .steps = {{"login: ", "ann\r"},
                                        {"Password: ", "secret\r"},
                                        {"$ ", "exec /run/login_stub/program\r"}},
                              .ann = ann_with([](auto& account) { account.shell = ""; })});
}
