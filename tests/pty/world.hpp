#pragma once

#include "common/unique_fd.hpp"
#include "tests/pty/accounts.hpp"
#include "tests/pty/isolation.hpp"
#include "tests/pty/log_socket.hpp"
#include "tests/pty/records.hpp"
#include "tests/pty/wait.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pty {

/// A machine of the test's own, for as long as it lives: a mount namespace in
/// which /etc, /run, /var/log, /var/mail, /home, /root, /tmp and /dev are
/// fresh, everything else is read-only, and our getty and login stand where
/// they would be installed. Nothing done in it can be seen outside. There is
/// one at a time; make it first, so that it goes last: it ends all processes
/// that tests have started.
class World {
  public:
    /// Why there can be no World here; nothing when there can.
    [[nodiscard]] static std::optional<std::string> why_not_available();

    /// Throws unless is_isolated(): see TestWorld for tests.
    World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    World(World&&) = delete;
    World& operator=(World&&) = delete;
    ~World();

    /// Where our programs are in here.
    [[nodiscard]] static const char* getty();
    [[nodiscard]] static const char* login();
    [[nodiscard]] static const char* sessions();

    /// Appends it to passwd, shadow and group, and makes its home.
    void add_user(const Account& account) const;
    /// For an account that is there, such as root.
    void set_password(const std::string& name, const std::string& password) const;
    /// Appends a line of group(5).
    void add_group(std::string_view name, gid_t group, std::string_view members = {}) const;

    /// Creates or replaces a file, owned by root, with its directories.
    void write_file(const std::filesystem::path& path,
                    std::string_view text,
                    mode_t mode = 0644) const;
    void append_file(const std::filesystem::path& path, std::string_view text) const;
    /// With all that is in it, if it is a directory.
    void remove_file(const std::filesystem::path& path) const;
    [[nodiscard]] std::string read_file(const std::filesystem::path& path) const;

    [[nodiscard]] std::vector<Record> utmp() const;
    [[nodiscard]] std::vector<Record> wtmp() const;
    [[nodiscard]] std::vector<Record> btmp() const;
    [[nodiscard]] std::optional<LastLogin> last_login(uid_t user) const;

    /// Datagrams at /dev/log so far, each as it came ("<86>Jan  1 ... text").
    [[nodiscard]] const std::vector<std::string>& log_lines();
    /// What comes later is the first of them then.
    void forget_log();
    /// How many of them contain this text.
    [[nodiscard]] std::size_t count_log(std::string_view text);
    /// Waits for one that does, and returns it; throws at the deadline with
    /// all that was logged.
    std::string wait_for_log(std::string_view text, Milliseconds deadline = default_deadline);

    /// What the sanitizers of programs started in here have complained about;
    /// TestWorld turns it into failures.
    [[nodiscard]] std::vector<std::string> sanitizer_reports() const;

    /// Ends whatever the tests have started, as the destructor does.
    void kill_everybody() const;

  private:
    void leave() noexcept;

    common::UniqueFd root_outside_;
    common::UniqueFd outside_;
    std::filesystem::path directory_outside_;
    std::optional<LogSocket> log_;
};

}  // namespace pty
