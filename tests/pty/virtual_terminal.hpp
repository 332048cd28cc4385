#pragma once

#include "common/unique_fd.hpp"
#include "tests/pty/line.hpp"
#include "tests/pty/process.hpp"
#include "tests/pty/wait.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <termios.h>

namespace pty {

/// A virtual terminal of the machine's that nobody uses, for as long as this
/// lives: keys go in by TIOCSTI, the screen comes out of /dev/vcs. Its nodes
/// are made in the World's own /dev, as udev would have them, so that owner and
/// mode are the World's too; keyboard and screen are given back as a new
/// virtual terminal has them. Skips the test case where there is none.
///
/// The device is opened anew for every request: a hang-up ends whatever was
/// open before it.
class VirtualTerminal {
  public:
    VirtualTerminal();
    VirtualTerminal(const VirtualTerminal&) = delete;
    VirtualTerminal& operator=(const VirtualTerminal&) = delete;
    VirtualTerminal(VirtualTerminal&&) = delete;
    VirtualTerminal& operator=(VirtualTerminal&&) = delete;
    ~VirtualTerminal();

    [[nodiscard]] unsigned number() const { return number_; }
    [[nodiscard]] std::string name() const;  ///< tty40
    [[nodiscard]] std::string path() const;  ///< /dev/tty40

    /// As Line's.
    [[nodiscard]] Process start_on(Command command) const;
    [[nodiscard]] Process start_for(Command command) const;

    /// Types; a line that is just being hung up is waited for.
    void send(std::string_view keys, Place place = {}) const;
    /// Shows text, as a program that ran here before would have.
    void write(std::string_view text) const;

    /// The rows of the screen in UTF-8, without the blanks at their ends.
    [[nodiscard]] std::vector<std::string> screen() const;
    /// The row the cursor is in, up to the cursor: what a person looks at.
    [[nodiscard]] std::string before_cursor() const;
    /// The row of the first line on the screen that contains the text, from 0;
    /// throws with the screen where there is none.
    [[nodiscard]] std::size_t row_of(std::string_view text, Place place = {}) const;
    /// The attribute byte (console_codes(4), the low byte is the character) of
    /// a cell; 0x07 is grey on black.
    [[nodiscard]] unsigned attribute(std::size_t row, std::size_t column) const;

    /// Waits until the screen shows this text; at the deadline it throws, with
    /// the screen.
    void expect(std::string_view text,
                Milliseconds deadline = default_deadline,
                Place place = {}) const;
    /// Waits until all that stands before the cursor in its row is this.
    void expect_at_cursor(std::string_view text,
                          Milliseconds deadline = default_deadline,
                          Place place = {}) const;

    [[nodiscard]] termios modes() const;
    void set_modes(const termios& modes) const;
    [[nodiscard]] Line::Owner owner() const;
    [[nodiscard]] static Line::Owner owner_of(const std::string& path);
    /// Of an ioctl that hands an int to the kernel, or takes one from it.
    void set(unsigned long request, unsigned long value) const;
    [[nodiscard]] int get(unsigned long request) const;
    /// Any other.
    void control(unsigned long request, void* argument) const;

  private:
    struct Free {
        common::UniqueFd lock;
        unsigned number;
    };
    [[nodiscard]] static Free find_free();
    explicit VirtualTerminal(Free free);

    struct Cursor {
        std::size_t columns;
        std::size_t column;
        std::size_t row;
    };

    [[nodiscard]] common::UniqueFd open() const;
    [[nodiscard]] std::string cells(std::string_view kind) const;
    [[nodiscard]] std::u32string characters() const;
    [[nodiscard]] Cursor cursor() const;
    [[noreturn]] void fail(std::string_view what, const Place& place) const;

    /// Keeps other test programs off it.
    common::UniqueFd lock_;
    unsigned number_;
    unsigned long keyboard_mode_ = 3;  ///< K_UNICODE
};

}  // namespace pty
