/// `tests/demo`'s program: a getty on a fresh line in a World, and the person
/// at the other end of it, who is the caller or a script.

#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/line.hpp"
#include "tests/pty/world.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace {

constexpr char leave_key = '\x1d';  // ^]

constexpr const char* welcome =
    "This is a real getty, and behind it a real login, on a pseudo terminal of its own.\n"
    "Log in as demo with the password demo; nothing you do changes this machine.\n"
    "^] (Control and ]) leaves the demo.\n";

/// The caller's terminal, raw for as long as this lives.
class RawTerminal {
  public:
    RawTerminal() {
        common::check(::tcgetattr(STDIN_FILENO, &found_), "tcgetattr");
        termios raw = found_;
        ::cfmakeraw(&raw);
        common::check(::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw), "tcsetattr");
    }
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;
    RawTerminal(RawTerminal&&) = delete;
    RawTerminal& operator=(RawTerminal&&) = delete;
    ~RawTerminal() { ::tcsetattr(STDIN_FILENO, TCSADRAIN, &found_); }

  private:
    termios found_{};
};

std::string terminal_type() {
    const char* type = std::getenv("TERM");
    return type == nullptr || *type == '\0' ? "vt100" : type;
}

void furnish(const pty::World& world) {
    world.add_user({.name = "demo", .password = "demo", .full_name = "Demo", .shell = "/bin/bash"});
    world.append_file("/etc/ttygate/login.conf", "LOGIN_GATE shadow\n");
    world.write_file("/etc/issue", "\\S{PRETTY_NAME} \\n \\l\n\n");
    world.write_file("/home/demo/.bash_profile", "PS1='\\u@\\h:\\w\\$ '\n");
}

/// Does what an init does with a respawn entry.
class RespawnedGetty {
  public:
    explicit RespawnedGetty(const pty::Line& line, std::string terminal)
        : line_(line), terminal_(std::move(terminal)) {}

    /// Starts it when there is none (any more).
    void keep_running() {
        if (getty_ && getty_->is_running()) {
            return;
        }
        if (++started_ > most_starts_without_a_key) {
            throw std::runtime_error{"getty ends as soon as it is started"};
        }
        getty_.reset();
        getty_.emplace(line_.start_for(
            {.arguments = {pty::World::getty(), "-l", pty::World::login(), "{line}", terminal_}}));
    }

    /// Somebody is there, so gettys may well end.
    void key_was_pressed() { started_ = 0; }

  private:
    static constexpr int most_starts_without_a_key = 5;

    const pty::Line& line_;
    std::string terminal_;
    std::optional<pty::Process> getty_;
    int started_ = 0;
};

void copy_window_size(const pty::Line& line) {
    winsize size{};
    if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row != 0) {
        line.resize(size.ws_row, size.ws_col);
    }
}

void write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto length =
            common::check(common::retry_interrupted(
                              [&] { return ::write(STDOUT_FILENO, bytes.data(), bytes.size()); }),
                          "write to the terminal");
        bytes.remove_prefix(static_cast<std::size_t>(length));
    }
}

/// Window changes, and what would end us with the terminal left raw.
common::UniqueFd open_signals() {
    sigset_t signals{};
    ::sigemptyset(&signals);
    for (const int number : {SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT}) {
        ::sigaddset(&signals, number);
    }
    common::check(::sigprocmask(SIG_BLOCK, &signals, nullptr), "sigprocmask");
    return common::UniqueFd{common::check(::signalfd(-1, &signals, SFD_CLOEXEC), "signalfd")};
}

enum class Wish { stay, leave };

Wish answer_signal(const common::UniqueFd& signals, const pty::Line& line) {
    signalfd_siginfo info{};
    if (::read(signals.get(), &info, sizeof info) != sizeof info) {
        return Wish::leave;
    }
    if (info.ssi_signo != SIGWINCH) {
        return Wish::leave;
    }
    copy_window_size(line);
    return Wish::stay;
}

Wish pass_keys_on(pty::Line& line, RespawnedGetty& getty) {
    std::array<char, 1024> buffer{};
    const auto length = common::retry_interrupted(
        [&] { return ::read(STDIN_FILENO, buffer.data(), buffer.size()); });
    if (length <= 0) {
        return Wish::leave;
    }
    const std::string_view keys{buffer.data(), static_cast<std::size_t>(length)};
    getty.key_was_pressed();
    line.send(keys.substr(0, keys.find(leave_key)));
    return keys.find(leave_key) == std::string_view::npos ? Wish::stay : Wish::leave;
}

void connect_to_caller(pty::Line& line, RespawnedGetty& getty) {
    const common::UniqueFd signals = open_signals();
    const RawTerminal raw;
    copy_window_size(line);
    Wish wish = Wish::stay;
    while (wish == Wish::stay) {
        getty.keep_running();
        pty::wait_until(
            [&] {
                std::array<pollfd, 2> polled{
                    {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                     {.fd = signals.get(), .events = POLLIN, .revents = 0}}};
                ::poll(polled.data(), polled.size(), 0);
                if (polled[0].revents != 0) {
                    wish = pass_keys_on(line, getty);
                }
                if (polled[1].revents != 0 && wish == Wish::stay) {
                    wish = answer_signal(signals, line);
                }
                return wish == Wish::leave || !line.transcript().empty();
            },
            pty::Milliseconds{50});
        write_all(line.take_received());
    }
    write_all("\r\n");
}

/// Shows the dialogue as it goes, without the bytes only a terminal wants.
void show(std::string_view text) {
    for (const char byte : text) {
        if (byte != '\r') {
            std::putchar(byte);
        }
    }
    std::fflush(stdout);
}

void see(pty::Line& line, std::string_view text) {
    show(line.expect(text));
    show(text);
}

/// The dialogue of the README.
void play(pty::Line& line, RespawnedGetty& getty) {
    constexpr std::string_view prompt = "demo@box:~$ ";
    getty.keep_running();
    see(line, "box login: ");
    line.send("demo\r");
    see(line, "Password: ");
    line.send("demo\r");
    see(line, prompt);
    line.send("tty\r");
    see(line, line.path());
    see(line, prompt);
    line.send("ps -o pid,ppid,pgid,sid,tpgid,tty,comm\r");
    see(line, "bash");
    see(line, "ps\r\n");
    see(line, prompt);
    line.send("exit\r");
    // The getty ends with the login that it has become; init starts the next.
    if (!pty::wait_until([&] {
            getty.keep_running();
            return line.unmatched().find("box login: ") != std::string_view::npos;
        })) {
        throw std::runtime_error{"after the logout the prompt did not come back"};
    }
    see(line, "box login: ");
    show("\n");
}

enum class Caller { person, script };

int demonstrate(Caller caller) {
    const pty::World world;
    furnish(world);
    pty::Line line;
    if (caller == Caller::person) {
        RespawnedGetty getty{line, terminal_type()};
        connect_to_caller(line, getty);
        return EXIT_SUCCESS;
    }
    line.resize(24, 80);
    RespawnedGetty getty{line, "dumb"};
    play(line, getty);
    return EXIT_SUCCESS;
}

/// The innermost process puts the terminal back; this is for the case that it
/// could not.
class TerminalKept {
  public:
    TerminalKept() : known_(::tcgetattr(STDIN_FILENO, &modes_) == 0) {}
    TerminalKept(const TerminalKept&) = delete;
    TerminalKept& operator=(const TerminalKept&) = delete;
    TerminalKept(TerminalKept&&) = delete;
    TerminalKept& operator=(TerminalKept&&) = delete;
    ~TerminalKept() {
        if (known_) {
            ::tcsetattr(STDIN_FILENO, TCSADRAIN, &modes_);
        }
    }

  private:
    termios modes_{};
    bool known_;
};

int story(Caller caller) {
    if (const auto reason = pty::World::why_not_available()) {
        std::fprintf(stderr, "The demo %s.\n", reason->c_str());
        return EXIT_FAILURE;
    }
    if (caller == Caller::person && ::isatty(STDIN_FILENO) == 0) {
        std::puts("Standard input is no terminal, so the demo plays by itself.");
        caller = Caller::script;
    }
    std::puts(welcome);
    const TerminalKept terminal;
    return pty::run_isolated([&] { return demonstrate(caller); });
}

}  // namespace

int main(int argc, char** argv) {
    Caller caller = Caller::person;
    if (argc == 2 && std::string_view{argv[1]} == "--script") {
        caller = Caller::script;
    } else if (argc > 1) {
        std::fprintf(stderr, "demo: unknown argument %s\nusage: demo [--script]\n", argv[1]);
        return EXIT_FAILURE;
    }
    try {
        return story(caller);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "demo: %s\n", problem.what());
        return EXIT_FAILURE;
    }
}
