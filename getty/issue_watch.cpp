#include "getty/issue_watch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace getty {

namespace {

/// A path to a path to a path: further than this is a loop.
constexpr int most_links = 8;
constexpr std::size_t most_directories = 16;
/// The kernel does not ask for more than one change to be queued, see IssueWatch.
constexpr int queue_size = 4096;

/// By default ignored: should one be on its way when login takes over, it does
/// no harm there.
constexpr int directory_signal = SIGURG;

/// The eventfd(2)s of all watches, for the signal handler; only touched while
/// the signal is blocked.
std::vector<int>& told_by_signal() {
    static std::vector<int> descriptors;
    return descriptors;
}

void on_directory_signal(int /*number*/) {
    const int before = errno;
    for (const int descriptor : told_by_signal()) {
        ::eventfd_write(descriptor, 1);
    }
    errno = before;
}

sigset_t only(int number) {
    sigset_t set{};
    ::sigemptyset(&set);
    ::sigaddset(&set, number);
    return set;
}

/// What init blocked is open afterwards: the signal is nobody else's.
class WithoutDirectorySignal {
  public:
    WithoutDirectorySignal() : set_(only(directory_signal)) {
        ::sigprocmask(SIG_BLOCK, &set_, nullptr);
    }
    WithoutDirectorySignal(const WithoutDirectorySignal&) = delete;
    WithoutDirectorySignal(WithoutDirectorySignal&&) = delete;
    WithoutDirectorySignal& operator=(const WithoutDirectorySignal&) = delete;
    WithoutDirectorySignal& operator=(WithoutDirectorySignal&&) = delete;
    ~WithoutDirectorySignal() { ::sigprocmask(SIG_UNBLOCK, &set_, nullptr); }

  private:
    sigset_t set_;
};

void listen_to_directory_signal() {
    struct sigaction action {};
    action.sa_handler = on_directory_signal;
    action.sa_flags = SA_RESTART;
    ::sigaction(directory_signal, &action, nullptr);
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == 0 || slash == path.npos ? "/" : path.substr(0, slash);
}

std::string link_target(const std::string& path) {
    std::array<char, PATH_MAX> target{};
    const auto size = ::readlink(path.c_str(), target.data(), target.size());
    if (size <= 0) {
        return {};
    }
    const std::string text{target.data(), static_cast<std::size_t>(size)};
    return text.starts_with('/') ? text : parent_of(path) + "/" + text;
}

}  // namespace

IssueWatch::IssueWatch(const IssueSources& sources) : events_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!events_.is_open()) {
        return;
    }
    directories_changed_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (directories_changed_.is_open()) {
        tell_of(directories_changed_.get(), EPOLLIN);
        {
            const WithoutDirectorySignal blocked;
            told_by_signal().push_back(directories_changed_.get());
            listen_to_directory_signal();
        }
        for (const std::string& path : sources.paths) {
            watch_path(path);
        }
        watch_path(reload_file);
    }
    if (sources.addresses) {
        watch_addresses();
    }
    if (sources.host_name) {
        watch_setting("/proc/sys/kernel/hostname");
    }
    if (sources.domain_name) {
        watch_setting("/proc/sys/kernel/domainname");
    }
}

IssueWatch::~IssueWatch() {
    const WithoutDirectorySignal blocked;
    auto& told = told_by_signal();
    told.erase(std::remove(told.begin(), told.end(), directories_changed_.get()), told.end());
}

/// The directory it is in tells when the file comes, goes or is replaced; where
/// it is a link, so does that of what it leads to.
void IssueWatch::watch_path(std::string path) {
    for (int count = 0; count < most_links && !path.empty(); ++count) {
        struct stat status {};
        const bool is_there = ::stat(path.c_str(), &status) == 0;
        watch_directory(parent_of(path),
                        is_there && S_ISREG(status.st_mode) && path != reload_file
                            ? Interest::names_and_content
                            : Interest::names);
        if (is_there && S_ISDIR(status.st_mode)) {
            watch_directory(path, Interest::names_and_content);
        }
        path = link_target(path);
    }
}

void IssueWatch::watch_directory(const std::string& path, Interest interest) {
    // What is only to come needs no word of every byte written beside it, as to
    // the records in /run.
    unsigned long wanted = DN_CREATE | DN_DELETE | DN_RENAME | DN_ATTRIB;
    wanted |= interest == Interest::names_and_content ? static_cast<unsigned long>(DN_MODIFY) : 0UL;
    const auto known = std::find_if(directories_.begin(),
                                    directories_.end(),
                                    [&](const Directory& d) { return d.path == path; });
    if (known != directories_.end()) {
        // Asking again adds to what was asked.
        ::fcntl(known->open.get(), F_NOTIFY, wanted);
        return;
    }
    if (directories_.size() == most_directories) {
        return;
    }
    common::UniqueFd directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory.is_open() || ::fcntl(directory.get(), F_SETSIG, directory_signal) != 0 ||
        ::fcntl(directory.get(), F_NOTIFY, wanted) != 0) {
        return;  // a kernel without dnotify: the change is seen with the next one
    }
    directories_.push_back({path, std::move(directory)});
}

void IssueWatch::watch_addresses() {
    common::UniqueFd socket{
        ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)};
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                        RTMGRP_IPV6_ROUTE;
    if (!socket.is_open()) {
        return;
    }
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &queue_size, sizeof queue_size);
    const void* const untyped = &address;
    if (::bind(socket.get(), static_cast<const sockaddr*>(untyped), sizeof address) == 0) {
        tell_of(socket.get(), EPOLLIN);
        others_.push_back(std::move(socket));
    }
}

/// A change of a kernel setting is told by poll(2) on its file.
void IssueWatch::watch_setting(const char* path) {
    common::UniqueFd setting{::open(path, O_RDONLY | O_CLOEXEC)};
    if (setting.is_open()) {
        tell_of(setting.get(), EPOLLPRI);
        others_.push_back(std::move(setting));
    }
}

void IssueWatch::tell_of(int descriptor, unsigned events) const {
    epoll_event event{};
    event.events = events;
    ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, descriptor, &event);
}

}  // namespace getty
