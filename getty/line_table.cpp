#include "getty/line_table.hpp"

#include "common/safe_text.hpp"
#include "common/short_text.hpp"
#include "getty/gettydefs.hpp"
#include "getty/gettytab.hpp"
#include "getty/table_text.hpp"
#include "getty/ttys.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace getty {

namespace {

struct FormatName {
    common::ShortText<12> name;
    TableFormat format;
};

constexpr auto format_names = std::to_array<FormatName>({
    {"getty.conf", TableFormat::getty_conf},
    {"gettydefs", TableFormat::gettydefs},
    {"gettytab", TableFormat::gettytab},
    {"ttys", TableFormat::ttys},
});

constexpr auto status_names =
    std::to_array<common::ShortText<12>>({"off", "on", "onifconsole", "onifexists"});

LineTable table_of(TableFormat format, ReadProfiles&& read) {
    return {.format = format,
            .profiles = std::move(read.profiles),
            .problems = std::move(read.problems)};
}

LineTable read_as(TableFormat format, std::string_view text) {
    switch (format) {
        case TableFormat::gettydefs: return table_of(format, read_gettydefs(text));
        case TableFormat::gettytab: return table_of(format, read_gettytab(text));
        case TableFormat::ttys: return table_of(format, read_ttys(text));
        case TableFormat::getty_conf: break;
    }
    GettyConf conf = read_getty_conf(text);
    return {.format = TableFormat::getty_conf,
            .profiles = std::move(conf.profiles),
            .problems = std::move(conf.problems),
            .includes = std::move(conf.includes)};
}

std::set<std::string_view> names_in(const LineTable& table) {
    std::set<std::string_view> names;
    for (const LineProfile& profile : table.profiles) {
        names.insert(profile.label);
        names.insert(profile.aliases.begin(), profile.aliases.end());
    }
    return names;
}

void check_rings(LineTable& table) {
    if (!table.includes.empty()) {
        return;
    }
    const auto names = names_in(table);
    for (const LineProfile& profile : table.profiles) {
        if (profile.next && !names.contains(*profile.next)) {
            table.problems.push_back({.line = profile.line,
                                      .what = "next " + in_quotes(*profile.next) + " is no entry"});
        }
    }
}

/// Sections of getty.conf may be repeated, and the other formats' readers see
/// to their own.
void check_labels(LineTable& table) {
    if (table.format != TableFormat::gettydefs) {
        return;
    }
    std::set<std::string_view> seen;
    for (const LineProfile& profile : table.profiles) {
        if (!seen.insert(profile.label).second) {
            table.problems.push_back({.line = profile.line,
                                      .what = "a second entry labelled " +
                                              in_quotes(profile.label) + ", which is not found"});
        }
    }
}

/// Settings that the options themselves refuse are taken out. (The reader of
/// getty.conf knows their lines, and has done so.)
void check_options(LineTable& table) {
    for (LineProfile& profile : table.profiles) {
        const auto refused = [&](const OptionSetting& setting) {
            const auto what = objection_to(setting);
            if (what) {
                table.problems.push_back({.line = profile.line, .what = *what});
            }
            return what.has_value();
        };
        profile.options.erase(
            std::remove_if(profile.options.begin(), profile.options.end(), refused),
            profile.options.end());
    }
}

void append_comment(std::string& text, std::string_view name, std::string_view value) {
    text += "# " + std::string{name} + ": " + common::safe_text(value) + "\n";
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : " ") + word;
    }
    return text;
}

void append_ttys_entry(std::string& text, const TtysEntry& ttys) {
    if (ttys == TtysEntry{}) {
        return;
    }
    append_comment(text, "command", joined(ttys.command));
    if (!ttys.label.empty()) {
        append_comment(text, "label", ttys.label);
    }
    append_comment(text, "status", status_names.at(static_cast<std::size_t>(ttys.status)).view());
    append_comment(text, "root lines", ttys.secure ? "secure" : "insecure");
    if (!ttys.kind.empty()) {
        append_comment(text, "kind", ttys.kind);
    }
}

}  // namespace

std::optional<TableFormat> format_of_file(std::string_view path) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    return name.ends_with(".conf") ? TableFormat::getty_conf : format_named(name);
}

std::optional<TableFormat> format_named(std::string_view name) {
    const auto* const found =
        std::find_if(format_names.begin(), format_names.end(), [=](const FormatName& format) {
            return format.name == name;
        });
    return found == format_names.end() ? std::nullopt : std::optional{found->format};
}

LineTable read_line_table(TableFormat format, std::string_view text) {
    LineTable table = read_as(format, text);
    check_options(table);
    check_labels(table);
    check_rings(table);
    std::stable_sort(
        table.problems.begin(),
        table.problems.end(),
        [](const Problem& left, const Problem& right) { return left.line < right.line; });
    return table;
}

const LineProfile* find_label(const LineTable& table, std::string_view label) {
    const auto found =
        std::find_if(table.profiles.begin(), table.profiles.end(), [=](const LineProfile& profile) {
            return profile.label == label ||
                   std::find(profile.aliases.begin(), profile.aliases.end(), label) !=
                       profile.aliases.end();
        });
    return found == table.profiles.end() ? nullptr : &*found;
}

const LineProfile* find_label_or_default(const LineTable& table, std::string_view label) {
    const LineProfile* const found = find_label(table, label);
    if (found != nullptr) {
        return found;
    }
    if (table.format == TableFormat::gettydefs && !table.profiles.empty()) {
        return &table.profiles.front();
    }
    return table.format == TableFormat::gettytab ? find_label(table, "default") : nullptr;
}

Ring ring_from(const LineTable& table, const LineProfile& start) {
    Ring ring;
    const LineProfile* entry = &start;
    while (entry != nullptr) {
        const auto seen = std::find(ring.entries.begin(), ring.entries.end(), entry);
        if (seen != ring.entries.end()) {
            ring.returns_to = static_cast<std::size_t>(seen - ring.entries.begin());
            return ring;
        }
        ring.entries.push_back(entry);
        entry = entry->next ? find_label(table, *entry->next) : nullptr;
    }
    ring.returns_to = ring.entries.size() - 1;
    return ring;
}

Options with_profile(Options options, const LineProfile& profile) {
    apply_settings(options, profile.options);
    if (!profile.speeds.empty() || profile.console_speed) {
        options.speeds = profile.speeds;
        options.console_speed = profile.console_speed;
    }
    if (profile.terminal_type) {
        options.terminal_type = *profile.terminal_type;
    }
    options.profile = profile;
    return options;
}

std::string dump(const LineProfile& profile) {
    std::string text = write_getty_conf(profile);
    if (!profile.aliases.empty()) {
        append_comment(text, "also named", joined(profile.aliases));
    }
    append_ttys_entry(text, profile.ttys);
    for (const std::string& what : profile.not_honoured) {
        append_comment(text, "not honoured", what);
    }
    return text;
}

}  // namespace getty
