/// Stands where a getty starts login: writes down all that has reached it, and
/// leaves. One line for each fact, "KEY VALUE", in /run/login_stub/ under the
/// line's name with dashes for slashes. In values, what is different on every
/// line is written as {line}, {last four} or {of init} (the id that the test has
/// written into a record for us), and our own numbers as "own".

#include "common/terminal_speed.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <utmpx.h>

namespace {

struct Flag {
    const char* name;
    tcflag_t bit;
};

constexpr std::array input_flags{Flag{"IGNBRK", IGNBRK},
                                 Flag{"BRKINT", BRKINT},
                                 Flag{"IGNPAR", IGNPAR},
                                 Flag{"PARMRK", PARMRK},
                                 Flag{"INPCK", INPCK},
                                 Flag{"ISTRIP", ISTRIP},
                                 Flag{"INLCR", INLCR},
                                 Flag{"IGNCR", IGNCR},
                                 Flag{"ICRNL", ICRNL},
                                 Flag{"IUCLC", IUCLC},
                                 Flag{"IXON", IXON},
                                 Flag{"IXANY", IXANY},
                                 Flag{"IXOFF", IXOFF},
                                 Flag{"IMAXBEL", IMAXBEL},
                                 Flag{"IUTF8", IUTF8}};
constexpr std::array output_flags{Flag{"OPOST", OPOST},
                                  Flag{"OLCUC", OLCUC},
                                  Flag{"ONLCR", ONLCR},
                                  Flag{"OCRNL", OCRNL},
                                  Flag{"ONOCR", ONOCR},
                                  Flag{"ONLRET", ONLRET},
                                  Flag{"OFILL", OFILL},
                                  Flag{"OFDEL", OFDEL},
                                  Flag{"NLDLY", NLDLY},
                                  Flag{"CRDLY", CRDLY},
                                  Flag{"TABDLY", TABDLY},
                                  Flag{"BSDLY", BSDLY},
                                  Flag{"VTDLY", VTDLY},
                                  Flag{"FFDLY", FFDLY}};
constexpr std::array control_flags{Flag{"CSTOPB", CSTOPB},
                                   Flag{"CREAD", CREAD},
                                   Flag{"PARENB", PARENB},
                                   Flag{"PARODD", PARODD},
                                   Flag{"HUPCL", HUPCL},
                                   Flag{"CLOCAL", CLOCAL},
                                   Flag{"CMSPAR", CMSPAR},
                                   Flag{"CRTSCTS", CRTSCTS}};
constexpr std::array local_flags{Flag{"ISIG", ISIG},
                                 Flag{"ICANON", ICANON},
                                 Flag{"XCASE", XCASE},
                                 Flag{"ECHO", ECHO},
                                 Flag{"ECHOE", ECHOE},
                                 Flag{"ECHOK", ECHOK},
                                 Flag{"ECHONL", ECHONL},
                                 Flag{"NOFLSH", NOFLSH},
                                 Flag{"TOSTOP", TOSTOP},
                                 Flag{"ECHOCTL", ECHOCTL},
                                 Flag{"ECHOPRT", ECHOPRT},
                                 Flag{"ECHOKE", ECHOKE},
                                 Flag{"FLUSHO", FLUSHO},
                                 Flag{"PENDIN", PENDIN},
                                 Flag{"IEXTEN", IEXTEN},
                                 Flag{"EXTPROC", EXTPROC}};

struct Character {
    const char* name;
    unsigned place;
};

constexpr std::array characters{Character{"VINTR", VINTR},
                                Character{"VQUIT", VQUIT},
                                Character{"VERASE", VERASE},
                                Character{"VKILL", VKILL},
                                Character{"VEOF", VEOF},
                                Character{"VTIME", VTIME},
                                Character{"VMIN", VMIN},
                                Character{"VSWTC", VSWTC},
                                Character{"VSTART", VSTART},
                                Character{"VSTOP", VSTOP},
                                Character{"VSUSP", VSUSP},
                                Character{"VEOL", VEOL},
                                Character{"VREPRINT", VREPRINT},
                                Character{"VDISCARD", VDISCARD},
                                Character{"VWERASE", VWERASE},
                                Character{"VLNEXT", VLNEXT},
                                Character{"VEOL2", VEOL2}};

std::string line_name() {
    constexpr std::string_view directory = "/dev/";
    const char* const path = ::ttyname(STDIN_FILENO);
    return path == nullptr ? "none" : std::string{path}.substr(directory.size());
}

/// Collects the facts of one line.
class Report {
  public:
    explicit Report(std::string line) : line_(std::move(line)) {}

    void add(const std::string& key, std::string value) {
        for (auto at = value.find(line_); at != value.npos; at = value.find(line_)) {
            value.replace(at, line_.size(), "{line}");
        }
        text_ += key;
        if (!value.empty()) {
            text_ += ' ' + value;
        }
        text_ += '\n';
    }

    void add(const std::string& key, std::span<const Flag> flags, tcflag_t word) {
        for (const Flag& flag : flags) {
            add(key + flag.name, (word & flag.bit) != 0 ? "on" : "off");
        }
    }

    /// Complete at once, for a reader that waits for the name.
    [[nodiscard]] bool write() const {
        std::string path = "/run/login_stub/";
        std::transform(line_.begin(), line_.end(), std::back_inserter(path), [](char c) {
            return c == '/' ? '-' : c;
        });
        const std::string unfinished = path + ".new";
        std::ofstream file{unfinished, std::ios::binary};
        file << text_;
        file.close();
        return file && std::rename(unfinished.c_str(), path.c_str()) == 0;
    }

  private:
    std::string line_;
    std::string text_;
};

std::string own_or_number(pid_t number) {
    return number == ::getpid() ? "own" : std::to_string(number);
}

void add_arguments(Report& report, std::span<char*> words, char** environment) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        report.add("argument." + std::to_string(i), words[i]);
    }
    for (; *environment != nullptr; ++environment) {
        const std::string entry = *environment;
        const auto equals = entry.find('=');
        report.add("environment." + entry.substr(0, equals), entry.substr(equals + 1));
    }
}

void add_modes(Report& report) {
    termios modes{};
    if (::tcgetattr(STDIN_FILENO, &modes) != 0) {
        report.add("modes", "none");
        return;
    }
    report.add("c_iflag.", input_flags, modes.c_iflag);
    report.add("c_oflag.", output_flags, modes.c_oflag);
    report.add("c_cflag.", control_flags, modes.c_cflag);
    report.add("c_cflag.CSIZE", std::to_string(5 + (modes.c_cflag & CSIZE) / CS6));
    report.add("c_lflag.", local_flags, modes.c_lflag);
    report.add("c_line", std::to_string(modes.c_line));
    for (const Character& character : characters) {
        report.add(std::string{"c_cc."} + character.name,
                   std::to_string(modes.c_cc[character.place]));
    }
    report.add("speed", std::to_string(common::speed_of_line(STDIN_FILENO)));
    winsize size{};
    ::ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
    report.add("size", std::to_string(size.ws_row) + "x" + std::to_string(size.ws_col));
}

void add_process(Report& report) {
    report.add("session.id", own_or_number(::getsid(0)));
    report.add("session.of_the_line", own_or_number(::tcgetsid(STDIN_FILENO)));
    report.add("session.group", own_or_number(::getpgrp()));
    report.add("session.foreground", own_or_number(::tcgetpgrp(STDIN_FILENO)));
    std::string descriptors;
    constexpr int beyond_any = 64;
    for (int fd = 0; fd < beyond_any; ++fd) {
        const char* const path = ::isatty(fd) == 1 ? ::ttyname(fd) : nullptr;
        if (::fcntl(fd, F_GETFD) >= 0) {
            descriptors += (descriptors.empty() ? "" : ",") + std::to_string(fd) + "=" +
                           (path == nullptr ? "other" : path);
        }
    }
    report.add("descriptors", descriptors);
    const int status = ::fcntl(STDIN_FILENO, F_GETFL);
    report.add("blocking", (status & O_NONBLOCK) == 0 ? "yes" : "no");
    std::string ignored;
    std::string blocked;
    sigset_t mask{};
    ::sigprocmask(SIG_SETMASK, nullptr, &mask);
    for (int number = 1; number < SIGRTMIN; ++number) {
        struct sigaction action {};
        if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
            ignored += std::string{ignored.empty() ? "" : ","} + ::sigabbrev_np(number);
        }
        if (::sigismember(&mask, number) == 1) {
            blocked += std::string{blocked.empty() ? "" : ","} + ::sigabbrev_np(number);
        }
    }
    report.add("signals.ignored", ignored);
    report.add("signals.blocked", blocked);
    report.add("nice", std::to_string(::getpriority(PRIO_PROCESS, 0)));
    std::array<char, 256> directory{};
    report.add("directory", ::getcwd(directory.data(), directory.size()));
    struct stat node {};
    ::fstat(STDIN_FILENO, &node);
    std::array<char, 64> owner{};
    const int length = std::snprintf(
        owner.data(), owner.size(), "%u:%u %o", node.st_uid, node.st_gid, node.st_mode & 07777U);
    report.add("owner", std::string{owner.data(), static_cast<std::size_t>(length)});
}

template <std::size_t Size>
std::string field(const char (&text)[Size]) {  // NOLINT(*-avoid-c-arrays): utmp(5) has them
    return {text, ::strnlen(text, Size)};
}

void add_record(Report& report, const std::string& line) {
    int count = 0;
    utmpx found{};
    ::setutxent();
    while (const utmpx* const record = ::getutxent()) {
        if (field(record->ut_line) == line) {
            found = *record;
            ++count;
        }
    }
    ::endutxent();
    report.add("record.count", std::to_string(count));
    if (count == 0) {
        return;
    }
    const std::string id = field(found.ut_id);
    const bool is_usual = line.ends_with(id) && id.size() == sizeof found.ut_id;
    const bool is_of_init = id == "i" + line.substr(line.find('/') + 1);
    report.add("record.type", std::to_string(found.ut_type));
    report.add("record.id", is_usual ? "{last four}" : is_of_init ? "{of init}" : id);
    report.add("record.line", field(found.ut_line));
    report.add("record.user", field(found.ut_user));
    report.add("record.host", field(found.ut_host));
    report.add("record.process", own_or_number(found.ut_pid));
    report.add("record.session", own_or_number(found.ut_session));
    report.add("record.time", found.ut_tv.tv_sec > 0 ? "set" : "none");
}

}  // namespace

int main(int argc, char** argv) {
    const std::string line = line_name();
    Report report{line};
    add_arguments(report, {argv, static_cast<std::size_t>(argc)}, ::environ);
    add_modes(report);
    add_process(report);
    add_record(report, line);
    return report.write() ? 0 : 1;
}
