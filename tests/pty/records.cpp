#include "tests/pty/records.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include <lastlog.h>
#include <utmpx.h>

namespace pty {

using namespace std::chrono_literals;

namespace {

std::string contents_of(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        throw std::runtime_error{"cannot read " + path};
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// utmp strings are padded with NULs, and not terminated when they are full.
template <std::size_t Size>
std::string text_of(const char (&field)[Size]) {
    return {std::begin(field), std::find(std::begin(field), std::end(field), '\0')};
}

Record record_from(const utmpx& entry) {
    Record record{.type = entry.ut_type,
                  .process = entry.ut_pid,
                  .line = text_of(entry.ut_line),
                  .id = text_of(entry.ut_id),
                  .user = text_of(entry.ut_user),
                  .host = text_of(entry.ut_host),
                  .session = static_cast<std::int32_t>(entry.ut_session),
                  .seconds = entry.ut_tv.tv_sec,
                  .microseconds = static_cast<std::int32_t>(entry.ut_tv.tv_usec),
                  .termination = entry.ut_exit.e_termination,
                  .exit_status = entry.ut_exit.e_exit,
                  .address = {}};
    record.address.resize(sizeof entry.ut_addr_v6);
    std::memcpy(record.address.data(), &entry.ut_addr_v6, sizeof entry.ut_addr_v6);
    return record;
}

}  // namespace

std::vector<Record> records_in(const std::string& path) {
    std::string bytes = contents_of(path);
    // Nothing is locked here: the kernel shows the pages of a write that is under way
    // one after the other.
    constexpr int most_looks = 200;
    for (int looks = 1; bytes.size() % sizeof(utmpx) != 0; ++looks) {
        if (looks == most_looks) {
            throw std::runtime_error{path + " ends within a record"};
        }
        std::this_thread::sleep_for(5ms);
        bytes = contents_of(path);
    }
    std::vector<Record> records;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(utmpx)) {
        utmpx entry{};
        std::memcpy(&entry, bytes.data() + at, sizeof entry);
        // No record crosses a page: what is left there is empty.
        if (entry.ut_type != EMPTY) {
            records.push_back(record_from(entry));
        }
    }
    return records;
}

std::optional<Record> last_for_line(const std::vector<Record>& records, const std::string& line) {
    const auto found = std::find_if(records.rbegin(), records.rend(), [&](const Record& record) {
        return record.line == line;
    });
    return found == records.rend() ? std::nullopt : std::optional{*found};
}

std::optional<LastLogin> last_login_in(const std::string& path, uid_t user) {
    const std::string bytes = contents_of(path);
    const std::size_t at = std::size_t{user} * sizeof(lastlog);
    if (at + sizeof(lastlog) > bytes.size()) {
        return std::nullopt;
    }
    lastlog entry{};
    std::memcpy(&entry, bytes.data() + at, sizeof entry);
    if (entry.ll_time == 0) {
        return std::nullopt;
    }
    return LastLogin{
        .seconds = entry.ll_time, .line = text_of(entry.ll_line), .host = text_of(entry.ll_host)};
}

}  // namespace pty
