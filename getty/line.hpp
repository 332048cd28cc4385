#pragma once

#include "common/environment.hpp"
#include "common/language.hpp"
#include "getty/ask_name.hpp"
#include "getty/boot_splash.hpp"
#include "getty/chat.hpp"
#include "getty/claim_line.hpp"
#include "getty/device_watch.hpp"
#include "getty/issue.hpp"
#include "getty/line_settings.hpp"
#include "getty/line_steps.hpp"
#include "getty/live_issue.hpp"
#include "getty/login_process.hpp"
#include "getty/name_process.hpp"
#include "getty/name_reader.hpp"
#include "getty/noise.hpp"
#include "getty/options.hpp"
#include "getty/question.hpp"
#include "getty/quiet_console.hpp"
#include "getty/virtual_terminal.hpp"

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <poll.h>
#include <utmpx.h>

namespace getty {

using Clock = std::chrono::steady_clock;

enum class LineState {
    absent,        ///< the device is not there (yet), or a login has it
    opening,       ///< ours; waits for what comes before the prompt: carrier, a modem, a key
    asking,        ///< the prompt is out
    handing_over,  ///< there is a name: become_login() is next
    done,          ///< nothing more to do; exit_status() says how it ended, or begin_again()
};

/// One line from device to login. It never blocks: poll tells it what happened,
/// and it says what it waits for next.
class Line {
  public:
    /// `name` is a path, a name below /dev, or `-` for standard input. Lines of the
    /// same settings share them.
    Line(std::string name,
         std::shared_ptr<const LineSettings> settings,
         Company company = Company::alone);
    Line(const Line&) = delete;
    Line(Line&&) = default;
    Line& operator=(const Line&) = delete;
    Line& operator=(Line&&) = default;
    ~Line();

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] LineState state() const noexcept { return state_; }
    [[nodiscard]] int exit_status() const noexcept { return exit_status_; }

    /// What to poll for; descriptor -1 where there is nothing but time.
    [[nodiscard]] pollfd waiting_for() const;
    /// What else to poll for: the issue may have changed.
    [[nodiscard]] pollfd watching() const;
    /// When to come back even if nothing happened.
    [[nodiscard]] std::optional<Clock::time_point> wakes_at() const;
    /// `events` as poll(2) found them, 0 when the time has come.
    void on_event(short events, Clock::time_point now);

    /// Those who read what is said on it, while it is served.
    [[nodiscard]] common::Audience audience();

    /// watching() has become readable.
    void on_change(Clock::time_point now);

    /// Sets the modes login expects and replaces this process by login. Returns
    /// only when there is no such program: that has been said and logged, and
    /// the question comes again after a pause. Throws Failure when it is there
    /// and cannot be started. Among others login is a process beside this one, and
    /// the line is absent until that has ended.
    void become_login(Clock::time_point now);

    /// Among others: what would end a getty is said, in the log and on the line, and
    /// the line is done, to begin again after a pause.
    void give_up(const char* why, Clock::time_point now) noexcept;
    /// Among others, when the line is done: as an init would start a getty anew,
    /// seldomer if it comes to nothing. What was said has a moment to go out.
    void begin_again(Clock::time_point now);
    /// Nobody would miss it: there is no device, no login, nobody logged in.
    [[nodiscard]] bool is_idle() const noexcept {
        return state_ == LineState::absent && !login_ && !occupant_;
    }
    /// `all`, which outlive this one, are served by the same process: one of them that is
    /// this line by another name has it alone, while it serves it or its login is there.
    void stand_among(const std::list<Line>& all) { all_ = &all; }
    /// Whether memory has become free since it was last asked: worth a malloc_trim(3),
    /// once for many lines.
    [[nodiscard]] bool has_freed_memory() noexcept { return std::exchange(freed_memory_, false); }

  private:
    static constexpr std::chrono::seconds longest_pause{10};

    /// What an open line goes through before the question, in this order.
    enum class Opening {
        init_chat,    ///< the modem is set up
        ring,         ///< somebody calls
        answer_chat,  ///< the call is answered
        carrier,
        modem,
        return_key,
        issue,
        any_key,
        grace,
        question
    };

    [[nodiscard]] Options& own_options();
    void forget_autologin();

    void try_to_open(Clock::time_point now);
    [[nodiscard]] Claim claim_if_there();
    [[nodiscard]] std::vector<LineIdentity> served_by_others() const;
    void wait_for_end_of(LineSession session);
    void claimed(ClaimedLine claimed, Clock::time_point now);
    void say_who_will_log_in();
    [[nodiscard]] static std::string press_enter();
    void ask_kernel_for_speed();
    void set_name_modes();
    [[nodiscard]] Speed speed() const;
    void set_speed();
    void take_step(SpeedChange change);
    [[nodiscard]] std::string prompt() const;
    [[nodiscard]] std::string as_shown(std::string text) const;
    [[nodiscard]] std::string bell() const { return options_->accessible ? "\a" : ""; }
    [[nodiscard]] LineFacts line_facts() const;
    [[nodiscard]] IssueFacts facts() const;

    void go_on_opening(Clock::time_point now);
    void on_key_in_opening(char byte, Clock::time_point now);
    [[nodiscard]] bool talks_to_modem(const std::optional<std::string>& script,
                                      Clock::time_point now);
    void go_on_with_chat(Clock::time_point now);
    void take_speed_from_modem(Clock::time_point now);
    void decide_autologin();
    void show_issue();
    void put_on_screen(std::string_view issue);
    [[nodiscard]] bool waits_at_issue() const;
    void look_at_issue(Clock::time_point now);
    void ask(Clock::time_point now);

    void on_input(short events, Clock::time_point now);
    void on_bytes_in_opening(Clock::time_point now);
    [[nodiscard]] char typed_key(char byte) const;
    void on_bytes_in_answer(Clock::time_point now);
    [[nodiscard]] std::optional<char> next_byte(Clock::time_point now);
    [[nodiscard]] bool is_deaf() const;
    void begin_flood(Clock::time_point now);
    void on_flood(Clock::time_point now);
    void on_flood_over(Clock::time_point now);
    void on_settled();
    void on_more_after_answer(Clock::time_point now);
    void on_received(const LineEvent& event, Clock::time_point now);
    void ask_reader(ReaderRequest request);
    void on_reply(const ReaderReply& reply, Clock::time_point now);
    void on_reply_of_process(Clock::time_point now);
    [[nodiscard]] std::string drawn(std::string_view output) const;
    void note_lacks(std::uint8_t lacks);
    void draw_news_of_hint();
    void end_reading() noexcept;
    [[nodiscard]] bool start_process(Clock::time_point now);
    void lose_reader(std::string_view reason, Clock::time_point now);
    void on_answer(Clock::time_point now);
    void take_name();
    void begin_answer();
    void on_time(Clock::time_point now);
    void refuse_name(const char* why, Clock::time_point now);
    void ask_after_refusal(Clock::time_point now);
    void change_speed(SpeedChange change, Clock::time_point now);
    void become_login_program(const std::string& program);
    void start(const Options& options, const std::vector<std::string>& arguments);
    void leave_to_login(LoginProcess login);
    [[nodiscard]] bool has_login_ended(Clock::time_point now);
    [[nodiscard]] std::chrono::seconds pause_after_life_of(Clock::duration life);
    void end_left_records();
    [[nodiscard]] bool has_last_words();
    void forget_all();
    void free_memory();
    void give_line_to_login(LoginEcho echo);
    [[nodiscard]] common::Environment environment() const;
    void become_rescue_login();
    void do_without_login(int problem, Clock::time_point now);
    void nobody_came();
    void on_trouble(const std::system_error& problem, Clock::time_point now);
    void lose_line(Clock::time_point now);
    void give_back() noexcept;
    void leave_slowly(Clock::time_point now);
    void look_again_later(Clock::time_point now);

    void emit(std::string_view text);
    void append_output(std::string_view text);
    void flush();
    void record_waiting() const;
    void record_when_possible(Clock::time_point now);
    void record_login() const;
    [[nodiscard]] utmpx own_record(std::string_view line) const;
    [[nodiscard]] std::string terminal_type() const;

    std::string name_;
    Company company_;
    const std::list<Line>* all_ = nullptr;
    LineSteps steps_;
    std::shared_ptr<const Options> options_;  ///< of the current step, as far as it still holds
    LineState state_ = LineState::absent;
    Opening opening_ = Opening::init_chat;
    int exit_status_ = 0;
    std::optional<ClaimedLine> claimed_;
    LineIdentity identity_{};  ///< of the line that was claimed last, among others
    Speed own_speed_ = 0;      ///< that it had then
    Speed speed_ = 0;          ///< that its modes name; 0: the line has to be asked
    std::optional<DeviceWatch> watch_;
    std::optional<LineSession> occupant_;  ///< who is still logged in on the line
    std::optional<LoginProcess> login_;    ///< that this getty has started on it
    std::optional<Question> question_;
    Answer answer_ = StillTyping{};
    std::unique_ptr<NameProcess> process_;  ///< while somebody types
    std::unique_ptr<NameReader> reader_;    ///< in its place, under --no-sandbox
    Probing probing_ = Probing::not_wanted;
    bool awaits_reply_ = false;
    bool drops_reply_ = false;  ///< it is about a question of before
    bool begins_anew_ = false;  ///< for the reader to know, with the next request
    bool is_after_gap_ = false;
    bool has_typed_text_ = false;
    bool takes_name_at_once_ = true;  ///< that the reader may say now
    std::uint8_t known_lacks_ = 0;
    unsigned go_ons_ = 0;    ///< in a row
    bool seen_any_ = false;  ///< bytes, since poll told of the line
    std::shared_ptr<QuietConsole> quiet_;
    BootSplash splash_;
    LockHints hints_;
    LiveIssue issue_;
    Clock::time_point looked_at_issue_{};
    MarkReader marks_;  ///< before the question is out; then the reader has its own
    NoiseJudge judge_;
    LineEnds ends_;
    std::unique_ptr<Chat> chat_;
    FloodGauge gauge_;
    bool is_typed_lost_ = false;    ///< in a flood there was more than BREAKs
    bool asks_when_quiet_ = false;  ///< a pause is over, but the line is not quiet yet
    Clock::time_point last_of_flood_{};
    std::optional<std::string> language_;  ///< settled when something is said
    std::string modem_text_;
    std::string unwritten_;

    /// When there is something to do though nothing happened.
    struct Times {
        std::optional<Clock::time_point> look_again{};    ///< for the device or its carrier
        std::optional<Clock::time_point> chat_goes_on{};  ///< its pause is over, or patience is
        std::optional<Clock::time_point> modem_done{};    ///< no more is expected of the modem
        std::optional<Clock::time_point> grace_over{};    ///< no key came: automatic login
        std::optional<Clock::time_point> ask_again{};     ///< the pause after refused names ends
        std::optional<Clock::time_point> quiet{};         ///< back to the first speed
        std::optional<Clock::time_point> give_up{};       ///< --timeout
        std::optional<Clock::time_point> issue{};         ///< to be looked at again
        std::optional<Clock::time_point> settled{};       ///< nothing came after the answer
        std::optional<Clock::time_point> reader{};        ///< it wants to know how late it is
        std::optional<Clock::time_point> reply_due{};     ///< no more patience with the reader
        std::optional<Clock::time_point> idle{};          ///< nobody types: it may go
        std::optional<Clock::time_point> flood{};         ///< to throw away what came since
        std::optional<Clock::time_point> written{};       ///< no more patience with output
        std::optional<Clock::time_point> leave{};         ///< the line has failed, or is done
        std::optional<Clock::time_point> record{};        ///< of the waiting line
    };
    Times times_;
    Clock::time_point next_step_allowed_{};
    Clock::time_point next_refusal_logged_{};
    Clock::time_point next_loss_logged_{};
    Clock::time_point last_refusal_{};
    Clock::time_point started_ = Clock::now();
    std::chrono::seconds next_pause_{1};
    std::optional<Clock::time_point> patience_over_{};  ///< with what was said last
    Clock::time_point claimed_at_{};
    pid_t left_records_ = 0;    ///< of a login that has ended
    unsigned short_lives_ = 0;  ///< of logins, one after the other
    unsigned refusals_ = 0;
    bool missing_login_is_logged_ = false;
    bool freed_memory_ = false;
    bool has_failed_ = false;         ///< done, because of that
    bool trouble_is_logged_ = false;  ///< said once, until a key shows that the line works
};

/// The line that the options name.
[[nodiscard]] std::list<Line> lines_of(const Options& options);

}  // namespace getty
