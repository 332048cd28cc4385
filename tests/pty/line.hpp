#pragma once

#include "common/unique_fd.hpp"
#include "tests/pty/process.hpp"
#include "tests/pty/wait.hpp"

#include <string>
#include <string_view>

#include <sys/ioctl.h>
#include <sys/types.h>
#include <termios.h>

namespace pty {

/// Where in a test something was expected. Filled in by the compiler at the
/// call; std::source_location is not in clang 14.
struct Place {
    // NOLINTNEXTLINE(google-explicit-constructor): made by default arguments only
    Place(const char* file_name = __builtin_FILE(), int line_number = __builtin_LINE())
        : file(file_name), line(line_number) {}
    const char* file;
    int line;
};

/// The command with every "{line}" in its arguments replaced by the line's name.
[[nodiscard]] Command naming_line(Command command, std::string_view name);

/// A terminal line with somebody at the other end: a fresh pty pair whose
/// master the test holds. Tests talk to it as a person would. The slave is
/// never held open here, so the line is hung up when the programs leave it.
class Line : private Source {
  public:
    Line();
    ~Line() override = default;

    [[nodiscard]] const std::string& path() const { return path_; }  ///< /dev/pts/3
    [[nodiscard]] std::string name() const;                          ///< pts/3

    /// Starts a process with this line as its terminal: on descriptors 0 to 2,
    /// and as controlling terminal when the command asks for that.
    [[nodiscard]] Process start_on(Command command) const;
    /// Starts a process that only knows the line by its name, as an init starts
    /// a getty: every "{line}" in its arguments becomes name(), e.g. pts/3.
    [[nodiscard]] Process start_for(Command command) const;

    /// Types. Everything is sent, or the call throws at the deadline.
    void send(std::string_view keys, Place place = {});

    /// Waits for this text in what has come since the last match, and returns
    /// what came before it. At the deadline it throws, with the whole
    /// transcript; a line that is hung up is waited for all the same, since a
    /// getty may open it again.
    std::string expect(std::string_view text,
                       Milliseconds deadline = default_deadline,
                       Place place = {});

    /// Throws when anything comes from now on until the duration is over.
    void expect_nothing(Milliseconds duration, Place place = {});

    /// Waits until no process has the line open any more.
    void expect_hang_up(Milliseconds deadline = default_deadline, Place place = {});

    /// Everything that came, and that part of it no expect() has matched yet.
    [[nodiscard]] const std::string& transcript() const { return received_; }
    [[nodiscard]] std::string_view unmatched() const;

    /// Gives away everything that came and forgets it, for a person who looks
    /// on for hours and needs no transcript.
    [[nodiscard]] std::string take_received();

    /// The person goes away: SIGHUP for the session on the line.
    void close_master();

    /// A terminal that takes nothing more: what programs write stays in the
    /// kernel's buffer until resume_reading().
    void stop_reading() { reading_ = Reading::stopped; }
    void resume_reading() { reading_ = Reading::going_on; }

    void resize(unsigned short rows, unsigned short columns) const;
    [[nodiscard]] winsize window_size() const;

    /// The line's modes, read without opening the slave.
    [[nodiscard]] termios modes() const;
    void set_modes(const termios& modes) const;

    /// The session the line controls and its foreground process group; 0 when
    /// there is none.
    [[nodiscard]] pid_t session() const;
    [[nodiscard]] pid_t foreground_group() const;

    /// Of the slave's node.
    struct Owner {
        uid_t user = 0;
        gid_t group = 0;
        mode_t mode = 0;  ///< permission bits only
        friend bool operator==(const Owner& left, const Owner& right) = default;
        friend std::ostream& operator<<(std::ostream& stream, const Owner& owner);
    };
    [[nodiscard]] Owner owner() const;

    /// The master itself, for what this class does not do.
    [[nodiscard]] int master() const { return master_.get(); }

  private:
    enum class Reading { going_on, stopped };
    enum class Peer { open, gone };

    [[nodiscard]] int descriptor() const override;
    void receive() override;
    [[noreturn]] void fail(std::string_view what, const Place& place) const;

    common::UniqueFd master_;
    std::string path_;
    std::string received_;
    std::size_t matched_ = 0;
    Reading reading_ = Reading::going_on;
    Peer peer_ = Peer::open;
};

}  // namespace pty
