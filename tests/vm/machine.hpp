#pragma once

#include "tests/pty/line.hpp"
#include "tests/pty/process.hpp"
#include "tests/pty/wait.hpp"
#include "tests/vm/modem_lines.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vm {

/// How long one step may take on an emulated processor that shares its real
/// one with others.
constexpr pty::Milliseconds step_deadline{20'000};
constexpr pty::Milliseconds boot_deadline{120'000};

/// What is to be emulated.
struct Hardware {
    std::filesystem::path kernel;
    std::filesystem::path root;           ///< an Archive
    std::filesystem::path emulator_tree;  ///< QEMU and all it needs, unpacked
    std::filesystem::path artefacts;      ///< where the console's log and the screens go
    std::string kernel_words;             ///< more of its command line
    int megabytes = 512;
};

/// A PC in an emulator, from being switched on to being thrown away: serial
/// lines that are ptys here, a keyboard, a screen, and a shell of root's that is
/// no terminal of the guest's.
class Machine {
  public:
    explicit Machine(const Hardware& hardware);

    /// ttyS0, ttyS1, ttyS4 to ttyS7, hvc0: the test is at the other end of it.
    /// ttyS2 is the kernel's console, behind ttyS3 there is nothing.
    [[nodiscard]] pty::Line& line(const std::string& name);

    /// Runs commands in that shell and returns what they print, errors too.
    /// Throws unless the status is 0, or the deadline passes.
    std::string run(const std::string& commands,
                    pty::Milliseconds deadline = step_deadline,
                    pty::Place place = {});
    /// The same, for a question: whether the status is 0.
    [[nodiscard]] bool holds(const std::string& commands,
                             pty::Milliseconds deadline = step_deadline,
                             pty::Place place = {});
    /// Asks that until it holds. Throws at the deadline.
    void wait_for(const std::string& commands,
                  pty::Milliseconds deadline = step_deadline,
                  pty::Place place = {});

    /// What the other end of a serial line does, and what it is told.
    void set_modem_lines(const std::string& name, unsigned inputs);
    [[nodiscard]] unsigned outputs_of(const std::string& name) const;
    /// c_cflag, as the guest has set its UART.
    [[nodiscard]] tcflag_t frame_of(const std::string& name) const;
    void send_break(const std::string& name);

    /// Presses keys, one after the other: what is typed to get this text on a
    /// keyboard of the United States.
    void type(std::string_view text);
    /// Presses keys together, by QEMU's names: "ctrl-c", "alt-sysrq-k".
    void press(const std::string& keys);

    /// The rows of tty1, without what is blank at their ends and below them.
    [[nodiscard]] std::string screen_text();
    /// Waits for a text on it, and returns all of it.
    std::string expect_on_screen(std::string_view text,
                                 pty::Milliseconds deadline = step_deadline,
                                 pty::Place place = {});
    /// Waits until that is the last row.
    void expect_last_row(std::string_view row,
                         pty::Milliseconds deadline = step_deadline,
                         pty::Place place = {});
    /// Photographs the screen, into NAME.ppm, which is returned, and NAME.png, and
    /// writes down what /dev/vcs1 has into NAME.txt, all among the artefacts.
    std::filesystem::path photograph(const std::string& name);

    void unplug_usb_serial();
    void plug_in_usb_serial();

    /// Pulls the plug, and boots again with the disk as it is.
    void power_cycle();

    /// Talks to the emulator itself: a command of QEMU's machine protocol, as
    /// JSON without the outer braces. Throws when that is refused.
    std::string execute(const std::string& command);

  private:
    [[nodiscard]] std::vector<std::string> command_line() const;
    [[nodiscard]] ModemLines& modem_lines_of(const std::string& name) const;
    void power_on();
    std::string wait_for_screen(const std::function<bool(std::string_view)>& condition,
                                std::string_view text,
                                pty::Milliseconds deadline,
                                const pty::Place& place);
    /// The status of the commands, and what they print.
    std::pair<int, std::string> ask(const std::string& commands,
                                    pty::Milliseconds deadline,
                                    const pty::Place& place);

    class SharedModemLines;

    Hardware hardware_;
    std::map<std::string, std::unique_ptr<pty::Line>> lines_;
    std::shared_ptr<SharedModemLines> modem_lines_;
    std::unique_ptr<pty::Process> emulator_;
    int asked_ = 0;
};

}  // namespace vm
