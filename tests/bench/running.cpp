#include "tests/bench/running.hpp"

#include "common/syscall.hpp"
#include "tests/pty/escaped.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr auto longest_patience = 20s;

struct Prepared {
    std::vector<char*> arguments;
    const char* terminal = nullptr;  ///< for Start::has_terminal
    int group = -1;
    Watched watched = Watched::no;
    Clock::time_point* started = nullptr;
};

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// In the child of a vfork(2): nothing but system calls.
[[noreturn]] void become(const Prepared& child) {
    if (child.group >= 0 && ::write(child.group, "0", 1) != 1) {
        ::_exit(126);
    }
    ::setsid();
    const char* const path = child.terminal != nullptr ? child.terminal : "/dev/null";
    const int fd = ::open(path, O_RDWR | O_NOCTTY);
    if (child.terminal != nullptr) {
        ::ioctl(fd, TIOCSCTTY, 0);
    }
    for (int number = 0; number <= STDERR_FILENO; ++number) {
        ::dup2(fd, number);
    }
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    if (child.watched == Watched::system_calls) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    }
    static char term[] = "TERM=dumb";
    static char search[] = "PATH=/usr/bin:/bin";
    static std::array<char*, 3> environment{term, search, nullptr};
    *child.started = Clock::now();
    ::execve(child.arguments.front(), child.arguments.data(), environment.data());
    ::_exit(127);
}

// A copy of this process would be paid for by what it becomes.
[[gnu::noinline]] pid_t start_child(const Prepared& child) {
    // NOLINTBEGIN(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork)
    const pid_t id = ::vfork();
    if (id == 0) {
        become(child);
    }
    // NOLINTEND(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork)
    return id;
}

std::string replaced(std::string text, std::string_view place, std::string_view value) {
    if (const auto at = text.find(place); at != std::string::npos) {
        text.replace(at, place.size(), value);
    }
    return text;
}

}  // namespace

Running::Running(std::vector<std::string> arguments, Start start, int group, Watched watched)
    : master_(common::check(
          ::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), "open", "/dev/ptmx")) {
    common::check(::unlockpt(master_.get()), "unlockpt");
    std::array<char, 64> path{};
    if (::ptsname_r(master_.get(), path.data(), path.size()) != 0) {
        throw std::runtime_error{"a pseudo terminal without a name"};
    }
    line_ = std::string{path.data()}.substr(std::string_view{"/dev/"}.size());
    for (std::string& word : arguments) {
        word = replaced(std::move(word), "{line}", line_);
    }
    const Prepared child{.arguments = pointers_to(arguments),
                         .terminal = start == Start::has_terminal ? path.data() : nullptr,
                         .group = group,
                         .watched = watched,
                         .started = &started_};
    id_ = common::check(start_child(child), "vfork");
}

Running::Running(Running&& other) noexcept
    : master_(std::move(other.master_)),
      line_(std::move(other.line_)),
      shown_(std::move(other.shown_)),
      seen_(other.seen_),
      id_(std::exchange(other.id_, -1)),
      started_(other.started_) {}

Running::~Running() {
    if (id_ > 0) {
        static_cast<void>(end());
    }
}

bool Running::has_shown(std::string_view text) {
    std::array<char, 4096> buffer{};
    for (ssize_t size = 0; (size = ::read(master_.get(), buffer.data(), buffer.size())) > 0;) {
        shown_.append(buffer.data(), static_cast<std::size_t>(size));
    }
    const auto found = shown_.find(text, seen_);
    if (found == std::string::npos) {
        return false;
    }
    seen_ = found + text.size();
    return true;
}

Clock::time_point Running::wait_for(std::string_view text, std::chrono::seconds patience) {
    const auto deadline = Clock::now() + patience;
    while (!has_shown(text)) {
        pollfd source{.fd = master_.get(), .events = POLLIN, .revents = 0};
        if (::poll(&source, 1, 100) > 0 && (source.revents & POLLIN) == 0) {
            // Hung up, until it is opened again: whoever will may need this processor.
            std::this_thread::sleep_for(20us);
        }
        if (Clock::now() >= deadline || ::waitpid(id_, nullptr, WNOHANG) == id_) {
            throw std::runtime_error{"no \"" + std::string{text} + "\" but \"" +
                                     pty::escaped(shown_) + "\""};
        }
    }
    return Clock::now();
}

void Running::type(std::string_view keys) const {
    if (::write(master_.get(), keys.data(), keys.size()) != static_cast<ssize_t>(keys.size())) {
        throw std::runtime_error{"the line takes no keys"};
    }
}

Microseconds Running::end() {
    rusage used{};
    ::kill(id_, SIGKILL);
    common::retry_interrupted([&] { return ::wait4(id_, nullptr, 0, &used); });
    id_ = -1;
    const auto of = [](const timeval& time) {
        return Microseconds{std::chrono::seconds{time.tv_sec}} +
               std::chrono::microseconds{time.tv_usec};
    };
    return of(used.ru_utime) + of(used.ru_stime);
}

void Running::wait_for_end() {
    const auto deadline = Clock::now() + longest_patience;
    while (::waitpid(id_, nullptr, WNOHANG) == 0) {
        // What it still says would hold it up.
        static_cast<void>(has_shown("\0"));
        if (Clock::now() >= deadline) {
            static_cast<void>(end());
            return;
        }
        std::this_thread::sleep_for(200us);
    }
    id_ = -1;
}

Microseconds wait_for_all(std::vector<Running>& all, std::string_view text) {
    const auto deadline = Clock::now() + longest_patience;
    std::vector<Running*> missing;
    missing.reserve(all.size());
    for (Running& running : all) {
        missing.push_back(&running);
    }
    std::vector<pollfd> sources;
    while (!missing.empty()) {
        if (Clock::now() >= deadline) {
            throw std::runtime_error{std::to_string(missing.size()) + " of " +
                                     std::to_string(all.size()) + " have not shown \"" +
                                     std::string{text} + "\""};
        }
        missing.erase(std::remove_if(missing.begin(),
                                     missing.end(),
                                     [&](Running* running) { return running->has_shown(text); }),
                      missing.end());
        sources.clear();
        for (const Running* const running : missing) {
            sources.push_back({.fd = running->master(), .events = POLLIN, .revents = 0});
        }
        ::poll(sources.data(), sources.size(), 1);
        if (std::any_of(sources.begin(), sources.end(), [](const pollfd& source) {
                return source.revents != 0 && (source.revents & POLLIN) == 0;
            })) {
            std::this_thread::sleep_for(20us);
        }
    }
    return Clock::now() - all.front().started();
}

}  // namespace bench
