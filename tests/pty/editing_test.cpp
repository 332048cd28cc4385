#include "common/utf8.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/pty/virtual_terminal.hpp"
#include "tests/utf8_locale.hpp"

#include <functional>
#include <list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <linux/kd.h>
#include <wchar.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

constexpr std::string_view prompt = "box login: ";

/// The rows of an endlessly wide terminal that does what a line editor may ask
/// of it and nothing else. What it may not is counted: any escape sequence, a
/// bell, bytes that are no UTF-8, a return without a line feed, and a cursor
/// that goes left of where the answer to the prompt begins.
class Screen {
  public:
    explicit Screen(std::string_view shown) {
        while (!shown.empty()) {
            const common::Decoded character = common::decode_utf8(shown);
            show(character, shown);
            shown.remove_prefix(character.length);
        }
        end_row();
    }

    [[nodiscard]] const std::vector<std::string>& rows() const { return rows_; }
    [[nodiscard]] unsigned offences() const { return offences_; }

  private:
    /// What stands in a column: a character with its marks, or nothing where a
    /// wide one reaches into it.
    using Cell = std::string;

    void show(const common::Decoded& character, std::string_view text) {
        switch (character.code) {
            case U'\r': offences_ += ends_row(text) ? 0U : 1U; return;
            case U'\n': end_row(); return;
            case U'\b':
                if (column_ <= leftmost()) {
                    ++offences_;
                    return;
                }
                --column_;
                return;
            default: break;
        }
        if (!character.valid || character.code < 0x20 || character.code == 0x7F ||
            common::is_hidden_control(character.code)) {
            ++offences_;
            return;
        }
        put(text.substr(0, character.length), ::wcwidth(static_cast<wchar_t>(character.code)));
    }

    /// The line adds a return of its own to each line feed.
    [[nodiscard]] static bool ends_row(std::string_view text) {
        return text.starts_with("\r\n") || text.starts_with("\r\r\n");
    }

    void put(std::string_view character, int width) {
        if (width == 0 && column_ > 0) {
            cells_[column_ - 1] += character;
            return;
        }
        for (int part = 0; part < width; ++part) {
            cells_.resize(std::max(cells_.size(), column_ + 1), " ");
            cells_[column_++] = part == 0 ? character : "";
        }
    }

    [[nodiscard]] std::size_t leftmost() const {
        std::string row;
        for (const Cell& cell : cells_) {
            row += cell;
        }
        return row.starts_with(prompt) ? prompt.size() : 0;
    }

    void end_row() {
        std::string row;
        for (const Cell& cell : cells_) {
            row += cell;
        }
        row.erase(row.find_last_not_of(' ') + 1);
        rows_.push_back(row);
        cells_.clear();
        column_ = 0;
    }

    std::vector<std::string> rows_;
    std::vector<Cell> cells_;
    std::size_t column_ = 0;
    unsigned offences_ = 0;
};

/// A place where a name is asked for: starts what asks, and leaves its prompt
/// the last thing matched.
struct Place {
    std::string what;
    std::function<pty::Process(pty::Line&)> ask;
};

void fail_once(pty::Line& line) {
    line.expect("login: ");
    line.send("nobody\r");
    line.expect("Password: ");
    line.send("x\r");
    line.expect("incorrect");
}

pty::Process start_login(pty::Line& line) {
    return line.start_on(
        {.arguments = {pty::World::login()}, .session = pty::Session::leader_with_terminal});
}

const std::vector<Place> places{
    {"getty's first prompt",
     [](pty::Line& line) {
         auto getty = start_getty(line);
         line.expect(prompt);
         return getty;
     }},
    {"getty's prompt after an empty answer",
     [](pty::Line& line) {
         auto getty = start_getty(line);
         line.expect(prompt);
         line.send("\r");
         line.expect(prompt);
         return getty;
     }},
    {"getty's prompt after a name that can be none",
     [](pty::Line& line) {
         auto getty = start_getty(line);
         line.expect(prompt);
         line.send("-x\r");
         line.expect(prompt);
         return getty;
     }},
    {"login's first prompt",
     [](pty::Line& line) {
         auto login = start_login(line);
         line.expect(prompt);
         return login;
     }},
    {"login's prompt after a failure",
     [](pty::Line& line) {
         auto login = start_login(line);
         fail_once(line);
         line.expect(prompt);
         return login;
     }},
    {"login's prompt after getty's",
     [](pty::Line& line) {
         auto login = start_getty(line);
         fail_once(line);
         line.expect(prompt);
         return login;
     }},
};

struct Typed {
    std::string keys;
    std::string name;
    /// From the prompt's own on, without the prompt where it begins a row.
    std::vector<std::string> rows;
};

const std::string at = std::string{prompt};

const std::vector<Typed> table{
    {"ann", "ann", {at + "ann"}},
    {"anx\x7fn", "ann", {at + "ann"}},
    {"anx\bn", "ann", {at + "ann"}},
    {"\x7f\b\x7f\b\x17\x15"
     "ann",
     "ann",
     {at + "ann"}},
    {"a\x7f\x7f\x7f\x7f"
     "ann",
     "ann",
     {at + "ann"}},
    {"bob\x15"
     "ann",
     "ann",
     {at + "ann"}},
    {"bob bob\x17\x17"
     "ann",
     "ann",
     {at + "ann"}},
    {"bob\x03"
     "ann",
     "ann",
     {at + "bob^C", at + "ann"}},
    {"\x03\x03"
     "ann",
     "ann",
     {at + "^C", at + "^C", at + "ann"}},
    {"an\x0cn", "ann", {at + "an", at + "ann"}},
    {"an\x0c\x7f\x7f\x7f"
     "bob",
     "bob",
     {at + "an", at + "bob"}},
    // ^D leaves only where nothing has been typed.
    {"ann\x04\x7f", "ann", {at + "ann"}},
    {"an\x01\x7fn", "ann", {at + "ann"}},
    {"an\t\x1bx\x7f\x7f\x7fn", "ann", {at + "ann"}},
    {"\x1b[200~ann\x1b[201~", "ann", {at + "ann"}},
    {"a\x1b[200~n\x1b[201~n\x1b[A\x1b[1;5C\x1bOP\x1b[[A", "ann", {at + "ann"}},
    {"J\xc3\xbcrg", "J\xc3\xbcrg", {at + "J\xc3\xbcrg"}},
    {"J\xc3\xbc\x7f\xc3\xb6rg", "J\xc3\xb6rg", {at + "J\xc3\xb6rg"}},
    {"\xe4\xb8\xad\xe6\x96\x87\x7f", "\xe4\xb8\xad", {at + "\xe4\xb8\xad"}},
    {"\xe4\xb8\xad\xe6\x96\x87\x7f\x7f\x7f\x7f"
     "ann",
     "ann",
     {at + "ann"}},
    {"\xe4\xb8\xad\xe6\x96\x87\x15"
     "ann",
     "ann",
     {at + "ann"}},
    {"\xf0\x9f\x98\x80\x7f\x7f"
     "ann",
     "ann",
     {at + "ann"}},
    // e and an accent are two characters in one column.
    {"Ren\x65\xcc\x81", "Ren\x65\xcc\x81", {at + "Ren\x65\xcc\x81"}},
    {"Renx\x65\xcc\x81\x7f\x7f\x65\xcc\x81", "Ren\x65\xcc\x81", {at + "Ren\x65\xcc\x81"}},
    // Marks of scripts that few terminals know: Balinese, Brahmi, Hangul's vowels.
    {"a\xe1\xac\xb4\x7f\x7f"
     "ann",
     "ann",
     {at + "ann"}},
    {"a\xf0\x91\x80\xb8\x7f\x7f"
     "ann",
     "ann",
     {at + "ann"}},
    {"\xe1\x84\x80\xe1\x85\xa1\x7f\x7f"
     "ann",
     "ann",
     {at + "ann"}},
    // Not UTF-8, and what would turn the row round.
    {"\xff\xfe\x7f\x7f\x7f"
     "ann",
     "ann",
     {at + "ann"}},
    {"\xc3\x7f"
     "ann",
     "ann",
     {at + "ann"}},
    {"\xc3(\x7f\x7f\x7f"
     "ann",
     "ann",
     {at + "ann"}},
    {"\xe2\x80\xae\xc2\x9b\x7f\x7f\x7f"
     "ann",
     "ann",
     {at + "ann"}},
};

/// What the person saw from the last prompt of the place on, up to the question
/// for the password.
std::vector<std::string> rows_of(const std::string& shown) {
    const Screen screen{shown};
    CHECK_MESSAGE(screen.offences() == 0, shown);
    return screen.rows();
}

}  // namespace

TEST_CASE("the same keys do the same at every prompt for a name, in getty and in login") {
    for (const Place& place : places) {
        CAPTURE(place.what);
        const pty::TestWorld world;
        const tests::Utf8Locale widths;
        world.append_file("/etc/ttygate/login.conf", "LOG_UNKFAIL_ENAB yes\nLOGIN_GATE shadow\n");
        std::list<pty::Line> lines;
        std::vector<pty::Process> processes;
        for (const Typed& typed : table) {
            CAPTURE(typed.keys);
            pty::Line& line = lines.emplace_back();
            processes.push_back(place.ask(line));
            line.send(typed.keys + "\r");
            auto rows = typed.rows;
            rows.emplace_back();
            CHECK(rows_of(at + line.expect("Password: ")) == rows);
            line.send("x\r");
        }
        auto line = lines.begin();
        for (const Typed& typed : table) {
            CAPTURE(typed.keys);
            line->expect("incorrect");
            CHECK(pty::last_for_line(world.btmp(), line->name())->user == typed.name);
            ++line;
        }
    }
}

TEST_CASE("^D leaves at an empty prompt for a name, in getty and in login") {
    for (const Place& place : places) {
        CAPTURE(place.what);
        const pty::TestWorld world;
        for (const std::string keys :
             {"\x04", "ann\x15\x04", "\xe4\xb8\xad\x7f\x04", "an\x03\x04"}) {
            pty::Line line;
            auto process = place.ask(line);
            line.send(keys);
            const bool is_getty = place.what.starts_with("getty");
            CHECK(process.wait_exit() == pty::Exit{.status = is_getty ? 0 : 1});
        }
    }
}

TEST_CASE("a name of 256 bytes is taken everywhere, one byte more can be taken back") {
    const std::string longest(256, 'a');
    for (const Place& place : places) {
        CAPTURE(place.what);
        const pty::TestWorld world;
        world.append_file("/etc/ttygate/login.conf", "LOGIN_RETRIES 10\n");
        pty::Line line;
        const auto process = place.ask(line);
        line.send(longest + "x\r");
        line.expect("too long");
        line.expect(prompt);
        line.send(longest + "xyz\x7f\x7f\x7f\r");
        line.expect("Password: ");
        line.send("x\r");
        line.expect("incorrect");
        line.expect(prompt);
        line.send(longest.substr(0, 255) + "\xc3\xa9\x7f" + "a\r");
        line.expect("Password: ");
    }
}

TEST_CASE("keys that --erase-chars and --kill-chars add work in login once they were used") {
    const pty::TestWorld world;
    world.append_file("/etc/ttygate/login.conf", "LOG_UNKFAIL_ENAB yes\nLOGIN_GATE shadow\n");
    pty::Line line;
    const auto getty = start_getty(line, {"--erase-chars", "#", "--kill-chars", "@"});
    line.expect(prompt);
    line.send("bob@anx#n\r");
    line.expect("Password: ");
    line.send("x\r");
    line.expect("incorrect");
    CHECK(world.btmp().back().user == "ann");
    line.expect(prompt);
    line.send("ann@box#b\r");
    CHECK(rows_of(at + line.expect("Password: ")).front() == at + "bob");
    line.send("x\r");
    line.expect("incorrect");
    CHECK(world.btmp().back().user == "bob");
}

TEST_CASE("a storm of erasing keys leaves a password what was typed after it (T-14)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        const std::string password = "Q#se 512 \xc3\xa9\xe4\xb8\xad";
        add_person(world, {.name = "ann", .user = 1001, .password = password});
        struct Storm {
            std::string what;
            std::string keys;
        };
        std::string mixed;
        for (int count = 0; count < 400; ++count) {
            mixed += "\xc3\xa9q\x7f\x7f\xff\b\x15w x\x17\xe4\xb8";
        }
        for (const Storm& storm : std::vector<Storm>{
                 {"DEL", std::string(20'000, '\x7f')},
                 {"BS", std::string(20'000, '\b')},
                 {"^U", std::string(20'000, '\x15')},
                 {"^W", std::string(20'000, '\x17')},
                 {"more than fits, and back",
                  std::string(20'000, 'q') + std::string(20'000, '\x7f')},
                 {"more than fits, and all of it", std::string(20'000, 'q') + "\x15"},
                 {"everything", mixed + "\x15"},
                 {"paste brackets", "\x1b[200~" + std::string(600, 'q') + "\x1b[201~\x15"},
                 {"begun again", "secret\x03"},
             }) {
            const std::string& keys = storm.keys;
            CAPTURE(storm.what);
            pty::Line line;
            const auto getty = start_getty(line);
            line.expect("login: ");
            line.send("ann\r");
            line.expect("Password: ");
            for (std::size_t sent = 0; sent < keys.size(); sent += 1000) {
                line.send(keys.substr(sent, 1000));
            }
            line.send(password + "\r");
            const std::string shown = line.expect(pty::shell_prompt);
            CHECK_MESSAGE(shown.find_first_of("qQ\b") == std::string::npos, shown);
        }
        CHECK(world.btmp().empty());
    }
}

TEST_CASE("--plain: not one escape sequence, nothing cleared and nothing shown twice") {
    const pty::TestWorld world;
    world.write_file("/etc/issue", "\\e{red}Welcome\\e{reset}\x1b[2J \\l\x0e\n");
    pty::Line line;
    const auto getty = start_getty(line, {"--plain", "--probe-terminal"});
    line.expect("Welcome " + line.name());
    line.expect(prompt);
    line.send("\x1b[Aan");
    line.expect("an");
    world.write_file("/etc/issue", "Another\n");
    line.expect_nothing(1500ms);
    line.send("n\x7f\x0c");
    line.expect("\r\n" + at + "an");
    line.send("\x15\r-x\r");
    line.expect("no name has.");
    line.expect(prompt);
    CHECK(line.transcript().find('\x1b') == std::string::npos);
    CHECK(line.transcript().find('\x0e') == std::string::npos);
    CHECK(Screen{line.transcript()}.offences() == 0);
}

TEST_CASE("--plain: a virtual terminal is left as it is found") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    terminal.write("before\r\n\033[31mred\r\n");
    const auto getty = terminal.start_for(
        {.arguments = {pty::World::getty(), "-l", pty::World::login(), "--plain", "{line}"}});
    terminal.expect_at_cursor(prompt);
    CHECK(terminal.screen().at(0) == "before");
    CHECK(terminal.attribute(terminal.row_of("box login:"), 0) == terminal.attribute(1, 0));
    terminal.send("an\177");
    terminal.expect_at_cursor(at + "a");
}

TEST_CASE("--hide-name: the name is login's to know and nobody's to read") {
    const pty::TestWorld world;
    world.append_file("/etc/ttygate/login.conf", "LOG_UNKFAIL_ENAB yes\nLOGIN_GATE shadow\n");
    pty::Line line;
    const auto getty = start_getty(line, {"--hide-name"});
    line.expect(prompt);
    line.send("QX\x0c\x7fZ\r");
    line.expect("Password: ");
    CHECK(line.transcript().find_first_of("QXZ\b") == std::string::npos);
    line.send("x\r");
    line.expect("incorrect");
    CHECK(world.btmp().back().user == "QZ");
}

TEST_CASE("LOGIN_PASSWORD_FEEDBACK: marks come and go with the keys; none is the default") {
    struct Case {
        std::string value;
        std::string shown;  ///< of five keys, four of them taken back by ^U, and six more
    };
    for (const Case& c : std::vector<Case>{
             {"", "\r\n"},
             {"none", "\r\n"},
             {"dots", "*****\b \b\b \b\b \b\b \b\b \b******\r\n"},
             {"what", "\r\n"},
         }) {
        for (const auto gate : pty::gates()) {
            CAPTURE(c.value);
            CAPTURE(name_of(gate));
            const pty::TestWorld world;
            choose_gate(world, gate);
            if (!c.value.empty()) {
                world.append_file("/etc/ttygate/login.conf",
                                  "LOGIN_PASSWORD_FEEDBACK " + c.value + "\n");
            }
            add_person(world, {.name = "ann", .user = 1001, .password = "secret"});
            pty::Line line;
            const auto getty = start_getty(line);
            line.expect("login: ");
            line.send("ann\r");
            line.expect("Password: ");
            line.send("wrong\x15secret\r");
            const std::string said = line.expect(pty::shell_prompt);
            CHECK(said.substr(0, c.shown.size()) == c.shown);
        }
    }
}

TEST_CASE("LOGIN_PASSWORD_FEEDBACK random: how many marks there are tells nothing") {
    const pty::TestWorld world;
    world.append_file("/etc/ttygate/login.conf",
                      "LOGIN_PASSWORD_FEEDBACK random\nLOGIN_RETRIES 10\nLOGIN_GATE shadow\n");
    pty::Line line;
    const auto getty = start_getty(line);
    std::set<std::size_t> lengths;
    for (int count = 0; count < 6; ++count) {
        line.expect("login: ");
        line.send("nobody\r");
        line.expect("Password: ");
        line.send("0123456789\r");
        const std::string shown = line.expect("\r\n");
        CHECK(shown == std::string(shown.size(), '*'));
        CHECK(shown.size() >= 10);
        CHECK(shown.size() <= 30);
        lengths.insert(shown.size());
    }
    CHECK(lengths.size() > 1);
}

TEST_CASE("--accessible: a fresh line, no redraw in the middle of a name, a bell when refused") {
    const pty::TestWorld world;
    world.write_file("/etc/issue", "Welcome");
    pty::Line line;
    const auto getty = start_getty(line, {"--accessible", "--nonewline"});
    line.expect("\r\nWelcome\r\r\n" + at);
    // Watched by now: with nothing typed, what changes is shown, below.
    world.write_file("/etc/issue", "First");
    line.expect("\r\nFirst\r\r\n" + at);
    line.send("an");
    line.expect("an");
    world.write_file("/etc/issue", "Second");
    line.expect_nothing(2500ms);
    line.send("\x15-x\r");
    line.expect("\a");
    line.expect("no name has.");
    line.expect(prompt);
    line.expect("\r\nSecond\r\r\n" + at, 20s * pty::slowness);
    CHECK(line.transcript().find('\x1b') == std::string::npos);
}

TEST_CASE("--accessible: below what is shown of a long issue there is no empty line") {
    const pty::TestWorld world;
    std::string rows;
    for (int i = 0; i < 750; ++i) {
        rows += std::string(79, 'x') + "\n";
    }
    world.write_file("/etc/issue", rows);
    world.write_file("/etc/issue.d/1.issue", rows + "without an end");
    pty::Line line;
    const auto getty = start_getty(line, {"--accessible"});
    const std::string shown = line.expect(at);
    CHECK(shown.size() > rows.size());
    CHECK(shown.find("without an end") == std::string::npos);
    CHECK(shown.ends_with("x\r\n"));
}

TEST_CASE("--accessible: a virtual terminal is not cleared, and locks do not redraw") {
    const pty::TestWorld world;
    world.write_file("/etc/issue", "Welcome\n");
    const pty::VirtualTerminal terminal;
    terminal.write("before");
    const auto getty = terminal.start_for(
        {.arguments = {pty::World::getty(), "-l", pty::World::login(), "--accessible", "{line}"}});
    terminal.expect_at_cursor(prompt);
    terminal.set(KDSKBLED, K_CAPSLOCK);
    terminal.send("AN");
    terminal.expect_at_cursor(at + "AN");
    const auto screen = terminal.screen();
    CHECK(screen.at(0) == "before");
    CHECK(screen.at(1) == "Welcome");
    CHECK(screen.at(2) == at + "AN");
}
