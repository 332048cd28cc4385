#include "common/record.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using common::LineUse;
using common::Slot;
using common::text_of;
using std::chrono::February;
using std::chrono::January;
using std::chrono::November;
using namespace std::chrono_literals;

namespace {

/// None crosses the end of a page. It has 384 bytes, or 400 on arm64.
constexpr std::size_t records_to_filler = sizeof(utmpx) == 384 ? 15 : 9;

using Records = std::vector<utmpx>;

struct Entry {
    short type;
    pid_t process;
    std::string_view line;
    std::string_view id;
};

utmpx record_of(const Entry& entry) {
    utmpx record = common::login_record(
        {.line = entry.line, .user = "ann", .id = entry.id, .process = entry.process});
    record.ut_type = entry.type;
    if (entry.id.empty()) {
        std::memset(record.ut_id, 0, sizeof record.ut_id);
    }
    return record;
}

Records records_of(const std::vector<Entry>& entries) {
    Records records;
    std::transform(entries.begin(), entries.end(), std::back_inserter(records), record_of);
    return records;
}

/// What put_record does with a slot.
void put(Records& records, const utmpx& wanted) {
    const Slot slot = common::choose_slot(records, wanted);
    utmpx written = wanted;
    std::memset(written.ut_id, 0, sizeof written.ut_id);
    slot.id.copy(written.ut_id, sizeof written.ut_id);
    records.resize(std::max(records.size(), slot.index + 1));
    records.at(slot.index) = written;
}

std::vector<std::string> live_ids(const Records& records) {
    std::vector<std::string> ids;
    for (const utmpx& r : records) {
        if (r.ut_type == LOGIN_PROCESS || r.ut_type == USER_PROCESS) {
            ids.emplace_back(text_of(r.ut_id));
        }
    }
    return ids;
}

bool all_differ(const std::vector<std::string>& ids) {
    return std::set<std::string>{ids.begin(), ids.end()}.size() == ids.size();
}

common::RecordTime at(std::chrono::sys_days day, std::chrono::microseconds time) {
    return common::RecordTime{day} + time;
}

}  // namespace

TEST_CASE("a getty at its prompt, a login and a logout are told by their records") {
    const LineUse use{.line = "ttyS0",
                      .user = "ann",
                      .host = "far.example",
                      .process = 42,
                      .session = 43,
                      .when = at(2026y / November / 21, 1h + 5us)};

    const utmpx waiting = common::waiting_record(use);
    CHECK(waiting.ut_type == LOGIN_PROCESS);
    CHECK(text_of(waiting.ut_user) == "LOGIN");
    CHECK(text_of(waiting.ut_host) == "far.example");

    const utmpx in = common::login_record(use);
    CHECK(in.ut_type == USER_PROCESS);
    CHECK(text_of(in.ut_user) == "ann");
    CHECK(text_of(in.ut_host) == "far.example");

    const utmpx out = common::logout_record(use);
    CHECK(out.ut_type == DEAD_PROCESS);
    CHECK(text_of(out.ut_user).empty());
    CHECK(text_of(out.ut_host).empty());

    for (const utmpx& record : {waiting, in, out}) {
        CHECK(record.ut_pid == 42);
        CHECK(record.ut_session == 43);
        CHECK(text_of(record.ut_line) == "ttyS0");
        CHECK(text_of(record.ut_id) == "tyS0");
        CHECK(record.ut_tv.tv_sec == 1'795'222'800);
        CHECK(record.ut_tv.tv_usec == 5);
        CHECK(record.ut_exit.e_exit == 0);
    }
}

TEST_CASE("the id is the end of the line's name, unless init chose one") {
    struct Case {
        LineUse use;
        std::string_view id;
    };
    const std::vector<Case> cases{
        {{.line = "tty1"}, "tty1"},
        {{.line = "tty63"}, "ty63"},
        {{.line = "pts/1000"}, "1000"},
        {{.line = "lp"}, "lp"},
        {{.line = ""}, ""},
        {{.line = "tty1", .id = "1"}, "1"},
        {{.line = "tty1", .id = "cons"}, "cons"},
        {{.line = "tty1", .id = "toolong"}, "tool"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.use.line);
        CHECK(text_of(common::waiting_record(c.use).ut_id) == c.id);
    }
}

TEST_CASE("a full field carries no NUL, a longer text is cut") {
    for (const std::size_t length : {std::size_t{32}, std::size_t{33}, std::size_t{1000}}) {
        const std::string line(length, 'l');
        const std::string user(length, 'u');
        const std::string host(length, 'h');
        const utmpx record = common::login_record({.line = line, .user = user, .host = host});
        CHECK(text_of(record.ut_line) == std::string(32, 'l'));
        CHECK(text_of(record.ut_user) == std::string(32, 'u'));
        CHECK(text_of(record.ut_host) == std::string(std::min<std::size_t>(length, 256), 'h'));
    }
}

TEST_CASE("what follows a text in its field is NUL to the end") {
    const utmpx record = common::login_record({.line = "tty1", .user = "ann"});
    CHECK(std::all_of(std::begin(record.ut_user) + 3, std::end(record.ut_user), [](char c) {
        return c == '\0';
    }));
    CHECK(std::all_of(
        std::begin(record.ut_host), std::end(record.ut_host), [](char c) { return c == '\0'; }));
}

TEST_CASE("T-41: times after 2038 keep their 32 bits") {
    struct Case {
        common::RecordTime when;
        std::uint32_t seconds;
        int microseconds;
    };
    const std::vector<Case> cases{
        {common::RecordTime{}, 0, 0},
        {at(2038y / January / 19, 3h + 14min + 7s), 0x7FFF'FFFF, 0},
        {at(2038y / January / 19, 3h + 14min + 8s), 0x8000'0000, 0},
        {at(2038y / January / 19, 3h + 14min + 8s + 999'999us), 0x8000'0000, 999'999},
        {at(2106y / February / 7, 6h + 28min + 15s + 1us), 0xFFFF'FFFF, 1},
    };
    for (const Case& c : cases) {
        const utmpx record = common::login_record({.line = "tty1", .when = c.when});
        CHECK(static_cast<std::uint32_t>(record.ut_tv.tv_sec) == c.seconds);
        CHECK(record.ut_tv.tv_usec == c.microseconds);
        CHECK((common::time_of(record) == c.when));
    }
}

TEST_CASE("a record goes where its process, its line or its id already is") {
    struct Case {
        std::string_view what;
        std::vector<Entry> there;
        Entry wanted;
        std::size_t index;
        std::string_view id;
    };
    const std::vector<Case> cases{
        {"an empty file", {}, {USER_PROCESS, 7, "tty1", "tty1"}, 0, "tty1"},
        {"nothing of this line",
         {{BOOT_TIME, 0, "~", "~~"}, {USER_PROCESS, 5, "tty2", "tty2"}},
         {USER_PROCESS, 7, "tty1", "tty1"},
         2,
         "tty1"},
        {"what init wrote for this process keeps its id",
         {{INIT_PROCESS, 6, "", "c1"}, {INIT_PROCESS, 7, "", "1"}},
         {LOGIN_PROCESS, 7, "tty1", "tty1"},
         1,
         "1"},
        {"a record of this process that names another line is not its own",
         {{USER_PROCESS, 7, "tty2", "tty2"}},
         {USER_PROCESS, 7, "tty1", "tty1"},
         1,
         "tty1"},
        {"a dead record says nothing by its process",
         {{DEAD_PROCESS, 7, "tty2", "tty2"}},
         {USER_PROCESS, 7, "tty1", "tty1"},
         1,
         "tty1"},
        {"an old record of the line",
         {{BOOT_TIME, 0, "~", "~~"}, {DEAD_PROCESS, 5, "tty1", "tty1"}},
         {LOGIN_PROCESS, 7, "tty1", "tty1"},
         1,
         "tty1"},
        {"a record of the line that was never ended",
         {{USER_PROCESS, 5, "tty1", "tty1"}},
         {LOGIN_PROCESS, 7, "tty1", "tty1"},
         0,
         "tty1"},
        {"the process comes before the line",
         {{DEAD_PROCESS, 5, "tty1", "tty1"}, {INIT_PROCESS, 7, "", "1"}},
         {LOGIN_PROCESS, 7, "tty1", "tty1"},
         1,
         "1"},
        {"a dead record of the same id",
         {{DEAD_PROCESS, 5, "ttyS1000", "1000"}},
         {USER_PROCESS, 7, "pts/1000", "1000"},
         0,
         "1000"},
        {"a record of the same id that init has just made",
         {{INIT_PROCESS, 5, "", "tty1"}},
         {LOGIN_PROCESS, 7, "tty1", "tty1"},
         0,
         "tty1"},
        {"the clock's records are no lines",
         {{NEW_TIME, 7, "tty1", "tty1"}, {RUN_LVL, 7, "tty1", "tty1"}, {EMPTY, 7, "tty1", "tty1"}},
         {LOGIN_PROCESS, 7, "tty1", "tty1"},
         3,
         "tty1"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        const Slot slot = common::choose_slot(records_of(c.there), record_of(c.wanted));
        CHECK(slot.index == c.index);
        CHECK(slot.id == c.id);
    }
}

TEST_CASE("a live record of another line with the same id is left alone") {
    const Records there = records_of({{USER_PROCESS, 5, "ttyS1000", "1000"}});
    const Slot slot = common::choose_slot(there, record_of({USER_PROCESS, 7, "pts/1000", "1000"}));
    CHECK(slot.index == 1);
    CHECK(slot.id.size() == 4);
    CHECK(slot.id != "1000");
    CHECK(std::all_of(slot.id.begin(), slot.id.end(), [](char c) { return c > ' ' && c < 0x7F; }));
}

TEST_CASE("a line that had to take another id does not fall back on a taken one") {
    Records records = records_of({{USER_PROCESS, 5, "ttyS1000", "1000"}});
    put(records, record_of({USER_PROCESS, 7, "pts/1000", "1000"}));
    const std::string first{text_of(records.at(1).ut_id)};
    put(records, record_of({DEAD_PROCESS, 7, "pts/1000", "1000"}));
    put(records, record_of({USER_PROCESS, 8, "pts/1000", "1000"}));
    REQUIRE(records.size() == 2);
    CHECK(all_differ(live_ids(records)));
    CHECK(text_of(records.at(1).ut_id) == first);

    // Nor where a dead record has kept the id that another line now lives under.
    records =
        records_of({{DEAD_PROCESS, 4, "tty1000", "1000"}, {USER_PROCESS, 5, "ttyS1000", "1000"}});
    put(records, record_of({USER_PROCESS, 7, "pts/1000", "1000"}));
    CHECK(all_differ(live_ids(records)));
}

TEST_CASE("T-39: ten thousand lines share no id") {
    std::vector<std::string> lines;
    const auto add = [&lines](const std::string& kind, int first, int count) {
        for (int number = first; number < first + count; ++number) {
            lines.push_back(kind + std::to_string(number));
        }
    };
    add("tty", 1, 63);
    add("ttyS", 0, 256);
    add("ttyUSB", 0, 64);
    add("hvc", 0, 7);
    add("pts/", 0, 10'000);
    REQUIRE(lines.size() == 10'390);

    Records records;
    records.reserve(lines.size());
    pid_t process = 1000;
    for (const std::string& line : lines) {
        put(records, common::login_record({.line = line, .process = ++process}));
    }
    CHECK(live_ids(records).size() == lines.size());
    CHECK(all_differ(live_ids(records)));
    const auto fillers = std::count_if(
        records.begin(), records.end(), [](const utmpx& r) { return r.ut_type == EMPTY; });
    CHECK(records.size() == lines.size() + static_cast<std::size_t>(fillers));
    CHECK(fillers <= static_cast<std::ptrdiff_t>(lines.size() / records_to_filler + 1));
}

TEST_CASE("cycles of logins and logouts do not make the records grow") {
    Records records;
    pid_t process = 1000;
    for (int cycle = 0; cycle < 1000; ++cycle) {
        const std::string line = "pts/" + std::to_string(cycle % 3);
        ++process;
        put(records, common::waiting_record({.line = line, .process = process}));
        put(records, common::login_record({.line = line, .process = process}));
        put(records, common::logout_record({.line = line, .process = process}));
    }
    CHECK(records.size() == 3);
}

TEST_CASE("a record that lies in two pages moves, and the one that has moved counts") {
    constexpr std::size_t across = 10;
    REQUIRE(common::lies_across_pages(across));
    std::vector<Entry> there(across, Entry{USER_PROCESS, 5, "tty9", "tty9"});
    there.push_back({INIT_PROCESS, 7, "", "1"});
    Slot slot =
        common::choose_slot(records_of(there), record_of({LOGIN_PROCESS, 7, "tty1", "tty1"}));
    CHECK(slot.index == across + 1);
    CHECK(slot.id == "1");
    CHECK(slot.left == across);
    // As if we had been killed between the two writes.
    there.push_back({LOGIN_PROCESS, 7, "tty1", "1"});
    slot = common::choose_slot(records_of(there), record_of({LOGIN_PROCESS, 7, "tty1", "tty1"}));
    CHECK(slot.index == across + 1);
    CHECK(slot.id == "1");
    CHECK(slot.left == across);
    there[across].type = EMPTY;
    slot = common::choose_slot(records_of(there), record_of({LOGIN_PROCESS, 7, "tty1", "tty1"}));
    CHECK(slot.index == across + 1);
    CHECK_FALSE(slot.left.has_value());
}

TEST_CASE("two of 32 records would lie in two pages") {
    std::vector<std::size_t> across;
    for (std::size_t index = 0; index < 64; ++index) {
        if (common::lies_across_pages(index)) {
            across.push_back(index);
        }
        CHECK_FALSE(common::lies_across_pages(common::next_index(index)));
    }
    if (sizeof(utmpx) == 384) {
        CHECK(across == std::vector<std::size_t>{10, 21, 42, 53});
    }
}

TEST_CASE("T-40: a record is stale when its process has gone, or is another, or the machine's is") {
    const common::RecordTime boot = at(2026y / November / 22, 8h);
    struct Case {
        std::string_view what;
        short type = USER_PROCESS;
        pid_t process = 7;
        std::optional<common::BootTime> stamped{};  ///< nothing: another program's record
        common::RecordTime written{};
        common::ProcessStart start{};
        common::Clocks clocks{};
        bool is_stale = false;
    };
    const common::Clocks an_hour{.now = boot + 1h, .since_boot = 1h, .recorded_boot = boot};
    // 1970 until the network was there; since then an hour has passed.
    const common::RecordTime epoch{};
    const common::Clocks set_later{.now = boot + 1h, .since_boot = 1h, .recorded_boot = epoch};
    const common::Clocks no_boot{.now = boot + 1h, .since_boot = 1h};
    const std::vector<Case> cases{
        {"gone", USER_PROCESS, 7, 60s, boot + 60s, {}, an_hour, true},
        {"gone, a getty's", LOGIN_PROCESS, 7, 60s, boot + 60s, {}, an_hour, true},
        {"gone, another program's", USER_PROCESS, 7, {}, boot + 60s, {}, an_hour, true},
        {"dead already", DEAD_PROCESS, 7, 60s, boot + 60s, {}, an_hour, false},
        {"init's own", INIT_PROCESS, 7, 60s, boot + 60s, {}, an_hour, false},
        {"the machine's", BOOT_TIME, 0, {}, boot, {}, an_hour, false},
        {"of no process", USER_PROCESS, 0, {}, boot, {}, an_hour, false},
        {"of a group", USER_PROCESS, -7, {}, boot, {}, an_hour, false},
        {"alive", USER_PROCESS, 7, 60s, boot + 60s, {true, 59s}, an_hour, false},
        {"alive since this moment", USER_PROCESS, 7, 60s, boot + 60s, {true, 61s}, an_hour, false},
        {"another of its number", USER_PROCESS, 7, 60s, boot + 60s, {true, 62s}, an_hour, true},
        {"alive, since when is not known",
         USER_PROCESS,
         7,
         60s,
         boot + 60s,
         {true},
         an_hour,
         false},
        {"a clock set later", USER_PROCESS, 7, 60s, epoch + 60s, {true, 59s}, set_later, false},
        {"a clock set later, another",
         USER_PROCESS,
         7,
         60s,
         epoch + 60s,
         {true, 62s},
         set_later,
         true},
        {"no record of the start", USER_PROCESS, 7, 60s, boot - 9h, {true, 59s}, no_boot, false},
        {"longer after a start than now",
         LOGIN_PROCESS,
         7,
         2h,
         boot - 1h,
         {true, 9s},
         no_boot,
         true},
        {"from before the start", USER_PROCESS, 7, 60s, boot - 9h, {true, 9s}, an_hour, true},
        {"another program's, alive", USER_PROCESS, 7, {}, boot + 60s, {true, 59s}, an_hour, false},
        {"another program's, its number's second",
         USER_PROCESS,
         7,
         {},
         boot + 60s,
         {true, 62s},
         an_hour,
         true},
        {"another program's, from before",
         USER_PROCESS,
         7,
         {},
         boot - 9h,
         {true, 9s},
         an_hour,
         true},
        {"another program's, the clock set",
         USER_PROCESS,
         7,
         {},
         epoch + 60s,
         {true, 59s},
         set_later,
         false},
        {"another program's, nothing to go by",
         USER_PROCESS,
         7,
         {},
         epoch + 60s,
         {true, 59s},
         no_boot,
         false},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        utmpx record = common::login_record(
            {.line = "tty1", .user = "ann", .process = c.process, .when = c.written});
        record.ut_type = c.type;
        if (c.stamped) {
            common::stamp(record, *c.stamped);
        }
        CHECK(common::stamp_of(record) == c.stamped);
        CHECK(common::is_stale(record, c.start, c.clocks) == c.is_stale);
    }
}

TEST_CASE("T-40: what a stale record becomes") {
    utmpx stale = common::login_record({.line = "tty1",
                                        .user = "ann",
                                        .host = "far.example",
                                        .process = 7,
                                        .session = 8,
                                        .when = common::RecordTime{5s}});
    stale.ut_exit.e_exit = 3;
    stale.ut_addr_v6[0] = 1;
    const utmpx ended = common::ended_record(stale, common::RecordTime{9s});
    CHECK(ended.ut_type == DEAD_PROCESS);
    CHECK(text_of(ended.ut_line) == "tty1");
    CHECK(text_of(ended.ut_id) == "tty1");
    CHECK(text_of(ended.ut_user).empty());
    CHECK(text_of(ended.ut_host).empty());
    CHECK(ended.ut_addr_v6[0] == 0);
    CHECK(ended.ut_pid == 7);
    CHECK(ended.ut_session == 8);
    CHECK(ended.ut_exit.e_exit == 3);
    CHECK((common::time_of(ended) == common::RecordTime{9s}));
}

TEST_CASE("a process finds the record that it has") {
    const Records records = records_of({{DEAD_PROCESS, 7, "tty1", "tty1"},
                                        {BOOT_TIME, 7, "~", "~~"},
                                        {INIT_PROCESS, 7, "", "c2"},
                                        {USER_PROCESS, 8, "tty2", "tty2"}});
    const auto own = common::record_of(records, 7);
    REQUIRE(own.has_value());
    CHECK(text_of(own->ut_id) == "c2");
    CHECK_FALSE(common::record_of(records, 9).has_value());
    CHECK_FALSE(common::record_of({}, 7).has_value());
}
