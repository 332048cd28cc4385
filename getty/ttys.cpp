#include "getty/ttys.hpp"

#include "getty/table_text.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace getty {

namespace {

/// A field as it is written, and whether its quotes are closed.
struct Field {
    std::string text{};
    bool closed = true;
};

/// The next field: to a blank or a `#`, which count for nothing in double
/// quotes. The quotes are dropped, wherever in the field they stand.
Field take_field(std::string_view& line) {
    Field field;
    bool quoted = false;
    std::size_t i = 0;
    for (; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == ' ' || c == '\t' || c == '#')) {
            break;
        } else {
            field.text += c;
        }
    }
    field.closed = !quoted;
    line.remove_prefix(i);
    return field;
}

std::vector<Field> fields_of(std::string_view line) {
    std::vector<Field> fields;
    while (true) {
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        if (line.empty() || line.front() == '#') {
            return fields;
        }
        fields.push_back(take_field(line));
    }
}

/// The words of a command; single quotes keep blanks in one.
std::vector<std::string> words_of_command(std::string_view command) {
    std::vector<std::string> words;
    bool in_word = false;
    bool quoted = false;
    for (const char c : command) {
        const bool blank = !quoted && (c == ' ' || c == '\t');
        if (blank) {
            in_word = false;
            continue;
        }
        if (!in_word) {
            words.emplace_back();
            in_word = true;
        }
        if (c == '\'') {
            quoted = !quoted;
        } else {
            words.back() += c;
        }
    }
    return words;
}

/// `std.9600` of `/usr/libexec/getty std.9600`.
std::string label_of_command(const std::vector<std::string>& command) {
    if (command.empty() || !command.front().ends_with("getty")) {
        return {};
    }
    const auto found = std::find_if(command.begin() + 1, command.end(), [](const auto& word) {
        return !word.starts_with('-');
    });
    return found == command.end() ? std::string{} : *found;
}

struct Flag {
    std::string_view name;
    void (*set)(LineProfile& profile);
};

constexpr auto flags = std::to_array<Flag>({
    {"on", [](LineProfile& p) { p.ttys.status = LineStatus::on; }},
    {"off", [](LineProfile& p) { p.ttys.status = LineStatus::off; }},
    {"onifconsole", [](LineProfile& p) { p.ttys.status = LineStatus::on_if_console; }},
    {"onifexists", [](LineProfile& p) { p.ttys.status = LineStatus::on_if_exists; }},
    {"secure", [](LineProfile& p) { p.ttys.secure = true; }},
    {"insecure", [](LineProfile& p) { p.ttys.secure = false; }},
    {"dialup", [](LineProfile& p) { p.ttys.kind = "dialup"; }},
    {"dialin", [](LineProfile& p) { p.ttys.kind = "dialup"; }},
    {"network", [](LineProfile& p) { p.ttys.kind = "network"; }},
    {"local", [](LineProfile& p) { set_option(p, "local-line", "always"); }},
    {"softcar", [](LineProfile& p) { set_option(p, "local-line", "always"); }},
    {"rtscts", [](LineProfile& p) { set_option(p, "flow-control", "yes"); }},
    {"mdmbuf", [](LineProfile& p) { p.not_honoured.emplace_back("mdmbuf"); }},
    {"none", [](LineProfile&) {}},
});

/// Flags with a value, which are init's and login.conf(5)'s own.
constexpr auto assignments = std::to_array<std::string_view>({"window=", "group=", "class="});

class Reader {
  public:
    void read(const TableLine& line) {
        line_ = line.number;
        if (line.text.find('\0') != std::string_view::npos) {
            complain("a NUL byte cannot be in a line");
            return;
        }
        const auto fields = fields_of(line.text);
        if (fields.empty()) {
            return;
        }
        if (!fields.back().closed) {
            complain("a quote is not closed");
            return;
        }
        if (!seen_.insert(fields.front().text).second) {
            complain("a second entry for " + in_quotes(fields.front().text) + ", which is ignored");
            return;
        }
        read_entry(fields);
    }

    ReadProfiles result() && { return std::move(result_); }

  private:
    void complain(const std::string& what) {
        result_.problems.push_back({.line = line_, .what = what});
    }

    void read_entry(const std::vector<Field>& fields) {
        LineProfile profile{.line = line_, .label = fields[0].text};
        if (profile.label.empty()) {
            complain("an entry without a name");
            return;
        }
        if (fields.size() > 1 && fields[1].text != "none") {
            profile.ttys.command = words_of_command(fields[1].text);
            profile.ttys.label = label_of_command(profile.ttys.command);
        }
        if (fields.size() > 2 && fields[2].text != "none") {
            profile.terminal_type = fields[2].text;
        }
        for (std::size_t i = 3; i < fields.size(); ++i) {
            read_flag(fields[i].text, profile);
        }
        result_.profiles.push_back(std::move(profile));
    }

    void read_flag(const std::string& word, LineProfile& profile) {
        const auto* const flag =
            std::find_if(flags.begin(), flags.end(), [&](const Flag& f) { return f.name == word; });
        if (flag != flags.end()) {
            flag->set(profile);
            return;
        }
        const bool assigns =
            std::any_of(assignments.begin(), assignments.end(), [&](std::string_view name) {
                return word.starts_with(name);
            });
        if (assigns) {
            profile.not_honoured.push_back(word);
        } else {
            complain("unknown flag " + in_quotes(word));
        }
    }

    unsigned line_ = 0;
    std::set<std::string> seen_;
    ReadProfiles result_;
};

}  // namespace

ReadProfiles read_ttys(std::string_view text) {
    Reader reader;
    for (const TableLine& line : lines_of(text)) {
        reader.read(line);
    }
    return std::move(reader).result();
}

}  // namespace getty
