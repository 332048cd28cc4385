#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace vm {

/// The emulator's side of a serial line, as a cable has it and a pty has not:
/// shared between the test and the object that is loaded into the emulator.
struct ModemLines {
    /// What the guest reads: TIOCM_CD, TIOCM_DSR, TIOCM_CTS, TIOCM_RI.
    std::atomic<std::uint32_t> inputs;
    /// What the guest has set: TIOCM_DTR, TIOCM_RTS.
    std::atomic<std::uint32_t> outputs;
    /// c_cflag as the guest's UART has it: CSIZE, PARENB, PARODD, CSTOPB. A pty
    /// would show CS8 and no parity whatever is set.
    std::atomic<std::uint32_t> frame;
};

/// One for each pty by its number, in the file that this variable names.
constexpr const char* modem_lines_variable = "TTYGATE_MODEM_LINES";
constexpr std::size_t most_modem_lines = 4096;
constexpr std::size_t size_of_modem_lines = most_modem_lines * sizeof(ModemLines);

}  // namespace vm
