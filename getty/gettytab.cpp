#include "getty/gettytab.hpp"

#include "common/short_text.hpp"
#include "getty/mode_words.hpp"
#include "getty/table_step.hpp"
#include "getty/table_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <set>

namespace getty {

namespace {

// --- capabilities ---

enum class Kind { text, number, boolean };

/// One capability as an entry has it.
struct Given {
    std::string text{};   ///< escapes undone
    unsigned number = 0;  ///< what follows a #
};

struct Capability {
    common::ShortText<2> name{};
    Kind kind{};
    bool is_honoured = false;
};

struct CapabilityEntry {
    Capability shape;
    void (*use)(LineProfile& profile, const Given& given);
};

void add_words(ModeChanges& modes, std::string_view words) {
    modes = combined(modes, read_stty_words(words).changes);
}

/// A character for login; an empty one, and BSD's _POSIX_VDISABLE, is none.
template <std::size_t Index>
void use_character(LineProfile& profile, const Given& given) {
    constexpr char bsd_disabled = '\xff';
    const char c = given.text.empty() ? '\0' : given.text.front();
    profile.login_modes.characters[Index] = c == bsd_disabled ? cc_t{0} : static_cast<cc_t>(c);
}

/// A character that the name is edited with, too, unless it always is.
void add_editing_key(LineProfile& profile,
                     std::string_view option,
                     const Given& given,
                     std::string_view always) {
    if (given.text.size() == 1 && given.text != "\xff" && given.text.find_first_of(always) != 0) {
        set_option(profile, option, given.text);
    }
}

template <std::optional<std::string> LineProfile::*Field>
void use_text(LineProfile& profile, const Given& given) {
    profile.*Field = given.text;
}

/// A screen clear sequence may begin with a delay in milliseconds, as in termcap(5).
void use_clear_text(LineProfile& profile, const Given& given) {
    const std::string_view text = given.text;
    const std::size_t delay = std::min(text.find_first_not_of("0123456789.*"), text.size());
    profile.clear_text = text.substr(delay);
    if (delay > 0) {
        profile.not_honoured.push_back("the delay of cl=" + given.text.substr(0, delay));
    }
}

void use_next(LineProfile& profile, const Given& given) {
    if (!given.text.empty()) {
        profile.next = given.text;
    }
}

void nothing_to_do(LineProfile& /*profile*/, const Given& /*given*/) {}

void use_environment(LineProfile& profile, const Given& given) {
    std::string_view rest = given.text;
    while (!rest.empty()) {
        const std::size_t size = std::min(rest.find(','), rest.size());
        const std::string_view entry = rest.substr(0, size);
        const std::size_t equals = entry.find('=');
        if (equals != std::string_view::npos && equals != 0) {
            profile.environment.emplace_back(entry);
        } else if (!entry.empty()) {
            profile.not_honoured.push_back("ev=" + std::string{entry});
        }
        rest.remove_prefix(std::min(size + 1, rest.size()));
    }
}

void use_seconds(LineProfile& profile, std::string_view option, const Given& given) {
    constexpr unsigned longest = 86'400;  // what the options take
    set_option(profile, option, std::to_string(std::min(given.number, longest)));
}

constexpr CapabilityEntry boolean(common::ShortText<2> name,
                                  void (*use)(LineProfile&, const Given&)) {
    return {{name, Kind::boolean, true}, use};
}
constexpr CapabilityEntry boolean(common::ShortText<2> name, std::nullptr_t /*use*/) {
    return {{name, Kind::boolean, false}, nullptr};
}
constexpr CapabilityEntry number(common::ShortText<2> name,
                                 void (*use)(LineProfile&, const Given&)) {
    return {{name, Kind::number, true}, use};
}
constexpr CapabilityEntry number(common::ShortText<2> name, std::nullptr_t /*use*/) {
    return {{name, Kind::number, false}, nullptr};
}
constexpr CapabilityEntry text(common::ShortText<2> name, void (*use)(LineProfile&, const Given&)) {
    return {{name, Kind::text, true}, use};
}
constexpr CapabilityEntry text(common::ShortText<2> name, std::nullptr_t /*use*/) {
    return {{name, Kind::text, false}, nullptr};
}

/// What needs others beside it: flag words, speeds, parity. See use_groups().
constexpr auto in_a_group = nothing_to_do;

/// All capabilities. A null `use` is one that cannot be done here and is
/// reported; delays of zero cost nobody anything and are not.
constexpr auto capability_table = std::to_array<CapabilityEntry>({
    text("ac", use_text<&LineProfile::answer_chat>),
    text("al", [](LineProfile& p, const Given& g) { set_option(p, "autologin", g.text); }),
    text("b2", use_character<VEOL2>),
    text("bk", use_character<VEOL>),
    text("cl", use_clear_text),
    text("df", use_text<&LineProfile::date_format>),
    text("ds", nullptr),  // Linux has no VDSUSP
    text("er",
         [](LineProfile& p, const Given& g) {
             use_character<VERASE>(p, g);
             add_editing_key(p, "erase-chars", g, "\b\x7f");
         }),
    text("et", use_character<VEOF>),
    text("ev", use_environment),
    text("fl", use_character<VDISCARD>),
    text("he", use_text<&LineProfile::host_edit>),
    text("hn", use_text<&LineProfile::host_name>),
    text("ic", use_text<&LineProfile::init_chat>),
    text("if", [](LineProfile& p, const Given& g) { set_option(p, "issue-file", g.text); }),
    text("im", use_text<&LineProfile::issue_text>),
    text("in", use_character<VINTR>),
    text("kl",
         [](LineProfile& p, const Given& g) {
             use_character<VKILL>(p, g);
             add_editing_key(p, "kill-chars", g, "\x15");
         }),
    text("lm", use_text<&LineProfile::prompt>),
    text("ln", use_character<VLNEXT>),
    text("lo", [](LineProfile& p, const Given& g) { set_option(p, "login-program", g.text); }),
    text("Lo", nullptr),
    text("nx", use_next),
    text("pc", nullptr),
    text("pp", nullptr),
    text("qu", use_character<VQUIT>),
    text("rp", use_character<VREPRINT>),
    text("su", use_character<VSUSP>),
    text("tt", use_text<&LineProfile::terminal_type>),
    text("we", use_character<VWERASE>),
    text("xf", use_character<VSTOP>),
    text("xn", use_character<VSTART>),

    number("bd", nullptr),
    number("c0", in_a_group),
    number("c1", in_a_group),
    number("c2", in_a_group),
    number("cd", nullptr),
    number("ct",
           [](LineProfile& p, const Given& g) { p.chat_timeout = std::chrono::seconds{g.number}; }),
    number("dc", nullptr),
    number("de", [](LineProfile& p, const Given& g) { use_seconds(p, "delay", g); }),
    number("f0", nullptr),
    number("f1", nullptr),
    number("f2", nullptr),
    number("fd", nullptr),
    number("ff", nullptr),
    number("i0", in_a_group),
    number("i1", in_a_group),
    number("i2", in_a_group),
    number("is", in_a_group),
    number("l0", in_a_group),
    number("l1", in_a_group),
    number("l2", in_a_group),
    number("nd", nullptr),
    number("o0", in_a_group),
    number("o1", in_a_group),
    number("o2", in_a_group),
    number("os", in_a_group),
    number("pf", nullptr),  // our first prompt flushes nothing that was typed
    number("rt",
           [](LineProfile& p, const Given& g) { p.ring_timeout = std::chrono::seconds{g.number}; }),
    number("sp", in_a_group),
    number("td", nullptr),
    number("to", [](LineProfile& p, const Given& g) { use_seconds(p, "timeout", g); }),

    boolean("ab", nullptr),
    boolean("ap", in_a_group),
    boolean("cb", nothing_to_do),  // every terminal has been one for long
    boolean("ce", [](LineProfile& p, const Given&) { add_words(p.login_modes, "echoe"); }),
    boolean("ck", [](LineProfile& p, const Given&) { add_words(p.login_modes, "echoke"); }),
    boolean("co", in_a_group),
    boolean("dx", [](LineProfile& p, const Given&) { add_words(p.login_modes, "decctlq"); }),
    boolean("ec", [](LineProfile& p, const Given&) { add_words(p.login_modes, "-echo"); }),
    boolean("ep", in_a_group),
    boolean("hc",
            [](LineProfile& p, const Given&) {
                add_words(p.initial_modes, "-hupcl");
                add_words(p.login_modes, "-hupcl");
            }),
    boolean("ht",
            [](LineProfile& p, const Given&) {
                add_words(p.initial_modes, "tab0");
                add_words(p.login_modes, "tab0");
            }),
    boolean("hw", [](LineProfile& p, const Given&) { set_option(p, "flow-control", "yes"); }),
    boolean("ig", nullptr),
    boolean("lc", nothing_to_do),  // so do all
    boolean("mb", nullptr),
    boolean("nc", [](LineProfile& p, const Given&) { set_option(p, "local-line", "always"); }),
    boolean("nl",
            [](LineProfile& p, const Given&) {
                add_words(p.initial_modes, "nl");
                add_words(p.login_modes, "nl");
            }),
    boolean("np", in_a_group),
    boolean("op", in_a_group),
    boolean("pe", [](LineProfile& p, const Given&) { add_words(p.login_modes, "echoprt"); }),
    boolean("ps", nullptr),
    boolean("rw", nothing_to_do),  // a name is read byte by byte in any case
    boolean("ub", nothing_to_do),  // and nothing is buffered
    boolean("uc", [](LineProfile& p, const Given&) { add_words(p.login_modes, "lcase"); }),
    boolean("xc", [](LineProfile& p, const Given&) { add_words(p.login_modes, "-echoctl"); }),
});

consteval auto shapes_in_table() {
    std::array<Capability, capability_table.size()> shapes{};
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        shapes[i] = capability_table[i].shape;
    }
    return shapes;
}

constexpr auto capabilities = shapes_in_table();

void use_capability(std::size_t index, LineProfile& profile, const Given& given) {
    with_constant<capability_table.size()>(index, [&](auto at) {
        if constexpr (capability_table[at].shape.is_honoured) {
            capability_table[at].use(profile, given);
        }
    });
}

/// Not in the table: it names another entry.
constexpr std::string_view continuation = "tc";

const Capability* find_capability(std::string_view name) {
    const auto* const found = std::find_if(capabilities.begin(),
                                           capabilities.end(),
                                           [=](const Capability& c) { return c.name == name; });
    return found == capabilities.end() ? nullptr : found;
}

// --- an entry, as written ---

struct EntryField {
    unsigned line = 0;
    std::string_view name{};  ///< the table's own, so that it outlives the text
    bool cancelled = false;
    Given given{};
};

struct Entry {
    unsigned line = 0;
    std::vector<std::string> names{};
    std::vector<EntryField> fields{};
};

constexpr std::string_view escape_letters = "Eenrtbf";
constexpr std::string_view escape_meanings = "\x1b\x1b\n\r\t\b\f";

/// Strings of termcap(5): `\E`, `^X`, `\nnn`; any other character after a
/// backslash is itself.
std::string without_escapes(std::string_view written) {
    std::string text;
    while (!written.empty()) {
        const char c = written.front();
        written.remove_prefix(1);
        if (written.empty() || (c != '\\' && c != '^')) {
            text += c;
            continue;
        }
        if (c == '\\') {
            if (const auto octal = take_octal(written)) {
                text += *octal;
                continue;
            }
        }
        const char next = written.front();
        written.remove_prefix(1);
        if (c == '^') {
            text += next == '?' ? '\x7f' : static_cast<char>(next & 0x1F);
        } else if (const std::size_t at = escape_letters.find(next); at != std::string_view::npos) {
            text += escape_meanings[at];
        } else {
            // \C is how capfile(5) writes a colon.
            text += next == 'C' || next == 'c' ? ':' : next;
        }
    }
    return text;
}

/// The entries of a file in order, by their logical lines.
class EntryReader {
  public:
    void read(const TableLine& line) {
        if (!entry_.empty()) {
            continue_entry(line);
            return;
        }
        const bool blank_start = line.text.starts_with(' ') || line.text.starts_with('\t');
        if (trimmed(line.text).empty() || line.text.front() == '#') {
            return;
        }
        if (blank_start) {
            complain(line.number,
                     "belongs to no entry: is a backslash missing at the end of the line before?");
            // Nor do the lines that go on with it; their fields are not looked at.
            stray_ = true;
        }
        continue_entry(line);
    }

    void finish() {
        if (!entry_.empty()) {
            complain_unclosed();
            end_entry();
        }
    }

    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
    [[nodiscard]] std::vector<Problem>& problems() { return problems_; }

  private:
    void complain(unsigned line, const std::string& what) {
        problems_.push_back({.line = line, .what = what});
    }

    void complain_unclosed() {
        if (!stray_) {
            complain(entry_.first_line(), "the entry is not closed: its last line ends with \\");
        }
    }

    void continue_entry(const TableLine& line) {
        if (trimmed(line.text).empty()) {
            finish();
            return;
        }
        entry_.append(line);
        if (line.text.ends_with('\\')) {
            entry_.drop_last();
        } else {
            end_entry();
        }
    }

    void end_entry() {
        if (!stray_) {
            read_entry();
        }
        entry_ = {};
        stray_ = false;
    }

    void read_entry() {
        const std::string_view text = entry_.text();
        const std::size_t colon = std::min(text.find(':'), text.size());
        Entry entry{.line = entry_.first_line()};
        read_names(text.substr(0, colon), entry);
        if (entry.names.empty()) {
            complain(entry.line, "an entry without a name");
            return;
        }
        if (colon == text.size()) {
            complain(entry.line, "an entry without fields: " + in_quotes(text));
            return;
        }
        std::size_t start = colon + 1;
        while (start <= text.size()) {
            const std::size_t end = std::min(text.find(':', start), text.size());
            read_field(text.substr(start, end - start), entry_.line_at(start), entry);
            start = end + 1;
        }
        entries_.push_back(std::move(entry));
    }

    void read_names(std::string_view names, Entry& entry) {
        while (!names.empty()) {
            const std::size_t size = std::min(names.find('|'), names.size());
            const std::string_view name = trimmed(names.substr(0, size));
            names.remove_prefix(std::min(size + 1, names.size()));
            if (name.empty() || name.find('\0') != std::string_view::npos) {
                continue;
            }
            if (seen_.insert(std::string{name}).second) {
                entry.names.emplace_back(name);
            } else {
                complain(entry.line,
                         "a second entry named " + in_quotes(name) + ", which is not found by it");
            }
        }
    }

    void read_field(std::string_view written, unsigned line, Entry& entry) {
        // Only the blanks before a field are its margin; those behind may be text.
        written.remove_prefix(std::min(written.find_first_not_of(" \t"), written.size()));
        if (written.empty()) {
            return;
        }
        const std::string_view name = written.substr(0, 2);
        const std::string_view rest = written.substr(name.size());
        const Capability* const capability = find_capability(name);
        if (capability == nullptr && name != continuation) {
            complain(line, "unknown capability " + in_quotes(written));
            return;
        }
        EntryField field{.line = line,
                         .name = capability != nullptr ? capability->name.view() : continuation};
        if (rest == "@") {
            field.cancelled = true;
        } else if (!read_value(
                       capability != nullptr ? capability->kind : Kind::text, rest, field.given)) {
            complain(line, in_quotes(written) + " is not " + std::string{wanted_form(capability)});
            return;
        }
        entry.fields.push_back(std::move(field));
    }

    static bool read_value(Kind kind, std::string_view rest, Given& given) {
        switch (kind) {
            case Kind::boolean: return rest.empty();
            case Kind::number: {
                const auto value = rest.starts_with('#') ? read_c_number(rest.substr(1))
                                                         : std::optional<unsigned>{};
                given.number = value.value_or(0);
                return value.has_value();
            }
            case Kind::text:
                given.text = without_escapes(rest.substr(std::min<std::size_t>(1, rest.size())));
                // One NUL is a character that is off; inside a text it would end it.
                return rest.starts_with('=') &&
                       (given.text.size() == 1 || given.text.find('\0') == std::string_view::npos);
        }
        return false;
    }

    static std::string_view wanted_form(const Capability* capability) {
        if (capability == nullptr || capability->kind == Kind::text) {
            return "a text, as xx=text";
        }
        return capability->kind == Kind::number ? "a number, as xx#10" : "a boolean, as xx";
    }

    JoinedLines entry_;
    bool stray_ = false;
    std::set<std::string> seen_;
    std::vector<Entry> entries_;
    std::vector<Problem> problems_;
};

// --- an entry, with what it inherits ---

/// nullopt: taken away by `xx@`.
using Resolved = std::map<std::string_view, std::optional<Given>>;

class Resolver {
  public:
    Resolver(const std::vector<Entry>& entries, std::vector<Problem>& problems)
        : problems_(problems) {
        for (const Entry& entry : entries) {
            for (const std::string& name : entry.names) {
                by_name_.emplace(name, &entry);
            }
        }
    }

    [[nodiscard]] const Entry* find(std::string_view name) const {
        const auto found = by_name_.find(name);
        return found == by_name_.end() ? nullptr : found->second;
    }

    [[nodiscard]] Resolved resolve(const Entry& entry) {
        Resolved resolved;
        root_ = &entry;
        visited_.clear();
        add(entry, resolved);
        return resolved;
    }

    /// The entry `default` stands below every other.
    void add_default(Resolved& resolved) {
        const Entry* const entry = find("default");
        if (entry == nullptr) {
            return;
        }
        root_ = nullptr;  // its problems are told with itself
        visited_.clear();
        add(*entry, resolved);
    }

  private:
    // As deep as getcap(3) goes.
    static constexpr std::size_t deepest = 32;

    void add(const Entry& entry, Resolved& resolved) {
        visited_.insert(&entry);
        open_.push_back(&entry);
        for (const EntryField& field : entry.fields) {
            if (field.name != continuation) {
                resolved.emplace(field.name,
                                 field.cancelled ? std::nullopt : std::optional{field.given});
            } else if (!field.cancelled) {
                go_on(entry, field, resolved);
            }
        }
        open_.pop_back();
    }

    void go_on(const Entry& entry, const EntryField& field, Resolved& resolved) {
        const Entry* const other = find(field.given.text);
        if (other == nullptr) {
            // Told with the entry it stands in, not with all that inherit it.
            if (&entry == root_) {
                complain(field, "tc=" + in_quotes(field.given.text) + " names no entry");
            }
        } else if (other == root_) {
            complain(*first_step(), "tc= leads back to " + in_quotes(root_->names[0]));
        } else if (open_.size() >= deepest) {
            if (root_ != nullptr) {
                complain(*first_step(), "tc= is more than 32 entries deep");
            }
        } else if (!visited_.contains(other)) {
            // A second visit would add nothing: the first has decided all it could.
            add(*other, resolved);
        }
    }

    /// The field of the root by which we came here.
    [[nodiscard]] const EntryField* first_step() const {
        const Entry* const second = open_.size() > 1 ? open_[1] : root_;
        const auto found =
            std::find_if(root_->fields.begin(), root_->fields.end(), [&](const EntryField& field) {
                return field.name == continuation && find(field.given.text) == second;
            });
        return &*found;
    }

    void complain(const EntryField& field, const std::string& what) {
        problems_.push_back({.line = field.line, .what = what});
    }

    std::vector<Problem>& problems_;
    std::map<std::string_view, const Entry*> by_name_;
    const Entry* root_ = nullptr;
    std::set<const Entry*> visited_;
    std::vector<const Entry*> open_;
};

// --- what it comes to ---

std::string label_of(const Entry& entry) {
    const auto found = std::find_if(entry.names.begin(), entry.names.end(), [](const auto& name) {
        return name.size() > 1 && name.find_first_of(" \t") == std::string_view::npos;
    });
    return found == entry.names.end() ? entry.names.front() : *found;
}

bool has(const Resolved& resolved, std::string_view name) {
    const auto found = resolved.find(name);
    return found != resolved.end() && found->second.has_value();
}

std::optional<unsigned> number_of(const Resolved& resolved, std::string_view name) {
    return has(resolved, name) ? std::optional{resolved.at(name)->number} : std::nullopt;
}

void use_speeds(const Resolved& resolved, LineProfile& profile) {
    const auto both = number_of(resolved, "sp");
    const auto output = number_of(resolved, "os");
    const auto input = number_of(resolved, "is");
    const auto speed = output ? output : both ? both : input;
    if (speed && *speed > fastest) {
        profile.not_honoured.push_back("sp#" + std::to_string(*speed));
    } else if (speed) {
        profile.speeds = {*speed};
    }
    if (speed && input && *input != *speed) {
        profile.not_honoured.push_back("is#" + std::to_string(*input));
    }
}

/// np, ap, ep and op, as gettytab(5) has them work together. BSD's getty makes
/// the parity itself while it asks; here the line does it all along.
std::string_view parity_words(const Resolved& resolved) {
    if (has(resolved, "np")) {
        return "cs8 -parenb -istrip -inpck -ignpar";
    }
    const bool any = has(resolved, "ap");
    const bool even = has(resolved, "ep");
    const bool odd = has(resolved, "op");
    if (odd && !even) {
        return any ? "cs7 parenb parodd istrip -inpck ignpar"
                   : "cs7 parenb parodd istrip inpck ignpar";
    }
    if (even && !odd) {
        return any ? "cs7 parenb -parodd istrip -inpck ignpar"
                   : "cs7 parenb -parodd istrip inpck ignpar";
    }
    return any || even ? "cs7 parenb -parodd istrip -inpck -ignpar" : "";
}

struct FlagName {
    char letter;
    FlagWord word;
};

constexpr auto flag_names = std::to_array<FlagName>({
    {'c', FlagWord::control},
    {'i', FlagWord::input},
    {'l', FlagWord::local},
    {'o', FlagWord::output},
});

/// c0, i0, l0 and o0, or another stage. All four must be there, or none counts.
std::optional<ModeChanges> stage_modes(const Resolved& resolved, char stage, LineProfile& profile) {
    ModeChanges modes;
    std::vector<std::string> there;
    for (const FlagName& flag : flag_names) {
        std::string name{flag.letter, stage};
        const auto value = number_of(resolved, name);
        if (!value) {
            continue;
        }
        const ModeReading reading = translate_bsd_flags(flag.word, *value);
        modes = combined(modes, reading.changes);
        for (const std::string& what : reading.not_honoured) {
            profile.not_honoured.push_back(std::string{name}.append(": ").append(what));
        }
        there.push_back(std::move(name));
    }
    if (there.size() == flag_names.size()) {
        return modes;
    }
    for (const std::string& name : there) {
        profile.not_honoured.push_back(name + " without the other three");
    }
    return std::nullopt;
}

/// Stage 0 is for writing, 1 for reading the name, 2 for login. We write and
/// read in the same modes: the output flags of 0 and the others of 1.
void use_stages(const Resolved& resolved, LineProfile& profile) {
    const auto writing = stage_modes(resolved, '0', profile);
    const auto reading = stage_modes(resolved, '1', profile);
    const auto login = stage_modes(resolved, '2', profile);
    if (reading) {
        profile.initial_modes = combined(profile.initial_modes, *reading);
    }
    if (writing) {
        const ModeChanges output{.output = writing->output};
        profile.initial_modes = combined(profile.initial_modes, output);
    }
    if (login) {
        profile.login_modes = combined(profile.login_modes, *login);
    }
}

void use_groups(const Resolved& resolved, LineProfile& profile) {
    use_speeds(resolved, profile);
    add_words(profile.initial_modes, parity_words(resolved));
    add_words(profile.login_modes, parity_words(resolved));
    use_stages(resolved, profile);
    if (has(resolved, "co")) {
        profile.prompt = profile.prompt.value_or("login: ") + "\n";
    }
}

std::string reported(const Capability& capability, const Given& given) {
    std::string name{capability.name.view()};
    switch (capability.kind) {
        case Kind::boolean: return name;
        case Kind::number: return name + "#" + std::to_string(given.number);
        case Kind::text: return name + "=" + given.text;
    }
    return name;
}

/// Nothing is lost by not doing it: no delay, no padding, the C locale.
bool asks_for_nothing(const Capability& capability, const Given& given) {
    switch (capability.kind) {
        case Kind::boolean: return false;
        case Kind::number: return given.number == 0;
        case Kind::text:
            return given.text.empty() || given.text == std::string_view{"\0", 1} ||
                   given.text == "\xff" || (capability.name == "Lo" && given.text == "C");
    }
    return false;
}

LineProfile profile_of(const Entry& entry, const Resolved& resolved) {
    LineProfile profile{.line = entry.line, .label = label_of(entry)};
    std::copy_if(entry.names.begin(),
                 entry.names.end(),
                 std::back_inserter(profile.aliases),
                 [&](const std::string& name) { return name != profile.label; });
    profile.prompt_style = PromptStyle::gettytab;
    for (std::size_t i = 0; i < capabilities.size(); ++i) {
        const Capability& capability = capabilities[i];
        const auto found = resolved.find(capability.name.view());
        if (found == resolved.end() || !found->second) {
            continue;
        }
        if (capability.is_honoured) {
            use_capability(i, profile, *found->second);
        } else if (!asks_for_nothing(capability, *found->second)) {
            profile.not_honoured.push_back(reported(capability, *found->second));
        }
    }
    use_groups(resolved, profile);
    return profile;
}

}  // namespace

ReadProfiles read_gettytab(std::string_view text) {
    EntryReader reader;
    for (const TableLine& line : lines_of(text)) {
        reader.read(line);
    }
    reader.finish();
    ReadProfiles result;
    Resolver resolver{reader.entries(), reader.problems()};
    for (const Entry& entry : reader.entries()) {
        Resolved resolved = resolver.resolve(entry);
        resolver.add_default(resolved);
        LineProfile profile = profile_of(entry, resolved);
        if (profile.next) {
            const Entry* const next = resolver.find(*profile.next);
            profile.next = next != nullptr ? label_of(*next) : *profile.next;
        }
        result.profiles.push_back(std::move(profile));
    }
    result.problems = std::move(reader.problems());
    std::stable_sort(
        result.problems.begin(),
        result.problems.end(),
        [](const Problem& left, const Problem& right) { return left.line < right.line; });
    return result;
}

}  // namespace getty
