#include "login/terminal_conversation.hpp"

#include "common/language.hpp"
#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "login/terminal_modes.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/random.h>

namespace login {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// We write in raw modes: the return of the carriage is ours to send.
std::string with_returns(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 8);
    for (const char c : text) {
        if (c == '\n') {
            out += '\r';
        }
        out += c;
    }
    return out;
}

int poll_time(steady_clock::time_point end) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    return static_cast<int>(std::clamp<milliseconds>(left, 0ms, 1h).count());
}

/// Of so many bytes behind what is in the queue already: 300 bits per second.
std::chrono::seconds time_on_slowest_line(std::size_t bytes) {
    constexpr std::size_t queue = 4096;
    constexpr std::size_t bytes_per_second = 30;
    return std::chrono::seconds{(queue + bytes) / bytes_per_second};
}

timespec time_until(steady_clock::time_point end) {
    const auto left = std::max<steady_clock::duration>(end - steady_clock::now(), 0ns);
    // Of timespec(3type)'s own widths, which are less on 32 bits.
    using Seconds = std::chrono::duration<std::time_t>;
    using Nanoseconds = std::chrono::duration<long, std::nano>;
    const auto seconds = std::chrono::floor<Seconds>(left);
    return {.tv_sec = seconds.count(),
            .tv_nsec = std::chrono::duration_cast<Nanoseconds>(left - seconds).count()};
}

/// A character of the line's own, as a set of keys; a switched off one is NUL,
/// which no key is.
std::string_view as_keys(const cc_t& character) {
    return {reinterpret_cast<const char*>(&character), character == _POSIX_VDISABLE ? 0U : 1U};
}

/// Nothing where the kernel has none to give at once.
std::optional<std::uint32_t> random_number() {
    std::uint32_t number = 0;
    return ::getrandom(&number, sizeof number, GRND_NONBLOCK) == sizeof number
               ? std::optional{number}
               : std::nullopt;
}

bool ends_line(char byte) {
    return byte == '\r' || byte == '\n';
}

}  // namespace

TerminalConversation::TerminalConversation(const common::Terminal& terminal,
                                           common::SignalQueue& signals)
    : terminal_(terminal),
      signals_(signals),
      modes_found_(terminal.found_modes()),
      ended_with_return_((modes_found_.c_iflag & ICRNL) != 0) {
    modes_.emplace(terminal_, modes_found_, asking_modes(modes_found_));
    use_keys({});
}

/// What corrected the name at getty's prompt, where more keys may do it than we
/// know of, is the line's by now (--erase-chars, --kill-chars).
void TerminalConversation::use_keys(const common::EditKeys& keys) {
    keys_ = keys;
    keys_.more_erase = as_keys(modes_found_.c_cc[VERASE]);
    keys_.more_kill = as_keys(modes_found_.c_cc[VKILL]);
}

void TerminalConversation::use_feedback(common::Feedback feedback) {
    const bool is_seen_here_only =
        feedback != common::Feedback::none &&
        (terminal_.is_pseudo_terminal() || terminal_.is_virtual_terminal());
    feedback_ = is_seen_here_only ? feedback : common::Feedback::none;
}

Answer TerminalConversation::ask(std::string_view prompt,
                                 common::Echo echo,
                                 common::Secret& answer) {
    answer.wipe();
    if (over_ || handed_over_) {
        return over_.value_or(Answer::hung_up);
    }
    const Watchdog::Silence silence{dog_, Watchdog::Wait::for_answer};
    if (expects_other_modes_) {
        insist_on_modes();
    }
    if (over_) {
        return *over_;
    }
    if (echo == common::Echo::hidden) {
        drop_typed_ahead();
        if (over_) {
            return *over_;
        }
        hint_at_caps_lock();
    }
    const auto seed = random_number();
    common::LineEditor editor{answer.storage(),
                              {.keys = keys_,
                               .echo = echo,
                               .nul = common::NulByte::spoils,
                               .feedback = seed ? feedback_ : common::Feedback::none,
                               .seed = seed.value_or(0)}};
    // Whatever became of the words before: a question is not to be missed.
    is_stuck_ = false;
    say(prompt);
    const auto shown_at = steady_clock::now();
    if (const auto task = std::exchange(meanwhile_, nullptr)) {
        task();
    }
    if (echo == common::Echo::hidden && ended_with_return_) {
        wait_for_second_half(editor, shown_at);
        if (over_) {
            return *over_;
        }
    }
    const Answer outcome = read_answer(prompt, editor);
    ended_with_return_ = editor.ended_with_carriage_return();
    if (echo == common::Echo::hidden && !over_) {
        answered_at_ = steady_clock::now();
    }
    if (outcome == Answer::given) {
        answer.set_size(editor.text().size());
    } else {
        answer.wipe();
    }
    return outcome;
}

/// Of a terminal that ends its lines in CR LF the LF may come when the line before
/// has long been taken, by getty even, and would be an empty password.
void TerminalConversation::wait_for_second_half(common::LineEditor& editor,
                                                steady_clock::time_point shown_at) {
    // A slow line's next byte comes sooner, a person's next key later.
    constexpr auto patience = 50ms;
    const milliseconds left{poll_time(std::min(shown_at + patience, deadline_))};
    if (wait_for_input(left)) {
        editor.expect_second_half();
    }
}

Answer TerminalConversation::read_answer(std::string_view prompt, common::LineEditor& editor) {
    for (;;) {
        switch (common::read_line(terminal_, editor, deadline_, signals_.descriptor())) {
            case common::ReadEnd::hung_up: return end_with(Answer::hung_up);
            case common::ReadEnd::timed_out: return end_with(Answer::timed_out);
            case common::ReadEnd::signalled:
                if (const auto ending = signal_arrived()) {
                    return end_with(*ending);
                }
                continue;
            case common::ReadEnd::edited: break;
        }
        switch (editor.state()) {
            case common::LineState::finished: return Answer::given;
            case common::LineState::too_long: return Answer::too_long;
            case common::LineState::spoilt: return Answer::spoilt;
            case common::LineState::end_of_file: return end_with(Answer::end_of_file);
            case common::LineState::redraw:
                say("\n");
                say(prompt);
                terminal_.write(editor.shown());
                editor.go_on();
                break;
            case common::LineState::interrupted:
            case common::LineState::line_break:
            case common::LineState::typing:
                editor.restart();
                say(prompt);
                break;
        }
    }
}

Answer TerminalConversation::end_with(Answer ending) {
    over_ = over_.value_or(ending);
    return *over_;
}

std::optional<Answer> TerminalConversation::signal_arrived() {
    const auto number = signals_.next();
    if (!number) {
        return signals_.is_lost() ? std::optional{lost_descriptors()} : std::nullopt;
    }
    return *number == SIGHUP ? Answer::hung_up : Answer::terminated;
}

/// The line's is hardly there either, and nobody could tell us to end.
Answer TerminalConversation::lost_descriptors() {
    if (!over_) {
        common::log(common::Severity::error,
                    "a module has closed descriptors of login: nobody can be asked anything");
    }
    return Answer::hung_up;
}

void TerminalConversation::say(std::string_view text) {
    // Ours come later: what a module of PAM says is in the C locale, as login is.
    has_said_last_login_ = has_said_last_login_ || text.find("Last login:") != text.npos;
    has_said_failures_ = has_said_failures_ || text.find("failed login") != text.npos;
    show(common::safe_text(text, common::LineBreaks::kept));
}

void TerminalConversation::show(std::string_view trusted) {
    if (handed_over_) {
        return;
    }
    const std::string text = with_returns(trusted);
    const Written written = write(text);
    if (written == Written::in_part && !is_stuck_) {
        common::log(common::Severity::notice,
                    "the line " + terminal_.path() + " did not take all of " +
                        std::to_string(text.size()) + " bytes that it was to show");
    }
    is_stuck_ = written != Written::all;
}

/// A slow line is waited for as long as it takes some, a stopped one for a while,
/// and once; neither beyond the deadline.
TerminalConversation::Written TerminalConversation::write(std::string_view text) {
    constexpr milliseconds patience = 5s;
    const milliseconds stillness = is_stuck_ ? 0ms : patience;
    auto moved = steady_clock::now();
    const auto end = std::min(deadline_, moved + patience + time_on_slowest_line(text.size()));
    std::optional<Watchdog::Silence> silence;
    while (!text.empty()) {
        std::size_t taken = 0;
        try {
            taken = terminal_.write_some(text);
        } catch (const std::system_error&) {
            return Written::gone;
        }
        text.remove_prefix(taken);
        if (text.empty()) {
            break;
        }
        const auto now = steady_clock::now();
        moved = taken > 0 ? now : moved;
        const auto until = std::min(end, moved + stillness);
        if (now >= until) {
            return Written::in_part;
        }
        // It is the person's line that takes the time.
        if (!silence) {
            silence.emplace(dog_, Watchdog::Wait::for_answer);
        }
        if (!wait_for_room(until)) {
            return Written::gone;
        }
    }
    return Written::all;
}

/// False when the line has gone, or somebody wants us to end, which is left for
/// whoever waits next to read.
bool TerminalConversation::wait_for_room(steady_clock::time_point until) const {
    // A port says that there is room when its queue is nearly empty, which on a
    // slow line is much later than there is some.
    constexpr int look_again = 500;
    std::array<pollfd, 2> sources{
        pollfd{.fd = terminal_.descriptor(), .events = POLLOUT, .revents = 0},
        pollfd{.fd = signals_.descriptor(), .events = POLLIN, .revents = 0}};
    ::poll(sources.data(), sources.size(), std::min(look_again, poll_time(until)));
    return (sources[0].revents & (POLLERR | POLLHUP | POLLNVAL)) == 0 && sources[1].revents == 0;
}

/// Nobody sees what comes of it in a password. Above the question, which
/// programs look for; once, unless it has been off again.
void TerminalConversation::hint_at_caps_lock() {
    const bool is_on = terminal_.has_caps_lock_on();
    if (is_on && !caps_lock_is_said_) {
        say(std::string{common::translated("Hint: Caps Lock on")} + "\n");
    }
    caps_lock_is_said_ = is_on;
}

void TerminalConversation::drop_input() {
    terminal_.drop_input();
}

void TerminalConversation::drop_typed_ahead() {
    // Who types ahead does not stop at a prompt: a line that has begun is thrown
    // away to its end, or until the keys have been still for a moment, or the
    // rest of it would be taken for the password.
    constexpr auto stillness = 300ms;
    std::optional<char> last = terminal_.drop_input();
    while (last && !ends_line(*last) && steady_clock::now() < deadline_) {
        if (!wait_for_input(stillness)) {
            return;
        }
        last = terminal_.drop_input();
    }
}

bool TerminalConversation::wait_for_input(milliseconds patience) {
    std::array<pollfd, 2> sources{
        pollfd{.fd = terminal_.descriptor(), .events = POLLIN, .revents = 0},
        pollfd{.fd = signals_.descriptor(), .events = POLLIN, .revents = 0}};
    const int ready = ::poll(sources.data(), sources.size(), static_cast<int>(patience.count()));
    if (sources[1].revents != 0) {
        notice_signals();
        return false;
    }
    return ready > 0 && (sources[0].revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
}

void TerminalConversation::notice_signals() {
    if (const auto ending = signal_arrived()) {
        over_ = over_.value_or(*ending);
    }
}

void TerminalConversation::allow(std::chrono::seconds time) {
    deadline_ = time == 0s ? common::Deadline::max() : steady_clock::now() + time;
    if (dog_ != nullptr) {
        dog_->allow_until(deadline_);
    }
}

void TerminalConversation::pause_until(steady_clock::time_point end) {
    constexpr int nothing = -1;
    const Watchdog::Silence silence{dog_, Watchdog::Wait::for_time};
    static_cast<void>(wait_until(end, nothing));
}

bool TerminalConversation::wait_for(int descriptor, milliseconds patience) {
    return wait_until(steady_clock::now() + patience, descriptor);
}

bool TerminalConversation::wait_until(steady_clock::time_point end, int descriptor) {
    // The process waits, not the line: leaving does not make the next try come
    // any sooner.
    while (over_ != Answer::terminated && steady_clock::now() < end) {
        std::array<pollfd, 2> sources{
            pollfd{.fd = signals_.descriptor(), .events = POLLIN, .revents = 0},
            pollfd{.fd = descriptor, .events = POLLIN, .revents = 0}};
        // To the microsecond: what a check took must not show in the rounding.
        const timespec left = time_until(end);
        if (::ppoll(sources.data(), sources.size(), &left, nullptr) <= 0) {
            continue;
        }
        if (sources[0].revents != 0) {
            if (const auto ending = signal_arrived()) {
                over_ = *ending == Answer::terminated ? *ending : over_.value_or(*ending);
            }
        }
        if (sources[1].revents != 0) {
            return true;
        }
    }
    return false;
}

void TerminalConversation::lend(const termios& modes) {
    terminal_.drop_input();
    set_modes(modes);
}

void TerminalConversation::take_back() {
    set_modes(asking_modes(modes_found_));
}

void TerminalConversation::set_modes(const termios& modes) {
    try {
        terminal_.set_modes(modes);
    } catch (const std::system_error& problem) {
        // Hung up meanwhile: an end of the conversation, no failure of ours.
        const bool is_lost = problem.code() == std::errc::bad_file_descriptor;
        const Answer ending = is_lost ? lost_descriptors() : Answer::hung_up;
        over_ = over_.value_or(ending);
    }
}

/// A module, or a program that one has started ("stty sane"), may have left the line in
/// modes of its own: the kernel would show a password, and wait for another key's end of it.
void TerminalConversation::insist_on_modes() {
    const termios wanted = asking_modes(modes_found_);
    try {
        const termios now = terminal_.modes();
        if (now.c_lflag == wanted.c_lflag && now.c_iflag == wanted.c_iflag &&
            now.c_oflag == wanted.c_oflag) {
            return;
        }
    } catch (const std::system_error&) {
        // What cannot be read may still be set, or is gone.
    }
    set_modes(wanted);
}

void TerminalConversation::hand_over() {
    handed_over_ = true;
    if (modes_) {
        modes_->keep();
    }
}

}  // namespace login
