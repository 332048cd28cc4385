#include "login/line_holders.hpp"

#include "common/directory.hpp"
#include "common/text_file.hpp"
#include "common/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace login {

namespace {

std::string threads_directory(pid_t process) {
    return "/proc/" + std::to_string(process) + "/task";
}

std::optional<int> number_in(std::string_view text) {
    int number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size() ? std::optional{number}
                                                                      : std::nullopt;
}

void add_children(pid_t parent, std::string_view list, std::vector<Descendant>& children) {
    while (!list.empty()) {
        const std::size_t length = std::min(list.find(' '), list.size());
        if (const auto child = number_in(list.substr(0, length))) {
            children.push_back({.id = *child, .parent = parent});
        }
        list.remove_prefix(std::min(length + 1, list.size()));
    }
}

bool kernel_lists_children() {
    const std::string self = std::to_string(::getpid());
    return ::access(("/proc/self/task/" + self + "/children").c_str(), F_OK) == 0;
}

std::vector<Descendant> children_in_table(pid_t parent) {
    std::vector<Descendant> children;
    for (const common::ProcessEntry& process : common::ProcessTable{}.read()) {
        if (process.parent == parent) {
            children.push_back({.id = process.id, .parent = parent});
        }
    }
    return children;
}

/// Sees files as the process's own user does, to whom the kernel shows its descriptors:
/// root needs CAP_SYS_PTRACE for them, which containers lack. A process that hides them
/// belongs to root here; proc(5).
class EyesOf {
  public:
    explicit EyesOf(pid_t process) {
        struct stat owner {};
        if (::stat(("/proc/" + std::to_string(process)).c_str(), &owner) == 0) {
            group_before_ = static_cast<gid_t>(::setfsgid(owner.st_gid));
            user_before_ = static_cast<uid_t>(::setfsuid(owner.st_uid));
        }
    }
    EyesOf(const EyesOf&) = delete;
    EyesOf(EyesOf&&) = delete;
    EyesOf& operator=(const EyesOf&) = delete;
    EyesOf& operator=(EyesOf&&) = delete;
    ~EyesOf() {
        ::setfsuid(user_before_);
        ::setfsgid(group_before_);
    }

  private:
    uid_t user_before_ = ::geteuid();
    gid_t group_before_ = ::getegid();
};

/// Where a descriptor leads.
enum class Leads {
    elsewhere,
    to_line,
    to_some_terminal,  ///< "the terminal of whoever opens this", of which /proc shows no more
    nobody_knows
};

Leads where_leads(const std::string& descriptor, const struct stat& line) {
    struct statx file {};
    // What the kernel knows by itself: the files may be on a file system of the user's own.
    if (::statx(AT_FDCWD,
                descriptor.c_str(),
                AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
                STATX_TYPE,
                &file) != 0) {
        return errno == EACCES || errno == EPERM ? Leads::nobody_knows : Leads::elsewhere;
    }
    if (!S_ISCHR(file.stx_mode)) {
        return Leads::elsewhere;
    }
    const dev_t device = ::makedev(file.stx_rdev_major, file.stx_rdev_minor);
    if (device == line.st_rdev) {
        // Each container counts its pseudo-terminals from 0 on.
        constexpr unsigned pseudo_terminals = 136;
        const bool is_others = ::major(device) == pseudo_terminals &&
                               ::makedev(file.stx_dev_major, file.stx_dev_minor) != line.st_dev;
        return is_others ? Leads::elsewhere : Leads::to_line;
    }
    // /dev/tty, /dev/console and /dev/tty0; devices.txt of the kernel.
    const bool is_alias =
        device == ::makedev(5, 0) || device == ::makedev(5, 1) || device == ::makedev(4, 0);
    return is_alias ? Leads::to_some_terminal : Leads::elsewhere;
}

/// The terminal itself has to be asked: true unless it is another one.
bool is_perhaps_line(pid_t process, int number, const common::Terminal& line) {
    const common::UniqueFd handle{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))};
    const common::UniqueFd copy{
        static_cast<int>(::syscall(SYS_pidfd_getfd, handle.get(), number, 0))};
    unsigned its = 0;
    unsigned ours = 0;
    return !copy.is_open() || ::ioctl(copy.get(), TIOCGDEV, &its) != 0 ||
           ::ioctl(line.descriptor(), TIOCGDEV, &ours) != 0 || its == ours;
}

/// Of the process's own table, or one of its threads'.
enum class Table { of_process, of_thread };

bool has_line(const std::string& directory,
              Table table,
              pid_t process,
              const common::Terminal& line) {
    struct stat device {};
    if (::fstat(line.descriptor(), &device) != 0) {
        return true;
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> open{::opendir(directory.c_str()), ::closedir};
    if (!open) {
        return errno != ENOENT && errno != ESRCH;
    }
    int left = 16384;
    while (const dirent* const entry = ::readdir(open.get())) {
        const std::string name{static_cast<const char*>(entry->d_name)};
        const auto number = number_in(name);
        if (!number) {
            continue;
        }
        if (--left < 0) {
            return true;
        }
        std::string descriptor = directory;
        descriptor.append("/").append(name);
        switch (where_leads(descriptor, device)) {
            case Leads::elsewhere: break;
            case Leads::to_line:
            case Leads::nobody_knows: return true;
            case Leads::to_some_terminal:
                if (table == Table::of_thread || is_perhaps_line(process, *number, line)) {
                    return true;
                }
                break;
        }
    }
    return false;
}

}  // namespace

std::vector<Descendant> children_of(pid_t parent) {
    static const bool has_lists = kernel_lists_children();
    if (!has_lists) {
        return children_in_table(parent);
    }
    constexpr std::size_t most = 1024UL * 1024;
    std::vector<Descendant> children;
    const std::string threads = threads_directory(parent);
    for (const std::string& thread : common::names_in(threads)) {
        std::string list = threads;
        list.append("/").append(thread).append("/children");
        add_children(parent, common::read_text_file(list, most).value_or(""), children);
    }
    return children;
}

bool has_gone(const common::ProcessEntry& process) {
    return process.has_ended() && common::names_in(threads_directory(process.id)).size() <= 1;
}

bool has_open(pid_t process, const common::Terminal& line) {
    const EyesOf eyes{process};
    if (has_line("/proc/" + std::to_string(process) + "/fd", Table::of_process, process, line)) {
        return true;
    }
    const std::string threads = threads_directory(process);
    for (const std::string& thread : common::names_in(threads)) {
        const auto id = number_in(thread);
        // Threads share one table, unless they have asked for their own.
        const bool has_own =
            id && *id != process && ::syscall(SYS_kcmp, process, *id, KCMP_FILES, 0, 0) != 0;
        std::string directory = threads;
        directory.append("/").append(thread).append("/fd");
        if (has_own && has_line(directory, Table::of_thread, process, line)) {
            return true;
        }
    }
    return false;
}

}  // namespace login
