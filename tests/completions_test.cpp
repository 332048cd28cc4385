// The completion files as the shells read them.

#include "tests/common/temporary_directory.hpp"
#include "tests/pty/line.hpp"
#include "tests/pty/package.hpp"
#include "tests/pty/process.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

namespace {

using Words = std::vector<std::string>;
using Replies = std::set<std::string>;

struct Program {
    std::string name;
    std::string directory;

    [[nodiscard]] std::string bash() const { return directory + "/" + name + ".bash"; }
    [[nodiscard]] std::string zsh() const { return directory + "/_" + name; }
    [[nodiscard]] std::string fish() const { return directory + "/" + name + ".fish"; }
};

const Program getty{TTYGATE_GETTY_NAME, TTYGATE_GETTY_COMPLETIONS};
const Program login{TTYGATE_LOGIN_NAME, TTYGATE_LOGIN_COMPLETIONS};
const Program sessions{TTYGATE_SESSIONS_NAME, TTYGATE_SESSIONS_COMPLETIONS};

Replies lines_in(const std::string& text) {
    Replies lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) {
        if (!line.empty()) {
            lines.insert(line);
        }
    }
    return lines;
}

std::string listed(const Replies& replies) {
    std::string text;
    for (const std::string& reply : replies) {
        text += (text.empty() ? "" : " ") + reply;
    }
    return text;
}

/// What Bash offers for the last of the words, which it has split at `=` too.
Replies bash_replies(const Program& program, const Words& words) {
    // Which function it calls, Bash says as the file has told it.
    const std::string script =
        "source \"$0\" || exit 9\n"
        "called=$(complete -p \"$1\") || exit 9\n"
        "called=${called#complete -F }\n"
        "COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))\n"
        "${called%% *} && printf '%s\\n' \"${COMPREPLY[@]}\"\n";
    pty::Command command{.arguments = {"/bin/bash", "--norc", "--noprofile", "-u", "-c", script}};
    command.arguments.push_back(program.bash());
    command.arguments.push_back(program.name);
    command.arguments.insert(command.arguments.end(), words.begin(), words.end());
    const auto finished = pty::run(command);
    CHECK(finished.exit == pty::Exit{.status = 0});
    return lines_in(finished.output);
}

/// The first of these that can be executed.
std::string found_shell(std::string_view name) {
    for (const std::string_view directory : {"/usr/bin/", "/bin/", "/usr/local/bin/"}) {
        std::string path = std::string{directory} + std::string{name};
        if (::access(path.c_str(), X_OK) == 0) {
            return path;
        }
    }
    tests::skip("needs " + std::string{name});
}

/// A file of this name below a folder.
std::string found_file(const std::string& folder, std::string_view name) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
        if (entry.path().filename() == name) {
            return entry.path();
        }
    }
    tests::skip("needs " + std::string{name});
}

/// What it reads before its first prompt; % stands for the folders.
constexpr std::string_view zsh_start = R"(
module_path=(%modules)
fpath=(%completions %functions/Completion{,/*}(/))
autoload -Uz compinit && compinit -D -u
setopt extended_glob
offered=%offered
# Writes down what it adds; -O, -A and -D only ask.
compadd() {
    if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
        local -a matches
        builtin compadd -A matches "$@"
        (($#matches)) && print -rl -- $matches >>$offered
    fi
    builtin compadd "$@"
}
write_down() {
    _main_complete
    : >$offered.done
}
zle -C write-down list-choices write_down
bindkey '^T' write-down
PROMPT='ready> '
)";

/// A zsh that somebody types at, with its whole completion system.
class Zsh {
  public:
    Zsh() {
        const auto packages = pty::fetched_packages({"zsh", "zsh-common"});
        const std::filesystem::path modules =
            std::filesystem::path{found_file(packages[0], "zutil.so")}.parent_path().parent_path();
        std::string completions;
        for (const Program& program : {getty, login, sessions}) {
            completions += program.directory + " ";
        }
        std::string start{zsh_start};
        for (const auto& [mark, folder] : {std::pair<std::string, std::string>{"%modules", modules},
                                           {"%completions", completions},
                                           {"%functions", packages[1] + "/usr/share/zsh/functions"},
                                           {"%offered", home_.path("offered")}}) {
            for (auto at = start.find(mark); at != start.npos; at = start.find(mark)) {
                start.replace(at, mark.size(), folder);
            }
        }
        // Not .zshrc: the modules are needed for the first line. Without one zsh would
        // ask a newcomer's questions.
        home_.write(".zshenv", start);
        home_.write(".zshrc", "");
        shell_.emplace(line_.start_on({.arguments = {packages[0] + "/bin/zsh", "-d", "-i"},
                                       .environment = {"HOME=" + home_.path(""),
                                                       "ZDOTDIR=" + home_.path(""),
                                                       "PATH=/usr/bin:/bin",
                                                       "LC_ALL=C",
                                                       "TERM=dumb"},
                                       .session = pty::Session::leader_with_terminal}));
        line_.expect("ready> ", pty::Milliseconds{60'000});
    }

    Replies replies(const std::string& words) {
        const std::string offered = home_.path("offered");
        std::filesystem::remove(offered);
        std::filesystem::remove(offered + ".done");
        constexpr std::string_view kill_line = "\x15";
        constexpr std::string_view write_down = "\x14";
        line_.send(std::string{kill_line} + words + std::string{write_down});
        CAPTURE(line_.transcript());
        REQUIRE(pty::wait_until([&] { return std::filesystem::exists(offered + ".done"); },
                                pty::Milliseconds{60'000}));
        std::ifstream file{offered};
        return lines_in({std::istreambuf_iterator<char>{file}, {}});
    }

  private:
    tests::TemporaryDirectory home_;
    pty::Line line_;
    std::optional<pty::Process> shell_;
};

}  // namespace

TEST_CASE("Bash completes options and those of their values that are known") {
    (void)found_shell("bash");
    struct Case {
        Words words;
        std::string_view replies;
    };
    for (const Case& c : {Case{{"--loc"}, "--local-line"},
                          Case{{"--autologin-"}, "--autologin-grace --autologin-once"},
                          Case{{"tty1", "--noc"}, "--noclear"},
                          Case{{"-a", "x", "--noc"}, "--noclear"},
                          Case{{"--local-line", "="}, "always auto never"},
                          Case{{"--local-line", "=", "a"}, "always auto"},
                          Case{{"-L", "=", "n"}, "never"},
                          // The next word is none of its values.
                          Case{{"-L", "kee"}, "keep"},
                          Case{{"--break", ""}, "cycle ignore reset"},
                          Case{{"--break", "=", "r"}, "reset"},
                          Case{{"--table-format", "getty."}, "getty.conf"},
                          Case{{"-t", ""}, ""},
                          Case{{"-o", "--loc"}, ""},
                          Case{{"--", "--loc"}, ""},
                          Case{{"1152"}, "115200 1152000"},
                          Case{{"ttyS0", "1152"}, "115200 1152000"},
                          Case{{"-L", "=", "never", "ttyS0", "1152"}, "115200 1152000"},
                          Case{{"--timeout", "=", "5", "ttyS0", "1152"}, "115200 1152000"},
                          Case{{"@"}, "@console"},
                          Case{{"ttyS0", "9600", "1152"}, ""},
                          Case{{"ttyS0", "9600", "vt100", ""}, ""}}) {
        std::string title;
        for (const std::string& word : c.words) {
            title += "<" + word + ">";
        }
        CAPTURE(title);
        CHECK(listed(bash_replies(getty, c.words)) == c.replies);
    }
    CHECK(listed(bash_replies(login, {"--sh"})) == "--shell");
    CHECK(listed(bash_replies(sessions, {"--"})) ==
          "--end --help --json --repair --tree --version --watch");
    CHECK(listed(bash_replies(sessions, {"--end", ""})).empty());
    CHECK(listed(bash_replies(login, {"-h", ""})).empty());
    CHECK(listed(bash_replies(login, {"root", ""})).empty());
}

TEST_CASE("Bash completes users, files and directories where they are values") {
    (void)found_shell("bash");
    CHECK(bash_replies(getty, {"-a", "roo"}).contains("root"));
    CHECK(bash_replies(getty, {"--autologin", "=", "roo"}).contains("root"));
    CHECK(bash_replies(login, {"roo"}).contains("root"));
    CHECK(bash_replies(login, {"-f", "roo"}).contains("root"));

    const tests::TemporaryDirectory directory;
    const std::string begin = directory.path("a");
    directory.write("a.issue", "x");
    std::filesystem::create_directory(begin + ".d");
    const Replies both{begin + ".d", begin + ".issue"};
    const Replies directories{begin + ".d"};
    for (const char* option : {"-f", "--issue-file", "-l", "--login-program", "--check-table"}) {
        CAPTURE(option);
        CHECK(bash_replies(getty, {option, begin}) == both);
    }
    for (const char* option : {"-C", "--chdir", "-r", "--chroot"}) {
        CAPTURE(option);
        CHECK(bash_replies(getty, {option, begin}) == directories);
    }
    CHECK(bash_replies(login, {"--shell", begin}) == both);
}

TEST_CASE("Bash completes lines the kernel has and terminal types the machine knows") {
    (void)found_shell("bash");
    const std::filesystem::path kernels_list = "/sys/class/tty";
    if (!std::filesystem::is_directory(kernels_list)) {
        tests::skip("needs /sys/class/tty");
    }
    Replies lines{"-", "@console"};
    for (const auto& entry : std::filesystem::directory_iterator{kernels_list}) {
        lines.insert(entry.path().filename());
    }
    for (const char* no_line : {"tty", "tty0", "ptmx"}) {
        lines.erase(no_line);
    }
    Replies speeds_and_lines = bash_replies(getty, {""});
    Replies offered;
    std::copy_if(speeds_and_lines.begin(),
                 speeds_and_lines.end(),
                 std::inserter(offered, offered.end()),
                 [](const std::string& word) {
                     return word != "keep" && (word.front() < '0' || word.front() > '9');
                 });
    CHECK(listed(offered) == listed(lines));
    // With a dash alone an option begins.
    lines.erase("-");
    for (const std::string& line : lines) {
        CAPTURE(line);
        CHECK(bash_replies(getty, {"9600", line}).contains(line));
    }
    const bool knows_vt100 = std::filesystem::exists("/lib/terminfo/v/vt100") ||
                             std::filesystem::exists("/usr/share/terminfo/v/vt100");
    if (!knows_vt100) {
        tests::skip("needs a terminfo entry for vt100");
    }
    CHECK(bash_replies(getty, {"tty1", "9600", "vt1"}).contains("vt100"));
    CHECK(bash_replies(getty, {"tty1", "vt1"}).contains("vt100"));
    CHECK_FALSE(bash_replies(getty, {"vt1"}).contains("vt100"));
}

TEST_CASE("zsh can read its completion files") {
    const std::string zsh = pty::fetched_package("zsh") + "/bin/zsh";
    for (const Program& program : {getty, login, sessions}) {
        const auto finished = pty::run({.arguments = {zsh, "-f", "-n", program.zsh()}});
        CHECK(finished.exit == pty::Exit{.status = 0});
        CHECK(finished.output.empty());
        std::ifstream file{program.zsh()};
        std::string first;
        std::getline(file, first);
        CHECK(first == "#compdef " + program.name);
    }
}

TEST_CASE("zsh completes options and their values") {
    Zsh zsh;
    struct Case {
        std::string words;
        std::string_view replies;
    };
    for (const Case& c : {Case{TTYGATE_GETTY_NAME " --noc", "--noclear"},
                          Case{TTYGATE_GETTY_NAME " --local-line=", "always auto never"},
                          Case{TTYGATE_GETTY_NAME " --break c", "cycle"},
                          Case{TTYGATE_GETTY_NAME " -a x --table-format getty.", "getty.conf"},
                          Case{TTYGATE_GETTY_NAME " ttyS0 1152", "115200 1152000"},
                          Case{TTYGATE_GETTY_NAME " @", "@console"},
                          Case{TTYGATE_GETTY_NAME " -t ", ""},
                          Case{TTYGATE_LOGIN_NAME " --sh", "--shell"},
                          Case{TTYGATE_LOGIN_NAME " -h ", ""},
                          Case{TTYGATE_SESSIONS_NAME " --tr", "--tree"}}) {
        CAPTURE(c.words);
        CHECK(listed(zsh.replies(c.words)) == c.replies);
    }
    CHECK(zsh.replies(TTYGATE_GETTY_NAME " -a roo").contains("root"));
    CHECK(zsh.replies(TTYGATE_LOGIN_NAME " -f roo").contains("root"));
    if (std::filesystem::exists("/sys/class/tty/console")) {
        CHECK(zsh.replies(TTYGATE_GETTY_NAME " conso").contains("console"));
    }
}

TEST_CASE("fish completes options and their values") {
    const auto packages = pty::fetched_packages({"fish", "fish-common", "libpcre2-32-0"});
    const std::string fish = packages[0] + "/usr/bin/fish";
    const std::string library = found_file(packages[2], "libpcre2-32.so.0");
    const std::string functions = packages[1] + "/usr/share/fish/functions";
    struct Case {
        const Program& program;
        std::string words;
        std::string_view reply;
    };
    // It writes there.
    const tests::TemporaryDirectory home;
    for (const Case& c : {Case{getty, "--noc", "--noclear"},
                          Case{getty, "--local-line=ne", "--local-line=never"},
                          Case{getty, "--break cy", "cycle"},
                          Case{getty, "-a roo", "root"},
                          Case{getty, "ttyS0 kee", "keep"},
                          Case{getty, "--check --js", "--json"},
                          Case{getty, "@con", "@console"},
                          Case{getty, "ttyS0 1152", "115200"},
                          Case{login, "--sh", "--shell"},
                          Case{sessions, "--tr", "--tree"},
                          Case{login, "roo", "root"}}) {
        CAPTURE(c.words);
        const std::string script = "set fish_function_path " + functions + "; source " +
                                   c.program.fish() + "; complete -C '" + c.program.name + " " +
                                   c.words + "' | string replace -r '\\t.*' ''";
        const auto finished =
            pty::run({.arguments = {fish, "--no-config", "-c", script},
                      .environment = {"HOME=" + home.path(""),
                                      "PATH=/usr/bin:/bin",
                                      "LD_LIBRARY_PATH=" +
                                          std::filesystem::path{library}.parent_path().string()}});
        CAPTURE(finished.output);
        CHECK(lines_in(finished.output).contains(std::string{c.reply}));
    }
}
