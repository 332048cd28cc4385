#include "getty/line_settings.hpp"

#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/terminal.hpp"
#include "getty/table_files.hpp"

#include <unistd.h>

namespace getty {

namespace {

/// What the operands say stands over the tables.
void apply_operands(Options& options, const Options& given) {
    options.line = given.line;
    options.setup = given.setup;
    options.label = given.label;
    options.unusable_speed = given.unusable_speed;
    if (!given.speeds.empty() || given.console_speed) {
        options.speeds = given.speeds;
        options.console_speed = given.console_speed;
    }
    if (!given.terminal_type.empty()) {
        options.terminal_type = given.terminal_type;
    }
}

Options settled(const Options& given, const LineProfile& profile) {
    Options options = with_profile({}, profile);
    options.task = given.task;
    apply_settings(options, given.given);
    if (options.login_program.empty()) {
        options.login_program = given.login_program;
    }
    apply_operands(options, given);
    return options;
}

/// The name that tables know the line by; that of standard input where the line
/// is `-`.
std::string name_of(const Options& given) {
    if (given.line != "-") {
        return std::string{common::line_name(common::line_path(given.line))};
    }
    const char* const path = ::ttyname(STDIN_FILENO);
    return std::string{common::line_name(path != nullptr ? path : "")};
}

void log_not_honoured(const LineProfile& profile) {
    for (const std::string& what : profile.not_honoured) {
        common::log(common::Severity::notice,
                    "line table entry " + common::quoted(profile.label) +
                        ": not honoured: " + common::safe_text(what));
    }
}

}  // namespace

LineSettings settle(const Options& given, const LineProfile& common, const Ring& entries) {
    LineSettings settings{.returns_to = entries.returns_to};
    for (const LineProfile* const entry : entries.entries) {
        settings.steps.push_back(
            settled(given, entry == &common ? common : merged(common, *entry)));
    }
    return settings;
}

LineSettings settings_of(const Options& given) {
    const LineEntry line = read_line_entry(name_of(given));
    if (given.label.empty()) {
        const Ring ring = ring_from(line.sections, line.profile);
        log_not_honoured(line.profile);
        return settle(given, line.profile, ring);
    }
    const auto labelled = find_label_entry(given.label);
    if (!labelled || !labelled->is_exact) {
        common::log(common::Severity::warning,
                    "no line table has an entry " + common::quoted(given.label) +
                        (labelled ? ": using the table's own default" : ""));
    }
    if (!labelled) {
        return settle(given, line.profile, ring_from({}, line.profile));
    }
    const LineProfile& entry = labelled->table.profiles[labelled->index];
    log_not_honoured(entry);
    return settle(given, line.profile, ring_from(labelled->table, entry));
}

}  // namespace getty
