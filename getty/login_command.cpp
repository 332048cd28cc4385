#include "getty/login_command.hpp"

#include "common/signals.hpp"
#include "common/syscall.hpp"
#include "common/undo.hpp"
#include "common/unique_fd.hpp"
#include "common/utf8.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace getty {

namespace {

constexpr std::size_t longest_name = 256;
constexpr std::size_t most_login_words = 16;

std::string with_name(std::string_view word, std::string_view name) {
    constexpr std::string_view placeholder = "\\u";
    std::string out{word};
    for (auto at = out.find(placeholder); at != out.npos;
         at = out.find(placeholder, at + name.size())) {
        out.replace(at, placeholder.size(), name);
    }
    return out;
}

/// --login-options: words between blanks, the name inside them one word still.
void append_template(std::vector<std::string>& arguments,
                     std::string_view words,
                     std::string_view name) {
    while (!words.empty() && arguments.size() <= most_login_words) {
        const std::size_t start = std::min(words.find_first_not_of(" \t"), words.size());
        words.remove_prefix(start);
        const std::size_t end = std::min(words.find_first_of(" \t"), words.size());
        std::string filled = with_name(words.substr(0, end), name);
        // An empty word would be an empty name.
        if (!filled.empty()) {
            arguments.push_back(std::move(filled));
        }
        words.remove_prefix(end);
    }
}

bool is_inherited(std::string_view entry) {
    constexpr auto names = std::to_array<std::string_view>(
        {"PATH", "LANG", "LANGUAGE", "TZ", "COLORTERM", "NO_COLOR", "XDG_SEAT", "XDG_VTNR"});
    const std::string_view name = entry.substr(0, entry.find('='));
    return name.starts_with("LC_") || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool is_login_name(std::string_view name) {
    if (name.empty() || name.size() > longest_name || name.front() == '-') {
        return false;
    }
    while (!name.empty()) {
        const common::Decoded decoded = common::decode_utf8(name);
        constexpr std::string_view refused = " =,\"'/:\x7f";
        const char first = name.front();
        const bool ascii = decoded.length == 1;
        if (!decoded.valid || common::is_hidden_control(decoded.code) ||
            (ascii && (first < ' ' || refused.find(first) != std::string_view::npos))) {
            return false;
        }
        name.remove_prefix(decoded.length);
    }
    return true;
}

std::vector<std::string> login_arguments(const Options& options, std::string_view name) {
    std::vector<std::string> arguments{options.login_program};
    if (!options.login_options.empty()) {
        // No -f of ours, even under --autologin: whoever writes login's
        // arguments says whether a password is asked for.
        append_template(arguments, options.login_options, name);
        return arguments;
    }
    if (options.remote && !options.host.empty()) {
        arguments.emplace_back("-h");
        arguments.push_back(options.host);
    } else if (options.remote && options.no_hostname) {
        arguments.emplace_back("-H");
    }
    if (options.autologin) {
        arguments.emplace_back("-f");
    }
    if (!name.empty()) {
        arguments.emplace_back("--");
        arguments.emplace_back(name);
    }
    return arguments;
}

common::Environment login_environment(const common::Environment& inherited,
                                      std::string_view terminal_type,
                                      const LineProfile& profile) {
    common::Environment environment;
    environment.set("TERM", terminal_type);
    const auto set = [&](const std::string& entry) {
        const std::size_t equals = std::min(entry.find('='), entry.size());
        environment.set(entry.substr(0, equals), entry.substr(std::min(equals + 1, entry.size())));
    };
    for (const std::string& entry : inherited.entries()) {
        if (is_inherited(entry)) {
            set(entry);
        }
    }
    for (const std::string& entry : profile.environment) {
        set(entry);
    }
    return environment;
}

std::string program_outside(const Options& options) {
    const bool has_slash = options.root.empty() || options.login_program.starts_with('/');
    return options.root + (has_slash ? "" : "/") + options.login_program;
}

int problem_with_program(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return errno;
    }
    // To root a directory looks executable.
    if (!S_ISREG(status.st_mode)) {
        return S_ISDIR(status.st_mode) ? EISDIR : EACCES;
    }
    return ::access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

common::SignalBits ignored_signals() noexcept {
    static const common::SignalBits ignored = common::own_signal_status().ignored;
    return ignored;
}

void become_login(const Options& options,
                  const std::vector<std::string>& arguments,
                  const common::Environment& environment) {
    const common::UniqueFd outside{
        options.root.empty() ? -1 : ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    // Where login does not start, the log to say so in is not below its root.
    const common::Undo back{[&outside] {
        const bool is_back =
            !outside.is_open() || (::fchdir(outside.get()) == 0 && ::chroot(".") == 0);
        static_cast<void>(is_back);
    }};
    if (!options.root.empty()) {
        common::check(::chroot(options.root.c_str()), "make the root", options.root);
        common::check(::chdir("/"), "enter", options.root);
    }
    if (!options.directory.empty()) {
        common::check(::chdir(options.directory.c_str()), "enter", options.directory);
    }
    if (options.nice != 0) {
        common::check(::setpriority(PRIO_PROCESS, 0, options.nice),
                      "have niceness",
                      std::to_string(options.nice));
    }
    std::vector<char*> words;
    words.reserve(arguments.size() + 1);
    for (const std::string& word : arguments) {
        // execve(2) takes char* for history's sake and changes nothing.
        words.push_back(const_cast<char*>(word.c_str()));  // NOLINT(*-const-cast)
    }
    words.push_back(nullptr);
    common::default_signals(ignored_signals());
    ::execve(words.front(), words.data(), environment.pointers().data());
    common::throw_errno("start", words.front());
}

}  // namespace getty
