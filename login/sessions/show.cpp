#include "login/sessions/show.hpp"

#include "common/safe_text.hpp"
#include "common/utf8.hpp"
#include "login/sessions/text_table.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

namespace sessions {

namespace {

std::string clock_time(StartTime when) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    std::array<char, 32> text{};
    if (::localtime_r(&seconds, &parts) == nullptr) {
        return "-";
    }
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M", &parts)};
}

std::string short_time(std::optional<std::chrono::seconds> duration) {
    using std::chrono::seconds;
    if (!duration) {
        return "-";
    }
    constexpr std::array<std::pair<seconds, char>, 4> units{
        {{seconds{86'400}, 'd'}, {seconds{3'600}, 'h'}, {seconds{60}, 'm'}, {seconds{1}, 's'}}};
    for (const auto& [unit, letter] : units) {
        if (*duration >= unit) {
            return std::to_string(*duration / unit) + letter;
        }
    }
    return "0s";
}

using Cells = std::vector<std::string>;

Cells titles() {
    return {"USER",
            "LINE",
            "SID",
            "STARTED",
            "TPGID",
            "IDLE",
            "HOST",
            "PROCS",
            "ESCAPED",
            "UTMP",
            "AGREES",
            "COMMAND"};
}

/// The command is last: it may have blanks in it.
Cells cells_of(const Row& row) {
    const std::string said = row.said ? cell(row.said->user) : "-";
    const std::string agreement{word_of(row.agreement)};
    if (!row.session) {
        return {cell(row.user()),
                cell(row.line()),
                "-",
                "-",
                "-",
                "-",
                cell(row.host()),
                "-",
                "-",
                said,
                agreement,
                "-"};
    }
    const TerminalSession& session = *row.session;
    return {cell(row.user()),
            cell(row.line()),
            std::to_string(session.id()),
            clock_time(session.started),
            session.foreground > 0 ? std::to_string(session.foreground) : "-",
            short_time(session.idle),
            cell(row.host()),
            std::to_string(session.processes),
            std::to_string(session.escaped.size()),
            said,
            agreement,
            session.command.empty() ? "-" : common::safe_text(session.command)};
}

// --- JSON (RFC 8259) ---

std::string json_text(std::string_view untrusted) {
    std::string text = "\"";
    for (const char c : common::safe_text(untrusted)) {
        text += c == '"' || c == '\\' ? "\\" : "";
        text += c;
    }
    return text + '"';
}

using Members = std::vector<std::pair<std::string_view, std::string>>;

std::string json_object(const Members& members) {
    std::string text = "{";
    for (const auto& [name, value] : members) {
        text += text.size() > 1 ? ", " : "";
        text += "\"" + std::string{name} + "\": " + value;
    }
    return text + "}";
}

std::string json_numbers(std::span<const pid_t> numbers) {
    std::string text = "[";
    for (const pid_t number : numbers) {
        text += (text.size() > 1 ? ", " : "") + std::to_string(number);
    }
    return text + "]";
}

template <typename Duration>
std::string json_seconds(std::chrono::sys_time<Duration> when) {
    return std::to_string(
        std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count());
}

std::string json_session(const TerminalSession& session) {
    return json_object(
        {{"sid", std::to_string(session.id())},
         {"uid", session.uid ? std::to_string(*session.uid) : "null"},
         {"leader", json_text(session.leader.command)},
         {"started", json_seconds(session.started)},
         {"tpgid", session.foreground > 0 ? std::to_string(session.foreground) : "null"},
         {"command", session.command.empty() ? "null" : json_text(session.command)},
         {"idle", session.idle ? std::to_string(session.idle->count()) : "null"},
         {"processes", std::to_string(session.processes)},
         {"escaped", json_numbers(session.escaped)}});
}

std::string json_said(const Said& said) {
    return json_object({{"user", json_text(said.user)},
                        {"line", json_text(said.line)},
                        {"host", json_text(said.host)},
                        {"pid", std::to_string(said.process)},
                        {"session", std::to_string(said.session)},
                        {"time", json_seconds(said.when)}});
}

std::string json_row(const Row& row) {
    return json_object({{"user", json_text(row.user())},
                        {"line", json_text(row.line())},
                        {"host", json_text(row.host())},
                        {"session", row.session ? json_session(*row.session) : "null"},
                        {"utmp", row.said ? json_said(*row.said) : "null"},
                        {"agreement", json_text(word_of(row.agreement))}});
}

/// The front of a text that takes so many columns.
std::string_view front_of(std::string_view text, std::size_t columns) {
    std::size_t used = 0;
    std::size_t bytes = 0;
    while (bytes < text.size()) {
        const common::Decoded decoded = common::decode_utf8(text.substr(bytes));
        used += static_cast<std::size_t>(
            decoded.valid ? std::max(common::display_width(decoded.code), 0) : 1);
        if (used > columns) {
            break;
        }
        bytes += decoded.length;
    }
    return text.substr(0, bytes);
}

}  // namespace

std::string list_of(std::span<const Row> rows) {
    using enum Align;
    std::vector<Cells> lines{titles()};
    for (const Row& row : rows) {
        lines.push_back(cells_of(row));
    }
    return text_table({left, left, right, left, right, right, left, right, right, left, left, left},
                      lines);
}

std::string json_of(std::span<const Row> rows) {
    std::string text = R"({"version": 1, "sessions": [)";
    for (const Row& row : rows) {
        text += (&row == rows.data() ? "\n  " : ",\n  ") + json_row(row);
    }
    return text + (rows.empty() ? "]}\n" : "\n]}\n");
}

std::string cut_to(std::string_view text, std::size_t lines, std::size_t columns) {
    std::string cut;
    for (; lines > 0 && !text.empty(); --lines) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        cut += front_of(line, columns);
        cut += "\r\n";
    }
    return cut;
}

}  // namespace sessions
