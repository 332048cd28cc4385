#include "login/process_identity.hpp"

#include "common/log.hpp"
#include "common/syscall.hpp"
#include "common/text_file.hpp"
#include "login/account_sources.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace login {

namespace {

std::string_view take_field(std::string_view& line) {
    const std::string_view field = line.substr(0, line.find(':'));
    line.remove_prefix(std::min(line.size(), field.size() + 1));
    return field;
}

bool lists(std::string_view members, std::string_view user) {
    while (!members.empty()) {
        const std::string_view member = members.substr(0, members.find(','));
        if (member == user) {
            return true;
        }
        members.remove_prefix(std::min(members.size(), member.size() + 1));
    }
    return false;
}

/// One line of group(5).
struct GroupLine {
    std::string_view name;
    std::optional<gid_t> number{};
    std::string_view members{};
};

GroupLine parse_group(std::string_view line) {
    GroupLine result{.name = take_field(line)};
    take_field(line);  // its password
    const std::string_view digits = take_field(line);
    const char* const last = digits.data() + digits.size();
    gid_t number = 0;
    const auto [end, problem] = std::from_chars(digits.data(), last, number);
    if (problem == std::errc{} && end == last) {
        result.number = number;
    }
    result.members = line;
    return result;
}

std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

/// What a group says of a user.
struct Membership {
    bool is_own = false;
    bool is_listed = false;
};

Membership local_membership(std::string_view name, const common::User& user) {
    const std::string text = read_group_file();
    for (std::string_view rest = text; !rest.empty();) {
        const GroupLine group = parse_group(take_line(rest));
        if (group.name == name) {
            return {.is_own = group.number == user.gid,
                    .is_listed = lists(group.members, user.name)};
        }
    }
    return {};
}

Membership membership_in(const group& entry, const common::User& user) {
    Membership result{.is_own = entry.gr_gid == user.gid};
    for (char** member = entry.gr_mem; *member != nullptr; ++member) {
        result.is_listed = result.is_listed || user.name == *member;
    }
    return result;
}

std::vector<gid_t> own_groups() {
    // As nearly everybody has no more of them, one call is enough.
    constexpr std::size_t usual = 64;
    constexpr const char* attempt = "read the groups of this process";
    std::vector<gid_t> groups(usual);
    int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    if (count < 0 && errno == EINVAL) {
        groups.resize(static_cast<std::size_t>(common::check(::getgroups(0, nullptr), attempt)));
        count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    }
    groups.resize(static_cast<std::size_t>(common::check(count, attempt)));
    return groups;
}

/// Root's without any directory server: it may hang.
Membership membership(std::string_view name, const common::User& user) {
    if (user.uid == 0) {
        return local_membership(name, user);
    }
    constexpr std::size_t first_try = 1024;
    constexpr std::size_t last_try = std::size_t{1024} * 1024;
    for (std::size_t size = first_try; size <= last_try; size *= 4) {
        std::vector<char> buffer(size);
        group entry{};
        group* found = nullptr;
        const int problem =
            ::getgrnam_r(std::string{name}.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (problem != ERANGE) {
            return found != nullptr ? membership_in(*found, user) : Membership{};
        }
    }
    return {};
}

}  // namespace

std::vector<gid_t> groups_in(std::string_view text, std::string_view user, gid_t own_group) {
    std::vector<gid_t> groups{own_group};
    while (!text.empty()) {
        const GroupLine group = parse_group(take_line(text));
        const bool is_new =
            group.number && std::find(groups.begin(), groups.end(), *group.number) == groups.end();
        if (is_new && lists(group.members, user)) {
            groups.push_back(*group.number);
        }
    }
    return groups;
}

std::string without_torn_line(std::string text) {
    // npos + 1: no line is whole.
    text.resize(text.rfind('\n') + 1);
    return text;
}

std::string read_group_file() {
    constexpr const char* path = "/etc/group";
    // Some hundred thousand groups.
    constexpr std::size_t largest = std::size_t{16} * 1024 * 1024;
    std::string text = common::read_text_file(path, largest + 1).value_or("");
    if (text.size() <= largest) {
        return text;
    }
    common::log(common::Severity::error,
                std::string{path} + ": only the first 16 MiB of it are read");
    return without_torn_line(std::move(text));
}

std::optional<gid_t> group_in(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        const GroupLine group = parse_group(take_line(text));
        if (group.name == name && group.number) {
            return group.number;
        }
    }
    return std::nullopt;
}

bool is_listed_in(std::string_view group, const common::User& user) {
    return membership(group, user).is_listed;
}

bool is_member_of(std::string_view group, const common::User& user) {
    const Membership found = membership(group, user);
    return found.is_own || found.is_listed;
}

void set_groups(const std::vector<gid_t>& groups) {
    common::check(::setgroups(groups.size(), groups.data()), "set the groups");
}

std::vector<gid_t> take_groups_of(const common::User& user, std::string_view group_file) {
    std::vector<gid_t> before = own_groups();
    if (user.uid == 0 || uses_local_accounts()) {
        set_groups(groups_in(group_file, user.name, user.gid));
    } else {
        common::check(::initgroups(user.name.c_str(), user.gid), "take the groups of", user.name);
    }
    return before;
}

int become_for_good(uid_t user, gid_t group) noexcept {
    if (::setresgid(group, group, group) != 0 || ::setresuid(user, user, user) != 0) {
        return errno;
    }
    gid_t real_group = 0;
    gid_t effective_group = 0;
    gid_t saved_group = 0;
    uid_t real = 0;
    uid_t effective = 0;
    uid_t saved = 0;
    if (::getresgid(&real_group, &effective_group, &saved_group) != 0 ||
        ::getresuid(&real, &effective, &saved) != 0) {
        return errno;
    }
    const bool is_group = real_group == group && effective_group == group && saved_group == group;
    const bool is_user = real == user && effective == user && saved == user;
    // Whoever can still become root has given nothing up.
    const bool can_return = user != 0 && ::setuid(0) == 0;
    if (!is_group || !is_user || can_return) {
        return EPERM;
    }
    // What we hold is not the user's before exec gives them a process of their own;
    // with fs.suid_dumpable=1 the kernel would let them trace this one.
    return ::prctl(PR_SET_DUMPABLE, 0) == 0 ? 0 : errno;
}

}  // namespace login
