#include "getty/options.hpp"

#include "common/program.hpp"
#include "getty/exit_status.hpp"
#include "getty/option_table.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using getty::keep_speed;
using getty::Options;
using Words = std::vector<std::string>;

using namespace std::chrono_literals;

namespace {

constexpr auto always = getty::Carrier::always_local;
constexpr auto never = getty::Carrier::never_local;

Options parse(Words words) {
    words.insert(words.begin(), "getty");
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    return getty::parse_options(static_cast<int>(words.size()), argv.data());
}

/// What run_program() makes of a UsageError.
constexpr int usage_status = 1;

std::string joined(const Words& words) {
    std::string text;
    for (const std::string& word : words) {
        text += "<" + word + ">";
    }
    return text;
}

/// Only for the message of a check that failed; what is compared is the struct.
std::string told(const Options& o) {
    std::string text = o.line;
    const auto add = [&text](std::string_view name, const std::string& value) {
        if (!value.empty() && value != "0") {
            text += " " + std::string{name} + "=" + value;
        }
    };
    const auto flag = [&text](std::string_view name, bool set) {
        text += set ? " " + std::string{name} : "";
    };
    std::string speeds;
    for (const getty::Speed speed : o.speeds) {
        speeds += "<" + std::to_string(speed) + ">";
    }
    add("task", std::to_string(static_cast<int>(o.task)));
    add("speeds", speeds);
    add("setup", std::to_string(o.setup.speed));
    flag("console-speed", o.console_speed);
    add("type", o.terminal_type);
    add("table", o.table + o.table_format);
    add("login", o.login_program);
    add("login-options", o.login_options);
    add("autologin", o.autologin.value_or(""));
    flag("skip-login", o.skip_login);
    add("host", o.host);
    flag("remote", o.remote);
    add("issue-files", joined(o.issue_files));
    flag("no-issue", o.no_issue);
    flag("no-newline", o.no_newline);
    flag("no-clear", o.no_clear);
    flag("no-hostname", o.no_hostname);
    flag("long-hostname", o.long_hostname);
    flag("json", o.json);
    flag("plain", o.plain);
    flag("accessible", o.accessible);
    flag("hide-name", o.hide_name);
    add("init-string", o.init_string);
    add("carrier", std::to_string(static_cast<int>(o.carrier)));
    flag("flow-control", o.flow_control);
    flag("no-reset", o.no_reset);
    flag("keep-baud", o.keep_baud);
    flag("hang-up", o.hang_up);
    add("erase", o.erase_characters);
    add("kill", o.kill_characters);
    flag("pause", o.login_pause);
    flag("wait-return", o.wait_for_return);
    add("delay", std::to_string(o.delay.count()));
    add("timeout", std::to_string(o.timeout.count()));
    add("nice", std::to_string(o.nice));
    add("directory", o.directory);
    add("root", o.root);
    add("nologin-message", o.nologin_message);
    return text;
}

struct Form {
    Words words;
    Options options;  ///< an empty login_program stands for the build's
};

void check_all(const std::vector<Form>& forms) {
    for (const Form& form : forms) {
        CAPTURE(joined(form.words));
        Options expected = form.options;
        if (expected.login_program.empty()) {
            expected.login_program = TTYGATE_LOGIN_PROGRAM;
        }
        try {
            Options options = parse(form.words);
            options.given.clear();  // how it was said
            INFO("read as ", told(options), "; expected ", told(expected));
            CHECK(options == expected);
        } catch (const std::exception& problem) {
            FAIL_CHECK(problem.what());
        }
    }
}

/// How a command line is refused: exit status and text.
struct Refusal {
    Words words;
    int status;
    std::string_view text;
};

void check_all(const std::vector<Refusal>& refusals) {
    for (const Refusal& refusal : refusals) {
        CAPTURE(joined(refusal.words));
        int status = 0;
        std::string text = "accepted";
        try {
            const Options options = parse(refusal.words);
            // Said on the line, once it is open.
            status = options.unusable_speed.empty() ? 0 : getty::bad_speed;
            text = status == 0 ? "accepted: " + told(options) : options.unusable_speed;
        } catch (const common::UsageError& problem) {
            status = usage_status;
            text = problem.what();
        } catch (const common::Failure& problem) {
            status = problem.status();
            text = problem.what();
        }
        CHECK(status == refusal.status);
        CHECK(text == refusal.text);
    }
}

/// Sets POSIXLY_CORRECT for a while.
class Posixly {
  public:
    Posixly() { ::setenv("POSIXLY_CORRECT", "", 1); }
    Posixly(const Posixly&) = delete;
    Posixly& operator=(const Posixly&) = delete;
    Posixly(Posixly&&) = delete;
    Posixly& operator=(Posixly&&) = delete;
    ~Posixly() { ::unsetenv("POSIXLY_CORRECT"); }
};

struct Printed {
    int status = -1;
    std::string text{};
};

/// What a command line prints to standard output before it leaves.
Printed print(const Words& words) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
        return {};
    }
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        int status = 99;
        try {
            (void)parse(words);
        } catch (const common::Leave& leave) {
            status = leave.status;
        } catch (...) {
            status = 98;
        }
        ::_exit(status);
    }
    ::close(ends[1]);
    Printed printed;
    std::array<char, 4096> part{};
    for (ssize_t size = 0; (size = ::read(ends[0], part.data(), part.size())) > 0;) {
        printed.text.append(part.data(), static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    printed.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return printed;
}

}  // namespace

TEST_CASE("every option of agetty sets its field, by letter and by name") {
    check_all({
        {{"tty1"}, {.line = "tty1"}},
        {{"-8", "tty1"}, {.line = "tty1"}},
        {{"--8bits", "tty1"}, {.line = "tty1"}},
        {{"-a", "ann", "tty1"}, {.line = "tty1", .autologin = "ann"}},
        {{"--autologin", "ann", "tty1"}, {.line = "tty1", .autologin = "ann"}},
        {{"-c", "tty1"}, {.line = "tty1", .no_reset = true}},
        {{"--noreset", "tty1"}, {.line = "tty1", .no_reset = true}},
        {{"-C", "/tmp", "tty1"}, {.line = "tty1", .directory = "/tmp"}},
        {{"--chdir=/tmp", "tty1"}, {.line = "tty1", .directory = "/tmp"}},
        {{"-d", "3", "tty1"}, {.line = "tty1", .delay = 3s}},
        {{"--delay", "86400", "tty1"}, {.line = "tty1", .delay = 86'400s}},
        {{"-E", "-H", "far", "tty1"}, {.line = "tty1", .host = "far", .remote = true}},
        {{"--remote", "--host=far", "tty1"}, {.line = "tty1", .host = "far", .remote = true}},
        {{"-f", "/a:/b::", "tty1"}, {.line = "tty1", .issue_files = {"/a", "/b"}}},
        {{"--issue-file", "/a", "tty1"}, {.line = "tty1", .issue_files = {"/a"}}},
        {{"-h", "tty1"}, {.line = "tty1", .flow_control = true}},
        {{"--flow-control", "tty1"}, {.line = "tty1", .flow_control = true}},
        {{"-i", "tty1"}, {.line = "tty1", .no_issue = true}},
        {{"--noissue", "tty1"}, {.line = "tty1", .no_issue = true}},
        {{"-I", "\\033c", "tty1"}, {.line = "tty1", .init_string = "\\033c"}},
        {{"--init-string", "AT\\015", "ttyS0"}, {.line = "ttyS0", .init_string = "AT\\015"}},
        {{"-J", "tty1"}, {.line = "tty1", .no_clear = true}},
        {{"--noclear", "tty1"}, {.line = "tty1", .no_clear = true}},
        {{"-l", "/bin/x", "tty1"}, {.line = "tty1", .login_program = "/bin/x"}},
        {{"--login-program=/bin/x", "tty1"}, {.line = "tty1", .login_program = "/bin/x"}},
        {{"-m", "ttyS0"}, {.line = "ttyS0", .extract_baud = true}},
        {{"--extract-baud", "ttyS0"}, {.line = "ttyS0", .extract_baud = true}},
        {{"-n", "tty1"}, {.line = "tty1", .skip_login = true}},
        {{"--skip-login", "tty1"}, {.line = "tty1", .skip_login = true}},
        {{"-N", "tty1"}, {.line = "tty1", .no_newline = true}},
        {{"--nonewline", "tty1"}, {.line = "tty1", .no_newline = true}},
        {{"-o", "-p -- \\u", "tty1"}, {.line = "tty1", .login_options = "-p -- \\u"}},
        {{"--login-options=-- \\u", "tty1"}, {.line = "tty1", .login_options = "-- \\u"}},
        {{"-p", "tty1"}, {.line = "tty1", .login_pause = true}},
        {{"--login-pause", "tty1"}, {.line = "tty1", .login_pause = true}},
        {{"-P", "5", "tty1"}, {.line = "tty1", .nice = 5}},
        {{"-P", "-10", "tty1"}, {.line = "tty1", .nice = -10}},
        {{"--nice=-20", "tty1"}, {.line = "tty1", .nice = -20}},
        {{"--nice", "19", "tty1"}, {.line = "tty1", .nice = 19}},
        {{"-r", "/srv", "tty1"}, {.line = "tty1", .root = "/srv"}},
        {{"--chroot=/srv", "tty1"}, {.line = "tty1", .root = "/srv"}},
        {{"-R", "tty1"}, {.line = "tty1", .hang_up = true}},
        {{"--hangup", "tty1"}, {.line = "tty1", .hang_up = true}},
        {{"-s", "tty1"}, {.line = "tty1", .keep_baud = true}},
        {{"--keep-baud", "tty1"}, {.line = "tty1", .keep_baud = true}},
        {{"-t", "60", "tty1"}, {.line = "tty1", .timeout = 60s}},
        {{"--timeout=60", "tty1"}, {.line = "tty1", .timeout = 60s}},
        {{"-t", "0", "tty1"}, {.line = "tty1"}},
        {{"-U", "tty1"}, {.line = "tty1", .detect_case = true}},
        {{"--detect-case", "tty1"}, {.line = "tty1", .detect_case = true}},
        {{"-w", "tty1"}, {.line = "tty1", .wait_for_return = true}},
        {{"--wait-cr", "tty1"}, {.line = "tty1", .wait_for_return = true}},
        {{"--nohostname", "tty1"}, {.line = "tty1", .no_hostname = true}},
        {{"--long-hostname", "tty1"}, {.line = "tty1", .long_hostname = true}},
        {{"--erase-chars", "#", "tty1"}, {.line = "tty1", .erase_characters = "#"}},
        {{"--kill-chars=@", "tty1"}, {.line = "tty1", .kill_characters = "@"}},
        {{"--nologin-message", "later", "tty1"}, {.line = "tty1", .nologin_message = "later"}},
    });
}

TEST_CASE("what is no service of a line needs no operand") {
    check_all({
        {{"--show-issue"}, {.task = getty::Task::show_issue}},
        {{"--reload"}, {.task = getty::Task::reload}},
        {{"--show-issue", "-f", "/a"}, {.task = getty::Task::show_issue, .issue_files = {"/a"}}},
        {{"--check"}, {.task = getty::Task::check}},
        {{"--check", "--json", "ttyS0", "9600", "vt100"},
         {.task = getty::Task::check,
          .line = "ttyS0",
          .speeds = {9600},
          .terminal_type = "vt100",
          .json = true}},
        {{"--dump"}, {.task = getty::Task::dump}},
        {{"tty1", "--dump"}, {.task = getty::Task::dump, .line = "tty1"}},
        {{"--check-table", "/etc/ttys"}, {.task = getty::Task::check, .table = "/etc/ttys"}},
        {{"--check-table=t", "--table-format=ttys"},
         {.task = getty::Task::check, .table = "t", .table_format = "ttys"}},
    });
}

TEST_CASE("our own options set their fields") {
    check_all({
        {{"--break=cycle", "ttyS0"}, {.line = "ttyS0"}},
        {{"--break", "reset", "ttyS0"},
         {.line = "ttyS0", .break_policy = getty::BreakPolicy::reset}},
        {{"--break=ignore", "ttyS0"},
         {.line = "ttyS0", .break_policy = getty::BreakPolicy::ignore}},
        {{"--show-issue", "--json"}, {.task = getty::Task::show_issue, .json = true}},
        {{"--accessible", "tty1"}, {.line = "tty1", .accessible = true}},
        {{"--plain", "ttyS0"}, {.line = "ttyS0", .plain = true}},
        {{"--hide-name", "ttyS0"}, {.line = "ttyS0", .hide_name = true}},
        {{"--break-quiet=5", "ttyS0"}, {.line = "ttyS0", .break_quiet = 5s}},
        {{"--autologin-once", "tty1"}, {.line = "tty1", .autologin_once = true}},
        {{"--autologin-grace", "3", "tty1"}, {.line = "tty1", .autologin_grace = 3s}},
    });
}

TEST_CASE("every init's line is understood") {
    const std::vector<getty::Speed> four{115'200, 57'600, 38'400, 9600};
    const std::vector<getty::Speed> three{115'200, 38'400, 9600};
    check_all({
        // systemd 252: getty@, serial-getty@, container-getty@ and console-getty
        {{"-o", "-p -- \\u", "--noclear", "-", "linux"},
         {.line = "-", .terminal_type = "linux", .login_options = "-p -- \\u", .no_clear = true}},
        {{"-o", "-p -- \\u", "--keep-baud", "115200,57600,38400,9600", "-", "vt220"},
         {.line = "-",
          .speeds = four,
          .terminal_type = "vt220",
          .login_options = "-p -- \\u",
          .keep_baud = true}},
        {{"-o", "-p -- \\u", "--noclear", "--keep-baud", "-", "115200,38400,9600", "vt220"},
         {.line = "-",
          .speeds = three,
          .terminal_type = "vt220",
          .login_options = "-p -- \\u",
          .no_clear = true,
          .keep_baud = true}},
        // systemd 256, 257
        {{"-o", "-- \\u", "--noreset", "--noclear", "-", "linux"},
         {.line = "-",
          .terminal_type = "linux",
          .login_options = "-- \\u",
          .no_clear = true,
          .no_reset = true}},
        {{"-o",
          "-- \\u",
          "--noreset",
          "--noclear",
          "--keep-baud",
          "115200,57600,38400,9600",
          "-",
          "vt220"},
         {.line = "-",
          .speeds = four,
          .terminal_type = "vt220",
          .login_options = "-- \\u",
          .no_clear = true,
          .no_reset = true,
          .keep_baud = true}},
        // systemd 258, with TERM and without
        {{"--noreset", "--noclear", "-", "linux"},
         {.line = "-", .terminal_type = "linux", .no_clear = true, .no_reset = true}},
        {{"--noreset", "--noclear", "-", ""}, {.line = "-", .no_clear = true, .no_reset = true}},
        {{"--noreset", "--noclear", "--keep-baud", "115200,57600,38400,9600", "-", "vt220"},
         {.line = "-",
          .speeds = four,
          .terminal_type = "vt220",
          .no_clear = true,
          .no_reset = true,
          .keep_baud = true}},
        // sysvinit
        {{"--noclear", "38400", "tty1"}, {.line = "tty1", .speeds = {38'400}, .no_clear = true}},
        {{"-L", "ttyS0", "115200", "vt100"},
         {.line = "ttyS0", .speeds = {115'200}, .terminal_type = "vt100", .carrier = always}},
        {{"-L", "9600", "ttyS0", "vt320"},
         {.line = "ttyS0", .speeds = {9600}, .terminal_type = "vt320", .carrier = always}},
        {{"tty1", "VC", "linux"}, {.line = "tty1", .terminal_type = "linux"}},
        // BusyBox init
        {{"38400", "tty1"}, {.line = "tty1", .speeds = {38'400}}},
        {{"-L", "console", "0", "vt100"},
         {.line = "console", .speeds = {keep_speed}, .terminal_type = "vt100", .carrier = always}},
        // OpenEmbedded
        {{"-L", "115200", "ttyS0", "vt102"},
         {.line = "ttyS0", .speeds = {115'200}, .terminal_type = "vt102", .carrier = always}},
        // OpenRC, with a speed and without
        {{"tty1", "38400", "linux"},
         {.line = "tty1", .speeds = {38'400}, .terminal_type = "linux"}},
        {{"tty1", "linux"}, {.line = "tty1", .terminal_type = "linux"}},
        // runit of Void, everything set and nothing
        {{"--noclear", "tty1", "38400", "linux"},
         {.line = "tty1", .speeds = {38'400}, .terminal_type = "linux", .no_clear = true}},
        {{"--noclear", "tty1", "", ""}, {.line = "tty1", .no_clear = true}},
        // s6, dinit, ly
        {{"-L", "-8", "-n", "-l", "/bin/prog", "tty2", "115200"},
         {.line = "tty2",
          .speeds = {115'200},
          .login_program = "/bin/prog",
          .skip_login = true,
          .carrier = always}},
        {{"tty1", "linux-c"}, {.line = "tty1", .terminal_type = "linux-c"}},
        {{"-nl", "/usr/bin/ly", "tty2", "38400", "linux"},
         {.line = "tty2",
          .speeds = {38'400},
          .terminal_type = "linux",
          .login_program = "/usr/bin/ly",
          .skip_login = true}},
        // Upstart
        {{"-8", "38400", "tty1"}, {.line = "tty1", .speeds = {38'400}}},
    });
}

TEST_CASE("mingetty's spellings are understood") {
    check_all({
        {{"--noclear", "tty1"}, {.line = "tty1", .no_clear = true}},
        {{"--autologin", "root", "tty1"}, {.line = "tty1", .autologin = "root"}},
        {{"--autologin=root", "tty1"}, {.line = "tty1", .autologin = "root"}},
        {{"--loginprog", "/bin/x", "tty1"}, {.line = "tty1", .login_program = "/bin/x"}},
        {{"--loginprog=/bin/x", "tty1"}, {.line = "tty1", .login_program = "/bin/x"}},
        {{"--loginpause", "tty1"}, {.line = "tty1", .login_pause = true}},
        {{"--nonewline", "tty1"}, {.line = "tty1", .no_newline = true}},
        {{"--noissue", "--nohangup", "tty1"}, {.line = "tty1", .no_issue = true}},
        {{"--nohostname", "tty1"}, {.line = "tty1", .no_hostname = true}},
        {{"--long-hostname", "tty1"}, {.line = "tty1", .long_hostname = true}},
        {{"--delay=2", "tty1"}, {.line = "tty1", .delay = 2s}},
        {{"--chdir=/", "--chroot=/srv", "tty1"},
         {.line = "tty1", .directory = "/", .root = "/srv"}},
        {{"--nice=3", "tty1"}, {.line = "tty1", .nice = 3}},
    });
}

TEST_CASE("short options in a cluster, the value in the word or in the next") {
    check_all({
        {{"-8iJ", "tty1"}, {.line = "tty1", .no_issue = true, .no_clear = true}},
        {{"-Jt60", "tty1"}, {.line = "tty1", .no_clear = true, .timeout = 60s}},
        {{"-Jt", "60", "tty1"}, {.line = "tty1", .no_clear = true, .timeout = 60s}},
        {{"-t60", "tty1"}, {.line = "tty1", .timeout = 60s}},
        {{"-P-5", "tty1"}, {.line = "tty1", .nice = -5}},
        {{"-aann", "tty1"}, {.line = "tty1", .autologin = "ann"}},
        // No long option has one dash.
        {{"-noclear", "tty1"}, {.line = "tty1", .login_options = "clear", .skip_login = true}},
        // A value may look like an option: getopt(3) takes it all the same.
        {{"-o", "--", "tty1"}, {.line = "tty1", .login_options = "--"}},
        {{"-I", "-L", "tty1"}, {.line = "tty1", .init_string = "-L"}},
        {{"-hsL", "ttyS0"},
         {.line = "ttyS0", .carrier = always, .flow_control = true, .keep_baud = true}},
        {{"-hL=never", "ttyS0"}, {.line = "ttyS0", .carrier = never, .flow_control = true}},
        {{"-iL=auto", "ttyS0"}, {.line = "ttyS0", .no_issue = true}},
    });
}

TEST_CASE("an optional value is attached, and never the next word") {
    check_all({
        {{"-L", "ttyS0"}, {.line = "ttyS0", .carrier = always}},
        {{"-L=always", "ttyS0"}, {.line = "ttyS0", .carrier = always}},
        {{"-L=never", "ttyS0"}, {.line = "ttyS0", .carrier = never}},
        {{"-L=auto", "ttyS0"}, {.line = "ttyS0"}},
        {{"--local-line", "ttyS0"}, {.line = "ttyS0", .carrier = always}},
        {{"--local-line=always", "ttyS0"}, {.line = "ttyS0", .carrier = always}},
        {{"--local-line=never", "ttyS0"}, {.line = "ttyS0", .carrier = never}},
        {{"--local-line=auto", "ttyS0"}, {.line = "ttyS0"}},
        {{"-L", "115200", "ttyS0"}, {.line = "ttyS0", .speeds = {115'200}, .carrier = always}},
        {{"--local-line", "115200", "ttyS0"},
         {.line = "ttyS0", .speeds = {115'200}, .carrier = always}},
        // The word after it is a line, whatever it is called.
        {{"-L", "never"}, {.line = "never", .carrier = always}},
    });
}

TEST_CASE("an empty value is a value, and takes no other word") {
    check_all({
        {{"--init-string=", "ttyS0"}, {.line = "ttyS0"}},
        {{"--init-string", "", "ttyS0"}, {.line = "ttyS0"}},
        {{"-I", "", "ttyS0"}, {.line = "ttyS0"}},
        {{"--issue-file=", "tty1"}, {.line = "tty1"}},
        {{"--login-options=", "tty1"}, {.line = "tty1"}},
        {{"--host=", "tty1"}, {.line = "tty1"}},
        {{"--init-string=a=b", "ttyS0"}, {.line = "ttyS0", .init_string = "a=b"}},
    });
}

TEST_CASE("long options may be cut short while they are unambiguous") {
    check_all({
        {{"--noi", "--noc", "tty1"}, {.line = "tty1", .no_issue = true, .no_clear = true}},
        {{"--auto", "ann", "tty1"}, {.line = "tty1", .autologin = "ann"}},
        {{"--auto=ann", "tty1"}, {.line = "tty1", .autologin = "ann"}},
        {{"--time=5", "tty1"}, {.line = "tty1", .timeout = 5s}},
        {{"--loc=never", "ttyS0"}, {.line = "ttyS0", .carrier = never}},
        {{"--keep", "ttyS0"}, {.line = "ttyS0", .keep_baud = true}},
        // The whole name of one option is the beginning of another.
        {{"--autologin=ann", "tty1"}, {.line = "tty1", .autologin = "ann"}},
        {{"--break=ignore", "ttyS0"},
         {.line = "ttyS0", .break_policy = getty::BreakPolicy::ignore}},
        // Unambiguous among agetty's own, though one of ours begins alike.
        {{"--au", "ann", "tty1"}, {.line = "tty1", .autologin = "ann"}},
        {{"--chr=/x", "--ki=@", "tty1"}, {.line = "tty1", .kill_characters = "@", .root = "/x"}},
    });
}

TEST_CASE("of repeated options the last one counts") {
    check_all({
        {{"-t5", "-t", "6", "tty1"}, {.line = "tty1", .timeout = 6s}},
        {{"-L=never", "-L", "ttyS0"}, {.line = "ttyS0", .carrier = always}},
        {{"-L", "--local-line=auto", "ttyS0"}, {.line = "ttyS0"}},
        {{"-a", "ann", "--autologin=bob", "tty1"}, {.line = "tty1", .autologin = "bob"}},
        {{"-I", "a", "-I", "", "ttyS0"}, {.line = "ttyS0"}},
        {{"-f", "/a:/b", "-f", "/c", "tty1"}, {.line = "tty1", .issue_files = {"/c"}}},
        {{"-l/x", "--loginprog=/y", "tty1"}, {.line = "tty1", .login_program = "/y"}},
        {{"-JJ", "--noclear", "tty1"}, {.line = "tty1", .no_clear = true}},
    });
}

TEST_CASE("options may follow operands, until -- or with POSIXLY_CORRECT") {
    check_all({
        {{"ttyS0", "9600", "-L", "vt100", "--noclear"},
         {.line = "ttyS0",
          .speeds = {9600},
          .terminal_type = "vt100",
          .no_clear = true,
          .carrier = always}},
        {{"tty1", "-t", "5"}, {.line = "tty1", .timeout = 5s}},
        {{"-i", "--", "tty1", "-J"}, {.line = "tty1", .terminal_type = "-J", .no_issue = true}},
        {{"--", "9600", "ttyS0"}, {.line = "ttyS0", .speeds = {9600}}},
        {{"tty1", "--", "--", "vt100"}, {.line = "tty1", .terminal_type = "vt100"}},
        {{"--", "-", "vt100"}, {.line = "-", .terminal_type = "vt100"}},
        {{"-i", "-", "-J"}, {.line = "-", .no_issue = true, .no_clear = true}},
    });
    const Posixly posixly;
    check_all({
        {{"-L", "tty1", "-i"}, {.line = "tty1", .terminal_type = "-i", .carrier = always}},
        {{"-L", "-i", "tty1"}, {.line = "tty1", .no_issue = true, .carrier = always}},
        {{"-", "--noclear"}, {.line = "-", .terminal_type = "--noclear"}},
    });
}

TEST_CASE("speeds are read in every form, in both dialects") {
    const getty::LineSetup plain{
        .speed = 115'200, .control_set = CS8, .control_cleared = PARENB | PARODD | CSIZE};
    getty::LineSetup with_flow_control = plain;
    with_flow_control.control_set |= CRTSCTS;
    check_all({
        {{"9600", "ttyS0"}, {.line = "ttyS0", .speeds = {9600}}},
        {{"ttyS0", "9600"}, {.line = "ttyS0", .speeds = {9600}}},
        {{"9600,2400,1200", "ttyS0"}, {.line = "ttyS0", .speeds = {9600, 2400, 1200}}},
        {{"ttyS0", "9600,2400,1200"}, {.line = "ttyS0", .speeds = {9600, 2400, 1200}}},
        {{"12345", "ttyS0"}, {.line = "ttyS0", .speeds = {12'345}}},
        {{"ttyS0", "31250,74880"}, {.line = "ttyS0", .speeds = {31'250, 74'880}}},
        {{"0", "ttyS0"}, {.line = "ttyS0", .speeds = {keep_speed}}},
        {{"ttyS0", "0", "vt100"},
         {.line = "ttyS0", .speeds = {keep_speed}, .terminal_type = "vt100"}},
        {{"keep", "ttyS0"}, {.line = "ttyS0", .speeds = {keep_speed}}},
        {{"ttyS0", "keep"}, {.line = "ttyS0", .speeds = {keep_speed}}},
        {{"ttyS0", "keep,9600"}, {.line = "ttyS0", .speeds = {keep_speed, 9600}}},
        {{"9600,keep", "ttyS0", "vt100"},
         {.line = "ttyS0", .speeds = {9600, keep_speed}, .terminal_type = "vt100"}},
        {{"ttyS0", "console"}, {.line = "ttyS0", .console_speed = true}},
        {{"console", "9600"}, {.line = "console", .speeds = {9600}}},
        {{"ttyS0", "115200n8"}, {.line = "ttyS0", .speeds = {115'200}, .setup = plain}},
        {{"115200n8r", "ttyS0", "vt220"},
         {.line = "ttyS0",
          .speeds = {115'200},
          .setup = with_flow_control,
          .terminal_type = "vt220"}},
        // agetty splits the list at commas and passes over what is empty.
        {{"9600,", "ttyS0"}, {.line = "ttyS0", .speeds = {9600}}},
        {{"ttyS0", "9600,"}, {.line = "ttyS0", .speeds = {9600}}},
        {{"ttyS0", ",9600,,1200,"}, {.line = "ttyS0", .speeds = {9600, 1200}}},
        // After speed and line, a second number is the terminal's type.
        {{"9600", "ttyS0", "115200"},
         {.line = "ttyS0", .speeds = {9600}, .terminal_type = "115200"}},
    });
}

TEST_CASE("empty operands count as not given, and a line has any name") {
    check_all({
        {{"tty1", "", "linux"}, {.line = "tty1", .terminal_type = "linux"}},
        {{"", "tty1"}, {.line = "tty1"}},
        {{"tty1", "38400", ""}, {.line = "tty1", .speeds = {38'400}}},
        {{"", "38400", "tty1", "", "linux"},
         {.line = "tty1", .speeds = {38'400}, .terminal_type = "linux"}},
        {{"/dev/ttyS0", "9600"}, {.line = "/dev/ttyS0", .speeds = {9600}}},
        {{"pts/3"}, {.line = "pts/3"}},
        {{"@console"}, {.line = "@console"}},
        {{"9600"}, {.line = "9600"}},
    });
}

TEST_CASE("what only looks like an option is refused, by name") {
    check_all({
        {{"-Lalways", "tty1"}, usage_status, "option -L: write -L=always, not -Lalways"},
        {{"-iLnever", "tty1"}, usage_status, "option -L: write -L=never, not -iLnever"},
        {{"-L=maybe", "tty1"},
         usage_status,
         "option --local-line: \"maybe\" is none of always, never, auto"},
        {{"--noclear=false", "tty1"}, usage_status, "option --noclear takes no value"},
        {{"--noclear=", "tty1"}, usage_status, "option --noclear takes no value"},
        {{"-8-reload", "tty1"}, usage_status, "unknown option --"},
        {{"-8=1", "tty1"}, usage_status, "unknown option -="},
        {{"--no-such", "tty1"}, usage_status, "unknown option --no-such"},
        {{"--no-such=1", "tty1"}, usage_status, "unknown option --no-such=1"},
        {{"-x", "tty1"}, usage_status, "unknown option -x"},
        {{"--=x", "tty1"}, usage_status, "unknown option --=x"},
        {{"--NOCLEAR", "tty1"}, usage_status, "unknown option --NOCLEAR"},
        {{"--break=often", "ttyS0"},
         usage_status,
         "option --break: \"often\" is none of cycle, reset, ignore"},
        {{"--ch=/x", "tty1"},
         usage_status,
         "option --ch=/x is ambiguous: --chdir, --chroot, --check, --check-table"},
        {{"--noh", "tty1"},
         usage_status,
         "option --noh is ambiguous: --nohints, --nohostname, --nohangup"},
        {{"--hang", "--ho=a", "--lo", "tty1"},
         usage_status,
         "option --lo is ambiguous: --login-program, --local-line, --login-options, "
         "--login-pause, --long-hostname, --loginprog, --loginpause"},
    });
}

TEST_CASE("a missing or empty value is refused, by the option's name") {
    check_all({
        {{"tty1", "-t"}, usage_status, "option -t needs a value"},
        {{"tty1", "--timeout"}, usage_status, "option --timeout needs a value"},
        {{"-a", "", "tty1"}, usage_status, "option --autologin: the value is empty"},
        {{"--autologin=", "tty1"}, usage_status, "option --autologin: the value is empty"},
        {{"--login-program=", "tty1"}, usage_status, "option --login-program: the value is empty"},
        {{"--loginprog=", "tty1"}, usage_status, "option --loginprog: the value is empty"},
        {{"--chdir=", "tty1"}, usage_status, "option --chdir: the value is empty"},
        {{"--chroot=", "tty1"}, usage_status, "option --chroot: the value is empty"},
        {{"--check-table="}, usage_status, "option --check-table: the value is empty"},
    });
}

TEST_CASE("a number is base 10 without ornament, and within its limits") {
    struct Limits {
        std::string_view option;
        std::string_view limits;
        Words wrong;
    };
    const Words no_seconds{"5x", "x", "010", "0x10", "", " 5", "5 ", "+5", "-1", "1.5", "86401"};
    for (const Limits& l :
         {Limits{"--timeout", "0 to 86400", no_seconds},
          Limits{"--delay", "0 to 86400", no_seconds},
          Limits{"--break-quiet", "0 to 86400", no_seconds},
          Limits{"--autologin-grace", "0 to 86400", no_seconds},
          Limits{"--nice",
                 "-20 to 19",
                 {"x", "20", "21", "-21", "--5", "", "-", "1.5", "07", "0x1", "5 "}}}) {
        for (const std::string& value : l.wrong) {
            const std::string option{l.option};
            const std::string text = "option " + option + ": \"" + value +
                                     "\" is not a whole number from " + std::string{l.limits};
            std::string attached = option;
            attached.append("=").append(value);
            check_all(std::vector<Refusal>{{{option, value, "tty1"}, usage_status, text},
                                           {{attached, "tty1"}, usage_status, text}});
        }
    }
    check_all(std::vector<Refusal>{
        {{"-t", "010", "tty1"},
         usage_status,
         "option --timeout: \"010\" is not a whole number from 0 to 86400"},
        {{"-t010", "tty1"},
         usage_status,
         "option --timeout: \"010\" is not a whole number from 0 to 86400"},
        {{"-P99", "tty1"},
         usage_status,
         "option --nice: \"99\" is not a whole number from -20 to 19"},
    });
}

TEST_CASE("operands that make no sense are refused, by name") {
    check_all({
        {{},
         usage_status,
         "no line given: name a terminal, as tty1 or ttyS0, or - for standard input"},
        {{"", ""},
         usage_status,
         "no line given: name a terminal, as tty1 or ttyS0, or - for standard input"},
        {{"ttyS0", "115200x9"},
         getty::bad_speed,
         "\"115200x9\" is not a speed: write bits per second, as 115200 or 9600,1200"},
        {{"ttyS0", "115200x9", "vt100"},
         getty::bad_speed,
         "\"115200x9\" is not a speed: write bits per second, as 115200 or 9600,1200"},
        {{"ttyS0", "010"},
         getty::bad_speed,
         "\"010\" is not a speed: write bits per second, as 115200 or 9600,1200"},
        {{"ttyS0", "0x10"},
         getty::bad_speed,
         "\"0x10\" is not a speed: write bits per second, as 115200 or 9600,1200"},
        {{",", "ttyS0"},
         getty::bad_speed,
         "\",\" is not a speed: write bits per second, as 115200 or 9600,1200"},
        {{"ttyS0", "9600,fast"},
         getty::bad_speed,
         "\"9600,fast\" is not a speed: write bits per second, as 115200 or 9600,1200"},
        {{"99999999999", "ttyS0"},
         getty::bad_speed,
         "\"99999999999\" is not a speed: write bits per second, as 115200 or 9600,1200"},
    });
}

TEST_CASE("the choices that the table names are all there are") {
    for (const getty::OptionEntry entry : getty::option_table()) {
        std::string_view choices = entry.rule.value_name;
        // The format of a line table is looked at with the table.
        if (choices.find('|') == choices.npos || entry.rule.name == "table-format") {
            continue;
        }
        CAPTURE(entry.rule.name);
        Options options;
        CHECK_THROWS_AS(entry.apply(options, choices), common::UsageError);
        while (!choices.empty()) {
            const auto end = std::min(choices.find('|'), choices.size());
            CHECK_NOTHROW(entry.apply(options, choices.substr(0, end)));
            choices.remove_prefix(std::min(end + 1, choices.size()));
        }
    }
}

TEST_CASE("--help and --version go to standard output and leave with 0") {
    const Printed version = print({"--version"});
    CHECK(version.status == 0);
    CHECK(version.text.starts_with("getty (ttygate) "));
    CHECK(version.text.find('\n') == version.text.size() - 1);
    const Printed help = print({"--help"});
    CHECK(help.status == 0);
    CHECK(help.text.find("Usage: getty [OPTIONS] LINE [SPEED,...] [TERM]\n") != std::string::npos);
    for (const std::string_view option :
         {"--8bits", "-a", "--autologin", "--local-line", "--timeout", "--nologin-message"}) {
        CAPTURE(option);
        CHECK(help.text.find(option) != std::string::npos);
    }
}

TEST_CASE("with --lines the operands are those of each line, and name none") {
    const Options options = parse({"--lines", "tty1,ttyS*", "9600,1200", "vt102"});
    CHECK(options.lines == std::vector<getty::LineWord>{{getty::LineWord::Kind::name, "tty1"},
                                                        {getty::LineWord::Kind::pattern, "ttyS*"}});
    CHECK(options.line.empty());
    CHECK(options.speeds == std::vector<getty::Speed>{9600, 1200});
    CHECK(options.terminal_type == "vt102");
    CHECK(parse({"--lines=tty1", "vt102"}).terminal_type == "vt102");
    for (const Words& wrong : {Words{"--lines", "tty1", "null", "9600"},
                               Words{"--check", "--lines", "tty1"},
                               Words{"--dump", "--lines", "tty1"}}) {
        CAPTURE(joined(wrong));
        CHECK_THROWS_AS(static_cast<void>(parse(wrong)), common::UsageError);
    }
}
