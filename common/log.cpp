#include "common/log.hpp"

#include "common/safe_text.hpp"
#include "common/unique_fd.hpp"
#include "common/utf8.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace common {

namespace {

const char* identity = "ttygate";
DivertedLog* diverted = nullptr;

constexpr int authpriv_facility = 10;
constexpr std::size_t longest_line = 1000;
constexpr std::size_t longest_field = 256;

/// How long a full log may keep us: its reader may only be slower than a burst of lines.
constexpr timeval patience{.tv_sec = 0, .tv_usec = 250'000};

/// `how`: MSG_DONTWAIT, or 0 for as long as the socket waits.
bool sent(const UniqueFd& socket,
          std::string_view path,
          std::string_view datagram,
          int how) noexcept {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    const void* untyped = &address;
    return ::sendto(socket.get(),
                    datagram.data(),
                    datagram.size(),
                    MSG_NOSIGNAL | how,
                    static_cast<const sockaddr*>(untyped),
                    sizeof address) >= 0;
}

/// Asked once: a machine gets no journald while somebody is logged in.
bool may_have_journal = true;

/// A log that is stuck is waited for once, until it takes a line again.
bool is_stuck = false;

bool sent_in_time(const UniqueFd& socket, std::string_view path, std::string_view line) noexcept {
    if (sent(socket, path, line, MSG_DONTWAIT)) {
        return true;
    }
    return errno == EAGAIN && !is_stuck &&
           ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
           sent(socket, path, line, 0);
}

/// Opened for each line: a login writes a handful in its life, a descriptor
/// kept would have to survive close_range and a namespace change.
UniqueFd open_socket() noexcept {
    const auto open = [] { return ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); };
    UniqueFd socket{open()};
    rlimit limit{};
    if (socket.is_open() || errno != EMFILE || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return socket;
    }
    // Why everything else fails has to be known: one above the soft limit, which is ours
    // to move and stands again at once.
    const rlimit more{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &more) == 0) {
        socket.reset(open());
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    return socket;
}

void send_to_log(std::string_view line, std::string_view entry) noexcept {
    const UniqueFd socket = open_socket();
    if (!socket.is_open()) {
        return;
    }
    if (may_have_journal && !entry.empty()) {
        if (sent(socket, "/run/systemd/journal/socket", entry, MSG_DONTWAIT)) {
            return;
        }
        // A full one may be read again; syslog may still take the line.
        may_have_journal = errno == EAGAIN;
    }
    is_stuck = !sent_in_time(socket, "/dev/log", line);
}

/// Cut to `limit` bytes, between characters.
std::string cut(std::string text, std::size_t limit) {
    if (text.size() > limit) {
        std::size_t end = limit;
        while (end > 0 && continues_utf8(text[end])) {
            --end;
        }
        text.resize(end);
        text += "...";
    }
    return text;
}

}  // namespace

void log_as(const char* program) noexcept {
    identity = program;
}

std::string journal_entry(Severity severity,
                          std::string_view text,
                          std::span<const LogField> fields) {
    std::string entry = "PRIORITY=" + std::to_string(static_cast<int>(severity)) +
                        "\nSYSLOG_FACILITY=" + std::to_string(authpriv_facility) +
                        "\nSYSLOG_IDENTIFIER=" + identity +
                        "\nSYSLOG_PID=" + std::to_string(::getpid());
    const auto add = [&entry](std::string_view name, std::string_view value, std::size_t limit) {
        if (!value.empty()) {
            // No value has a newline in it any more: the plain form is enough.
            entry.append("\n").append(name).append("=").append(cut(safe_text(value), limit));
        }
    };
    for (const LogField& field : fields) {
        add(field.name, field.value, longest_field);
    }
    add("MESSAGE", text, longest_line);
    return entry + "\n";
}

void log(Severity severity, std::string_view text, std::span<const LogField> fields) noexcept {
    const int saved_errno = errno;
    try {
        if (diverted != nullptr) {
            diverted->lines_.push_back(safe_text(text));
            errno = saved_errno;
            return;
        }
        // No time stamp: every reader of /dev/log puts its own, and ours would
        // need the time zone file.
        const int priority = authpriv_facility * 8 + static_cast<int>(severity);
        const std::string line = "<" + std::to_string(priority) + ">" + identity + "[" +
                                 std::to_string(::getpid()) + "]: " + safe_text(text);
        send_to_log(cut(line, longest_line),
                    may_have_journal ? journal_entry(severity, text, fields) : std::string{});
    } catch (...) {
        // The event is lost, the login is not.
        log_without_memory(severity, "something happened that there was no memory to log");
    }
    errno = saved_errno;
}

void log_without_memory(Severity severity, std::string_view text) noexcept {
    const int saved_errno = errno;
    std::array<char, 256> line{};
    std::size_t size = 0;
    const auto add = [&](std::string_view part) {
        size += part.copy(&line.at(size), line.size() - 1 - size);
    };
    const auto add_number = [&](int number) {
        std::array<char, 16> digits{};
        const auto [end, problem] =
            std::to_chars(digits.data(), digits.data() + digits.size(), number);
        add({digits.data(), static_cast<std::size_t>(end - digits.data())});
    };
    add("<");
    add_number(authpriv_facility * 8 + static_cast<int>(severity));
    add(">");
    add(identity);
    add("[");
    add_number(::getpid());
    add("]: ");
    add(text);
    send_to_log({line.data(), size}, {});
    errno = saved_errno;
}

void log_failure(std::string_view attempt, std::string_view reason) noexcept {
    try {
        log(Severity::warning, std::string{attempt}.append(": ").append(reason));
    } catch (...) {
        log_without_memory(Severity::warning, "no memory to log what failed");
    }
}

DivertedLog::DivertedLog() noexcept {
    diverted = this;
}

DivertedLog::~DivertedLog() {
    diverted = nullptr;
}

std::string error_text(int error_number) {
    const char* description = ::strerrordesc_np(error_number);
    return description != nullptr ? description : "error " + std::to_string(error_number);
}

}  // namespace common
