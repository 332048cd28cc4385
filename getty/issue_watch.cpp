#include "getty/issue_watch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
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

/// The eventfd(2)s of all watches, for the signal handler; 0: free. Further
/// watches than these are told by time only.
std::array<std::atomic<int>, 256> told_by_signal{};
static_assert(std::atomic<int>::is_always_lock_free);

void on_directory_signal(int /*number*/) {
    const int before = errno;
    for (const auto& told : told_by_signal) {
        if (const int descriptor = told; descriptor > 0) {
            ::eventfd_write(descriptor, 1);
        }
    }
    errno = before;
}

void replace_told(int before, int after) {
    auto* const place = std::find(told_by_signal.begin(), told_by_signal.end(), before);
    if (place != told_by_signal.end()) {
        *place = after;
    }
}

void listen_to_directory_signal() {
    struct sigaction action {};
    action.sa_handler = on_directory_signal;
    action.sa_flags = SA_RESTART;
    ::sigaction(directory_signal, &action, nullptr);
    // Init may have blocked it, and nobody else here uses it.
    sigset_t set{};
    ::sigemptyset(&set);
    ::sigaddset(&set, directory_signal);
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == path.npos) {
        return ".";
    }
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// What is not there now comes with an update of the system, and can wait.
bool has_vendor_directory(std::string_view path) {
    return path.starts_with("/usr/");
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

std::shared_ptr<IssueWatch> IssueWatch::of(const IssueSources& sources) {
    static std::vector<std::weak_ptr<IssueWatch>> all;
    for (auto& known : all) {
        if (auto watch = known.lock(); watch && watch->sources() == sources && !watch->has_told()) {
            return watch;
        }
    }
    all.erase(
        std::remove_if(all.begin(), all.end(), [](const auto& known) { return known.expired(); }),
        all.end());
    // Apart from what counts its users, or that would keep the memory of all of it.
    std::shared_ptr<IssueWatch> watch{new IssueWatch{sources}};
    all.push_back(watch);
    return watch;
}

IssueWatch::IssueWatch(const IssueSources& sources)
    : sources_(sources), events_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!events_.is_open()) {
        return;
    }
    directories_changed_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (directories_changed_.is_open()) {
        tell_of(directories_changed_.get(), EPOLLIN);
        replace_told(0, directories_changed_.get());
        listen_to_directory_signal();
        note_directory(parent_of(reload_file), Interest::names);
        for (const std::string& path : sources.paths) {
            note_path(path);
        }
        watch_directories();
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
    if (directories_changed_.is_open()) {
        replace_told(directories_changed_.get(), 0);
    }
}

bool IssueWatch::has_told() const {
    pollfd told{.fd = descriptor(), .events = POLLIN, .revents = 0};
    return ::poll(&told, 1, 0) > 0;
}

/// The directory it is in tells when the file comes, goes or is replaced; where
/// it is a link, so does that of what it leads to.
void IssueWatch::note_path(std::string path) {
    for (int count = 0; count < most_links && !path.empty(); ++count) {
        struct stat status {};
        const bool is_there = ::lstat(path.c_str(), &status) == 0;
        if (is_there || !has_vendor_directory(path)) {
            note_directory(parent_of(path),
                           is_there && S_ISREG(status.st_mode) ? Interest::names_and_content
                                                               : Interest::names);
        }
        if (is_there && S_ISDIR(status.st_mode)) {
            note_directory(path, Interest::names_and_content);
        }
        path = is_there && S_ISLNK(status.st_mode) ? link_target(path) : std::string{};
    }
}

void IssueWatch::note_directory(const std::string& path, Interest interest) {
    const auto known = std::find_if(directories_.begin(),
                                    directories_.end(),
                                    [&](const Directory& d) { return d.path == path; });
    if (known != directories_.end()) {
        known->interest = std::max(known->interest, interest);
    } else if (directories_.size() < most_directories) {
        directories_.push_back({.path = path, .interest = interest});
    }
}

void IssueWatch::watch_directories() {
    for (Directory& directory : directories_) {
        // What is only to come needs no word of every byte written beside it, as
        // to the records in /run.
        unsigned long wanted = DN_CREATE | DN_DELETE | DN_RENAME | DN_ATTRIB;
        if (directory.interest == Interest::names_and_content) {
            wanted |= DN_MODIFY;
        }
        directory.open.reset(::open(directory.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        // A kernel without dnotify refuses; then a change shows with the next one.
        if (!directory.open.is_open() ||
            ::fcntl(directory.open.get(), F_SETSIG, directory_signal) != 0 ||
            ::fcntl(directory.open.get(), F_NOTIFY, wanted) != 0) {
            directory.open.reset();
        }
    }
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
