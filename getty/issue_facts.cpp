#include "getty/issue_facts.hpp"

#include "common/log.hpp"
#include "common/record_file.hpp"
#include "common/syscall.hpp"
#include "common/terminal.hpp"
#include "common/text_file.hpp"
#include "common/unique_fd.hpp"
#include "getty/exit_status.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <vector>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace getty {

namespace {

constexpr const char* reload_file = "/run/agetty.reload";

utsname system_names() {
    utsname names{};
    ::uname(&names);
    return names;
}

std::tm local_time() {
    const std::time_t now = std::time(nullptr);
    std::tm fields{};
    ::localtime_r(&now, &fields);
    return fields;
}

unsigned users_logged_in() {
    std::vector<utmpx> records;
    common::tolerate("count the users",
                     [&] { records = common::read_records(common::RecordPaths{}.utmp); });
    return static_cast<unsigned>(std::count_if(
        records.begin(), records.end(), [](const utmpx& r) { return r.ut_type == USER_PROCESS; }));
}

std::string os_release(std::string_view variable) {
    for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
        if (const auto text = common::read_text_file(path)) {
            return os_release_value(*text, variable);
        }
    }
    return {};
}

std::string printed(const sockaddr* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* const untyped = address;
    const void* const bytes =
        address->sa_family == AF_INET
            ? static_cast<const void*>(&static_cast<const sockaddr_in*>(untyped)->sin_addr)
            : static_cast<const void*>(&static_cast<const sockaddr_in6*>(untyped)->sin6_addr);
    const char* const result = ::inet_ntop(address->sa_family, bytes, text.data(), text.size());
    return result != nullptr ? result : "";
}

/// The first address of that family on the interface, or on any that is up and
/// no loopback. No name is ever resolved.
std::string address_of(int family, std::string_view interface) {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) {
        return {};
    }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner{list, &::freeifaddrs};
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        const bool wanted = interface.empty() ? (entry->ifa_flags & IFF_UP) != 0 &&
                                                    (entry->ifa_flags & IFF_LOOPBACK) == 0
                                              : interface == entry->ifa_name;
        if (wanted && entry->ifa_addr != nullptr && entry->ifa_addr->sa_family == family) {
            return printed(entry->ifa_addr);
        }
    }
    return {};
}

/// The *.issue files of the directories, by name; the earlier directory wins.
std::map<std::string, std::string> snippets(std::initializer_list<const char*> directories) {
    std::map<std::string, std::string> found;
    for (const char* directory : directories) {
        const std::unique_ptr<DIR, int (*)(DIR*)> open{::opendir(directory), &::closedir};
        while (open != nullptr) {
            const dirent* const entry = ::readdir(open.get());
            if (entry == nullptr) {
                break;
            }
            const std::string name{static_cast<const char*>(entry->d_name)};
            if (!name.starts_with('.') && name.ends_with(".issue")) {
                found.emplace(name, std::string{directory} + "/" + name);
            }
        }
    }
    return found;
}

std::string text_of_snippets(std::initializer_list<const char*> directories) {
    std::string text;
    for (const auto& [name, path] : snippets(directories)) {
        text += common::read_text_file(path).value_or("");
    }
    return text;
}

bool is_directory(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

std::string host_name() {
    const utsname names = system_names();
    return static_cast<const char*>(names.nodename);
}

IssueFacts collect_facts(std::string line, unsigned speed) {
    const auto name = [](auto utsname::*field) {
        return [field] {
            const utsname names = system_names();
            return std::string{static_cast<const char*>(names.*field)};
        };
    };
    return {
        .system_name = name(&utsname::sysname),
        .node_name = name(&utsname::nodename),
        .release = name(&utsname::release),
        .version = name(&utsname::version),
        .machine = name(&utsname::machine),
        .domain = name(&utsname::domainname),
        .host_domain =
            [] {
                const std::string host = host_name();
                const std::size_t dot = host.find('.');
                return dot == host.npos ? std::string{"unknown_domain"} : host.substr(dot + 1);
            },
        .now = local_time,
        .users = users_logged_in,
        .os_release = os_release,
        .ipv4_address = [](std::string_view i) { return address_of(AF_INET, i); },
        .ipv6_address = [](std::string_view i) { return address_of(AF_INET6, i); },
        .line = std::move(line),
        .speed = speed,
    };
}

std::string read_issue(const Options& options) {
    std::string text;
    for (const std::string& path : options.issue_files) {
        text += is_directory(path) ? text_of_snippets({path.c_str()})
                                   : common::read_text_file(path).value_or("");
    }
    if (!options.issue_files.empty()) {
        return text;
    }
    for (const char* path : {"/etc/issue", "/run/issue", "/usr/lib/issue"}) {
        if (auto issue = common::read_text_file(path)) {
            text = *std::move(issue);
            break;
        }
    }
    return text + text_of_snippets({"/etc/issue.d", "/run/issue.d", "/usr/lib/issue.d"});
}

int show_issue(const Options& options) {
    // A line is not needed; where there is one, it is told of.
    std::string line;
    unsigned speed = 0;
    try {
        const common::Terminal terminal = common::Terminal::standard_input();
        line = terminal.name();
        speed = terminal.speed();
    } catch (const std::system_error&) {
        line.clear();
    }
    const std::string text = render_issue(read_issue(options), collect_facts(line, speed));
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto written = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (written <= 0) {
            return line_failed;
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    return left;
}

int ask_for_reload() {
    const common::UniqueFd file{common::check(
        ::open(reload_file, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR),
        "open",
        reload_file)};
    common::check(::futimens(file.get(), nullptr), "touch", reload_file);
    return left;
}

}  // namespace getty
