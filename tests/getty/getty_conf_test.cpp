#include "getty/getty_conf.hpp"

#include "getty/mode_words.hpp"
#include "tests/getty/random_text.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using getty::FileProblem;
using getty::GettyConf;
using getty::LineProfile;
using getty::OptionSetting;
using getty::Problem;

namespace {

using Problems = std::vector<Problem>;
using Texts = std::vector<std::string>;
using Options = std::vector<OptionSetting>;
using Speeds = std::vector<getty::Speed>;

getty::ModeChanges modes(std::string_view words) {
    return getty::read_stty_words(words).changes;
}

constexpr std::string_view sample =
    "# All lines\n"
    "; and a comment of the other kind\n"
    "issue-file = /etc/issue:/etc/issue.d\n"
    "noclear = yes\n"
    "timeout = 60\n"
    "environment = LANG=C.UTF-8\n"
    "\n"
    "[ttyS* ttyUSB[0-3]]\n"
    "speed = 115200,9600\n"
    "term = vt220\n"
    "modes = sane crtscts\n"
    "initial-modes = cs8 -parenb\n"
    "local-line = always\n"
    "next = slow\n"
    "prompt = \"@S @L\\nlogin: \"\n"
    "\n"
    "  [ slow ]  \n"
    "speed = keep\n"
    "next = ttyS* ttyUSB[0-3]\n"
    "login-speed = 1200\n"
    "init-chat = ABORT BUSY \"\" ATZ OK\n"
    "chat-timeout = 30\n"
    "\n"
    "[tty1]\n"
    "noclear = no\n"
    "autologin = ann\n"
    "login-options = -p -- \\u\n";

/// Files that are nowhere but here.
class Files {
  public:
    explicit Files(std::map<std::string, std::string> files) : files_(std::move(files)) {}

    [[nodiscard]] getty::FileReader reader() const {
        return [this](const std::string& path) -> std::optional<std::string> {
            const auto found = files_.find(path);
            return found == files_.end() ? std::nullopt : std::optional{found->second};
        };
    }

  private:
    std::map<std::string, std::string> files_;
};

Texts labels_of(const std::vector<LineProfile>& profiles) {
    Texts labels;
    for (const LineProfile& profile : profiles) {
        labels.push_back(profile.label);
    }
    return labels;
}

}  // namespace

TEST_CASE("getty.conf: sections and keys") {
    const GettyConf conf = getty::read_getty_conf(sample);
    CHECK(conf.problems == Problems{});
    CHECK(conf.includes.empty());
    CHECK(labels_of(conf.profiles) == Texts{"", "ttyS* ttyUSB[0-3]", "slow", "tty1"});

    const LineProfile& all = conf.profiles[0];
    CHECK(all.options == Options{{.name = "issue-file", .value = "/etc/issue:/etc/issue.d"},
                                 {.name = "noclear", .value = "yes"},
                                 {.name = "timeout", .value = "60"}});
    CHECK(all.environment == Texts{"LANG=C.UTF-8"});

    const LineProfile& serial = conf.profiles[1];
    CHECK(serial.line == 8);
    CHECK(serial.speeds == Speeds{115200, 9600});
    CHECK(serial.terminal_type == "vt220");
    CHECK(serial.login_modes == modes("sane crtscts"));
    CHECK(serial.initial_modes == modes("cs8 -parenb"));
    CHECK(serial.next == "slow");
    CHECK(serial.prompt == "@S @L\nlogin: ");

    const LineProfile& slow = conf.profiles[2];
    CHECK(slow.speeds == Speeds{0});
    CHECK(slow.login_speed == 1200U);
    CHECK(slow.chat_timeout == std::chrono::seconds{30});
}

TEST_CASE("getty.conf: speeds as on the command line") {
    const GettyConf conf =
        getty::read_getty_conf("[a]\nspeed = 9600e7r\n[b]\nspeed = console\n[c]\nspeed = 300\n");
    CHECK(conf.problems == Problems{});
    REQUIRE(conf.profiles.size() == 3);
    CHECK(conf.profiles[0].speeds == Speeds{9600});
    CHECK(conf.profiles[0].login_modes == modes("parenb -parodd cs7 crtscts"));
    CHECK(conf.profiles[0].initial_modes == conf.profiles[0].login_modes);
    CHECK(conf.profiles[1].console_speed);
    CHECK_FALSE(getty::merged(conf.profiles[1], conf.profiles[2]).console_speed);
    CHECK(getty::merged(conf.profiles[2], conf.profiles[1]).console_speed);
    CHECK(getty::merged(conf.profiles[2], conf.profiles[1]).speeds.empty());
}

TEST_CASE("getty.conf: a value that begins with a quote ends with it") {
    const GettyConf conf = getty::read_getty_conf("init-chat = \"\" ATZ OK\n");
    CHECK(conf.problems == Problems{{1, "something follows the closing quote: \" ATZ OK\""}});
}

TEST_CASE("getty.conf: what holds for a line") {
    const GettyConf conf = getty::read_getty_conf(sample);

    const LineProfile serial = getty::profile_of_line(conf.profiles, "ttyUSB2");
    CHECK(serial.speeds == Speeds{115200, 9600});
    CHECK(serial.options.size() == 4);

    const LineProfile screen = getty::profile_of_line(conf.profiles, "tty1");
    CHECK(screen.options == Options{{.name = "issue-file", .value = "/etc/issue:/etc/issue.d"},
                                    {.name = "noclear", .value = "no"},
                                    {.name = "timeout", .value = "60"},
                                    {.name = "autologin", .value = "ann"},
                                    {.name = "login-options", .value = "-p -- \\u"}});
    CHECK(screen.speeds.empty());

    CHECK(getty::profile_of_line(conf.profiles, "hvc0").options.size() == 3);
    CHECK(getty::profile_of_section(conf.profiles, "slow")->options.size() == 3);
    CHECK(getty::profile_of_section(conf.profiles, "slow")->speeds == Speeds{0});
    CHECK_FALSE(getty::profile_of_section(conf.profiles, "fast").has_value());
    CHECK_FALSE(getty::profile_of_section(conf.profiles, "").has_value());
}

TEST_CASE("getty.conf: the later section wins, and any wins over the keys for all") {
    const GettyConf conf = getty::read_getty_conf(
        "[ttyS0]\nterm = a\nmodes = ixon echo\n[ttyS*]\nterm = b\nmodes = -echo\n"
        "environment = B=2\n");
    LineProfile general{.terminal_type = "c", .environment = {"A=1"}};
    std::vector<LineProfile> sections = conf.profiles;
    sections.push_back(general);
    const LineProfile merged = getty::profile_of_line(sections, "ttyS0");
    CHECK(merged.terminal_type == "b");
    CHECK(merged.login_modes == modes("ixon -echo"));
    CHECK(merged.environment == Texts{"A=1", "B=2"});
}

TEST_CASE("getty.conf: every problem is told with its line, and the rest counts") {
    const GettyConf conf = getty::read_getty_conf(
        "timeout = soon\n"
        "timout = 5\n"
        "noclear = true\n"
        "noclear\n"
        "= 5\n"
        "help = yes\n"
        "speed = 115200x9\n"
        "[tty1\n"
        "term = linux\n"
        "bogus = 1\n"
        "[tty2] x\n"
        "[]\n"
        "[tty3]\n"
        "modes = sane foo 9600 rows 24\n"
        "prompt = \"open\n"
        "prompt = \"a\\qb\"\n"
        "prompt = \"a\\000b\"\n"
        "environment = =x\n"
        "chat-timeout = -1\n"
        "prompt-style = sysv\n"
        "login-speed = 1,2\n"
        "include =\n"
        "autologin =\n"
        "local-line = perhaps\n"
        "term = vt100\n" +
        std::string{"te\0rm = x\n", 10});
    CHECK(conf.problems ==
          Problems{{1, "timeout: \"soon\" is not a whole number from 0 to 86400"},
                   {2, "unknown key \"timout\""},
                   {3, "noclear: \"true\" is neither yes nor no"},
                   {4, "\"noclear\" is no key = value"},
                   {5, "\"= 5\" is no key = value"},
                   {6, "help is for the command line only"},
                   {7, "\"115200x9\" is no speed"},
                   {8, "a section's ] is missing; its keys are for no line"},
                   {10, "unknown key \"bogus\""},
                   {11, "something follows the ] of a section; its keys are for no line"},
                   {12, "a section without a name; its keys are for no line"},
                   {14, "\"foo\" is no setting of stty(1)"},
                   {14, "\"rows 24\" is no mode"},
                   {14, "a speed is no mode: write speed = 9600"},
                   {15, "a quote is not closed"},
                   {16, "unknown escape \\q"},
                   {17, "a NUL byte cannot be in a value"},
                   {18, "\"=x\" is no NAME=VALUE"},
                   {19, "\"-1\" is not a whole number from 0 to 86400"},
                   {20, "\"sysv\" is neither gettydefs nor gettytab"},
                   {21, "\"1,2\" is no speed"},
                   {22, "include has no path"},
                   {23, "autologin: the value is empty"},
                   {24, "local-line: \"perhaps\" is none of always, never, auto"},
                   {26, "a NUL byte cannot be in a line"}});
    REQUIRE(labels_of(conf.profiles) == Texts{"", "tty3"});
    CHECK(conf.profiles[0].options == Options{});
    // The section whose header is broken is not taken for the one before.
    CHECK_FALSE(conf.profiles[0].terminal_type.has_value());
    CHECK(conf.profiles[1].terminal_type == "vt100");
    CHECK(conf.profiles[1].login_modes == modes("sane"));
}

TEST_CASE("getty.conf: an include is a request with its place") {
    const GettyConf conf = getty::read_getty_conf(
        "include = a.conf\nterm = x\n[tty1]\nterm = y\ninclude = /etc/b.conf\nterm = z\n");
    CHECK(conf.problems == Problems{});
    CHECK(labels_of(conf.profiles) == Texts{"", "tty1", "tty1"});
    REQUIRE(conf.includes.size() == 2);
    CHECK(conf.includes[0].line == 1);
    CHECK(conf.includes[0].path == "a.conf");
    CHECK(conf.includes[0].section.empty());
    CHECK(conf.includes[0].position == 0);
    CHECK(conf.includes[1].section == "tty1");
    CHECK(conf.includes[1].position == 2);
}

TEST_CASE("getty.conf: included text stands where the include stood") {
    const Files files{{
        {"/etc/getty.conf", "[tty1]\nterm = a\ninclude = more/x.conf\ntimeout = 7\n"},
        {"/etc/more/x.conf", "term = b\ntimeout = 5\n[tty2]\nterm = c\ninclude = y.conf\n"},
        {"/etc/more/y.conf", "delay = 2\n"},
    }};
    const Texts roots{"/etc/getty.conf"};
    const auto read = getty::read_getty_conf_files(roots, files.reader());
    CHECK(read.problems.empty());
    CHECK(labels_of(read.sections) == Texts{"tty1", "tty1", "tty2", "tty2", "tty1"});
    const LineProfile first = getty::profile_of_line(read.sections, "tty1");
    CHECK(first.terminal_type == "b");
    CHECK(first.options == Options{{.name = "timeout", .value = "7"}});
    CHECK(getty::profile_of_line(read.sections, "tty2").options ==
          Options{{.name = "delay", .value = "2"}});
}

TEST_CASE("getty.conf: includes that go wrong are told with file and line") {
    std::map<std::string, std::string> files{
        {"/a", "include = b\nterm = x\n"},
        {"/b", "\ninclude = /a\ninclude = /none\nbogus = 1\n"},
        {"/self", "include = self\n"},
    };
    for (int i = 0; i < 12; ++i) {
        files["/d" + std::to_string(i)] = "include = d" + std::to_string(i + 1) + "\n";
    }
    const Files given{std::move(files)};
    const Texts roots{"/a", "/self", "/d0", "/gone"};
    const auto read = getty::read_getty_conf_files(roots, given.reader());
    CHECK(read.problems == std::vector<FileProblem>{
                               {"/b", {4, "unknown key \"bogus\""}},
                               {"/b", {2, "include \"/a\" leads back to itself"}},
                               {"/b", {3, "include \"/none\" cannot be read"}},
                               {"/self", {1, "include \"/self\" leads back to itself"}},
                               {"/d7", {1, "include \"/d8\" is too deep"}},
                               {"/gone", {0, "cannot be read"}},
                           });
    CHECK(getty::profile_of_line(read.sections, "tty1").terminal_type == "x");
}

TEST_CASE("getty.conf: includes that multiply come to an end") {
    std::map<std::string, std::string> files;
    for (int i = 0; i < 8; ++i) {
        const std::string next = "include = f" + std::to_string(i + 1) + "\n";
        files["/f" + std::to_string(i)] = next + next + next + next + next + next + next + next;
    }
    const Files given{std::move(files)};
    const Texts roots{"/f0"};
    const auto read = getty::read_getty_conf_files(roots, given.reader());
    CHECK(std::any_of(read.problems.begin(), read.problems.end(), [](const FileProblem& p) {
        return p.problem.what.ends_with("is one too many");
    }));
}

TEST_CASE("getty.conf: layers of configuration") {
    const std::vector<getty::ConfDirectory> directories{
        {.path = "/etc", .names = {"getty.conf.d/20-b.conf", "getty.conf.d/.hidden.conf"}},
        {.path = "/run", .names = {"getty.conf", "getty.conf.d/10-a.conf", "getty.conf.d/x.bak"}},
        {.path = "/usr/lib",
         .names = {"getty.conf", "getty.conf.d/20-b.conf", "getty.conf.d/30-c.conf", "other.conf"}},
    };
    CHECK(getty::layered_conf_files(directories) == Texts{"/run/getty.conf",
                                                          "/run/getty.conf.d/10-a.conf",
                                                          "/etc/getty.conf.d/20-b.conf",
                                                          "/usr/lib/getty.conf.d/30-c.conf"});
    CHECK(getty::layered_conf_files({}) == Texts{});
}

TEST_CASE("globs of lines") {
    struct Case {
        std::string_view glob;
        std::string_view name;
        bool matches;
    };
    const std::vector<Case> cases{
        {"tty1", "tty1", true},
        {"tty1", "tty10", false},
        {"tty1", "tty", false},
        {"tty*", "tty", true},
        {"tty*", "ttyS0", true},
        {"*", "", true},
        {"*", "hvc0", true},
        {"tty?", "tty1", true},
        {"tty?", "tty10", false},
        {"tty[1-6]", "tty6", true},
        {"tty[1-6]", "tty7", false},
        {"tty[!1-6]", "tty7", true},
        {"tty[!1-6]", "tty3", false},
        {"tty[ab-]", "tty-", true},
        {"tty[]x]", "tty]", true},
        {"tty[1", "tty[1", true},
        {"tty[1", "tty1", false},
        {"*S*0", "ttyS00", true},
        {"*a*b*c", "xaxbxbxc", true},
        {"*a*b*c", "xaxbxbx", false},
        {"pts/*", "pts/3", true},
        {"", "", true},
        {"", "x", false},
        {"a**b", "ab", true},
    };
    for (const Case& c : cases) {
        CAPTURE(c.glob);
        CAPTURE(c.name);
        CHECK(getty::matches_glob(c.glob, c.name) == c.matches);
    }
    CHECK_FALSE(getty::matches_glob("*a*a*a*a*a*a*a*a*a*a*a*b", std::string(3000, 'a')));
}

TEST_CASE("getty.conf: what is written is read as the same") {
    const std::vector<std::string_view> cases{
        sample,
        "[x]\nprompt = \"  blanks \"\nissue-text = \"\\e[1m\\033\\t\\\"\\\\\\177\"\n",
        "[x]\nprompt =\nclear-text = plain \"quotes\" inside\nterm = \"\\\"\"\n",
        "[x]\nprompt-style = gettytab\nprompt = %h\nhost-name = box\nhost-edit = @#\n"
        "date-format = %H:%M\nanswer-chat = RING ATA\nring-timeout = 0\n",
        "[x]\nspeed = keep,300\nlogin-speed = keep\nmodes = erase ^H min 0 cs7\n",
        "[x]\nspeed = console\n",
        "[x]\nspeed = 9600e7r\n",
        "[x]\nenvironment = A=1\nenvironment = B=a b\nlocal-line = never\nnoclear = no\n",
        "[x]\nprompt = \xc3\xa9t\xc3\xa9\n",
    };
    for (const std::string_view text : cases) {
        CAPTURE(text);
        for (const LineProfile& profile : getty::read_getty_conf(text).profiles) {
            const std::string written = getty::write_getty_conf(profile);
            CAPTURE(written);
            GettyConf again = getty::read_getty_conf(written);
            CHECK(again.problems == Problems{});
            REQUIRE(again.profiles.size() == 1);
            again.profiles.front().line = profile.line;
            CHECK(again.profiles.front() == profile);
        }
    }
}

TEST_CASE("getty.conf: written in one key = value a line") {
    const GettyConf conf = getty::read_getty_conf(
        "[ttyS0]\ntimeout=5\nprompt=\"a \\n\"\nmodes=-echo cs8\nspeed=9600,keep\n");
    REQUIRE(conf.profiles.size() == 1);
    CHECK(getty::write_getty_conf(conf.profiles[0]) ==
          "[ttyS0]\nspeed = 9600,keep\nmodes = cs8 -echo\nprompt = \"a \\n\"\ntimeout = 5\n");
}

TEST_CASE("getty.conf: random bytes do no harm") {
    tests::feed_random_text(
        "[tty*]\nspeed = 9600\nmodes = sane\nprompt = \"a\\n\\101\"\ninclude = /x\nnext = y\n"
        "noclear = yes\ntimeout = 5\n; c\n",
        [](const std::string& text) {
            const GettyConf conf = getty::read_getty_conf(text);
            (void)getty::profile_of_line(conf.profiles, "ttyS0");
            (void)getty::matches_glob(text, "ttyS0");
            for (const LineProfile& profile : conf.profiles) {
                (void)getty::write_getty_conf(profile);
            }
        });
}
