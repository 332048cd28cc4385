#include "getty/getty_conf.hpp"

#include "common/command_line.hpp"
#include "common/safe_text.hpp"
#include "getty/mode_words.hpp"
#include "getty/option_table.hpp"
#include "getty/table_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <stdexcept>

namespace getty {

namespace {

using Problems = std::vector<std::string>;

// --- values ---

constexpr std::string_view escape_letters = "nrteb\\\"";
constexpr std::string_view escape_meanings = "\n\r\t\x1b\b\\\"";

/// A value in double quotes, with the escapes of C; anything else stands for itself.
std::optional<std::string> read_value(std::string_view text, Problems& problems) {
    if (!text.starts_with('"')) {
        return std::string{text};
    }
    text.remove_prefix(1);
    std::string value;
    while (!text.empty() && text.front() != '"') {
        const char c = text.front();
        text.remove_prefix(1);
        if (c != '\\') {
            value += c;
            continue;
        }
        if (const auto octal = take_octal(text)) {
            value += *octal;
            continue;
        }
        const std::size_t at =
            text.empty() ? std::string_view::npos : escape_letters.find(text.front());
        if (at == std::string_view::npos) {
            problems.push_back("unknown escape \\" + std::string{text.substr(0, 1)});
            return std::nullopt;
        }
        value += escape_meanings[at];
        text.remove_prefix(1);
    }
    if (text.empty()) {
        problems.emplace_back("a quote is not closed");
        return std::nullopt;
    }
    if (text.size() > 1) {
        problems.push_back("something follows the closing quote: " + in_quotes(text.substr(1)));
        return std::nullopt;
    }
    if (value.find('\0') != std::string_view::npos) {
        problems.emplace_back("a NUL byte cannot be in a value");
        return std::nullopt;
    }
    return value;
}

bool stands_for_itself(std::string_view value) {
    const auto is_plain = [](char c) {
        return static_cast<unsigned char>(c) >= ' ' && c != '\x7f';
    };
    return !value.starts_with('"') && trimmed(value).size() == value.size() &&
           std::all_of(value.begin(), value.end(), is_plain);
}

std::string written_value(std::string_view value) {
    if (stands_for_itself(value)) {
        return std::string{value};
    }
    std::string text = "\"";
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (const std::size_t at = escape_meanings.find(c); at != std::string_view::npos) {
            text += {'\\', escape_letters[at]};
        } else if (byte < ' ' || byte == 0x7F) {
            text += {'\\',
                     static_cast<char>('0' + (byte >> 6U)),
                     static_cast<char>('0' + ((byte >> 3U) & 7U)),
                     static_cast<char>('0' + (byte & 7U))};
        } else {
            text += c;
        }
    }
    return text + '"';
}

// --- keys of our own ---

using Values = std::vector<std::string>;

/// A key that is no option of getty.
struct Key {
    std::string_view name;
    void (*read)(LineProfile& profile, const std::string& value, Problems& problems);
    /// One for each line to write.
    Values (*write)(const LineProfile& profile);
};

void read_modes(ModeChanges& modes, const std::string& value, Problems& problems) {
    const ModeReading reading = read_stty_words(value);
    modes = combined(modes, reading.changes);
    problems.insert(problems.end(), reading.problems.begin(), reading.problems.end());
    for (const std::string& word : reading.not_honoured) {
        problems.push_back(in_quotes(word) + " is no mode");
    }
    if (reading.speed) {
        problems.emplace_back("a speed is no mode: write speed = " +
                              std::to_string(*reading.speed));
    }
}

Values written_modes(const ModeChanges& modes) {
    return modes == ModeChanges{} ? Values{} : Values{write_stty_words(modes)};
}

void read_seconds(std::optional<std::chrono::seconds>& place,
                  const std::string& value,
                  Problems& problems) {
    constexpr unsigned longest = 86'400;
    unsigned seconds = 0;
    const char* const end = value.data() + value.size();
    const auto [stopped, problem] = std::from_chars(value.data(), end, seconds);
    if (problem != std::errc{} || stopped != end || seconds > longest) {
        problems.push_back(in_quotes(value) + " is not a whole number from 0 to " +
                           std::to_string(longest));
        return;
    }
    place = std::chrono::seconds{seconds};
}

Values written_seconds(const std::optional<std::chrono::seconds>& seconds) {
    return seconds ? Values{std::to_string(seconds->count())} : Values{};
}

constexpr const char* console_word = "console";

/// What follows `speed =` is what may stand on the command line: a list, keep,
/// console, or the kernel's form 115200n8r, which says modes too.
void read_line_speed(LineProfile& profile, const std::string& value, Problems& problems) {
    const auto speeds = read_speeds(value);
    const auto setup = read_line_setup(value);
    if (value != console_word && !speeds && !setup) {
        problems.push_back(in_quotes(value) + " is no speed");
        return;
    }
    profile.console_speed = value == console_word;
    profile.speeds = speeds.value_or(std::vector<Speed>{});
    if (!speeds && setup) {
        const ModeChanges modes{.control = {.touched = setup->control_set | setup->control_cleared,
                                            .bits = setup->control_set}};
        profile.speeds = {setup->speed};
        profile.initial_modes = combined(profile.initial_modes, modes);
        profile.login_modes = combined(profile.login_modes, modes);
    }
}

std::string written_speed(Speed speed) {
    return speed == keep_speed ? "keep" : std::to_string(speed);
}

Values written_speeds(const std::vector<Speed>& speeds) {
    std::string list;
    for (const Speed speed : speeds) {
        list += (list.empty() ? "" : ",") + written_speed(speed);
    }
    return list.empty() ? Values{} : Values{list};
}

template <std::optional<std::string> LineProfile::*Field>
constexpr Key text_key(std::string_view name) {
    return {name,
            [](LineProfile& p, const std::string& value, Problems&) { p.*Field = value; },
            [](const LineProfile& p) { return p.*Field ? Values{*(p.*Field)} : Values{}; }};
}

constexpr std::array keys{
    Key{"speed",
        read_line_speed,
        [](const LineProfile& p) {
            return p.console_speed ? Values{console_word} : written_speeds(p.speeds);
        }},
    Key{"login-speed",
        [](LineProfile& p, const std::string& value, Problems& problems) {
            const auto speeds = read_speeds(value);
            if (speeds && speeds->size() == 1) {
                p.login_speed = speeds->front();
            } else {
                problems.push_back(in_quotes(value) + " is no speed");
            }
        },
        [](const LineProfile& p) {
            return p.login_speed ? Values{written_speed(*p.login_speed)} : Values{};
        }},
    Key{"initial-modes",
        [](LineProfile& p, const std::string& value, Problems& problems) {
            read_modes(p.initial_modes, value, problems);
        },
        [](const LineProfile& p) { return written_modes(p.initial_modes); }},
    Key{"modes",
        [](LineProfile& p, const std::string& value, Problems& problems) {
            read_modes(p.login_modes, value, problems);
        },
        [](const LineProfile& p) { return written_modes(p.login_modes); }},
    text_key<&LineProfile::next>("next"),
    text_key<&LineProfile::terminal_type>("term"),
    Key{"environment",
        [](LineProfile& p, const std::string& value, Problems& problems) {
            if (const std::size_t equals = value.find('=');
                equals == 0 || equals == std::string_view::npos) {
                problems.push_back(in_quotes(value) + " is no NAME=VALUE");
            } else {
                p.environment.push_back(value);
            }
        },
        [](const LineProfile& p) { return p.environment; }},
    Key{"prompt-style",
        [](LineProfile& p, const std::string& value, Problems& problems) {
            if (value != "gettydefs" && value != "gettytab") {
                problems.push_back(in_quotes(value) + " is neither gettydefs nor gettytab");
                return;
            }
            p.prompt_style = value == "gettytab" ? PromptStyle::gettytab : PromptStyle::gettydefs;
        },
        [](const LineProfile& p) {
            if (!p.prompt_style) {
                return Values{};
            }
            return Values{*p.prompt_style == PromptStyle::gettytab ? "gettytab" : "gettydefs"};
        }},
    text_key<&LineProfile::prompt>("prompt"),
    text_key<&LineProfile::issue_text>("issue-text"),
    text_key<&LineProfile::clear_text>("clear-text"),
    text_key<&LineProfile::host_name>("host-name"),
    text_key<&LineProfile::host_edit>("host-edit"),
    text_key<&LineProfile::date_format>("date-format"),
    text_key<&LineProfile::init_chat>("init-chat"),
    text_key<&LineProfile::answer_chat>("answer-chat"),
    Key{"chat-timeout",
        [](LineProfile& p, const std::string& value, Problems& problems) {
            read_seconds(p.chat_timeout, value, problems);
        },
        [](const LineProfile& p) { return written_seconds(p.chat_timeout); }},
    Key{"ring-timeout",
        [](LineProfile& p, const std::string& value, Problems& problems) {
            read_seconds(p.ring_timeout, value, problems);
        },
        [](const LineProfile& p) { return written_seconds(p.ring_timeout); }},
};

// --- keys that are options ---

/// What the option itself has to say against the value; it is tried on options
/// that nobody uses. The text loses the dashes of the command line.
std::optional<std::string> tried(const OptionEntry& entry, const std::string& value) {
    try {
        Options unused;
        entry.apply(unused, value);
        return std::nullopt;
    } catch (const std::runtime_error& error) {
        constexpr std::string_view prefix = "option --";
        const std::string_view text = error.what();
        return std::string{text.starts_with(prefix) ? text.substr(prefix.size()) : text};
    }
}

void read_key(LineProfile& profile,
              std::string_view name,
              const std::string& value,
              Problems& problems) {
    const auto* const key =
        std::find_if(keys.begin(), keys.end(), [=](const Key& k) { return k.name == name; });
    if (key != keys.end()) {
        key->read(profile, value, problems);
        return;
    }
    if (auto what = objection_to({.name = std::string{name}, .value = value})) {
        problems.push_back(*std::move(what));
    } else {
        set_option(profile, name, value);
    }
}

// --- one file ---

class Reader {
  public:
    Reader(std::string_view section, Grain grain) : section_(section), grain_(grain) {}

    void read(const TableLine& line) {
        line_ = line.number;
        const std::string_view text = trimmed(line.text);
        if (text.empty() || text.front() == '#' || text.front() == ';') {
            return;
        }
        if (text.find('\0') != std::string_view::npos) {
            complain("a NUL byte cannot be in a line");
        } else if (text.front() == '[') {
            read_header(text);
        } else {
            read_assignment(text);
        }
    }

    GettyConf result() && { return std::move(result_); }

  private:
    void complain(const std::string& what) {
        result_.problems.push_back({.line = line_, .what = what});
    }

    void read_header(std::string_view text) {
        const std::size_t close = text.rfind(']');
        open_ = false;
        // What follows a header that cannot be read is for no line.
        is_lost_ = true;
        if (close == std::string_view::npos) {
            complain("a section's ] is missing; its keys are for no line");
        } else if (close + 1 != text.size()) {
            complain("something follows the ] of a section; its keys are for no line");
        } else if (trimmed(text.substr(1, close - 1)).empty()) {
            complain("a section without a name; its keys are for no line");
        } else {
            is_lost_ = false;
            section_ = trimmed(text.substr(1, close - 1));
            (void)profile();
        }
    }

    void read_assignment(std::string_view text) {
        const std::size_t equals = text.find('=');
        const std::string_view name = trimmed(text.substr(0, equals));
        if (equals == std::string_view::npos || name.empty()) {
            complain(in_quotes(text) + " is no key = value");
            return;
        }
        Problems problems;
        if (const auto value = read_value(trimmed(text.substr(equals + 1)), problems)) {
            read_pair(name, *value, problems);
        }
        for (const std::string& what : problems) {
            complain(what);
        }
    }

    void read_pair(std::string_view name, const std::string& value, Problems& problems) {
        if (name != "include") {
            read_key(profile(), name, value, problems);
            return;
        }
        if (value.empty()) {
            problems.emplace_back("include has no path");
        } else if (!is_lost_) {
            result_.includes.push_back({.line = line_,
                                        .path = value,
                                        .section = section_,
                                        .position = result_.profiles.size()});
            open_ = false;
        }
    }

    /// The one that keys go to now.
    LineProfile& profile() {
        if (is_lost_) {
            return lost_;
        }
        if (!open_ || grain_ == Grain::key) {
            result_.profiles.push_back({.line = line_, .label = section_});
            open_ = true;
        }
        return result_.profiles.back();
    }

    std::string section_;
    Grain grain_;
    unsigned line_ = 0;
    bool open_ = false;
    bool is_lost_ = false;
    LineProfile lost_;
    GettyConf result_;
};

void append_pair(std::string& text, std::string_view name, std::string_view value) {
    text += std::string{name} + " = " + written_value(value) + "\n";
}

// --- several files ---

std::string beside(const std::string& includer, const std::string& path) {
    const std::size_t slash = includer.rfind('/');
    return path.starts_with('/') || slash == std::string_view::npos
               ? path
               : includer.substr(0, slash + 1) + path;
}

class Assembly {
  public:
    Assembly(const FileReader& read, Grain grain) : read_(read), grain_(grain) {}

    /// False where there is no such file.
    bool add(const std::string& path, std::string_view section) {
        const auto text = read_(path);
        if (!text) {
            return false;
        }
        GettyConf conf = read_getty_conf(*text, section, grain_);
        for (Problem& problem : conf.problems) {
            result_.problems.push_back({.file = path, .problem = std::move(problem)});
        }
        open_.push_back(path);
        std::size_t taken = 0;
        for (const IncludeRequest& request : conf.includes) {
            take(conf.profiles, taken, request.position);
            include(path, request);
        }
        take(conf.profiles, taken, conf.profiles.size());
        open_.pop_back();
        return true;
    }

    void complain(const std::string& file, unsigned line, const std::string& what) {
        result_.problems.push_back({.file = file, .problem = {.line = line, .what = what}});
    }

    Configuration result() && { return std::move(result_); }

  private:
    // Far more than anyone needs; without them two files that include each
    // other's directory twice would keep a line without a prompt.
    static constexpr std::size_t deepest = 8;
    static constexpr unsigned most = 256;

    void take(std::vector<LineProfile>& from, std::size_t& taken, std::size_t end) {
        for (; taken < end; ++taken) {
            if (grain_ == Grain::key) {
                result_.places.push_back(open_.back() + ":" + std::to_string(from[taken].line));
            }
            result_.sections.push_back(std::move(from[taken]));
        }
    }

    void include(const std::string& includer, const IncludeRequest& request) {
        const std::string path = beside(includer, request.path);
        const std::string named = "include " + in_quotes(path);
        if (std::find(open_.begin(), open_.end(), path) != open_.end()) {
            complain(includer, request.line, named + " leads back to itself");
        } else if (open_.size() >= deepest) {
            complain(includer, request.line, named + " is too deep");
        } else if (++included_ > most) {
            complain(includer, request.line, named + " is one too many");
        } else if (!add(path, request.section)) {
            complain(includer, request.line, named + " cannot be read");
        }
    }

    const FileReader& read_;
    Grain grain_;
    std::vector<std::string> open_;
    unsigned included_ = 0;
    Configuration result_;
};

// --- globs ---

/// Whether one character fits the front of the glob, and how long that is.
struct Fit {
    bool fits = false;
    std::size_t length = 1;
};

/// `[...]`; a bracket that is never closed is a bracket.
Fit fit_bracket(std::string_view glob, char c) {
    std::size_t at = 1;
    const bool negated = at < glob.size() && (glob[at] == '!' || glob[at] == '^');
    at += negated ? 1 : 0;
    const std::size_t close = glob.find(']', at + 1);
    if (close == std::string_view::npos) {
        return {.fits = c == '['};
    }
    bool found = false;
    while (at < close) {
        const bool range = at + 2 < close && glob[at + 1] == '-';
        const auto low = static_cast<unsigned char>(glob[at]);
        const auto high = static_cast<unsigned char>(glob[range ? at + 2 : at]);
        const auto byte = static_cast<unsigned char>(c);
        found = found || (low <= byte && byte <= high);
        at += range ? 3 : 1;
    }
    return {.fits = found != negated, .length = close + 1};
}

Fit fit_one(std::string_view glob, char c) {
    if (glob.front() == '[') {
        return fit_bracket(glob, c);
    }
    return {.fits = glob.front() == '?' || glob.front() == c};
}

template <typename Type>
void replace_if_given(std::optional<Type>& place, const std::optional<Type>& value) {
    if (value) {
        place = value;
    }
}

template <typename Wanted>
LineProfile merged_where(std::span<const LineProfile> sections, Wanted wanted) {
    LineProfile result;
    for (const LineProfile& section : sections) {
        if (section.label.empty()) {
            result = merged(std::move(result), section);
        }
    }
    for (const LineProfile& section : sections) {
        if (!section.label.empty() && wanted(section)) {
            result = merged(std::move(result), section);
        }
    }
    return result;
}

}  // namespace

GettyConf read_getty_conf(std::string_view text, std::string_view section, Grain grain) {
    Reader reader{section, grain};
    for (const TableLine& line : lines_of(text)) {
        reader.read(line);
    }
    return std::move(reader).result();
}

std::vector<std::string_view> keys_of_sections() {
    std::vector<std::string_view> names{"include"};
    for (const Key& key : keys) {
        names.push_back(key.name);
    }
    return names;
}

std::string write_getty_conf(const LineProfile& profile) {
    std::string text = profile.label.empty() ? "" : "[" + common::safe_text(profile.label) + "]\n";
    for (const Key& key : keys) {
        for (const std::string& value : key.write(profile)) {
            append_pair(text, key.name, value);
        }
    }
    for (const OptionSetting& setting : profile.options) {
        append_pair(text, setting.name, setting.value);
    }
    return text;
}

std::optional<std::string> objection_to(const OptionSetting& setting) {
    const auto options = option_table();
    const auto found = std::find_if(options.begin(), options.end(), [&](const OptionEntry& o) {
        return o.rule.name == setting.name;
    });
    if (found == options.end()) {
        return "unknown key " + in_quotes(setting.name);
    }
    const OptionEntry option = *found;
    if (option.apply == nullptr) {
        return setting.name + " is for the command line only";
    }
    if (option.rule.argument != common::Argument::none) {
        return tried(option, setting.value);
    }
    if (setting.value != "yes" && setting.value != "no") {
        return setting.name + ": " + in_quotes(setting.value) + " is neither yes nor no";
    }
    return std::nullopt;
}

Configuration read_getty_conf_files(std::span<const std::string> files,
                                    const FileReader& read,
                                    Grain grain) {
    Assembly assembly{read, grain};
    for (const std::string& file : files) {
        if (!assembly.add(file, {})) {
            assembly.complain(file, 0, "cannot be read");
        }
    }
    return std::move(assembly).result();
}

std::vector<std::string> layered_conf_files(std::span<const ConfDirectory> directories) {
    constexpr std::string_view main_file = "getty.conf";
    constexpr std::string_view drop_ins = "getty.conf.d/";
    std::vector<std::string> files;
    std::map<std::string_view, std::string> by_name;
    for (const ConfDirectory& directory : directories) {
        for (const std::string& name : directory.names) {
            if (name == main_file && files.empty()) {
                files.push_back(directory.path + "/" + name);
                continue;
            }
            const std::string_view drop_in =
                name.starts_with(drop_ins) ? std::string_view{name}.substr(drop_ins.size()) : "";
            if (drop_in.ends_with(".conf") && !drop_in.starts_with('.')) {
                by_name.emplace(drop_in, directory.path + "/" + name);
            }
        }
    }
    for (const auto& [name, path] : by_name) {
        files.push_back(path);
    }
    return files;
}

bool matches_glob(std::string_view glob, std::string_view name) {
    // Where the last star stood, and how much of the name it has taken: only
    // the last one ever needs to take more.
    std::optional<std::string_view> after_star;
    std::string_view star_name;
    while (!name.empty()) {
        if (!glob.empty() && glob.front() == '*') {
            glob.remove_prefix(1);
            after_star = glob;
            star_name = name;
            continue;
        }
        if (const Fit fit = glob.empty() ? Fit{} : fit_one(glob, name.front()); fit.fits) {
            glob.remove_prefix(fit.length);
            name.remove_prefix(1);
            continue;
        }
        if (!after_star) {
            return false;
        }
        glob = *after_star;
        star_name.remove_prefix(1);
        name = star_name;
    }
    return glob.find_first_not_of('*') == std::string_view::npos;
}

bool is_for_line(const LineProfile& section, std::string_view line) {
    const auto globs = words_of(section.label);
    return std::any_of(globs.begin(), globs.end(), [=](std::string_view glob) {
        return matches_glob(glob, line);
    });
}

LineProfile profile_of_line(std::span<const LineProfile> sections, std::string_view line) {
    return merged_where(sections,
                        [=](const LineProfile& section) { return is_for_line(section, line); });
}

std::optional<LineProfile> profile_of_section(std::span<const LineProfile> sections,
                                              std::string_view header) {
    const auto is_it = [=](const LineProfile& section) { return section.label == header; };
    if (header.empty() || std::none_of(sections.begin(), sections.end(), is_it)) {
        return std::nullopt;
    }
    return merged_where(sections, is_it);
}

LineProfile merged(LineProfile base, const LineProfile& over) {
    base.line = over.line;
    base.label = over.label;
    if (!over.speeds.empty() || over.console_speed) {
        base.speeds = over.speeds;
        base.console_speed = over.console_speed;
    }
    replace_if_given(base.login_speed, over.login_speed);
    base.initial_modes = combined(base.initial_modes, over.initial_modes);
    base.login_modes = combined(base.login_modes, over.login_modes);
    replace_if_given(base.next, over.next);
    replace_if_given(base.terminal_type, over.terminal_type);
    base.environment.insert(
        base.environment.end(), over.environment.begin(), over.environment.end());
    replace_if_given(base.prompt_style, over.prompt_style);
    replace_if_given(base.prompt, over.prompt);
    replace_if_given(base.issue_text, over.issue_text);
    replace_if_given(base.clear_text, over.clear_text);
    replace_if_given(base.host_name, over.host_name);
    replace_if_given(base.host_edit, over.host_edit);
    replace_if_given(base.date_format, over.date_format);
    replace_if_given(base.init_chat, over.init_chat);
    replace_if_given(base.answer_chat, over.answer_chat);
    replace_if_given(base.chat_timeout, over.chat_timeout);
    replace_if_given(base.ring_timeout, over.ring_timeout);
    for (const OptionSetting& setting : over.options) {
        set_option(base, setting.name, setting.value);
    }
    return base;
}

}  // namespace getty
