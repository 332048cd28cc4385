#include "common/record.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace common {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t id_length = sizeof(utmpx::ut_id);

struct Stamp {
    std::uint32_t mark = 0;
    std::uint32_t unused = 0;
    std::int64_t since_boot = 0;  ///< microseconds
};
constexpr std::uint32_t stamp_mark = 0x79677474;  // "ttgy"
/// The C libraries name the bytes behind the address differently.
constexpr std::size_t stamp_offset = offsetof(utmpx, ut_addr_v6) + sizeof(utmpx::ut_addr_v6);
static_assert(stamp_offset + sizeof(Stamp) <= sizeof(utmpx));

/// utmpx strings are padded, not terminated: a full field has no NUL.
template <std::size_t Size>
void fill(char (&field)[Size], std::string_view text) {
    const auto end = std::copy_n(text.begin(), std::min(Size, text.size()), std::begin(field));
    std::fill(end, std::end(field), '\0');
}

/// The last four characters of the line name, as init and who(1) expect.
std::string_view usual_id(std::string_view line) {
    return line.substr(line.size() - std::min(id_length, line.size()));
}

/// Four printable characters from the whole name; `attempt` gives others.
std::string hashed_id(std::string_view line, std::uint32_t attempt) {
    constexpr std::string_view letters =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-";
    std::uint32_t hash = 2166136261U + attempt * 40503U;  // FNV-1a
    for (const char c : line) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    }
    std::string id;
    for (std::size_t i = 0; i < id_length; ++i) {
        id += letters[hash & 0x3FU];
        hash >>= 6U;
    }
    return id;
}

bool is_of_a_line(const utmpx& record) {
    return record.ut_type >= INIT_PROCESS && record.ut_type <= DEAD_PROCESS;
}

bool is_live(const utmpx& record) {
    return is_of_a_line(record) && record.ut_type != DEAD_PROCESS;
}

/// Whether a field, which need not be terminated, holds this text.
template <std::size_t Size>
bool holds(const char (&field)[Size], std::string_view text) {
    return text.size() <= Size && std::equal(text.begin(), text.end(), std::begin(field)) &&
           (text.size() == Size || field[text.size()] == '\0');
}

/// What a record has to say to somebody who wants to be on a line under an id.
struct Claim {
    Claim(const utmpx& record, std::string_view line, std::string_view id)
        : lives(is_live(record)),
          is_on_line(is_of_a_line(record) && holds(record.ut_line, line)),
          is_for_line(is_on_line || record.ut_line[0] == '\0') {
        const bool has_id = is_of_a_line(record) && holds(record.ut_id, id);
        takes_id = has_id && lives && !is_for_line;
        leaves_id = has_id && (!lives || record.ut_line[0] == '\0');
    }

    bool lives;
    bool is_on_line;
    bool is_for_line;        ///< on it, or on none yet
    bool takes_id = false;   ///< lives under the id, on another line
    bool leaves_id = false;  ///< its slot is free for whoever has the id
};

/// Of the records that fit, the first in one page; what lies across two must move.
class Place {
  public:
    void add(std::size_t index) {
        if (!index_ && lies_across_pages(index)) {
            left_ = left_.value_or(index);
        } else {
            index_ = index_.value_or(index);
        }
    }
    [[nodiscard]] bool is_there() const { return index_ || left_; }
    /// Of the record that came first.
    [[nodiscard]] std::size_t named_at() const { return left_ ? *left_ : *index_; }
    /// At the end of `count` records where there is none.
    [[nodiscard]] Slot slot(std::size_t count, std::string_view id) const {
        return {.index = index_.value_or(next_index(count)), .id = std::string{id}, .left = left_};
    }

  private:
    std::optional<std::size_t> index_{};
    std::optional<std::size_t> left_{};
};

void set_time(utmpx& record, RecordTime when) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
    const auto count = static_cast<std::uint32_t>(seconds.time_since_epoch().count());
    record.ut_tv.tv_sec = static_cast<decltype(record.ut_tv.tv_sec)>(count);
    record.ut_tv.tv_usec = static_cast<decltype(record.ut_tv.tv_usec)>((when - seconds).count());
}

utmpx record(short type, const LineUse& use) {
    utmpx result{};
    result.ut_type = type;
    result.ut_pid = use.process;
    result.ut_session = use.session;
    fill(result.ut_line, use.line);
    fill(result.ut_id, use.id.empty() ? usual_id(use.line) : use.id);
    set_time(result, use.when);
    return result;
}

}  // namespace

utmpx waiting_record(const LineUse& use) {
    utmpx result = record(LOGIN_PROCESS, use);
    fill(result.ut_user, "LOGIN");
    fill(result.ut_host, use.host);
    return result;
}

utmpx login_record(const LineUse& use) {
    utmpx result = record(USER_PROCESS, use);
    fill(result.ut_user, use.user);
    fill(result.ut_host, use.host);
    return result;
}

utmpx logout_record(const LineUse& use) {
    return record(DEAD_PROCESS, use);
}

RecordTime time_of(const utmpx& record) {
    const std::chrono::seconds seconds{static_cast<std::uint32_t>(record.ut_tv.tv_sec)};
    return RecordTime{seconds + std::chrono::microseconds{record.ut_tv.tv_usec}};
}

Slot choose_slot(std::span<const utmpx> records, const utmpx& wanted) {
    const std::string_view line = text_of(wanted.ut_line);
    const std::string_view id = text_of(wanted.ut_id);
    // init, and whoever was this process before, named the slot by its pid.
    Place of_process;
    Place of_line;
    Place of_id;
    bool is_id_taken = false;
    for (std::size_t index = 0; index < records.size(); ++index) {
        const utmpx& record = records[index];
        if (!is_of_a_line(record)) {
            continue;
        }
        const Claim claim{record, line, id};
        if (claim.lives && claim.is_for_line && record.ut_pid == wanted.ut_pid) {
            of_process.add(index);
        }
        if (claim.is_on_line) {
            of_line.add(index);
        }
        if (claim.leaves_id) {
            of_id.add(index);
        }
        is_id_taken = is_id_taken || claim.takes_id;
    }
    if (of_process.is_there()) {
        const std::string_view given = text_of(records[of_process.named_at()].ut_id);
        return of_process.slot(records.size(), given.empty() ? id : given);
    }
    std::string free_id{id};
    for (std::uint32_t attempt = 0; is_id_taken; ++attempt) {
        free_id = hashed_id(line, attempt);
        of_id = {};
        is_id_taken = false;
        for (std::size_t index = 0; index < records.size(); ++index) {
            const Claim claim{records[index], line, free_id};
            if (claim.leaves_id) {
                of_id.add(index);
            }
            is_id_taken = is_id_taken || claim.takes_id;
        }
    }
    return (of_line.is_there() ? of_line : of_id).slot(records.size(), free_id);
}

std::optional<utmpx> record_of(std::span<const utmpx> records, pid_t process) {
    const auto found = std::find_if(records.begin(), records.end(), [process](const utmpx& r) {
        return is_live(r) && r.ut_pid == process;
    });
    return found == records.end() ? std::nullopt : std::optional{*found};
}

void stamp(utmpx& record, BootTime now) {
    const Stamp written{.mark = stamp_mark, .since_boot = now.count()};
    std::memcpy(reinterpret_cast<char*>(&record) + stamp_offset, &written, sizeof written);
}

std::optional<BootTime> stamp_of(const utmpx& record) {
    Stamp read{};
    std::memcpy(&read, reinterpret_cast<const char*>(&record) + stamp_offset, sizeof read);
    return read.mark == stamp_mark && read.since_boot >= 0
               ? std::optional{BootTime{read.since_boot}}
               : std::nullopt;
}

bool is_stale(const utmpx& record, const ProcessStart& process, const Clocks& clocks) {
    constexpr auto slack = 1s;
    constexpr auto boot_slack = 2s;  // the kernel gives it in whole seconds
    if ((record.ut_type != LOGIN_PROCESS && record.ut_type != USER_PROCESS) || record.ut_pid <= 0) {
        return false;
    }
    if (!process.is_there) {
        return true;
    }
    const auto stamped = stamp_of(record);
    if (stamped && (*stamped > clocks.since_boot + slack ||
                    (process.started && *process.started > *stamped + slack))) {
        return true;
    }
    if (!clocks.recorded_boot) {
        return false;
    }
    const RecordTime boot = clocks.now - clocks.since_boot;
    const auto doubt = std::chrono::abs(boot - *clocks.recorded_boot);
    if (stamped) {
        return time_of(record) - *stamped + doubt + boot_slack < boot;
    }
    return time_of(record) + doubt + boot_slack < boot ||
           (process.started && boot + *process.started > time_of(record) + doubt + slack);
}

utmpx ended_record(const utmpx& stale, RecordTime when) {
    utmpx ended = stale;
    ended.ut_type = DEAD_PROCESS;
    fill(ended.ut_user, "");
    fill(ended.ut_host, "");
    std::memset(&ended.ut_addr_v6, 0, sizeof ended.ut_addr_v6);
    set_time(ended, when);
    return ended;
}

}  // namespace common
