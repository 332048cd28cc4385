#include "common/language.hpp"
#include "common/log.hpp"
#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "common/text_file.hpp"
#include "getty/autologin.hpp"
#include "getty/exit_status.hpp"
#include "getty/line.hpp"
#include "getty/parity.hpp"
#include "getty/table_text.hpp"

#include <algorithm>
#include <cstring>

namespace getty {

namespace {

using namespace std::chrono_literals;
using common::filled;
using common::translated;

constexpr auto carrier_interval = 250ms;
constexpr auto patience_with_modem = 1s;
/// gettytab(5), ct.
constexpr auto patience_in_chat = 10s;
constexpr std::size_t longest_modem_text = 256;
constexpr std::size_t largest_shadow_file = 4UL * 1024 * 1024;

/// Octal \NNN and \\ in --init-string.
std::string unescaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const char first = text.front();
        text.remove_prefix(1);
        if (first != '\\' || text.empty()) {
            out += first;
        } else if (const auto octal = take_octal(text)) {
            out += *octal;
        } else {
            out += text.front();
            text.remove_prefix(1);
        }
    }
    return out;
}

}  // namespace

/// From the open line to the question, as far as it goes without waiting.
void Line::go_on_opening(Clock::time_point now) {
    const LineProfile& profile = options_->profile;
    switch (opening_) {
        case Opening::init_chat:
            if (talks_to_modem(profile.init_chat, now)) {
                return;
            }
            opening_ = Opening::ring;
            [[fallthrough]];
        case Opening::ring:
            if (profile.answer_chat) {
                if (profile.ring_timeout.value_or(0s) > 0s) {
                    times_.chat_goes_on = now + *profile.ring_timeout;
                }
                return;
            }
            opening_ = Opening::answer_chat;
            [[fallthrough]];
        case Opening::answer_chat:
            if (talks_to_modem(profile.answer_chat, now)) {
                return;
            }
            opening_ = Opening::carrier;
            [[fallthrough]];
        case Opening::carrier:
            if (options_->carrier == Carrier::never_local && !claimed_->terminal.has_carrier()) {
                times_.look_again = now + carrier_interval;
                return;
            }
            times_.look_again.reset();
            // Not before somebody has called.
            if (options_->timeout > 0s) {
                times_.give_up = now + options_->timeout;
            }
            emit(unescaped(options_->init_string));
            opening_ = Opening::modem;
            [[fallthrough]];
        case Opening::modem:
            if (options_->extract_baud) {
                times_.modem_done = now + patience_with_modem;
                return;
            }
            opening_ = Opening::return_key;
            [[fallthrough]];
        case Opening::return_key:
            if (options_->wait_for_return) {
                return;
            }
            opening_ = Opening::issue;
            [[fallthrough]];
        case Opening::issue:
            show_issue();
            opening_ = Opening::any_key;
            if (options_->login_pause) {
                emit(press_enter());
                times_.issue = now + LiveIssue::shortest_time;
                return;
            }
            [[fallthrough]];
        case Opening::any_key:
            opening_ = Opening::grace;
            if (options_->autologin) {
                decide_autologin();
            }
            if (options_->autologin && options_->autologin_grace > 0s) {
                say_who_will_log_in();
                times_.grace_over = now + options_->autologin_grace;
                return;
            }
            [[fallthrough]];
        case Opening::grace: opening_ = Opening::question; [[fallthrough]];
        case Opening::question: ask(now);
    }
}

void Line::on_key_in_opening(char byte, Clock::time_point now) {
    const bool is_return = byte == '\r' || byte == '\n';
    switch (opening_) {
        case Opening::ring:
            if (is_return) {
                return;  // the end of what the modem said before
            }
            // The call is what the chat waits for first: it hears this byte too.
            times_.chat_goes_on.reset();
            opening_ = Opening::answer_chat;
            go_on_opening(now);
            if (chat_) {
                chat_->feed(byte);
                go_on_with_chat(now);
            }
            return;
        case Opening::init_chat:
        case Opening::answer_chat:
            chat_->feed(byte);
            go_on_with_chat(now);
            return;
        case Opening::modem:
            if (modem_text_.size() < longest_modem_text) {
                modem_text_ += byte;
            }
            if (is_return && speed_in_modem_text(modem_text_)) {
                take_speed_from_modem(now);
            }
            return;
        case Opening::return_key:
            // Of whatever parity.
            if (without_parity(byte) == '\r' || without_parity(byte) == '\n') {
                opening_ = Opening::issue;
                go_on_opening(now);
            }
            return;
        case Opening::any_key:
            emit("\n");
            go_on_opening(now);
            // Where nobody is asked for a name there is nobody to take the answer.
            if (probing_ == Probing::wanted && state_ == LineState::asking) {
                ask_reader({.kind = ReaderRequest::Kind::begin_probe, .now = now});
            }
            return;
        case Opening::grace:
            times_.grace_over.reset();
            forget_autologin();
            go_on_opening(now);
            return;
        case Opening::carrier:
        case Opening::issue:
        case Opening::question: return;
    }
}

/// True while the talk goes on; it begins here.
bool Line::talks_to_modem(const std::optional<std::string>& script, Clock::time_point now) {
    if (!script) {
        return false;
    }
    if (!chat_) {
        chat_ = std::make_unique<Chat>(*script);
        go_on_with_chat(now);
        return true;
    }
    chat_.reset();
    return false;
}

/// Sends what is to be sent, up to a pause; without one the other side has its
/// time to answer.
void Line::go_on_with_chat(Clock::time_point now) {
    const auto patience = options_->profile.chat_timeout.value_or(patience_in_chat);
    times_.chat_goes_on = now + patience;
    while (const auto piece = chat_->next_piece()) {
        emit(piece->text);
        if (piece->pause > 0ms) {
            times_.chat_goes_on = now + piece->pause;
            return;
        }
    }
    if (chat_->has_failed()) {
        throw common::Failure{line_failed, "the modem has not answered as the line table says"};
    }
    if (chat_->has_ended()) {
        times_.chat_goes_on.reset();
        go_on_opening(now);
    }
}

void Line::take_speed_from_modem(Clock::time_point now) {
    times_.modem_done.reset();
    if (const auto speed = speed_in_modem_text(modem_text_)) {
        steps_.replace_speeds({*speed});
        set_speed();
    }
    modem_text_.clear();
    opening_ = Opening::return_key;
    go_on_opening(now);
}

void Line::say_who_will_log_in() {
    const auto grace = static_cast<unsigned long>(options_->autologin_grace.count());
    emit(filled(translated("Logging in as %s in %d second; a key stops that.",
                           "Logging in as %s in %d seconds; a key stops that.",
                           grace),
                common::safe_text(*options_->autologin)) +
         "\r\n");
}

std::string Line::press_enter() {
    return translated("[press ENTER to login]");
}

/// --autologin may not hold: then there is a prompt, and a word why.
void Line::decide_autologin() {
    std::optional<std::string> reason;
    if (options_->autologin_once && !is_first_autologin(claimed_->terminal.name())) {
        // No news: that is what was asked for.
        forget_autologin();
        return;
    }
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    reason = reason_against_autologin(
        common::read_text_file("/etc/shadow", largest_shadow_file).value_or(""),
        *options_->autologin,
        today);
    if (reason) {
        common::log(
            common::Severity::warning,
            "no automatic login of " + common::quoted(*options_->autologin) + ": " + *reason);
        emit(filled(translated("No automatic login: %s."), translated(reason->c_str())) + "\r\n");
        forget_autologin();
    }
}

}  // namespace getty
