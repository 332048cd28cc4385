#include "getty/check.hpp"

#include "common/json.hpp"
#include "getty/table_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <sys/sysmacros.h>

namespace getty {

using common::CheckVerdict;
using Level = Finding::Level;

namespace {

/// More at once is no answer to "who has my line".
constexpr std::size_t most_holders_named = 5;

/// A frame of ten bits is misread when its last one is half a bit off; each side
/// has half of that.
constexpr double worst_speed_error = 0.025;
constexpr unsigned samples_for_a_bit = 16;

std::optional<unsigned> number_in(std::string_view text) {
    unsigned number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, number);
    return problem == std::errc{} && stopped == end ? std::optional{number} : std::nullopt;
}

/// "64" or "0-1048575".
bool covers(std::string_view range, unsigned number) {
    const std::size_t dash = range.find('-');
    const auto first = number_in(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_in(range.substr(dash + 1));
    return first && last && *first <= number && number <= *last;
}

/// What the kernel calls terminals and nobody can log in on.
bool can_be_served(std::string_view driver) {
    return driver != "system" && driver != "system:/dev/tty" && driver != "pty:master";
}

bool has_no_wire(std::string_view driver) {
    return driver == "console" || driver.starts_with("pty") || driver.starts_with("system");
}

std::string named(const Holder& holder) {
    return std::to_string(holder.process) + " (" + holder.command + ")";
}

std::vector<Finding> holder_findings(const DeviceFacts& facts) {
    std::vector<Finding> findings;
    std::string others;
    std::size_t count = 0;
    for (const Holder& holder : facts.holders) {
        if (!holder.user.empty()) {
            findings.push_back({.level = Level::note,
                                .topic = "line",
                                .text = holder.user + " is logged in on it by process " +
                                        named(holder) +
                                        ": getty would wait until that session is over"});
        } else if (++count <= most_holders_named) {
            others += (others.empty() ? "" : ", ") + named(holder);
        }
    }
    if (count > most_holders_named) {
        others += " and " + std::to_string(count - most_holders_named) + " more";
    }
    // Somebody's session is not hung up, and what is in it is no other's.
    if (count > 0 && findings.empty()) {
        findings.push_back({.level = Level::note,
                            .topic = "line",
                            .text = "it is in use: getty would hang up process " + others});
    }
    if (findings.empty()) {
        findings.push_back(facts.sees_all_holders
                               ? Finding{.topic = "line", .text = "nobody has it open"}
                               : Finding{.level = Level::note,
                                         .topic = "line",
                                         .text = "only root can see whether somebody has it open"});
    }
    return findings;
}

Finding speed_finding(const DeviceFacts& facts, Speed speed) {
    const std::string number = std::to_string(speed);
    const auto found = [](Level level, std::string text) {
        return Finding{.level = level, .topic = "speed", .text = std::move(text)};
    };
    if (speed == keep_speed) {
        return found(Level::good, "the one that the line has");
    }
    if (facts.driver && has_no_wire(*facts.driver)) {
        return found(Level::good, number + ": this line has no wire, and takes any");
    }
    if (!facts.port_clock || *facts.port_clock < samples_for_a_bit) {
        return found(Level::note,
                     number + ": only the open port could tell whether it can do that");
    }
    const unsigned most = *facts.port_clock / samples_for_a_bit;
    const double divisor = std::max(1.0, std::round(static_cast<double>(most) / speed));
    const double error = std::abs(most / divisor / speed - 1);
    if (error <= worst_speed_error) {
        return found(Level::good, number);
    }
    return speed > most
               ? found(Level::bad,
                       number + " is more than the port can do, which is " + std::to_string(most))
               : found(Level::note,
                       number + ": the port's clock makes it " +
                           std::to_string(std::lround(most / divisor)) + ", which is too far off");
}

std::string_view word_for(CheckVerdict verdict) {
    switch (verdict) {
        case CheckVerdict::let_in: return "served";
        case CheckVerdict::refused: return "refused";
        case CheckVerdict::unknown: break;
    }
    return "unknown";
}

std::string answer(const CheckReport& report) {
    const std::string line = report.line.value_or("A line");
    switch (common::verdict_of(report.findings)) {
        case CheckVerdict::let_in: return line + " would get its prompt.";
        case CheckVerdict::refused:
            return line +
                   " would get no prompt: " + common::first_text(report.findings, Level::bad) + ".";
        case CheckVerdict::unknown: break;
    }
    return "Cannot tell whether " + (report.line ? line : "a line") +
           " would get its prompt: " + common::first_text(report.findings, Level::unknown) + ".";
}

std::string json_or_null(const std::optional<std::string>& text) {
    return text ? common::json_string(*text) : "null";
}

std::string json_speeds(const std::vector<Speed>& speeds) {
    std::string list;
    for (const Speed speed : speeds) {
        list += (list.empty() ? "" : ", ") +
                (speed == keep_speed ? common::json_string("keep") : std::to_string(speed));
    }
    return "[" + list + "]";
}

}  // namespace

std::optional<std::string> terminal_driver(std::string_view drivers, dev_t device) {
    for (const TableLine& line : lines_of(drivers)) {
        // The driver's name may hold anything: what counts is at the end.
        const auto words = words_of(line.text);
        constexpr std::size_t columns = 4;
        if (words.size() < columns) {
            continue;
        }
        const auto* const last = words.data() + words.size();
        if (number_in(last[-3]) == major(device) && covers(last[-2], minor(device))) {
            return std::string{last[-1]};
        }
    }
    return std::nullopt;
}

std::vector<Finding> line_findings(const DeviceFacts& facts) {
    const auto found = [](Level level, std::string text) {
        return std::vector{Finding{.level = level, .topic = "line", .text = std::move(text)}};
    };
    if (!facts.is_there) {
        return facts.is_standard_input
                   ? found(Level::bad, "standard input is no terminal")
                   : found(Level::unknown, facts.path + " is not there: getty would wait for it");
    }
    if (!facts.is_device || !facts.driver || !can_be_served(*facts.driver)) {
        return found(Level::bad, facts.path + " is no terminal");
    }
    if (!facts.has_hardware) {
        return found(Level::unknown,
                     "no port is behind " + facts.path + ": getty would wait for one");
    }
    auto findings = found(Level::good, facts.path + " is a terminal (" + *facts.driver + ")");
    if (!facts.may_be_opened) {
        findings.push_back(
            {.level = Level::unknown, .topic = "line", .text = "only root can open it"});
    }
    const auto about_holders = holder_findings(facts);
    findings.insert(findings.end(), about_holders.begin(), about_holders.end());
    return findings;
}

std::vector<Finding> speed_findings(const DeviceFacts& facts, const std::vector<Speed>& speeds) {
    std::vector<Finding> findings;
    for (const Speed speed : speeds) {
        Finding finding = speed_finding(facts, speed);
        if (std::find(findings.begin(), findings.end(), finding) == findings.end()) {
            findings.push_back(std::move(finding));
        }
    }
    return findings;
}

Finding reader_finding(const Options& options, Confinement kernel) {
    const auto found = [](Level level, std::string text) {
        return Finding{.level = level, .topic = "name", .text = std::move(text)};
    };
    if (options.no_sandbox) {
        return found(Level::note, "--no-sandbox: what is typed is read with all of root's power");
    }
    std::string lacks = kernel.has_seccomp ? "" : "seccomp";
    if (!kernel.has_landlock) {
        lacks += lacks.empty() ? "Landlock" : " and Landlock";
    }
    return lacks.empty()
               ? found(Level::good, "read by a process that can do nothing else")
               : found(Level::note,
                       "this kernel has no " + lacks + ": who reads it can do more than that");
}

std::vector<std::string> terminfo_places(std::string_view directory, std::string_view type) {
    if (type.empty() || type.front() == '.' || type.find('/') != std::string_view::npos) {
        return {};
    }
    constexpr std::string_view digits = "0123456789abcdef";
    const auto first = static_cast<unsigned char>(type.front());
    const std::string below = std::string{directory} + "/";
    const std::string name = "/" + std::string{type};
    return {below + type.front() + name, below + digits[first >> 4U] + digits[first & 0xfU] + name};
}

std::string check_as_text(const CheckReport& report) {
    return common::findings_as_text(report.findings, answer(report));
}

std::string check_as_json(const CheckReport& report) {
    return "{\n  \"version\": 1,\n  \"line\": " + json_or_null(report.line) +
           ",\n  \"device\": " + json_or_null(report.device) +
           ",\n  \"speeds\": " + json_speeds(report.speeds) +
           ",\n  \"term\": " + json_or_null(report.terminal_type) +
           ",\n  \"login\": " + common::json_string(report.login_program) + ",\n  \"verdict\": " +
           common::json_string(word_for(common::verdict_of(report.findings))) +
           ",\n  \"findings\": " + common::json_list(report.findings, common::json_finding) +
           "\n}\n";
}

}  // namespace getty
