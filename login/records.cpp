#include "login/records.hpp"

#include "common/log.hpp"
#include "common/record_file.hpp"
#include "common/stale_records.hpp"
#include "login/user_name.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <sys/resource.h>

namespace login {

namespace {

common::RecordTime now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

/// Modules write with the same pid, line and user a moment before us.
bool is_the_same_login(const utmpx& left, const utmpx& right) {
    constexpr auto moment = std::chrono::seconds{60};
    const auto apart = common::time_of(right) - common::time_of(left);
    return left.ut_type == USER_PROCESS && left.ut_pid == right.ut_pid &&
           common::text_of(left.ut_line) == common::text_of(right.ut_line) &&
           common::text_of(left.ut_user) == common::text_of(right.ut_user) &&
           apart >= std::chrono::seconds{0} && apart <= moment;
}

void append_login(const utmpx& record, const std::string& path, bool may_be_there) {
    if (!may_be_there) {
        common::append_record(record, path);
        return;
    }
    common::append_unless(
        record, [&](const utmpx& last) { return is_the_same_login(last, record); }, path);
}

/// How large a file may grow by us, as far up as we may have it: a container can keep us
/// from more. At the end of scope it is as it was: what login becomes inherits it.
class LiftedFileLimit {
  public:
    LiftedFileLimit() noexcept {
        constexpr rlimit none{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
        if (::getrlimit(RLIMIT_FSIZE, &before_) != 0 || before_.rlim_cur == RLIM_INFINITY) {
            return;
        }
        const rlimit highest{.rlim_cur = before_.rlim_max, .rlim_max = before_.rlim_max};
        is_lifted_ =
            ::setrlimit(RLIMIT_FSIZE, &none) == 0 || ::setrlimit(RLIMIT_FSIZE, &highest) == 0;
    }
    LiftedFileLimit(const LiftedFileLimit&) = delete;
    LiftedFileLimit(LiftedFileLimit&&) = delete;
    LiftedFileLimit& operator=(const LiftedFileLimit&) = delete;
    LiftedFileLimit& operator=(LiftedFileLimit&&) = delete;
    ~LiftedFileLimit() {
        if (is_lifted_) {
            ::setrlimit(RLIMIT_FSIZE, &before_);
        }
    }

    [[nodiscard]] bool is_lifted() const noexcept { return is_lifted_; }

  private:
    rlimit before_{};
    bool is_lifted_ = false;
};

/// What a module has set for the session (pam_limits) is for what the person does, and
/// their process has it by now: it does not keep them out of the records.
template <typename Write>
void keep_record(std::string_view attempt, Write write) noexcept {
    common::tolerate(attempt, [&] {
        try {
            write();
        } catch (const std::system_error& problem) {
            if (problem.code() != std::errc::file_too_large) {
                throw;
            }
            const LiftedFileLimit limit;
            if (!limit.is_lifted()) {
                throw;
            }
            write();
        }
    });
}

std::optional<utmpx> user_of_line(std::span<const utmpx> records, const std::string& line) {
    const auto found = std::find_if(records.begin(), records.end(), [&](const utmpx& record) {
        return record.ut_type == USER_PROCESS && common::text_of(record.ut_line) == line;
    });
    return found == records.end() ? std::nullopt : std::optional{*found};
}

}  // namespace

std::string recordable_name(const std::string& typed, const Settings& settings) {
    if (settings.log_unknown_names) {
        return typed;
    }
    bool exists = false;
    common::tolerate("look up an account", [&] {
        exists = is_possible_user_name(typed) && common::find_user(typed).has_value();
    });
    return exists ? typed : std::string{unknown_name};
}

void record_failure(const std::string& name, const Line& line, const Settings& settings) {
    keep_record("record the failed login", [&] {
        utmpx record = common::login_record({.line = line.name,
                                             .user = name,
                                             .host = line.shown_host,
                                             .id = line.record_id,
                                             .process = line.login,
                                             .when = now()});
        record.ut_type = LOGIN_PROCESS;
        common::append_secret_record(record, settings.btmp_file);
    });
}

std::optional<utmpx> record_login(const common::User& user,
                                  const Line& line,
                                  pid_t session,
                                  const NotedByModules& noted,
                                  const Settings& settings) {
    if (line.name.empty()) {
        return std::nullopt;
    }
    const common::RecordPaths paths;
    const utmpx record = common::login_record({.line = line.name,
                                               .user = user.name,
                                               .host = line.shown_host,
                                               .id = line.record_id,
                                               .process = line.login,
                                               .session = session,
                                               .when = now()});
    std::optional<utmpx> before;
    keep_record("record the login", [&] {
        before = user_of_line(common::replace_record(record, paths.utmp).before, line.name);
    });
    keep_record("record the login", [&] { append_login(record, paths.wtmp, noted.maybe_in_wtmp); });
    const bool counts =
        settings.lastlog && user.uid <= settings.lastlog_uid_max.value_or(~uid_t{0});
    if (!noted.in_lastlog && counts) {
        keep_record("record the login",
                    [&] { common::put_last_login(user.uid, record, paths.lastlog); });
    }
    return before;
}

void record_logout(const Line& line, const std::optional<utmpx>& again) noexcept {
    if (line.name.empty()) {
        return;
    }
    common::tolerate("record the logout", [&] {
        const common::RecordPaths paths;
        const utmpx record = common::logout_record(
            {.line = line.name, .id = line.record_id, .process = line.login, .when = now()});
        keep_record("record the logout", [&] {
            if (again) {
                common::put_record(*again, paths.utmp);
                return;
            }
            const auto replacement = common::replace_record(record, paths.utmp);
            common::end_stale_records(replacement, line.name, paths);
        });
        keep_record("record the logout", [&] { common::append_record(record, paths.wtmp); });
    });
}

void record_end_of(pid_t login, const Line& line) noexcept {
    if (line.name.empty()) {
        return;
    }
    common::tolerate("record the end of a login", [&] {
        const common::RecordPaths paths;
        const auto when = now();
        const auto record = common::record_of(common::read_records(paths.utmp), login);
        const bool was_live =
            record && (record->ut_type == LOGIN_PROCESS || record->ut_type == USER_PROCESS);
        if (was_live && !common::end_record(*record, when, paths.utmp)) {
            return;
        }
        const auto last = common::read_last_record(paths.wtmp);
        const bool is_begun = last && last->ut_type == USER_PROCESS && last->ut_pid == login &&
                              common::text_of(last->ut_line) == line.name;
        if (is_begun || (was_live && record->ut_type == USER_PROCESS)) {
            common::append_record(common::ended_record(is_begun ? *last : *record, when),
                                  paths.wtmp);
        }
    });
}

}  // namespace login
