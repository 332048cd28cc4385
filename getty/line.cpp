#include "getty/line.hpp"

#include "common/log.hpp"
#include "common/program.hpp"
#include "common/record_file.hpp"
#include "common/safe_text.hpp"
#include "common/syscall.hpp"
#include "getty/exit_status.hpp"
#include "getty/issue_facts.hpp"
#include "getty/login_command.hpp"

#include <algorithm>
#include <utility>

#include <malloc.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace getty {

namespace {

using namespace std::chrono_literals;

constexpr auto first_pause = 1s;
constexpr auto longest_pause = 10s;
constexpr auto quiet_after_refusal = 10s;
/// What a line that takes no output may leave behind: an issue and a prompt.
constexpr std::size_t most_unwritten = 128UL * 1024;
/// A flood on the line is worked off in portions, so that no line starves another.
constexpr int most_bytes_at_once = 256;

constexpr std::string_view clear_screen = "\x1b[H\x1b[J";
constexpr std::string_view press_enter = "[press ENTER to login]";

/// Octal \NNN and \\ in --init-string.
std::string unescaped(std::string_view text) {
    std::string out;
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    while (!text.empty()) {
        if (text.front() != '\\' || text.size() == 1) {
            out += text.front();
            text.remove_prefix(1);
            continue;
        }
        text.remove_prefix(1);
        unsigned code = 0;
        std::size_t digits = 0;
        while (digits < 3 && digits < text.size() && is_octal(text[digits])) {
            code = code * 8 + static_cast<unsigned>(text[digits] - '0');
            ++digits;
        }
        out += digits > 0 ? static_cast<char>(code & 0xFFU) : text.front();
        text.remove_prefix(std::max<std::size_t>(digits, 1));
    }
    return out;
}

/// A pseudo terminal whose master has gone never comes back: the next one of
/// that name is somebody else's. Numbers: Unix98 slaves, devices.txt.
bool is_pseudo_terminal(const common::Terminal& line) {
    const unsigned number = major(line.device());
    return number >= 136 && number <= 143;
}

bool is_our_login(const std::string& path) {
    struct stat program {};
    struct stat ours {};
    return ::stat(path.c_str(), &program) == 0 && ::stat(TTYGATE_INSTALLED_LOGIN, &ours) == 0 &&
           program.st_dev == ours.st_dev && program.st_ino == ours.st_ino;
}

common::RecordTime now_for_record() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

}  // namespace

Line::Line(Options options) : options_(std::move(options)), speeds_(options_.speeds) {
    wake_ = Clock::now() + options_.delay;
}

pollfd Line::waiting_for() const {
    if (!claimed_) {
        return {.fd = -1, .events = 0, .revents = 0};
    }
    const short events = unwritten_.empty() ? POLLIN : POLLIN | POLLOUT;
    return {.fd = claimed_->terminal.descriptor(), .events = events, .revents = 0};
}

void Line::on_event(short events, Clock::time_point now) {
    try {
        if (state_ == LineState::absent) {
            try_to_open(now);
            return;
        }
        if ((events & POLLOUT) != 0) {
            flush();
        }
        if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) {
            on_input(events);
        } else if (wake_ && now >= *wake_) {
            nobody_came();
        }
    } catch (const std::system_error& problem) {
        if (!claimed_) {
            throw;
        }
        if (!std::exchange(trouble_is_logged_, true)) {
            common::log(common::Severity::notice, problem.what());
        }
        lose_line(now);
    }
}

void Line::try_to_open(Clock::time_point now) {
    if (auto claimed_line = claim_line(options_)) {
        claimed(*std::move(claimed_line), now);
        return;
    }
    if (!std::exchange(trouble_is_logged_, true)) {
        common::log(
            common::Severity::warning,
            "line " + common::quoted(options_.line) + " is not there or not ready: waiting for it");
    }
    look_again_later(now);
}

void Line::claimed(ClaimedLine claimed_line, Clock::time_point now) {
    claimed_.emplace(std::move(claimed_line));
    wake_.reset();
    unwritten_.clear();
    set_speed();
    common::tolerate("record the waiting line", [this] { record_waiting(); });
    emit(unescaped(options_.init_string));
    begin(now);
}

void Line::set_speed() {
    const common::Terminal& terminal = claimed_->terminal;
    const Speed wanted =
        speeds_.current() == keep_speed ? claimed_->found_speed : speeds_.current();
    if (wanted != keep_speed && wanted != terminal.speed()) {
        try {
            terminal.set_speed(wanted);
        } catch (const std::system_error& problem) {
            throw common::Failure{bad_speed,
                                  "speed " + std::to_string(wanted) + ": " + problem.what()};
        }
    }
}

/// From the open line to the question, by way of the key that is waited for.
void Line::begin(Clock::time_point now) {
    state_ = LineState::opening;
    if (options_.timeout > 0s) {
        wake_ = now + options_.timeout;
    }
    if (options_.wait_for_return) {
        return;
    }
    begin_asking();
}

void Line::begin_asking() {
    if (!options_.skip_login) {
        show_issue();
    }
    if (options_.login_pause) {
        emit(press_enter);
        return;
    }
    question_ = std::make_unique<NameQuestion>(name_prompt(options_, host_name()), options_);
    if (options_.autologin) {
        emit(question_->ask() + common::safe_text(*options_.autologin) + " (automatic login)\r\n");
    }
    if (options_.autologin || options_.skip_login) {
        state_ = LineState::handing_over;
        return;
    }
    state_ = LineState::asking;
    emit(question_->ask());
    // From here on getty only waits, for months maybe: what the issue and the
    // records took goes back to the machine.
    ::malloc_trim(0);
}

void Line::show_issue() {
    if (!options_.no_clear && claimed_->terminal.is_virtual_terminal()) {
        emit(clear_screen);
    }
    if (!options_.no_newline) {
        emit("\r\n");
    }
    if (!options_.no_issue) {
        emit(render_issue(read_issue(options_), collect_facts(claimed_->terminal)));
    }
}

void Line::on_input(short events) {
    bool seen_any = false;
    for (int count = 0; count < most_bytes_at_once; ++count) {
        const auto byte = claimed_->terminal.read_byte();
        if (!byte) {
            break;
        }
        seen_any = true;
        next_pause_ = first_pause;
        trouble_is_logged_ = false;
        if (state_ == LineState::opening) {
            on_key_in_opening(*byte);
            continue;
        }
        emit(question_->feed(*byte));
        on_answer();
        if (state_ != LineState::asking) {
            return;  // what was typed after the name is not ours to read
        }
    }
    if (!seen_any && (events & (POLLHUP | POLLERR)) != 0) {
        // A driver that reports trouble and gives no reason would be polled
        // without end.
        errno = EIO;
        common::throw_errno("read", claimed_->terminal.path());
    }
}

void Line::on_key_in_opening(char byte) {
    const bool is_return = byte == '\r' || byte == '\n';
    if (options_.wait_for_return && !is_return) {
        return;
    }
    if (options_.wait_for_return) {
        options_.wait_for_return = false;
    } else {
        options_.login_pause = false;
        emit("\r\n");
        options_.no_issue = true;
    }
    begin_asking();
}

void Line::on_answer() {
    const Answer& answer = question_->answer();
    if (std::holds_alternative<TypedName>(answer)) {
        state_ = LineState::handing_over;
    } else if (std::holds_alternative<SpeedMismatch>(answer)) {
        next_speed();
    } else if (std::holds_alternative<NobodyThere>(answer)) {
        state_ = LineState::done;
        exit_status_ = left;
    } else if (const auto* const refused = std::get_if<RefusedName>(&answer)) {
        refuse_name(refused->why);
    }
}

/// Says why and asks again. Noise on a line is no news: one log line in a while.
void Line::refuse_name(std::string_view why) {
    const auto now = Clock::now();
    if (now >= next_refusal_logged_) {
        next_refusal_logged_ = now + quiet_after_refusal;
        common::log(common::Severity::notice,
                    "refused a name on " + std::string{claimed_->terminal.name()} + ": " +
                        std::string{why});
    }
    emit(std::string{why} + "\r\n" + question_->ask());
}

/// One step for a BREAK; with one speed it may be noise, and what has been
/// typed stays.
void Line::next_speed() {
    if (!speeds_.has_several()) {
        return;
    }
    speeds_.advance();
    set_speed();
    show_issue();
    emit(question_->ask());
}

void Line::nobody_came() {
    emit("\r\nNobody logged in within " + std::to_string(options_.timeout.count()) +
         " seconds.\r\n");
    state_ = LineState::done;
    exit_status_ = left;
}

/// The line was hung up, or failed, under us.
void Line::lose_line(Clock::time_point now) {
    const bool may_return =
        claimed_ && options_.line != "-" && !is_pseudo_terminal(claimed_->terminal);
    question_.reset();
    claimed_.reset();
    if (!may_return) {
        state_ = LineState::done;
        exit_status_ = line_failed;
        return;
    }
    look_again_later(now);
}

void Line::look_again_later(Clock::time_point now) {
    state_ = LineState::absent;
    wake_ = now + next_pause_;
    next_pause_ = std::min<std::chrono::seconds>(2 * next_pause_, longest_pause);
}

void Line::emit(std::string_view text) {
    unwritten_.append(text.substr(0, most_unwritten - std::min(most_unwritten, unwritten_.size())));
    flush();
}

void Line::flush() {
    while (!unwritten_.empty()) {
        const std::size_t written = claimed_->terminal.write_some(unwritten_);
        if (written == 0) {
            return;
        }
        unwritten_.erase(0, written);
    }
}

void Line::record_waiting() const {
    const std::string line{claimed_->terminal.name()};
    common::put_record(common::waiting_record({.line = line,
                                               .host = options_.host,
                                               .process = ::getpid(),
                                               .session = ::getsid(0),
                                               .when = now_for_record()}),
                       common::RecordPaths{}.utmp);
}

std::string Line::terminal_type() const {
    if (!options_.terminal_type.empty()) {
        return options_.terminal_type;
    }
    const char* const inherited = ::getenv("TERM");
    if (inherited != nullptr && *inherited != '\0') {
        return inherited;
    }
    return claimed_->terminal.is_virtual_terminal() ? "linux" : "vt220";
}

void Line::become_login(Clock::time_point now) {
    const common::Terminal& terminal = claimed_->terminal;
    const auto* const typed = std::get_if<TypedName>(&question_->answer());
    const std::string name = options_.autologin.value_or(typed != nullptr ? typed->name : "");
    const LineEnding ending = typed != nullptr ? typed->ending : LineEnding::carriage_return;
    const LoginEcho echo = is_our_login(options_.login_program) ? LoginEcho::off : LoginEcho::on;

    terminal.set_modes(login_modes(terminal.modes(), ending, echo));
    // The descriptors that login inherits share this open line.
    terminal.set_blocking();
    const int problem =
        getty::become_login(options_,
                            login_arguments(options_, name),
                            login_environment(common::Environment::from(environ), terminal_type()));

    const std::string reason =
        options_.login_program + " cannot be run: " + common::error_text(problem);
    common::log(common::Severity::error, reason);
    terminal.write(
        "\r\n" +
        common::safe_text(options_.nologin_message.empty() ? reason : options_.nologin_message) +
        "\r\n");
    next_pause_ = longest_pause;
    question_.reset();
    claimed_.reset();
    look_again_later(now);
}

std::vector<Line> lines_of(const Options& options) {
    std::vector<Line> lines;
    lines.emplace_back(options);
    return lines;
}

}  // namespace getty
