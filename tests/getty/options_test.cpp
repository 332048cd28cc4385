#include "getty/options.hpp"

#include "common/program.hpp"
#include "getty/exit_status.hpp"

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using getty::Carrier;
using getty::keep_speed;
using getty::Options;
using Words = std::vector<std::string>;

namespace {

Options parse(Words words) {
    words.insert(words.begin(), "getty");
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    return getty::parse_options(static_cast<int>(words.size()), argv.data());
}

std::string usage_error(const Words& words) {
    try {
        (void)parse(words);
    } catch (const common::UsageError& problem) {
        return problem.what();
    }
    return "accepted";
}

std::string joined(const Words& words) {
    std::string text;
    for (const std::string& word : words) {
        text += "<" + word + ">";
    }
    return text;
}

/// What the build was configured with.
std::string default_login() {
    return parse({"tty1"}).login_program;
}

/// Every field that differs from what `getty tty1` gives, by name.
std::string told(const Options& o) {
    std::string text = o.line;
    const auto add = [&text](std::string_view name, const std::string& value) {
        if (!value.empty()) {
            text += " " + std::string{name} + "=" + value;
        }
    };
    const auto flag = [&text](std::string_view name, bool set) {
        text += set ? " " + std::string{name} : "";
    };
    std::string speeds;
    for (const getty::Speed speed : o.speeds) {
        speeds += (speeds.empty() ? "" : ",") + std::to_string(speed);
    }
    add("speeds", speeds);
    add("type", o.terminal_type);
    add("login", o.login_program == default_login() ? "" : o.login_program);
    add("login-options", o.login_options);
    add("autologin", o.autologin.value_or(""));
    flag("skip-login", o.skip_login);
    add("host", o.host);
    flag("remote", o.remote);
    add("issue-files", joined(o.issue_files));
    flag("no-issue", o.no_issue);
    flag("no-newline", o.no_newline);
    flag("no-clear", o.no_clear);
    flag("no-hints", o.no_hints);
    flag("no-hostname", o.no_hostname);
    flag("long-hostname", o.long_hostname);
    add("init-string", o.init_string);
    flag("local", o.carrier == Carrier::always_local);
    flag("never-local", o.carrier == Carrier::never_local);
    flag("flow-control", o.flow_control);
    flag("no-reset", o.no_reset);
    flag("keep-baud", o.keep_baud);
    flag("hang-up", o.hang_up);
    add("erase", o.erase_characters);
    add("kill", o.kill_characters);
    flag("pause", o.login_pause);
    flag("wait-return", o.wait_for_return);
    add("delay", o.delay.count() == 0 ? "" : std::to_string(o.delay.count()));
    add("timeout", o.timeout.count() == 0 ? "" : std::to_string(o.timeout.count()));
    add("nice", o.nice == 0 ? "" : std::to_string(o.nice));
    add("directory", o.directory);
    add("root", o.root);
    add("nologin-message", o.nologin_message);
    return text;
}

struct Case {
    Words words;
    std::string_view options;
};

void check_all(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
        CAPTURE(joined(c.words));
        CHECK(told(parse(c.words)) == c.options);
    }
}

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

TEST_CASE("every option sets its field, short and long") {
    check_all({
        {{"tty1"}, "tty1"},
        {{"-8", "tty1"}, "tty1"},
        {{"--8bits", "tty1"}, "tty1"},
        {{"-a", "ann", "tty1"}, "tty1 autologin=ann"},
        {{"--autologin", "ann", "tty1"}, "tty1 autologin=ann"},
        {{"--autologin=ann", "tty1"}, "tty1 autologin=ann"},
        {{"-c", "tty1"}, "tty1 no-reset"},
        {{"--noreset", "tty1"}, "tty1 no-reset"},
        {{"-C", "/tmp", "tty1"}, "tty1 directory=/tmp"},
        {{"--chdir=/tmp", "tty1"}, "tty1 directory=/tmp"},
        {{"-d", "3", "tty1"}, "tty1 delay=3"},
        {{"--delay", "86400", "tty1"}, "tty1 delay=86400"},
        {{"-E", "-H", "far", "tty1"}, "tty1 host=far remote"},
        {{"--remote", "--host=far", "tty1"}, "tty1 host=far remote"},
        {{"-f", "/a:/b::", "tty1"}, "tty1 issue-files=</a></b>"},
        {{"--issue-file", "/a", "tty1"}, "tty1 issue-files=</a>"},
        {{"--issue-file=", "tty1"}, "tty1"},
        {{"-h", "tty1"}, "tty1 flow-control"},
        {{"--flow-control", "tty1"}, "tty1 flow-control"},
        {{"-i", "tty1"}, "tty1 no-issue"},
        {{"--noissue", "tty1"}, "tty1 no-issue"},
        {{"-I", "\\033c", "tty1"}, "tty1 init-string=\\033c"},
        {{"--init-string=", "ttyS0"}, "ttyS0"},
        {{"-J", "tty1"}, "tty1 no-clear"},
        {{"--noclear", "tty1"}, "tty1 no-clear"},
        {{"-l", "/bin/x", "tty1"}, "tty1 login=/bin/x"},
        {{"--login-program=/bin/x", "tty1"}, "tty1 login=/bin/x"},
        {{"-L", "tty1"}, "tty1 local"},
        {{"-L=always", "tty1"}, "tty1 local"},
        {{"-L=never", "tty1"}, "tty1 never-local"},
        {{"-L=auto", "tty1"}, "tty1"},
        {{"--local-line", "tty1"}, "tty1 local"},
        {{"--local-line=never", "tty1"}, "tty1 never-local"},
        {{"-n", "tty1"}, "tty1 skip-login"},
        {{"--skip-login", "tty1"}, "tty1 skip-login"},
        {{"-N", "tty1"}, "tty1 no-newline"},
        {{"--nonewline", "tty1"}, "tty1 no-newline"},
        {{"-o", "-p -- \\u", "tty1"}, "tty1 login-options=-p -- \\u"},
        {{"--login-options=-- \\u", "tty1"}, "tty1 login-options=-- \\u"},
        {{"-p", "tty1"}, "tty1 pause"},
        {{"--login-pause", "tty1"}, "tty1 pause"},
        {{"-P", "5", "tty1"}, "tty1 nice=5"},
        {{"-P", "-10", "tty1"}, "tty1 nice=-10"},
        {{"--nice=-20", "tty1"}, "tty1 nice=-20"},
        {{"-r", "/srv", "tty1"}, "tty1 root=/srv"},
        {{"--chroot=/srv", "tty1"}, "tty1 root=/srv"},
        {{"-R", "tty1"}, "tty1 hang-up"},
        {{"--hangup", "tty1"}, "tty1 hang-up"},
        {{"-s", "tty1"}, "tty1 keep-baud"},
        {{"--keep-baud", "tty1"}, "tty1 keep-baud"},
        {{"-t", "60", "tty1"}, "tty1 timeout=60"},
        {{"--timeout=60", "tty1"}, "tty1 timeout=60"},
        {{"-t0", "tty1"}, "tty1"},
        {{"-w", "tty1"}, "tty1 wait-return"},
        {{"--wait-cr", "tty1"}, "tty1 wait-return"},
        {{"--nohints", "tty1"}, "tty1 no-hints"},
        {{"--nohostname", "tty1"}, "tty1 no-hostname"},
        {{"--long-hostname", "tty1"}, "tty1 long-hostname"},
        {{"--erase-chars", "#", "tty1"}, "tty1 erase=#"},
        {{"--kill-chars=@", "tty1"}, "tty1 kill=@"},
        {{"--nologin-message", "later", "tty1"}, "tty1 nologin-message=later"},
        // The last of several wins.
        {{"-t5", "-t", "6", "tty1"}, "tty1 timeout=6"},
        {{"-L=never", "-L", "tty1"}, "tty1 local"},
        {{"--noi", "--noc", "tty1"}, "tty1 no-issue no-clear"},
    });
}

TEST_CASE("every known caller's command line is understood") {
    check_all({
        // systemd 252
        {{"-o", "-p -- \\u", "--noclear", "-", "linux"},
         "- type=linux login-options=-p -- \\u no-clear"},
        {{"-o", "-p -- \\u", "--keep-baud", "115200,57600,38400,9600", "-", "vt220"},
         "- speeds=115200,57600,38400,9600 type=vt220 login-options=-p -- \\u keep-baud"},
        {{"-o", "-p -- \\u", "--noclear", "--keep-baud", "-", "115200,38400,9600", "vt220"},
         "- speeds=115200,38400,9600 type=vt220 login-options=-p -- \\u no-clear keep-baud"},
        // systemd 256 to 258
        {{"-o", "-- \\u", "--noreset", "--noclear", "-", "linux"},
         "- type=linux login-options=-- \\u no-clear no-reset"},
        {{"--noreset", "--noclear", "-", ""}, "- no-clear no-reset"},
        {{"--noreset", "--noclear", "--keep-baud", "115200,57600,38400,9600", "-", "vt220"},
         "- speeds=115200,57600,38400,9600 type=vt220 no-clear no-reset keep-baud"},
        // sysvinit
        {{"--noclear", "38400", "tty1"}, "tty1 speeds=38400 no-clear"},
        {{"-L", "ttyS0", "115200", "vt100"}, "ttyS0 speeds=115200 type=vt100 local"},
        {{"-L", "9600", "ttyS0", "vt320"}, "ttyS0 speeds=9600 type=vt320 local"},
        {{"tty1", "VC", "linux"}, "tty1 type=linux"},
        // BusyBox init
        {{"38400", "tty1"}, "tty1 speeds=38400"},
        {{"-L", "console", "0", "vt100"}, "console speeds=0 type=vt100 local"},
        // OpenEmbedded, OpenRC, runit, s6, dinit, ly, Upstart
        {{"-L", "115200", "ttyS0", "vt102"}, "ttyS0 speeds=115200 type=vt102 local"},
        {{"tty1", "linux"}, "tty1 type=linux"},
        {{"tty1", "38400", "linux"}, "tty1 speeds=38400 type=linux"},
        {{"--noclear", "tty1", "", ""}, "tty1 no-clear"},
        {{"-L", "-8", "-n", "-l", "/bin/prog", "tty2", "115200"},
         "tty2 speeds=115200 login=/bin/prog skip-login local"},
        {{"tty1", "linux-c"}, "tty1 type=linux-c"},
        {{"-nl", "/usr/bin/ly", "tty2", "38400", "linux"},
         "tty2 speeds=38400 type=linux login=/usr/bin/ly skip-login"},
        {{"-8", "38400", "tty1"}, "tty1 speeds=38400"},
        // mingetty's that agetty shares
        {{"--noclear", "--autologin", "root", "--nonewline", "--nohostname", "tty1"},
         "tty1 autologin=root no-newline no-clear no-hostname"},
        {{"--long-hostname", "--delay=2", "--chdir=/", "--chroot=/srv", "--nice=3", "tty1"},
         "tty1 long-hostname delay=2 nice=3 directory=/ root=/srv"},
        // Options after operands
        {{"ttyS0", "9600", "-L", "vt100", "--noclear"},
         "ttyS0 speeds=9600 type=vt100 no-clear local"},
    });
}

TEST_CASE("without a login program the one of the build is started") {
    CHECK(default_login().starts_with('/'));
}

TEST_CASE("with POSIXLY_CORRECT options end at the first operand") {
    ::setenv("POSIXLY_CORRECT", "1", 1);
    const std::string after = told(parse({"-L", "tty1", "-i"}));
    ::unsetenv("POSIXLY_CORRECT");
    CHECK(after == "tty1 type=-i local");
}

TEST_CASE("a usage error names the option and the value") {
    struct Error {
        Words words;
        std::string_view text;
    };
    const std::vector<Error> cases{
        {{"-t", "5x", "tty1"}, "option --timeout: \"5x\" is not a whole number from 0 to 86400"},
        {{"-t", "010", "tty1"}, "option --timeout: \"010\" is not a whole number from 0 to 86400"},
        {{"-t", "0x10", "tty1"},
         "option --timeout: \"0x10\" is not a whole number from 0 to 86400"},
        {{"-t", "", "tty1"}, "option --timeout: \"\" is not a whole number from 0 to 86400"},
        {{"-t", "-1", "tty1"}, "option --timeout: \"-1\" is not a whole number from 0 to 86400"},
        {{"--delay=86401", "tty1"},
         "option --delay: \"86401\" is not a whole number from 0 to 86400"},
        {{"-L=maybe", "tty1"}, "option --local-line: \"maybe\" is none of always, never, auto"},
        {{"-Lalways", "tty1"}, "option -L: write -L=always, not -Lalways"},
        {{"-a", "", "tty1"}, "option --autologin: the value is empty"},
        {{"--login-program=", "tty1"}, "option --login-program: the value is empty"},
        {{"--chdir=", "tty1"}, "option --chdir: the value is empty"},
        {{"--chroot=", "tty1"}, "option --chroot: the value is empty"},
        {{"--noclear=false", "tty1"}, "option --noclear takes no value"},
        {{"--no-such", "tty1"}, "unknown option --no-such"},
        {{"-8-reload", "tty1"}, "unknown option --"},
        {{"tty1", "-t"}, "option -t needs a value"},
    };
    for (const Error& c : cases) {
        CAPTURE(joined(c.words));
        CHECK(usage_error(c.words) == c.text);
    }
    for (const std::string_view value : {"x", "21", "-21", "--5", "", "1.5"}) {
        const std::string error = usage_error({"-P", std::string{value}, "tty1"});
        CAPTURE(error);
        CHECK(error.starts_with("option --nice: "));
    }
    CHECK(usage_error({}).starts_with("no line given"));
    CHECK(usage_error({"a", "b", "c", "d"}).starts_with("too many operands"));
}

TEST_CASE("a bad speed is kept for the line to say") {
    CHECK(parse({"ttyS0", "115200x9"}).unusable_speed.starts_with("\"115200x9\" is not a speed"));
    CHECK(parse({"ttyS0", "115200"}).unusable_speed.empty());
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
