#pragma once

#include "tests/inits/cgroup.hpp"
#include "tests/inits/machine.hpp"
#include "tests/pty/process.hpp"

#include <string>

namespace inits {

/// Debian's systemd with logind and a message bus, for a World to come.
class Systemd {
  public:
    Systemd();

    /// Puts it into the World, with our drop-ins for its gettys, and PAM as the
    /// gate, which tells logind about sessions. Skips the test case without PAM.
    void install_in(const pty::World& world);

  private:
    InstalledPackages packages_;
    std::vector<std::pair<std::string, std::string>> drop_ins_;
};

/// serial-getty@ needs a device that udev tells of, which there is not: from now
/// on the unit is served without.
void forget_device_of_serial_getty(const pty::World& world);

/// systemd as process 1 of a World, with these units beside logind.
class SystemdMachine {
  public:
    SystemdMachine(const pty::World& world, const std::vector<std::string>& units);

    /// What a command of root's on it says.
    [[nodiscard]] std::string ask(const std::string& command) const;
    [[nodiscard]] bool is_running() { return init_.is_running(); }

  private:
    Cgroup cgroup_;
    pty::Process init_;
};

}  // namespace inits
