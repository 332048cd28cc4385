#include "tests/inits/systemd_machine.hpp"

#include "common/syscall.hpp"
#include "tests/inits/process_one.hpp"
#include "tests/pty/process_table.hpp"

#include <array>
#include <filesystem>
#include <stdexcept>

#include <sys/mount.h>
#include <unistd.h>

namespace inits {

namespace {

namespace fs = std::filesystem;

/// The units that we have drop-ins for.
constexpr std::array gettys{"console-getty", "container-getty@", "getty@", "serial-getty@"};

/// What a machine of processes, without devices and a boot of its own, has no
/// use for; the log is the World's.
constexpr std::array masked{"systemd-journald.service",
                            "systemd-journald.socket",
                            "systemd-journald-dev-log.socket",
                            "systemd-journald-audit.socket",
                            "systemd-udevd.service",
                            "systemd-udevd-control.socket",
                            "systemd-udevd-kernel.socket",
                            "systemd-udev-trigger.service",
                            "systemd-tmpfiles-setup.service",
                            "systemd-tmpfiles-setup-dev.service",
                            "systemd-sysctl.service",
                            "systemd-sysusers.service",
                            "systemd-modules-load.service",
                            "systemd-remount-fs.service",
                            "systemd-random-seed.service",
                            "systemd-update-utmp.service",
                            "systemd-binfmt.service",
                            "modprobe@.service",
                            "dev-hugepages.mount",
                            "dev-mqueue.mount",
                            "sys-kernel-debug.mount",
                            "sys-kernel-tracing.mount",
                            "proc-sys-fs-binfmt_misc.automount"};

/// What systemd prepares in a mount namespace of its own, credentials among
/// others, has to come out of that.
void share_mounts() noexcept {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) < 0) {
        ::_exit(127);
    }
}

}  // namespace

Systemd::Systemd()
    : packages_({"systemd",       "libsystemd-shared",
                 "libsystemd0",   "libapparmor1",
                 "libcap-ng0",    "libcryptsetup12",
                 "libfdisk1",     "libkmod2",
                 "libargon2-1",   "libdevmapper1.02.1",
                 "libjson-c5",    "libip4tc2",
                 "libseccomp2",   "libssl3",
                 "dbus",          "dbus-bin",
                 "dbus-daemon",   "dbus-system-bus-common",
                 "libdbus-1-3",   "libexpat1",
                 "libpam-systemd"}) {
    for (const std::string unit : gettys) {
        drop_ins_.emplace_back("/etc/systemd/system/" + unit + ".service.d/ttygate.conf",
                               entry("systemd-" + unit + ".conf"));
    }
}

void Systemd::install_in(const pty::World& world) {
    packages_.install_in(world);
    for (const auto& [place, text] : drop_ins_) {
        world.write_file(place, text);
    }
    for (const std::string unit : masked) {
        fs::create_symlink("/dev/null", "/etc/systemd/system/" + unit);
    }
    world.remove_file("/etc/systemd/system/getty.target.wants");
    world.write_file("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    world.append_file("/etc/passwd", "messagebus:x:100:65534::/nonexistent:/usr/sbin/nologin\n");
    common::check(::mount("tmpfs", "/var/lib", "tmpfs", MS_NOSUID, "mode=755"),
                  "mount a tmpfs on",
                  "/var/lib");
    // Virtual terminals are for the test to give out.
    world.write_file("/etc/systemd/logind.conf", "[Login]\nNAutoVTs=0\nReserveVT=0\n");
    pty::choose_gate(world, pty::Gate::pam);
    world.append_file("/etc/pam.d/login", "session required pam_systemd.so\n");
    world.write_file("/etc/pam.d/systemd-user",
                     "account required pam_permit.so\n"
                     "session required pam_systemd.so\n");
}

void forget_device_of_serial_getty(const pty::World& world) {
    std::string text = world.read_file("/lib/systemd/system/serial-getty@.service");
    const std::string device = "BindsTo=dev-%i.device\n";
    const auto at = text.find(device);
    if (at == std::string::npos) {
        throw std::runtime_error{"serial-getty@.service binds to no device: " + text};
    }
    text.erase(at, device.size());
    world.write_file("/etc/systemd/system/serial-getty@.service", text);
}

SystemdMachine::SystemdMachine(const pty::World& world, const std::vector<std::string>& units)
    : cgroup_(world), init_([&] {
          std::string wanted = "dbus.socket systemd-logind.service systemd-user-sessions.service";
          for (const std::string& unit : units) {
              wanted += " " + unit;
          }
          world.write_file("/etc/systemd/system/test.target",
                           "[Unit]\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n"
                           "Wants=" +
                               wanted + "\n");
          return start_as_process_one(
              {.arguments = {"/lib/systemd/systemd",
                             "--show-status=no",
                             "--log-target=null",
                             "--unit=test.target"},
               .environment = {"container=ttygate-test", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
               .before_exec = [this] {
                   cgroup_.become_topmost();
                   share_mounts();
               }});
      }()) {}

std::string SystemdMachine::ask(const std::string& command) const {
    // Its own process, below the one that stands beside it.
    const auto below = pty::descendants_of(init_.id());
    if (below.empty()) {
        return "there is no systemd";
    }
    return pty::run({.arguments = {"/usr/bin/nsenter",
                                   "-t",
                                   std::to_string(below.front()),
                                   "-p",
                                   "-m",
                                   // Not the namespace's own root, where tests run in a chroot.
                                   "-r",
                                   "-C",
                                   // nsenter goes back to its directory, which is not in there.
                                   "/usr/bin/env",
                                   "-C",
                                   "/",
                                   "/bin/sh",
                                   "-c",
                                   command},
                     .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"}},
                    respawn_deadline)
        .output;
}

}  // namespace inits
