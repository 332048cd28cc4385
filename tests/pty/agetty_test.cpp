// The same command line for Debian's agetty and for our getty, somebody types a
// name, and what reaches the login program is compared: arguments, environment,
// modes, session, record, and what stood on the screen. The two differ in what
// is listed here, each with its reason, and in nothing else; and in all that is
// listed, so that the list stays true.

#include "tests/pty/comparison.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/escaped.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;
using pty::absent;
using pty::Difference;
using pty::Facts;

constexpr const char* agetty = "/sbin/agetty";
constexpr const char* stub = pty::installed_stub;

/// Somebody waits for a text, and types. Before the first prompt there may be
/// nothing to wait for: then the key is pressed until the next text comes.
struct Step {
    std::string_view awaited;
    std::string_view typed;
};

enum class InitRecord { none, written };

/// In which state somebody has left the line.
enum class Left { as_new, strange };

struct Case {
    /// After the program's name and the stub's; "{line}" is the line.
    Words words;
    std::vector<Step> steps{{"login: ", "ann\r"}};
    std::vector<Difference> also{};        ///< besides those everywhere
    std::vector<std::string_view> same{};  ///< not different here, though everywhere else
    Words environment{"PATH=/bin", "LANG=C.UTF-8", "INIT_VERSION=sysvinit-3.06"};
    InitRecord record = InitRecord::none;
    Left left = Left::as_new;
};

// --- in every case ---

constexpr std::array everywhere{
    Difference{"c_iflag.IXOFF",
               "on",
               "off",
               "the kernel would type ^S and ^Q at whatever is on the line; stty sane has it off"},
    Difference{"c_lflag.ECHOCTL", "off", "on", "^C and the like are shown, as stty sane has it"},
    Difference{"c_lflag.IEXTEN", "off", "on", "without it ^V and ^W do nothing"},
    Difference{"environment.INIT_VERSION",
               "sysvinit-3.06",
               absent,
               "of init's environment login gets what it may need, and nothing that steers it"},
    Difference{"owner", "0:5 620", "0:5 600", "write(1) and mesg(1) begin with the session"},
    Difference{"size", "24x80", "0x0", "a size nobody knows is not made up"},
};

// --- for want of a TERM operand ---

constexpr Difference other_type{
    "environment.TERM", "vt102", "vt220", "the documented type of a line that nobody knows better"};
constexpr Difference type_of_init{
    "environment.TERM", "vt102", "ansi", "what init has set is kept, if no operand says otherwise"};

constexpr Difference empty_type{
    "environment.TERM", "", "vt220", "run scripts pass an empty operand for what they do not know"};

// --- on the screen ---

constexpr Difference no_name_to_end{"screen",
                                    R"(\r\r\nTest box {line}\r\n\r\r\n)",
                                    R"(\r\r\nTest box {line}\r\n)",
                                    "where no name was asked for there is no line to end"};
constexpr Difference one_line_break{
    "screen",
    R"(\r\r\nTest box {line}\r\nbox login: ann (automatic login)\r\n\r\r\n)",
    R"(\r\r\nTest box {line}\r\nbox login: ann (automatic login)\r\r\n)",
    "one line break ends a line"};

// --- on a line that somebody has left in disorder ---

constexpr std::string_view any_character = "every editing character is set, not half of them";
constexpr std::array in_disorder{
    Difference{"c_cc.VDISCARD", "120", "15", any_character},
    Difference{"c_cc.VEOL2", "120", "0", any_character},
    Difference{"c_cc.VLNEXT", "120", "22", any_character},
    Difference{"c_cc.VREPRINT", "120", "18", any_character},
    Difference{"c_cc.VSTART", "120", "17", any_character},
    Difference{"c_cc.VSTOP", "120", "19", any_character},
    Difference{"c_cc.VSUSP", "120", "26", any_character},
    Difference{"c_cc.VWERASE", "120", "23", any_character},
    Difference{"screen",
               R"(\r\nTest box {line}\nbox login: ann\r\r\n)",
               R"(\r\r\nTest box {line}\r\nbox login: ann\r\r\n)",
               "the issue is not shown in steps"},
};

/// One of the two programs at work on a line of its own.
struct Getty {
    pty::Line line;
    std::unique_ptr<pty::Process> process{};
};

struct Pair {
    explicit Pair(const Case& one) : what(one) {}

    const Case& what;
    Getty theirs{};
    Getty ours{};
};

/// As systemd and sysvinit leave it for a child they are about to start.
void write_record_of_init(const std::string& line) {
    utmpx record{};
    record.ut_type = INIT_PROCESS;
    record.ut_pid = ::getpid();
    record.ut_session = ::getpid();
    // The stub knows it again.
    const std::string id = "i" + line.substr(line.find('/') + 1);
    id.copy(record.ut_id, sizeof record.ut_id);
    line.copy(record.ut_line, sizeof record.ut_line);
    ::setutxent();
    ::pututxline(&record);
    ::endutxent();
}

/// All that is sane is off, much of the rest is on, and the speed is odd.
void make_strange(const pty::Line& line) {
    termios modes = line.modes();
    modes.c_iflag = IGNBRK | IGNPAR | ISTRIP | INLCR | IGNCR | IXANY | IXOFF | IMAXBEL | IUTF8;
    modes.c_oflag = OCRNL | ONOCR | ONLRET | TAB3;
    modes.c_cflag |= CSTOPB | CLOCAL | CRTSCTS;
    modes.c_cflag &= ~static_cast<tcflag_t>(HUPCL | CREAD);
    modes.c_lflag = NOFLSH | TOSTOP | ECHONL | ECHOPRT;
    std::fill(std::begin(modes.c_cc), std::end(modes.c_cc), cc_t{'x'});
    ::cfsetspeed(&modes, B1200);
    line.set_modes(modes);
}

void start(Getty& getty, const char* program, const Case& what) {
    if (what.left == Left::strange) {
        make_strange(getty.line);
    }
    pty::Command command{.arguments = {program, "-l", stub}, .environment = what.environment};
    command.arguments.insert(command.arguments.end(), what.words.begin(), what.words.end());
    if (what.record == InitRecord::written) {
        command.before_exec = [line = getty.line.name()] { write_record_of_init(line); };
    }
    const bool on_standard_input =
        std::find(what.words.begin(), what.words.end(), "-") != what.words.end();
    if (on_standard_input) {
        command.session = pty::Session::leader_with_terminal;
    }
    getty.process = std::make_unique<pty::Process>(
        on_standard_input ? getty.line.start_on(command) : getty.line.start_for(command));
}

/// Where nothing on the line says that a key is waited for. What comes too early is
/// thrown away, and there is nothing to see of that: then once more, long after all that
/// the first could have led to.
void press_until(Getty& getty, std::string_view key, std::string_view awaited) {
    pty::Line& line = getty.line;
    pty::wait_until([&] { return pty::state_of(getty.process->id()) == 'S'; });
    const auto has_come = [&] { return line.unmatched().find(awaited) != std::string_view::npos; };
    constexpr int tries = 4;
    for (int count = 0; count < tries; ++count) {
        line.send(key);
        if (pty::wait_until(has_come)) {
            return;
        }
    }
}

void type(Getty& getty, const std::vector<Step>& steps) {
    pty::Line& line = getty.line;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].awaited.empty()) {
            press_until(getty, steps[i].typed, steps[i + 1].awaited);
            continue;
        }
        line.expect(steps[i].awaited, 2 * pty::default_deadline);
        line.send(steps[i].typed);
    }
}

Facts facts_of(Getty& getty) {
    getty.process->wait_exit(2 * pty::default_deadline);
    getty.line.expect_hang_up();
    const std::string name = getty.line.name();
    Facts facts = pty::facts_of_stub(name);
    const std::string screen = pty::with_replaced(getty.line.transcript(), name, "{line}");
    facts["screen"] = pty::with_replaced(pty::escaped(screen), "\n", "");
    return facts;
}

std::string title_of(const Case& what) {
    std::string title;
    for (const std::string& word : what.words) {
        title += "<" + word + ">";
    }
    return title + " " + (what.steps.empty() ? "" : pty::escaped(what.steps.back().typed));
}

/// A World in which the stub can be started, made of what can be seen outside.
class StubWorld {
  public:
    StubWorld() { stub_.install(world_); }

    /// All at a time: agetty sleeps for a second before each prompt.
    // NOLINTNEXTLINE(readability-convert-member-functions-to-static): in this World
    void compare(const std::vector<Case>& cases) {
        require_agetty();
        std::list<Pair> pairs;
        for (const Case& what : cases) {
            Pair& pair = pairs.emplace_back(what);
            start(pair.theirs, agetty, what);
            start(pair.ours, pty::World::getty(), what);
        }
        for (Pair& pair : pairs) {
            CAPTURE(title_of(pair.what));
            try {
                type(pair.theirs, pair.what.steps);
                type(pair.ours, pair.what.steps);
                const Facts theirs = facts_of(pair.theirs);
                const Facts ours = facts_of(pair.ours);
                REQUIRE(theirs.contains("argument.0"));
                CHECK(pty::difference_of(theirs, ours) ==
                      pty::listed(everywhere, pair.what.same, pair.what.also));
            } catch (const std::runtime_error& problem) {
                FAIL_CHECK(std::string{problem.what()});
            }
        }
    }

  private:
    /// Another version differs in other things.
    static void require_agetty() {
        if (::access(agetty, X_OK) != 0) {
            tests::skip("needs agetty");
        }
        if (pty::run({.arguments = {agetty, "--version"}}).output.find("util-linux 2.38") ==
            std::string::npos) {
            tests::skip("needs the agetty of util-linux 2.38");
        }
    }

    pty::LoginStub stub_;
    pty::TestWorld world_;
};

}  // namespace

TEST_CASE("login gets from us what it gets from agetty: the inits' lines") {
    StubWorld world;
    const std::string four = "115200,57600,38400,9600";
    world.compare({
        // systemd 252
        {{"-o", "-p -- \\u", "--noclear", "-", "linux"}},
        {{"-o", "-p -- \\u", "--keep-baud", four, "-", "vt220"}},
        {{"-o", "-p -- \\u", "--noclear", "--keep-baud", "-", "115200,38400,9600", "vt220"}},
        // systemd 256
        {{"-o", "-- \\u", "--noreset", "--noclear", "-", "linux"}},
        {{"-o", "-- \\u", "--noreset", "--noclear", "--keep-baud", four, "-", "vt220"}},
        // systemd 258
        {{"--noreset", "--noclear", "-", "linux"}},
        {.words = {"--noreset", "--noclear", "-", ""}, .also = {other_type}},
        {{"--noreset", "--noclear", "--keep-baud", four, "-", "vt220"}},
        // sysvinit
        {.words = {"--noclear", "38400", "{line}"}, .also = {other_type}},
        {{"-L", "{line}", "115200", "vt100"}},
        {{"-L", "9600", "{line}", "vt320"}},
        {.words = {"{line}", "VC", "linux"},
         .also = {{"environment.TERM",
                   "VC",
                   "linux",
                   "between line and type stands the label of a line table"}}},
        // BusyBox init
        {.words = {"38400", "{line}"}, .also = {other_type}},
        // Buildroot, where an init hands on the comment
        {{"-L", "{line}", "115200", "vt100", "#", "GENERIC_SERIAL"}},
        {{"-L", "{line}", "115200", "vt100", "of", "no", "use"}},
        // OpenEmbedded
        {{"-L", "115200", "{line}", "vt102"}},
        // OpenRC
        {{"{line}", "38400", "linux"}},
        {{"{line}", "linux"}},
        // runit of Void
        {.words = {"{line}", "", ""}, .also = {empty_type}},
        // s6, dinit, ly
        {.words = {"-L", "-8", "-n", "-l", stub, "{line}", "115200"},
         .steps = {},
         .also = {other_type, no_name_to_end}},
        {{"{line}", "linux-c"}},
        {.words = {"-nl", stub, "{line}", "38400", "linux"}, .steps = {}, .also = {no_name_to_end}},
        // Upstart
        {.words = {"-8", "38400", "{line}"}, .also = {other_type}},
    });
}

TEST_CASE("login gets from us what it gets from agetty: arguments") {
    StubWorld world;
    world.compare({
        {{"-E", "{line}", "vt100"}},
        {{"-H", "far", "{line}", "vt100"}},
        {{"-E", "-H", "far", "{line}", "vt100"}},
        {{"-E", "--nohostname", "{line}", "vt100"}},
        {{"-E", "--nohostname", "-H", "far", "{line}", "vt100"}},
        {{"--nohostname", "{line}", "vt100"}},
        {{"--long-hostname", "{line}", "vt100"}},
        {.words = {"-a", "ann", "{line}", "vt100"},
         .steps = {},
         .also = {one_line_break,
                  {"argument.2", "ann", "--", "a name is no option, whoever has chosen it"},
                  {"argument.3", absent, "ann", "the same"}}},
        {.words = {"-a", "ann", "-E", "-H", "far", "{line}", "vt100"},
         .steps = {},
         .also = {one_line_break,
                  {"argument.4", "ann", "--", "a name is no option, whoever has chosen it"},
                  {"argument.5", absent, "ann", "the same"}}},
        {.words = {"-a", "ann", "-o", "-p -f -- \\u", "{line}", "vt100"},
         .steps = {},
         .also = {one_line_break}},
        {.words = {"-a", "ann", "-o", "-p -- \\u", "{line}", "vt100"},
         .steps = {},
         .also = {one_line_break}},
        {.words = {"-n", "{line}", "vt100"}, .steps = {}, .also = {no_name_to_end}},
        {.words = {"-n", "-o", "-p", "{line}", "vt100"}, .steps = {}, .also = {no_name_to_end}},
        {.words = {"-n", "-o", "-p -- \\u", "{line}", "vt100"},
         .steps = {},
         .also = {no_name_to_end}},
        {.words = {"-n", "-o", R"(-x \u y)", "{line}", "vt100"},
         .steps = {},
         .also = {no_name_to_end,
                  {"argument.2", absent, "y", "a missing name takes only itself away"}}},
        {{"-o", "one two\tthree", "{line}", "vt100"}},
        {{"-o", "  -p   -- \\u  ", "{line}", "vt100"}},
        {{"-o", R"(a\ub \\u \x \u\u \)", "{line}", "vt100"}},
        {{"-o", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "{line}", "vt100"}},
        {.words = {"-o", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18", "{line}", "vt100"},
         .also =
             {{"argument.16", absent, "16", "sixteen words, and login's path is not one of them"}}},
        {{"-E", "-H", "far", "-o", "-- \\u", "{line}", "vt100"}},
    });
}

TEST_CASE("login gets from us what it gets from agetty: the line") {
    StubWorld world;
    // Not here, as agetty of this version takes neither: --local-line=always,
    // and a line with /dev/ before it.
    world.compare({
        {{"{line}", "vt100"}},
        {{"-8", "{line}", "vt100"}},
        {{"-c", "{line}", "vt100"}},
        {{"-h", "{line}", "vt100"}},
        {{"-hL", "{line}", "vt100"}},
        {{"-L", "{line}", "vt100"}},
        {{"-L=always", "{line}", "vt100"}},
        {{"-L=never", "{line}", "vt100"}},
        {{"-L=auto", "{line}", "vt100"}},
        {{"-s", "{line}", "vt100"}},
        {{"-s", "9600,1200", "{line}", "vt100"}},
        {{"9600,1200", "{line}", "vt100"}},
        {{"{line}", "9600,", "vt100"}},
        {{"-R", "{line}", "vt100"}},
        {{"-J", "{line}", "vt100"}},
        {{"-i", "{line}", "vt100"}},
        {{"-N", "{line}", "vt100"}},
        {{"-iN", "{line}", "vt100"}},
        {{"-f", "/etc/os-release", "{line}", "vt100"}},
        {{"-t", "60", "{line}", "vt100"}},
        {{"-P", "5", "{line}", "vt100"}},
        {{"-C", "/etc", "{line}", "vt100"}},
        {{"--nohints", "{line}", "vt100"}},
        {.words = {"-I", R"(AT\015\\)", "{line}", "vt100"},
         .steps = {{"AT", ""}, {"login: ", "ann\r"}}},
        {.words = {"-p", "{line}", "vt100"},
         .steps = {{"[press ENTER to login]", "\r"}, {"login: ", "ann\r"}}},
        {.words = {"-w", "{line}", "vt100"}, .steps = {{"", "\r"}, {"login: ", "ann\r"}}},
        {.words = {"{line}", "vt100"}, .record = InitRecord::written},
        {.words = {"-", "vt100"}, .record = InitRecord::written},
        {.words = {"{line}"},
         .also = {type_of_init},
         .same = {"environment.INIT_VERSION"},
         .environment = {"TERM=ansi"}},
        {.words = {"{line}", "vt100"}, .same = {"environment.INIT_VERSION"}, .environment = {}},
    });
}

TEST_CASE("login gets from us what it gets from agetty: a line in disorder") {
    StubWorld world;
    const auto line = [](Words options) {
        options.push_back("vt100");
        return Case{.words = std::move(options),
                    .also = {in_disorder.begin(), in_disorder.end()},
                    .left = Left::strange};
    };
    world.compare({
        line({"{line}"}),
        line({"-"}),
        line({"-c", "{line}"}),
        line({"-c", "-"}),
        line({"-ch", "{line}"}),
        line({"-h", "{line}"}),
        line({"-L", "{line}"}),
        line({"-L=never", "{line}"}),
        line({"-L=auto", "{line}"}),
        line({"-s", "{line}"}),
        line({"-s", "9600,4800", "{line}"}),
        line({"{line}", "9600,4800"}),
        line({"4800", "-"}),
        line({"-R", "{line}"}),
    });
}

TEST_CASE("login gets from us what it gets from agetty: names") {
    StubWorld world;
    const auto name = [](std::string_view typed, Words options = {}) {
        options.insert(options.end(), {"{line}", "vt100"});
        return Case{.words = std::move(options), .steps = {{"login: ", typed}}};
    };
    world.compare({
        name("ann\r"),
        name("ann\n"),
        {.words = {"{line}", "vt100"},
         .steps = {{"login: ", "\xc3\xa4nn\r"}},
         .also = {{"argument.2", "C$nn", "\xc3\xa4nn", "names are UTF-8, on any line"}}},
        name("anx\bn\r"),
        name("anx\x7fn\r"),
        name("bob\x15"
             "ann\r"),
        name("an#n\r", {"--erase-chars", "%"}),
        name("anx#n\r", {"--erase-chars", "#"}),
        name("bob@ann\r", {"--kill-chars=@"}),
        name("ANN\r", {"-U"}),
        name("ann\r", {"-U"}),
        name("Ann\r", {"-U"}),
        name("ANN\r"),
        name("ann\n", {"-U"}),
    });
}
