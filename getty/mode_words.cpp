#include "getty/mode_words.hpp"

#include "common/short_text.hpp"
#include "getty/table_text.hpp"

#include <algorithm>
#include <array>

namespace getty {

namespace {

// --- the words ---

enum class FlagKind {
    switched,  ///< on or, with a dash, off
    choice,    ///< one value of a field, as cs8: no opposite
};

struct Flag {
    common::ShortText<8> name;
    FlagWord word;
    tcflag_t mask;
    tcflag_t bits;
    FlagKind kind = FlagKind::choice;
};

constexpr Flag one(common::ShortText<8> name, FlagWord word, tcflag_t bit) {
    return {name, word, bit, bit, FlagKind::switched};
}

using enum FlagWord;

/// Every flag of Linux but PENDIN, which is a state.
constexpr auto flags = std::to_array<Flag>({
    {"cs5", control, CSIZE, CS5},   {"cs6", control, CSIZE, CS6},
    {"cs7", control, CSIZE, CS7},   {"cs8", control, CSIZE, CS8},
    one("cstopb", control, CSTOPB), one("cread", control, CREAD),
    one("parenb", control, PARENB), one("parodd", control, PARODD),
    one("cmspar", control, CMSPAR), one("hupcl", control, HUPCL),
    one("clocal", control, CLOCAL), one("crtscts", control, CRTSCTS),
    one("ignbrk", input, IGNBRK),   one("brkint", input, BRKINT),
    one("ignpar", input, IGNPAR),   one("parmrk", input, PARMRK),
    one("inpck", input, INPCK),     one("istrip", input, ISTRIP),
    one("inlcr", input, INLCR),     one("igncr", input, IGNCR),
    one("icrnl", input, ICRNL),     one("iuclc", input, IUCLC),
    one("ixon", input, IXON),       one("ixany", input, IXANY),
    one("ixoff", input, IXOFF),     one("imaxbel", input, IMAXBEL),
    one("iutf8", input, IUTF8),     one("opost", output, OPOST),
    one("olcuc", output, OLCUC),    one("onlcr", output, ONLCR),
    one("ocrnl", output, OCRNL),    one("onocr", output, ONOCR),
    one("onlret", output, ONLRET),  one("ofill", output, OFILL),
    one("ofdel", output, OFDEL),    {"nl0", output, NLDLY, NL0},
    {"nl1", output, NLDLY, NL1},    {"cr0", output, CRDLY, CR0},
    {"cr1", output, CRDLY, CR1},    {"cr2", output, CRDLY, CR2},
    {"cr3", output, CRDLY, CR3},    {"tab0", output, TABDLY, TAB0},
    {"tab1", output, TABDLY, TAB1}, {"tab2", output, TABDLY, TAB2},
    {"tab3", output, TABDLY, TAB3}, {"bs0", output, BSDLY, BS0},
    {"bs1", output, BSDLY, BS1},    {"vt0", output, VTDLY, VT0},
    {"vt1", output, VTDLY, VT1},    {"ff0", output, FFDLY, FF0},
    {"ff1", output, FFDLY, FF1},    one("isig", local, ISIG),
    one("icanon", local, ICANON),   one("iexten", local, IEXTEN),
    one("echo", local, ECHO),       one("echoe", local, ECHOE),
    one("echok", local, ECHOK),     one("echonl", local, ECHONL),
    one("noflsh", local, NOFLSH),   one("xcase", local, XCASE),
    one("tostop", local, TOSTOP),   one("echoprt", local, ECHOPRT),
    one("echoctl", local, ECHOCTL), one("echoke", local, ECHOKE),
    one("flusho", local, FLUSHO),   one("extproc", local, EXTPROC),
});

/// stty(1)'s combination settings and second names, each on a line of its own,
/// in its other words. (xtabs is termio(7)'s.)
constexpr std::string_view combinations =
    "hup: hupcl\n"
    "-hup: -hupcl\n"
    "tandem: ixoff\n"
    "-tandem: -ixoff\n"
    "crterase: echoe\n"
    "-crterase: -echoe\n"
    "crtkill: echoke\n"
    "-crtkill: -echoke\n"
    "ctlecho: echoctl\n"
    "-ctlecho: -echoctl\n"
    "prterase: echoprt\n"
    "-prterase: -echoprt\n"
    "decctlq: -ixany\n"
    "-decctlq: ixany\n"
    "tabs: tab0\n"
    "-tabs: tab3\n"
    "xtabs: tab3\n"
    "-xtabs: tab0\n"
    "cbreak: -icanon\n"
    "-cbreak: icanon\n"
    "cooked: brkint ignpar istrip icrnl ixon opost isig icanon\n"
    "-cooked: raw\n"
    "raw: "
    "-ignbrk -brkint -ignpar -parmrk -inpck -istrip -inlcr -igncr -icrnl -ixon -ixoff -icanon "
    "-opost -isig -iuclc -ixany -imaxbel -xcase min 1 time 0\n"
    "-raw: cooked\n"
    "crt: echoe echoctl echoke\n"
    "dec: echoe echoctl echoke -ixany intr ^C erase ^? kill ^U\n"
    "ek: erase ^? kill ^U\n"
    "evenp: parenb -parodd cs7\n"
    "-evenp: -parenb cs8\n"
    "parity: evenp\n"
    "-parity: -evenp\n"
    "oddp: parenb parodd cs7\n"
    "-oddp: -parenb cs8\n"
    "pass8: -parenb -istrip cs8\n"
    "-pass8: parenb istrip cs7\n"
    "litout: -parenb -istrip -opost cs8\n"
    "-litout: parenb istrip opost cs7\n"
    "lcase: xcase iuclc olcuc\n"
    "-lcase: -xcase -iuclc -olcuc\n"
    "LCASE: lcase\n"
    "-LCASE: -lcase\n"
    "nl: -icrnl -onlcr\n"
    "-nl: icrnl -inlcr -igncr onlcr -ocrnl -onlret\n"
    "sane: "
    "cread -ignbrk brkint -inlcr -igncr icrnl icanon iexten echo echoe echok -echonl -noflsh "
    "-ixoff -iuclc -ixany imaxbel -xcase -olcuc -ocrnl opost -ofill onlcr -onocr -onlret nl0 cr0 "
    "tab0 bs0 vt0 ff0 isig -tostop -ofdel -echoprt echoctl echoke -extproc -flusho "
    "intr ^C quit ^\\ erase ^? kill ^U eof ^D eol undef eol2 undef swtch undef start ^Q stop ^S "
    "susp ^Z rprnt ^R werase ^W lnext ^V discard ^O min 1 time 0\n";

/// A place in c_cc.
struct Character {
    common::ShortText<8> name;      ///< stty(1)
    common::ShortText<8> constant;  ///< termios(3)
    unsigned index;
};

constexpr auto characters = std::to_array<Character>({
    {"intr", "VINTR", VINTR},
    {"quit", "VQUIT", VQUIT},
    {"erase", "VERASE", VERASE},
    {"kill", "VKILL", VKILL},
    {"eof", "VEOF", VEOF},
    {"eol", "VEOL", VEOL},
    {"eol2", "VEOL2", VEOL2},
    {"swtch", "VSWTCH", VSWTC},
    {"start", "VSTART", VSTART},
    {"stop", "VSTOP", VSTOP},
    {"susp", "VSUSP", VSUSP},
    {"rprnt", "VREPRINT", VREPRINT},
    {"werase", "VWERASE", VWERASE},
    {"lnext", "VLNEXT", VLNEXT},
    {"discard", "VDISCARD", VDISCARD},
    {"min", "VMIN", VMIN},
    {"time", "VTIME", VTIME},
});

/// Words of stty(1) that are no modes, and how many words follow them.
struct OtherWord {
    common::ShortText<8> name;
    unsigned values;
};

constexpr auto other_words = std::to_array<OtherWord>({
    {"rows", 1},
    {"cols", 1},
    {"columns", 1},
    {"line", 1},
    {"size", 0},
    {"speed", 0},
    {"drain", 0},
    {"-drain", 0},
});

/// Flags that gettydefs of other systems have, and Linux has not.
constexpr auto foreign_flags = std::to_array<common::ShortText<8>>({
    "LOBLK",
    "IENQAK",
    "DEFECHO",
    "PENDIN",
    "RCV1EN",
    "XMT1EN",
    "STFLUSH",
    "STWRAP",
    "STAPPL",
    "CRTSXOFF",
    "ONOEOT",
    "DOSMODE",
});

// --- finding them ---

template <typename Table>
auto find_named(const Table& table, std::string_view name) {
    const auto* const found = std::find_if(
        table.begin(), table.end(), [=](const auto& entry) { return entry.name == name; });
    return found == table.end() ? nullptr : found;
}

std::optional<std::string_view> words_of_combination(std::string_view name) {
    for (const TableLine& line : lines_of(combinations)) {
        const std::size_t colon = line.text.find(':');
        if (line.text.substr(0, colon) == name) {
            return line.text.substr(colon + 1);
        }
    }
    return std::nullopt;
}

const Character* find_constant(std::string_view name) {
    // Linux has VSWTC beside System V's name.
    const std::string_view wanted = name == "VSWTC" ? "VSWTCH" : name;
    const auto* const found =
        std::find_if(characters.begin(), characters.end(), [=](const Character& c) {
            return c.constant == wanted;
        });
    return found == characters.end() ? nullptr : found;
}

bool is_count(const Character& character) {
    return character.index == VMIN || character.index == VTIME;
}

FlagChange& flags_of(ModeChanges& changes, FlagWord word) {
    switch (word) {
        case input: return changes.input;
        case output: return changes.output;
        case control: return changes.control;
        case local: return changes.local;
    }
    return changes.local;
}

void set(FlagChange& change, tcflag_t mask, tcflag_t bits) {
    change.touched |= mask;
    change.bits = (change.bits & ~mask) | bits;
}

/// A flag or a combination of them; false for any other word.
bool change_flag(ModeChanges& changes, std::string_view word) {
    if (const auto words = words_of_combination(word)) {
        changes = combined(changes, read_stty_words(*words).changes);
        return true;
    }
    const bool clears = word.starts_with('-');
    const Flag* const flag = find_named(flags, word.substr(clears ? 1 : 0));
    if (flag == nullptr || (clears && flag->kind == FlagKind::choice)) {
        return false;
    }
    set(flags_of(changes, flag->word), flag->mask, clears ? 0 : flag->bits);
    return true;
}

std::optional<unsigned> read_byte(std::string_view text) {
    const auto value = read_c_number(text);
    return value && *value <= 0xFF ? value : std::nullopt;
}

/// `^H`, `^?`, `^-`, `undef`, a character as it is, or its number.
std::optional<cc_t> read_character(std::string_view text) {
    constexpr cc_t disabled = 0;  // _POSIX_VDISABLE on Linux
    if (text == "undef" || text == "^-" || text.empty()) {
        return disabled;
    }
    if (text.size() == 1) {
        return static_cast<cc_t>(text.front());
    }
    if (text.size() == 2 && text.front() == '^') {
        const auto letter = static_cast<unsigned char>(text[1]);
        return letter == '?' ? cc_t{0x7F} : static_cast<cc_t>(letter & 0x1FU);
    }
    const auto number = read_byte(text);
    return number ? std::optional{static_cast<cc_t>(*number)} : std::nullopt;
}

/// In gettydefs also `\b` and `\010`.
std::optional<cc_t> read_escaped_character(std::string_view text) {
    constexpr std::string_view letters = "bnrtfv\\";
    constexpr std::string_view meanings = "\b\n\r\t\f\v\\";
    if (!text.starts_with('\\') || text.size() < 2) {
        return read_character(text);
    }
    text.remove_prefix(1);
    if (const std::size_t at = letters.find(text.front());
        at != std::string_view::npos && text.size() == 1) {
        return static_cast<cc_t>(meanings[at]);
    }
    const auto octal = take_octal(text);
    return octal && text.empty() ? std::optional{static_cast<cc_t>(*octal)} : std::nullopt;
}

std::optional<Speed> read_digits(std::string_view word) {
    const bool all_digits = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return c >= '0' && c <= '9';
    });
    const auto speeds = all_digits ? read_speeds(word) : std::nullopt;
    return speeds ? std::optional{speeds->front()} : std::nullopt;
}

// --- reading ---

class Words {
  public:
    explicit Words(std::string_view text) : words_(words_of(text)) {}

    [[nodiscard]] bool at_end() const { return next_ == words_.size(); }
    std::string_view take() { return words_[next_++]; }
    std::optional<std::string_view> take_value() {
        return at_end() ? std::nullopt : std::optional{take()};
    }

  private:
    std::vector<std::string_view> words_;
    std::size_t next_ = 0;
};

/// The value of a character or count; reports one that is missing or wrong.
void read_value(ModeReading& reading,
                const Character& character,
                std::string_view name,
                std::optional<std::string_view> value,
                std::optional<cc_t> (*read)(std::string_view)) {
    if (!value) {
        reading.problems.push_back(std::string{name} + " has no value");
        return;
    }
    if (is_count(character)) {
        read = [](std::string_view text) -> std::optional<cc_t> {
            const auto number = read_byte(text);
            return number ? std::optional{static_cast<cc_t>(*number)} : std::nullopt;
        };
    }
    if (const auto byte = read(*value)) {
        reading.changes.characters[character.index] = *byte;
    } else {
        reading.problems.push_back(in_quotes(*value) + " is no value for " + std::string{name});
    }
}

void read_one_speed(ModeReading& reading, std::string_view name, Words& words) {
    const auto value = words.take_value();
    const auto speed = value ? read_digits(*value) : std::nullopt;
    if (!speed) {
        reading.problems.push_back(std::string{name} + " has no speed");
        return;
    }
    if (reading.speed && *reading.speed != *speed) {
        reading.not_honoured.push_back(std::string{name} + " " + std::string{*value} +
                                       " (one speed for both directions)");
        return;
    }
    reading.speed = speed;
}

void skip_other(ModeReading& reading, const OtherWord& other, Words& words) {
    std::string text{other.name.view()};
    for (std::size_t i = 0; i < other.values; ++i) {
        if (const auto value = words.take_value()) {
            text += ' ' + std::string{*value};
        }
    }
    reading.not_honoured.push_back(text);
}

std::string in_lower_case(std::string_view word) {
    std::string lower{word};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

bool has_lower_case(std::string_view word) {
    return std::any_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

/// `B9600`, and the two external clocks, which have always been these.
std::optional<Speed> read_speed_flag(std::string_view word) {
    if (word == "EXTA") {
        return 19200;
    }
    if (word == "EXTB") {
        return 38400;
    }
    return word.starts_with('B') ? read_digits(word.substr(1)) : std::nullopt;
}

void read_gettydefs_flag(ModeReading& reading, std::string_view word, Words& words) {
    if (const auto speed = read_speed_flag(word)) {
        reading.speed = speed;
        return;
    }
    if (const Character* const character = find_constant(word)) {
        read_value(reading, *character, word, words.take_value(), read_escaped_character);
        return;
    }
    const std::string_view name = word.substr(word.starts_with('-') ? 1 : 0);
    if (std::find(foreign_flags.begin(), foreign_flags.end(), name) != foreign_flags.end()) {
        reading.not_honoured.emplace_back(word);
        return;
    }
    const std::string lower = in_lower_case(word);
    if (!has_lower_case(word) && change_flag(reading.changes, lower)) {
        return;
    }
    reading.problems.push_back(in_quotes(word) + (has_lower_case(word)
                                                      ? " is no flag: they are written in capitals"
                                                      : " is no flag"));
}

// --- writing ---

std::string written_character(cc_t byte) {
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    if (byte == 0) {
        return "undef";
    }
    if (byte == 0x7F) {
        return "^?";
    }
    if (byte < 0x20) {
        return {'^', static_cast<char>(byte ^ 0x40U)};
    }
    if (byte > 0x20 && byte < 0x7F) {
        return {static_cast<char>(byte)};
    }
    return {'0', 'x', hexadecimal[byte >> 4U], hexadecimal[byte & 0xFU]};
}

void append_word(std::string& words, std::string_view word) {
    words += words.empty() ? "" : " ";
    words += word;
}

// --- BSD ---

/// A flag of <termios.h> on BSD and what it is here; "" is nothing.
struct BsdFlag {
    FlagWord word;
    unsigned mask;
    unsigned bits;
    common::ShortText<12> name;
    common::ShortText<8> set;
    common::ShortText<8> cleared;  ///< "" also for one value of a field
};

constexpr auto bsd_flags = std::to_array<BsdFlag>({
    {control, 0x00000001, 0x00000001, "CIGNORE", "", ""},
    {control, 0x00000300, 0x00000000, "CS5", "cs5", ""},
    {control, 0x00000300, 0x00000100, "CS6", "cs6", ""},
    {control, 0x00000300, 0x00000200, "CS7", "cs7", ""},
    {control, 0x00000300, 0x00000300, "CS8", "cs8", ""},
    {control, 0x00000400, 0x00000400, "CSTOPB", "cstopb", "-cstopb"},
    {control, 0x00000800, 0x00000800, "CREAD", "cread", "-cread"},
    {control, 0x00001000, 0x00001000, "PARENB", "parenb", "-parenb"},
    {control, 0x00002000, 0x00002000, "PARODD", "parodd", "-parodd"},
    {control, 0x00004000, 0x00004000, "HUPCL", "hupcl", "-hupcl"},
    {control, 0x00008000, 0x00008000, "CLOCAL", "clocal", "-clocal"},
    // CCTS_OFLOW and CRTS_IFLOW: Linux has one flag for both.
    {control, 0x00030000, 0x00030000, "CRTSCTS", "crtscts", "-crtscts"},
    {control, 0x00040000, 0x00040000, "CDTR_IFLOW", "", ""},
    {control, 0x00080000, 0x00080000, "CDSR_OFLOW", "", ""},
    {control, 0x00100000, 0x00100000, "MDMBUF", "", ""},
    {control, 0x00200000, 0x00200000, "CNO_RTSDTR", "", ""},
    {input, 0x00000001, 0x00000001, "IGNBRK", "ignbrk", "-ignbrk"},
    {input, 0x00000002, 0x00000002, "BRKINT", "brkint", "-brkint"},
    {input, 0x00000004, 0x00000004, "IGNPAR", "ignpar", "-ignpar"},
    {input, 0x00000008, 0x00000008, "PARMRK", "parmrk", "-parmrk"},
    {input, 0x00000010, 0x00000010, "INPCK", "inpck", "-inpck"},
    {input, 0x00000020, 0x00000020, "ISTRIP", "istrip", "-istrip"},
    {input, 0x00000040, 0x00000040, "INLCR", "inlcr", "-inlcr"},
    {input, 0x00000080, 0x00000080, "IGNCR", "igncr", "-igncr"},
    {input, 0x00000100, 0x00000100, "ICRNL", "icrnl", "-icrnl"},
    {input, 0x00000200, 0x00000200, "IXON", "ixon", "-ixon"},
    {input, 0x00000400, 0x00000400, "IXOFF", "ixoff", "-ixoff"},
    {input, 0x00000800, 0x00000800, "IXANY", "ixany", "-ixany"},
    {input, 0x00001000, 0x00001000, "IUCLC", "iuclc", "-iuclc"},
    {input, 0x00002000, 0x00002000, "IMAXBEL", "imaxbel", "-imaxbel"},
    // Left alone when clear: the tables that say nothing are older than UTF-8.
    {input, 0x00004000, 0x00004000, "IUTF8", "iutf8", ""},
    {output, 0x00000001, 0x00000001, "OPOST", "opost", "-opost"},
    {output, 0x00000002, 0x00000002, "ONLCR", "onlcr", "-onlcr"},
    {output, 0x00000004, 0x00000004, "OXTABS", "tab3", "tab0"},
    {output, 0x00000008, 0x00000008, "ONOEOT", "", ""},
    {output, 0x00000010, 0x00000010, "OCRNL", "ocrnl", "-ocrnl"},
    {output, 0x00000020, 0x00000020, "ONOCR", "onocr", "-onocr"},
    {output, 0x00000040, 0x00000040, "ONLRET", "onlret", "-onlret"},
    {local, 0x00000001, 0x00000001, "ECHOKE", "echoke", "-echoke"},
    {local, 0x00000002, 0x00000002, "ECHOE", "echoe", "-echoe"},
    {local, 0x00000004, 0x00000004, "ECHOK", "echok", "-echok"},
    {local, 0x00000008, 0x00000008, "ECHO", "echo", "-echo"},
    {local, 0x00000010, 0x00000010, "ECHONL", "echonl", "-echonl"},
    {local, 0x00000020, 0x00000020, "ECHOPRT", "echoprt", "-echoprt"},
    {local, 0x00000040, 0x00000040, "ECHOCTL", "echoctl", "-echoctl"},
    {local, 0x00000080, 0x00000080, "ISIG", "isig", "-isig"},
    {local, 0x00000100, 0x00000100, "ICANON", "icanon", "-icanon"},
    {local, 0x00000200, 0x00000200, "ALTWERASE", "", ""},
    {local, 0x00000400, 0x00000400, "IEXTEN", "iexten", "-iexten"},
    {local, 0x00000800, 0x00000800, "EXTPROC", "extproc", "-extproc"},
    {local, 0x00400000, 0x00400000, "TOSTOP", "tostop", "-tostop"},
    {local, 0x00800000, 0x00800000, "FLUSHO", "", ""},
    {local, 0x02000000, 0x02000000, "NOKERNINFO", "", ""},
    {local, 0x20000000, 0x20000000, "PENDIN", "", ""},
    {local, 0x80000000, 0x80000000, "NOFLSH", "noflsh", "-noflsh"},
});

std::string hexadecimal(unsigned value) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (; value != 0; value >>= 4U) {
        text.insert(text.begin(), digits[value & 0xFU]);
    }
    return "0x" + text;
}

/// A choice has to have its value; of the two bits of CRTSCTS either will do.
bool is_set(const BsdFlag& flag, unsigned value) {
    return (flag.cleared == "") ? (value & flag.mask) == flag.bits : (value & flag.mask) != 0;
}

}  // namespace

ModeReading read_stty_words(std::string_view text) {
    ModeReading reading;
    Words words{text};
    while (!words.at_end()) {
        const std::string_view word = words.take();
        if (const Character* const character = find_named(characters, word)) {
            read_value(reading, *character, word, words.take_value(), read_character);
        } else if (const OtherWord* const other = find_named(other_words, word)) {
            skip_other(reading, *other, words);
        } else if (word == "ispeed" || word == "ospeed") {
            read_one_speed(reading, word, words);
        } else if (const auto speed = read_digits(word)) {
            reading.speed = speed;
        } else if (!change_flag(reading.changes, word)) {
            reading.problems.push_back(in_quotes(word) + " is no setting of stty(1)");
        }
    }
    return reading;
}

ModeReading read_gettydefs_flags(std::string_view text) {
    ModeReading reading;
    Words words{text};
    while (!words.at_end()) {
        const std::string_view word = words.take();
        read_gettydefs_flag(reading, word, words);
    }
    return reading;
}

std::string write_stty_words(const ModeChanges& changes) {
    std::string words;
    ModeChanges copy = changes;
    for (const Flag& flag : flags) {
        const FlagChange& change = flags_of(copy, flag.word);
        if ((change.touched & flag.mask) != flag.mask) {
            continue;
        }
        if ((change.bits & flag.mask) == flag.bits) {
            append_word(words, flag.name.view());
        } else if (flag.kind == FlagKind::switched) {
            append_word(words, "-" + std::string{flag.name.view()});
        }
    }
    for (const Character& character : characters) {
        if (const auto& byte = changes.characters[character.index]) {
            append_word(words, character.name.view());
            append_word(words,
                        is_count(character) ? std::to_string(*byte) : written_character(*byte));
        }
    }
    return words;
}

ModeReading translate_bsd_flags(FlagWord word, unsigned value) {
    ModeReading reading;
    unsigned known = 0;
    std::string words;
    for (const BsdFlag& flag : bsd_flags) {
        if (flag.word != word) {
            continue;
        }
        known |= flag.mask;
        const bool set = is_set(flag, value);
        append_word(words, set ? flag.set.view() : flag.cleared.view());
        if (set && flag.set == "") {
            reading.not_honoured.emplace_back(flag.name.view());
        }
    }
    if ((value & ~known) != 0) {
        reading.not_honoured.push_back(hexadecimal(value & ~known));
    }
    reading.changes = read_stty_words(words).changes;
    return reading;
}

}  // namespace getty
