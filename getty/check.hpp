#pragma once

#include "common/finding.hpp"
#include "getty/line_profile.hpp"
#include "getty/options.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace getty {

using common::Finding;

/// What /proc/tty/drivers says of the driver of a device, in its last column:
/// proc(5). Nothing where the device is no terminal.
[[nodiscard]] std::optional<std::string> terminal_driver(std::string_view drivers, dev_t device);

/// A process that uses a line.
struct Holder {
    pid_t process = 0;
    std::string command{};
    std::string user{};  ///< who is logged in by it; "" where it is no login's session

    bool operator==(const Holder&) const = default;
};

/// What is known of a line without opening it: to open a serial port raises its
/// modem lines, and a modem may answer.
struct DeviceFacts {
    std::string path{};
    bool is_standard_input = false;
    bool is_there = false;
    bool is_device = false;                ///< one of characters
    bool may_be_opened = false;            ///< by whoever asks
    std::optional<std::string> driver{};   ///< see terminal_driver()
    bool has_hardware = true;              ///< serial(4): false for a port that nothing is behind
    std::optional<unsigned> port_clock{};  ///< Hz, of a port whose speed is it divided
    std::vector<Holder> holders{};
    bool sees_all_holders = false;  ///< only root does
};

/// Whether it can be served at all, and who is on it.
[[nodiscard]] std::vector<Finding> line_findings(const DeviceFacts& facts);
/// Each speed; what is asked for twice is said once.
[[nodiscard]] std::vector<Finding> speed_findings(const DeviceFacts& facts,
                                                  const std::vector<Speed>& speeds);

/// What this kernel has to take a process's power away.
struct Confinement {
    bool has_seccomp = false;
    bool has_landlock = false;
};
/// By whom the name would be read.
[[nodiscard]] Finding reader_finding(const Options& options, Confinement kernel);

/// Where terminfo(5) has its entries of this name below one of its directories:
/// by its first letter, and by that in hexadecimal. Nothing for a name that can
/// be none.
[[nodiscard]] std::vector<std::string> terminfo_places(std::string_view directory,
                                                       std::string_view type);

/// Everything that `getty --check` has to say.
struct CheckReport {
    std::optional<std::string> line{};
    std::optional<std::string> device{};
    std::vector<Speed> speeds{};  ///< in the order that BREAKs go through
    std::optional<std::string> terminal_type{};
    std::string login_program{};
    std::vector<Finding> findings{};
};

[[nodiscard]] std::string check_as_text(const CheckReport& report);
/// One JSON object, as getty(8) describes it.
[[nodiscard]] std::string check_as_json(const CheckReport& report);

}  // namespace getty
