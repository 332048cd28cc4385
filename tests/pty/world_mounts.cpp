#include "tests/pty/world_mounts.hpp"

#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/world_files.hpp"

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace pty {

namespace {

namespace fs = std::filesystem;

constexpr const char* catalogue = "LC_MESSAGES/ttygate.mo";

void mount_tmpfs(const std::string& directory, const char* options) {
    common::check(::mount("tmpfs", directory.c_str(), "tmpfs", MS_NOSUID, options),
                  "mount a tmpfs on",
                  directory);
}

void bind_over(const std::string& source, const std::string& target) {
    common::check(
        ::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr), "bind", target);
}

/// The machine itself: whatever goes wrong in a test, its files stay.
void make_everything_read_only() {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    common::check(::mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attributes, sizeof attributes),
                  "make / read-only");
}

/// Puts a built program where `ninja install` would. Its own directory is
/// covered, unless the place is taken by a program of the machine's: then only
/// that is.
void install(const std::string& built, const fs::path& installed, const fs::path& covered) {
    if (!fs::exists(installed)) {
        if (installed.parent_path() != covered) {
            mount_tmpfs(installed.parent_path(), "mode=755");
        }
        const common::UniqueFd file{
            common::check(::open(installed.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0755),
                          "create",
                          installed.c_str())};
    }
    bind_over(built, installed);
}

void install_programs() {
    const fs::path getty = TTYGATE_INSTALLED_GETTY;
    const fs::path login = TTYGATE_INSTALLED_LOGIN;
    install(TTYGATE_GETTY, getty, {});
    install(TTYGATE_LOGIN, login, getty.parent_path());
    // Where it would be installed, the machine may have programs that are needed.
    install(TTYGATE_SESSIONS, TTYGATE_SESSIONS_PLACE, {});
}

/// As `ninja install` would, over a directory that may not be there.
void install_catalogues() {
    const fs::path built = TTYGATE_CATALOGUES;
    const fs::path installed = TTYGATE_INSTALLED_CATALOGUES;
    std::vector<std::string> languages;
    for (const fs::directory_entry& entry : fs::directory_iterator{built}) {
        if (fs::exists(entry.path() / catalogue)) {
            languages.push_back(entry.path().filename());
        }
    }
    if (languages.empty()) {
        return;
    }
    fs::path covered = installed;
    while (!fs::exists(covered)) {
        covered = covered.parent_path();
    }
    mount_tmpfs(covered, "mode=755");
    for (const std::string& language : languages) {
        const fs::path place = installed / language / catalogue;
        fs::create_directories(place.parent_path());
        fs::copy_file(built / language / catalogue, place);
    }
}

#ifdef TTYGATE_SANITIZER_OPTIONS
constexpr const char* sanitizer_options = "/usr/local/lib/sanitizer_options.so";

void install_sanitizer_options() {
    // Covered by a tmpfs: the World's own directories are not there yet, and
    // hide the build folder once they are.
    const fs::path place = sanitizer_options;
    mount_tmpfs(place.parent_path(), "mode=755");
    fs::copy_file(TTYGATE_SANITIZER_OPTIONS, place);
}

void preload_sanitizer_options() {
    fs::create_directory("/run/sanitizer");
    common::check(::chmod("/run/sanitizer", 01777), "chmod");
    write_text("/etc/ld.so.preload", std::string{sanitizer_options} + "\n");
}
#else
void install_sanitizer_options() {}
void preload_sanitizer_options() {}
#endif

/// What the machine's own programs and libraries need from its /etc.
void carry_over(const fs::path& old_etc, const fs::path& new_etc) {
    for (const char* file : {"ld.so.cache", "ld.so.conf", "localtime"}) {
        if (fs::exists(old_etc / file)) {
            fs::copy_file(old_etc / file, new_etc / file);
        }
    }
    for (const char* directory : {"alternatives", "ld.so.conf.d", "terminfo"}) {
        if (fs::exists(old_etc / directory)) {
            fs::create_directory(new_etc / directory);
            bind_over(old_etc / directory, new_etc / directory);
        }
    }
}

void make_etc() {
    // Prepared beside the old one, which it takes its libraries' cache from.
    const fs::path staged = "/tmp/etc";
    fs::create_directory(staged);
    mount_tmpfs(staged, "mode=755");
    carry_over("/etc", staged);
    common::check(::mount(staged.c_str(), "/etc", nullptr, MS_MOVE, nullptr), "move /etc");
    fs::remove(staged);
    write_etc();
}

struct Device {
    const char* path;
    mode_t mode;
    unsigned int major_number;
    unsigned int minor_number;
};

void make_dev() {
    // Made aside first: /dev/pts and what else is mounted below stays out.
    const fs::path staged = "/tmp/dev";
    fs::create_directory(staged);
    common::check(::mount("tmpfs", staged.c_str(), "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755"),
                  "mount a tmpfs on",
                  staged.c_str());
    constexpr std::array<Device, 6> devices{{{"null", 0666, 1, 3},
                                             {"zero", 0666, 1, 5},
                                             {"full", 0666, 1, 7},
                                             {"random", 0666, 1, 8},
                                             {"urandom", 0666, 1, 9},
                                             {"tty", 0666, 5, 0}}};
    for (const Device& device : devices) {
        const auto path = staged / device.path;
        common::check(::mknod(path.c_str(),
                              S_IFCHR | device.mode,
                              makedev(device.major_number, device.minor_number)),
                      "mknod",
                      path.c_str());
        // mknod(2) heeds the umask.
        common::check(::chmod(path.c_str(), device.mode), "chmod", path.c_str());
    }
    fs::create_symlink("pts/ptmx", staged / "ptmx");
    fs::create_symlink("/proc/self/fd", staged / "fd");
    fs::create_symlink("/proc/self/fd/0", staged / "stdin");
    fs::create_symlink("/proc/self/fd/1", staged / "stdout");
    fs::create_symlink("/proc/self/fd/2", staged / "stderr");
    fs::create_directory(staged / "shm");
    common::check(::chmod((staged / "shm").c_str(), 01777), "chmod");
    fs::create_directory(staged / "pts");
    common::check(::mount("devpts",
                          (staged / "pts").c_str(),
                          "devpts",
                          MS_NOSUID | MS_NOEXEC,
                          "newinstance,gid=5,mode=620,ptmxmode=666"),
                  "mount a devpts");
    common::check(::mount(staged.c_str(), "/dev", nullptr, MS_MOVE, nullptr), "move /dev");
    fs::remove(staged);
}

struct Directory {
    const char* path;
    const char* options;
};

}  // namespace

void mount_world() {
    make_everything_read_only();
    // First, while the folder they were built in can still be seen.
    install_programs();
    install_catalogues();
    install_sanitizer_options();
    constexpr std::array<Directory, 7> directories{{{"/tmp", "mode=1777"},
                                                    {"/var/tmp", "mode=1777"},
                                                    {"/run", "mode=755"},
                                                    {"/var/log", "mode=755"},
                                                    {"/var/mail", "mode=2775,gid=8"},
                                                    {"/home", "mode=755"},
                                                    {"/root", "mode=700"}}};
    for (const Directory& directory : directories) {
        if (fs::is_directory(directory.path)) {
            mount_tmpfs(directory.path, directory.options);
        }
    }
    make_etc();
    make_dev();
    common::check(::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
                  "mount /proc");
    write_run_and_log();
    preload_sanitizer_options();
}

}  // namespace pty
