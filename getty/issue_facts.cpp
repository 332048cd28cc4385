#include "getty/issue_facts.hpp"

#include "common/assigned_value.hpp"
#include "common/directory.hpp"
#include "common/local_calendar.hpp"
#include "common/log.hpp"
#include "common/record_file.hpp"
#include "common/syscall.hpp"
#include "common/terminal.hpp"
#include "common/text_file.hpp"
#include "common/unique_fd.hpp"
#include "getty/addresses.hpp"
#include "getty/exit_status.hpp"
#include "getty/host_keys.hpp"
#include "getty/issue_json.hpp"
#include "getty/issue_watch.hpp"
#include "getty/qr_code.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace getty {

namespace {

utsname system_names() {
    utsname names{};
    ::uname(&names);
    return names;
}

std::tm local_time() {
    const std::time_t now = std::time(nullptr);
    std::tm fields{};
    static_cast<void>(common::local_calendar(now, fields));
    return fields;
}

unsigned users_logged_in() {
    common::Records records;
    common::tolerate("count the users",
                     [&] { records = common::read_records(common::RecordPaths{}.utmp); });
    return static_cast<unsigned>(std::count_if(
        records.begin(), records.end(), [](const utmpx& r) { return r.ut_type == USER_PROCESS; }));
}

std::string os_release(std::string_view variable) {
    for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
        if (const auto text = common::read_text_file(path)) {
            return common::assigned_value(*text, variable);
        }
    }
    return {};
}

/// What libc's resolver would have to be asked for, and a name server with it, is
/// not known here: an issue waits for nobody.
std::string host_domain() {
    const std::string host = host_name();
    const std::size_t dot = host.find('.');
    std::string domain =
        dot != host.npos ? host.substr(dot + 1)
                         : domain_in_hosts(common::read_text_file("/etc/hosts").value_or(""), host);
    return domain.empty() ? "unknown_domain" : domain;
}

std::string address_of(sa_family_t family, std::string_view interface) {
    const bool is_ipv4 = family == AF_INET;
    std::string by_default;
    if (interface.empty()) {
        const auto routes =
            common::read_text_file(is_ipv4 ? "/proc/net/route" : "/proc/net/ipv6_route");
        by_default = is_ipv4 ? default_interface(routes.value_or(""))
                             : default_ipv6_interface(routes.value_or(""));
    }
    return best_address(read_addresses(), family, interface, by_default);
}

/// 9-x before 10-x, as ls -v and agetty sort.
struct AsVersions {
    bool operator()(const std::string& left, const std::string& right) const {
        return ::strverscmp(left.c_str(), right.c_str()) < 0;
    }
};

/// Path by name.
using Snippets = std::map<std::string, std::string, AsVersions>;

/// The *.issue files of the directories, by name; the earlier directory wins.
Snippets snippets(const std::vector<std::string>& directories) {
    Snippets found;
    for (const std::string& directory : directories) {
        for (const std::string& name : common::names_in(directory)) {
            if (name.ends_with(".issue")) {
                found.emplace(name, std::string{directory}.append("/").append(name));
            }
        }
    }
    return found;
}

void add_snippets(IssueText& issue, const std::vector<std::string>& directories) {
    for (const auto& [name, path] : snippets(directories)) {
        issue.text += common::read_text_file(path).value_or("");
        issue.paths.push_back(path);
    }
    issue.paths.insert(issue.paths.end(), directories.begin(), directories.end());
}

std::string qr_picture(std::string_view text,
                       const std::function<bool(std::size_t, std::size_t)>& has_room) {
    const auto code = qr_code(text);
    if (!code || !has_room(columns_of(*code), rows_of(*code))) {
        return {};
    }
    std::string picture = drawn(*code);
    // The issue ends its lines itself.
    picture.pop_back();
    return picture;
}

}  // namespace

std::string host_name() {
    const utsname names = system_names();
    return static_cast<const char*>(names.nodename);
}

LineFacts facts_of(const common::Terminal& terminal, unsigned speed) {
    const auto has_room = [&terminal](std::size_t columns, std::size_t rows) {
        const winsize size = terminal.size();
        return columns <= size.ws_col && rows <= size.ws_row &&
               terminal.shows("\xe2\x96\x80\xe2\x96\x84\xe2\x96\x88");
    };
    return {.name = std::string{terminal.name()}, .speed = speed, .has_room = has_room};
}

IssueFacts collect_facts(LineFacts line) {
    // Looked up once for all that is asked of it.
    const auto names = std::make_shared<std::optional<utsname>>();
    const auto name = [&names](auto utsname::*field) {
        return [names, field] {
            if (!*names) {
                *names = system_names();
            }
            return std::string{static_cast<const char*>(names->value().*field)};
        };
    };
    return {
        .system_name = name(&utsname::sysname),
        .node_name = name(&utsname::nodename),
        .release = name(&utsname::release),
        .version = name(&utsname::version),
        .machine = name(&utsname::machine),
        .domain = name(&utsname::domainname),
        .host_domain = host_domain,
        .now = local_time,
        .users = users_logged_in,
        .os_release = os_release,
        .ipv4_address = [](std::string_view i) { return address_of(AF_INET, i); },
        .ipv6_address = [](std::string_view i) { return address_of(AF_INET6, i); },
        .addresses = [](AddressList which,
                        std::string_view i) { return address_lines(read_addresses(), which, i); },
        .host_keys = host_key_lines,
        .qr_code = [has_room = line.has_room](
                       std::string_view text) { return qr_picture(text, has_room); },
        .line = std::move(line.name),
        .speed = line.speed,
    };
}

IssueText read_issue(const Options& options) {
    IssueText issue;
    for (const std::string& path : options.issue_files) {
        if (common::is_directory(path)) {
            add_snippets(issue, {path});
        } else {
            issue.text += common::read_text_file(path).value_or("");
            issue.paths.push_back(path);
        }
    }
    if (!options.issue_files.empty()) {
        return issue;
    }
    for (const char* path : {"/etc/issue", "/run/issue", "/usr/lib/issue"}) {
        issue.paths.emplace_back(path);
        if (auto text = common::read_text_file(path)) {
            issue.text = *std::move(text);
            break;
        }
    }
    add_snippets(issue, {"/etc/issue.d", "/run/issue.d", "/usr/lib/issue.d"});
    return issue;
}

std::string domain_in_hosts(std::string_view hosts, std::string_view host) {
    constexpr std::string_view blanks = " \t\r";
    while (!hosts.empty()) {
        std::string_view line = hosts.substr(0, hosts.find('\n'));
        hosts.remove_prefix(std::min(hosts.size(), line.size() + 1));
        line = line.substr(0, line.find('#'));
        std::string_view full_name;
        for (std::size_t count = 0; !line.empty(); ++count) {
            line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
            const std::string_view word = line.substr(0, line.find_first_of(blanks));
            line.remove_prefix(word.size());
            // The address, the full name, and then other names.
            full_name = count == 1 ? word : full_name;
            const std::size_t dot = full_name.find('.');
            if (count >= 1 && word == host && dot != full_name.npos) {
                return std::string{full_name.substr(dot + 1)};
            }
        }
    }
    return {};
}

int show_issue(const Options& options) {
    // A line is not needed; where there is one, it is told of.
    LineFacts line;
    try {
        const common::Terminal terminal = common::Terminal::standard_input();
        line = {.name = std::string{terminal.name()}, .speed = terminal.speed()};
    } catch (const std::system_error&) {
        line = {};
    }
    // Standard output is no screen, or anybody's: pictures are always drawn.
    line.has_room = [](std::size_t, std::size_t) { return true; };
    const IssueFacts facts = collect_facts(std::move(line));
    std::string text = render_issue(read_issue(options).text, facts, options.issue_style).text;
    if (options.json) {
        text = issue_as_json(text, facts);
    }
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
