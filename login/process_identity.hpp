#pragma once

#include "common/user.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace login {

/// The groups of an account according to group(5) text: its own and every one
/// that lists it.
[[nodiscard]] std::vector<gid_t> groups_in(std::string_view text,
                                           std::string_view user,
                                           gid_t own_group);

/// The number of a group, by the same.
[[nodiscard]] std::optional<gid_t> group_in(std::string_view text, std::string_view name);

/// Text whose end was not read, without the line that is there in part.
[[nodiscard]] std::string without_torn_line(std::string text);

/// group(5) of this machine; "" where it cannot be read.
[[nodiscard]] std::string read_group_file();

/// Whether a group names the user among its members; root is looked for in the
/// local file alone.
[[nodiscard]] bool is_listed_in(std::string_view group, const common::User& user);
/// The same, or it is the user's primary group.
[[nodiscard]] bool is_member_of(std::string_view group, const common::User& user);

/// Takes the supplementary groups of an account, for this whole process; root's
/// from the local file alone, whose text is given, so that root gets in without any
/// directory server. Returns those we had.
[[nodiscard]] std::vector<gid_t> take_groups_of(const common::User& user,
                                                std::string_view group_file);
void set_groups(const std::vector<gid_t>& groups);

/// Becomes that user for good: real, effective and saved, group and user.
/// Returns 0, or the errno of what failed; also when the identity is not what
/// it must be afterwards, or could be given back. Not to be traced or dumped by
/// them until it execs. Async-signal-safe.
[[nodiscard]] int become_for_good(uid_t user, gid_t group) noexcept;

}  // namespace login
