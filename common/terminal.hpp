#pragma once

#include "common/unique_fd.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sys/ioctl.h>
#include <sys/types.h>
#include <termios.h>

namespace common {

/// Whose a line is.
struct Ownership {
    uid_t owner = 0;
    gid_t group = 0;
    mode_t mode = 0;  ///< permission bits only
};

/// A terminal line we hold open, never blocking. Each method is one request to
/// the kernel and throws std::system_error when the kernel refuses.
class Terminal {
  public:
    /// Opens without waiting for a carrier and without becoming controlled by
    /// it. Throws std::system_error where there is no device;
    /// ENOTTY where the path is anything but a terminal, and then nothing of
    /// the file has been touched: a FIFO or a disk is never opened for reading.
    static Terminal open(const std::string& path);
    /// The line this program was started on (descriptor 0), opened once more
    /// where possible so that our O_NONBLOCK is ours alone. ENOTTY where
    /// descriptor 0 is no terminal.
    static Terminal standard_input();
    /// The same line as standard_input() gave, opened once more where possible.
    [[nodiscard]] Terminal open_again() const;
    /// The line of this name opened once more, after a hang-up. ENXIO where the name
    /// is another device's by now.
    [[nodiscard]] Terminal open_by_name() const;

    /// "/dev/ttyS0", or "" where the line has no name (another devpts, a container).
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// The name without "/dev/", as records have it; "" where there is none.
    [[nodiscard]] std::string_view name() const noexcept;
    [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }
    /// Whether it was opened for this object, and is nobody else's.
    [[nodiscard]] bool has_own_opening() const noexcept { return has_own_opening_; }
    [[nodiscard]] dev_t device() const noexcept { return device_; }
    /// The same, but of the line that /dev/console or /dev/tty0 stands for.
    [[nodiscard]] dev_t real_device() const;

    [[nodiscard]] termios modes() const;
    /// Those it had when it was first opened.
    [[nodiscard]] const termios& found_modes() const noexcept { return found_modes_; }
    /// `how` is TCSANOW, TCSADRAIN or TCSAFLUSH. Draining can block without
    /// bound on a stopped line: see drain().
    void set_modes(const termios& modes, int how = TCSANOW) const;
    /// Modes that a boot splash has locked (TIOCSLCKTRMIOS) could not be changed,
    /// and set_modes() would not say so.
    void unlock_modes() const;
    /// What no hang-up undoes while anybody holds the line: output that was stopped
    /// (TCOOFF of tcflow(3): no key starts it again), a line that is root's alone to open
    /// (TIOCEXCL), and another discipline (TIOCSETD). What cannot be undone stays.
    void undo_lasting_changes() const noexcept;
    [[nodiscard]] winsize size() const;
    void set_size(unsigned short rows, unsigned short columns) const;
    /// Bits per second, any number; 0: the driver does not say.
    [[nodiscard]] unsigned speed() const;
    void set_speed(unsigned bits_per_second) const;
    /// Whether a modem, or what is wired like one, says that it is connected. A
    /// line without modem control lines always is.
    [[nodiscard]] bool has_carrier() const;
    /// Told by what the line can do, never by its name.
    [[nodiscard]] bool is_virtual_terminal() const;
    /// The same by its number, which says no for certain.
    [[nodiscard]] bool may_be_virtual_terminal() const;
    /// Of a virtual terminal's keyboard; no other line's is known.
    [[nodiscard]] bool has_caps_lock_on() const;
    /// Whether these characters, in UTF-8, come out as they should, as far as that
    /// can be known: the line is said to be in UTF-8 (IUTF8), and the font of a
    /// virtual terminal has them all.
    [[nodiscard]] bool shows(std::string_view characters) const;
    /// Whether the other side is a program. When that has gone the line never comes
    /// back: the next one of its name is somebody else's.
    [[nodiscard]] bool is_pseudo_terminal() const;

    /// Writes all of it, or as much as the line takes within `patience`: a
    /// terminal stopped by ^S must not hold a login for ever. Returns false
    /// when the line is gone or stuck, which the next read tells as well.
    // NOLINTNEXTLINE(modernize-use-nodiscard): most callers read next
    bool write(std::string_view text,
               std::chrono::milliseconds patience = std::chrono::seconds{5}) const;
    /// Writes what the line takes at once; returns how much that was.
    [[nodiscard]] std::size_t write_some(std::string_view text) const;
    /// Waits until what was written has left, at most `patience`.
    void drain(std::chrono::milliseconds patience) const;
    /// One byte if one is there. Throws when the line has been hung up (the
    /// line is taken to be in raw modes: VMIN 1).
    [[nodiscard]] std::optional<char> read_byte() const;
    /// As much as has come and fits; 0 when nothing has. Throws as read_byte() does.
    [[nodiscard]] std::size_t read_some(std::span<char> place) const;
    /// What has arrived and was not read, thrown away. Returns what the last
    /// byte of it was, or nothing if there was none.
    // NOLINTNEXTLINE(modernize-use-nodiscard): most callers only want it gone
    std::optional<char> drop_input() const;

    /// Whether something written is still on its way, as far as the driver tells.
    [[nodiscard]] bool has_output_waiting() const noexcept;
    /// What is still on its way, thrown away.
    void drop_output() const noexcept;

    /// Becomes our controlling terminal: we must lead a session that has none.
    void become_controlling() const;
    /// Ends every use of the line by older processes, ours included: open again
    /// after it. Unlike vhangup(2) it needs no controlling terminal. The SIGHUP
    /// it sends is the caller's to ignore.
    void hang_up() const;
    /// Owner, group and mode through the open descriptor, never by name; what an access
    /// list (acl(5)) grants besides is taken back.
    void give_to(uid_t owner, gid_t group, mode_t mode) const;
    [[nodiscard]] Ownership ownership() const;
    void set_blocking() const;
    void set_non_blocking() const noexcept;
    /// Puts the line on descriptors 0, 1 and 2.
    void become_standard() const;

  private:
    enum class Opening { own, shared };
    Terminal(UniqueFd fd,
             std::string path,
             dev_t device,
             const termios& found_modes,
             Opening opening = Opening::own)
        : fd_(std::move(fd)),
          path_(std::move(path)),
          device_(device),
          found_modes_(found_modes),
          has_own_opening_(opening == Opening::own) {}
    static Terminal of_standard_input(std::string path, dev_t device, const termios& found_modes);

    UniqueFd fd_;
    std::string path_;
    dev_t device_;  ///< of an open file it never changes
    termios found_modes_;
    bool has_own_opening_;
};

/// "ttyS0" and "/dev/ttyS0" both mean /dev/ttyS0; anything with another leading
/// slash is taken as it is.
[[nodiscard]] std::string line_path(std::string_view name);
/// The other way round.
[[nodiscard]] std::string_view line_name(std::string_view path);

/// What the group "tty" is on Debian and most others.
constexpr gid_t usual_terminal_group = 5;

/// The gid of the group "tty" from /etc/group, read without NSS: the line must
/// be usable when no directory server is.
[[nodiscard]] gid_t terminal_group();

}  // namespace common
