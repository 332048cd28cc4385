#include "common/record.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace common {

namespace {

constexpr std::size_t id_length = sizeof(utmpx::ut_id);

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

utmpx record(short type, const LineUse& use) {
    utmpx result{};
    result.ut_type = type;
    result.ut_pid = use.process;
    result.ut_session = use.session;
    fill(result.ut_line, use.line);
    fill(result.ut_id, use.id.empty() ? usual_id(use.line) : use.id);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(use.when);
    // 32 bits of seconds, unsigned since glibc 2.40: good until 2106.
    const auto count = static_cast<std::uint32_t>(seconds.time_since_epoch().count());
    result.ut_tv.tv_sec = static_cast<decltype(result.ut_tv.tv_sec)>(count);
    result.ut_tv.tv_usec =
        static_cast<decltype(result.ut_tv.tv_usec)>((use.when - seconds).count());
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

Slot choose_slot(std::span<const utmpx> records, const utmpx& wanted) {
    const std::string_view line = text_of(wanted.ut_line);
    const std::string_view id = text_of(wanted.ut_id);
    const auto index_of = [&records](auto accepts) {
        return static_cast<std::size_t>(std::find_if(records.begin(), records.end(), accepts) -
                                        records.begin());
    };
    const auto has_no_other_line = [line](const utmpx& r) {
        return text_of(r.ut_line).empty() || text_of(r.ut_line) == line;
    };

    // init, and whoever was this process before, named the slot by its pid.
    const std::size_t of_this_process = index_of([&](const utmpx& r) {
        return is_live(r) && r.ut_pid == wanted.ut_pid && has_no_other_line(r);
    });
    if (of_this_process < records.size()) {
        const std::string_view given = text_of(records[of_this_process].ut_id);
        return {of_this_process, std::string{given.empty() ? id : given}};
    }
    const auto is_taken = [&](std::string_view candidate) {
        return std::any_of(records.begin(), records.end(), [&](const utmpx& r) {
            return is_live(r) && text_of(r.ut_id) == candidate && !has_no_other_line(r);
        });
    };
    std::string free_id{id};
    for (std::uint32_t attempt = 0; is_taken(free_id); ++attempt) {
        free_id = hashed_id(line, attempt);
    }
    const std::size_t of_this_line =
        index_of([&](const utmpx& r) { return is_of_a_line(r) && text_of(r.ut_line) == line; });
    if (of_this_line < records.size()) {
        return {of_this_line, free_id};
    }
    const std::size_t of_this_id = index_of([&](const utmpx& r) {
        return is_of_a_line(r) && text_of(r.ut_id) == free_id &&
               (!is_live(r) || text_of(r.ut_line).empty());
    });
    return {of_this_id, free_id};
}

std::optional<utmpx> record_of(std::span<const utmpx> records, pid_t process) {
    const auto found = std::find_if(records.begin(), records.end(), [process](const utmpx& r) {
        return is_live(r) && r.ut_pid == process;
    });
    return found == records.end() ? std::nullopt : std::optional{*found};
}

}  // namespace common
