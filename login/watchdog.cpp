#include "login/watchdog.hpp"

#include "common/fork_aside.hpp"
#include "common/language.hpp"
#include "common/log.hpp"
#include "common/syscall.hpp"
#include "login/overdue_login.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <new>
#include <string>
#include <utility>

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 forgot that its header might be read by a C++ compiler.
extern "C" {
#include <sys/pidfd.h>
}

namespace login {

using namespace std::chrono_literals;

namespace {

/// How long the person sees nothing happen before they are told that something does.
constexpr auto time_without_a_word = 3s;

/// Wakes the process and does nothing else to whoever is sent it.
constexpr int wake_up = SIGCONT;

/// What login gives to read and the process reads; an instant each.
using SharedInstant = std::atomic<WatchClock::rep>;
static_assert(SharedInstant::is_always_lock_free);

void set(SharedInstant& target, WatchClock::time_point instant) noexcept {
    target = instant.time_since_epoch().count();
}

WatchClock::time_point get(const SharedInstant& source) noexcept {
    return WatchClock::time_point{WatchClock::duration{source.load()}};
}

std::string_view name_of(Work work) {
    switch (work) {
        case Work::starting: return "starting PAM";
        case Work::looking_up: return "looking up an account";
        case Work::authenticating: return "authentication";
        case Work::checking_account: return "the check of the account";
        case Work::changing_password: return "the change of a password";
        case Work::opening: return "opening the session";
        case Work::closing: return "closing the session";
    }
    return "something";
}

int poll_time(WatchClock::time_point until) {
    if (until == never) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - WatchClock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds>(left, 0ms, 1h).count());
}

}  // namespace

struct Watchdog::Orders {
    SharedInstant word_due;
    SharedInstant call_ends;
    SharedInstant login_ends;
    std::atomic<Work> work;
    std::atomic<bool> is_dismissed;
    /// When the process wakes by itself, so that login knows whether it must be told.
    SharedInstant sleeps_until;

    [[nodiscard]] WatchTimes times() const noexcept {
        return {
            .word_due = get(word_due), .call_ends = get(call_ends), .login_ends = get(login_ends)};
    }
};

namespace {

/// The process. It allocates nothing until there is something to do: each page
/// that it writes to is its own.
template <typename Orders>
class Process {
  public:
    Process(Orders& orders, const Watchdog::Plan& plan, pid_t login) noexcept
        : orders_(orders), plan_(plan), login_(login) {}

    [[noreturn]] void run() noexcept {
        settle();
        while (!orders_.is_dismissed) {
            const WatchTimes times = orders_.times();
            const WatchDecision decision = decide(times, WatchClock::now());
            switch (decision.action) {
                case WatchAction::wait: wait(decision.until); break;
                case WatchAction::say_word: say_word(times.word_due); break;
                case WatchAction::end_login: end_login(times); break;
            }
        }
        ::_exit(0);
    }

  private:
    void settle() noexcept {
        // Keys and hang-ups are for those in the foreground of the line.
        ::setsid();
        ::prctl(PR_SET_NAME, "login-watchdog");
        sigset_t all;
        ::sigfillset(&all);
        ::sigprocmask(SIG_SETMASK, &all, nullptr);
        const auto line = static_cast<unsigned>(plan_.terminal.descriptor());
        if (line > first_other) {
            ::close_range(first_other, line - 1, 0);
        }
        ::close_range(std::max(line + 1, first_other), ~0U, 0);
        sigset_t wanted;
        ::sigemptyset(&wanted);
        ::sigaddset(&wanted, wake_up);
        signals_ = ::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
        handle_ = ::pidfd_open(login_, 0);
        const bool is_there = handle_ >= 0 && ::getppid() == login_;
        if (!is_there && !orders_.is_dismissed) {
            note_death();
        }
        if (!is_there || signals_ < 0) {
            ::_exit(1);
        }
    }

    void wait(WatchClock::time_point until) noexcept {
        set(orders_.sleeps_until, until);
        // Orders that came before login could see how long we sleep.
        if (decide(orders_.times(), WatchClock::now()) !=
                WatchDecision{.action = WatchAction::wait, .until = until} ||
            orders_.is_dismissed) {
            return;
        }
        std::array<pollfd, 2> sources{pollfd{.fd = handle_, .events = POLLIN, .revents = 0},
                                      pollfd{.fd = signals_, .events = POLLIN, .revents = 0}};
        ::poll(sources.data(), sources.size(), poll_time(until));
        if (sources[1].revents != 0) {
            signalfd_siginfo arrived{};
            [[maybe_unused]] const auto size = ::read(signals_, &arrived, sizeof arrived);
        }
        if (sources[0].revents != 0 && !orders_.is_dismissed) {
            note_death();
        }
    }

    /// A crash, exit(3) or SIGKILL in the middle of it: nothing was undone, and the
    /// line may be the next getty's by now, who does it.
    [[noreturn]] void note_death() noexcept {
        common::tolerate("note the end of a login", [this] {
            common::log(common::Severity::error,
                        "login " + std::to_string(login_) + " on " + plan_.line.origin() +
                            " ended without its undo, during " +
                            std::string{name_of(orders_.work)});
        });
        ::_exit(0);
    }

    void say_word(WatchClock::time_point due) noexcept {
        auto expected = due.time_since_epoch().count();
        if (orders_.word_due.compare_exchange_strong(expected, never.time_since_epoch().count())) {
            common::tolerate("say that login works", [this] {
                plan_.terminal.write(std::string{common::translated("Checking...")} + "\r\n",
                                     100ms);
            });
        }
    }

    void end_login(const WatchTimes& times) noexcept {
        common::tolerate("end a login that hangs", [&] {
            const auto now = WatchClock::now();
            const OverdueLogin login{.process = login_,
                                     .handle = handle_,
                                     .terminal = plan_.terminal,
                                     .line = plan_.line,
                                     .modes_after = plan_.modes_after,
                                     .has_somebody = orders_.work != Work::closing,
                                     .reason = reason(times, now)};
            stop_login(login);
            // It may have gone on at the last moment.
            if (decide(orders_.times(), now).action != WatchAction::end_login ||
                orders_.is_dismissed) {
                let_login_go_on(login);
                return;
            }
            end_overdue_login(login);
            ::_exit(0);
        });
    }

    [[nodiscard]] std::string reason(const WatchTimes& times, WatchClock::time_point now) const {
        const std::string work{name_of(orders_.work)};
        return times.call_ends <= now
                   ? work + " took more than " + std::to_string(plan_.patience.count()) + " s"
                   : "nobody is in within LOGIN_TIMEOUT, during " + work;
    }

    static constexpr unsigned first_other = STDERR_FILENO + 1;

    Orders& orders_;
    const Watchdog::Plan& plan_;
    pid_t login_;
    int signals_ = -1;
    int handle_ = -1;
};

}  // namespace

Watchdog::~Watchdog() {
    send_away();
    see_off();
}

void Watchdog::begins(Work work) {
    const auto now = WatchClock::now();
    if (work == Work::closing) {
        // Nobody waits, and what is left is bounded piece by piece.
        login_ends_ = never;
    }
    call_ends_ = end_of_call(now, plan_.patience);
    work_ = work;
    if (process_ < 0) {
        see_off();
        start(work == Work::closing ? never : now + time_without_a_word);
    } else if (work == Work::closing) {
        order(never);
    } else {
        // The person counts from their last answer, whatever is called since.
        order();
    }
}

void Watchdog::allow_until(WatchClock::time_point deadline) noexcept {
    login_ends_ = end_of_login(deadline);
    if (process_ > 0) {
        order();
    }
}

void Watchdog::rests() noexcept {
    login_ends_ = never;
    send_away();
}

void Watchdog::start(WatchClock::time_point word_due) {
    void* const place =
        ::mmap(nullptr, sizeof(Orders), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    common::check(place == MAP_FAILED ? -1 : 0, "make room for a watchdog");
    orders_ = ::new (place) Orders{};
    set(orders_->sleeps_until, WatchClock::time_point::min());
    order(word_due);
    // Some modules wait for all the children there are.
    process_ = common::fork_aside(handle_);
    if (process_ == 0) {
        Process<Orders>{*orders_, plan_, plan_.line.login}.run();
    }
}

void Watchdog::order(WatchClock::time_point word_due) noexcept {
    set(orders_->word_due, word_due);
    order();
}

void Watchdog::order() noexcept {
    orders_->work = work_;
    set(orders_->call_ends, call_ends_);
    set(orders_->login_ends, login_ends_);
    const auto earliest = std::min({get(orders_->word_due), call_ends_, login_ends_});
    if (process_ > 0 && earliest < get(orders_->sleeps_until)) {
        ::pidfd_send_signal(handle_.get(), wake_up, nullptr, 0);
    }
}

void Watchdog::send_away() noexcept {
    if (process_ < 0) {
        return;
    }
    orders_->is_dismissed = true;
    ::pidfd_send_signal(handle_.get(), wake_up, nullptr, 0);
    leaving_ = std::exchange(process_, -1);
}

void Watchdog::see_off() noexcept {
    if (leaving_ < 0) {
        return;
    }
    // They would be a page more of a login that only waits.
    ::munmap(std::exchange(orders_, nullptr), sizeof(Orders));
    // It has nothing to do but to go. A module that closed our descriptors has
    // closed the handle too: then it goes when we do.
    constexpr int patience = 500;
    pollfd ended{.fd = handle_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ended, 1, patience) == 1) {
        ::waitpid(leaving_, nullptr, __WALL | WNOHANG);
    }
    leaving_ = -1;
    handle_.reset();
}

Watchdog::Silence::Silence(Watchdog* dog, Wait wait) noexcept
    : dog_(dog != nullptr && dog->process_ > 0 && !dog->is_silent_ ? dog : nullptr),
      login_ends_(dog_ != nullptr ? dog_->login_ends_ : never) {
    if (dog_ != nullptr) {
        dog_->is_silent_ = true;
        dog_->call_ends_ = never;
        dog_->login_ends_ = wait == Wait::for_answer ? login_ends_ : never;
        dog_->order(never);
    }
}

Watchdog::Silence::~Silence() {
    if (dog_ != nullptr) {
        dog_->is_silent_ = false;
        const auto now = WatchClock::now();
        dog_->call_ends_ = end_of_call(now, dog_->plan_.patience);
        // After a delay there is always the moment to leave.
        dog_->login_ends_ = std::max(login_ends_, end_of_login(now));
        dog_->order(now + time_without_a_word);
    }
}

}  // namespace login
