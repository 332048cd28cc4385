#include "getty/check_facts.hpp"

#include "common/directory.hpp"
#include "common/landlock.hpp"
#include "common/process_table.hpp"
#include "common/program.hpp"
#include "common/record_file.hpp"
#include "common/safe_text.hpp"
#include "common/syscall_filter.hpp"
#include "common/terminal.hpp"
#include "common/text_file.hpp"
#include "getty/autologin.hpp"
#include "getty/console_lines.hpp"
#include "getty/credentials.hpp"
#include "getty/dump.hpp"
#include "getty/line_settings.hpp"
#include "getty/line_table.hpp"
#include "getty/login_command.hpp"
#include "getty/table_files.hpp"
#include "getty/table_text.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace getty {

using common::CheckVerdict;
using Level = Finding::Level;

namespace {

constexpr std::size_t largest_shadow_file = 4UL * 1024 * 1024;

std::string device_of(const Options& options) {
    if (options.line != "-") {
        return common::line_path(options.line);
    }
    const char* const path = ::ttyname(STDIN_FILENO);
    return path != nullptr ? path : "";
}

/// What sysfs says of a device, without its newline.
std::optional<std::string> attribute_of(dev_t device, const char* name) {
    const auto text = common::read_text_file("/sys/dev/char/" + std::to_string(major(device)) +
                                             ":" + std::to_string(minor(device)) + "/" + name);
    return text ? std::optional{std::string{trimmed(text->substr(0, text->find('\n')))}}
                : std::nullopt;
}

/// Root's only on newer kernels.
std::optional<unsigned> port_clock(dev_t device) {
    const auto text = attribute_of(device, "uartclk");
    const auto clock = text ? read_c_number(*text) : std::nullopt;
    return clock.value_or(0) > 0 ? clock : std::nullopt;
}

bool has_open(pid_t process, dev_t device) {
    const std::string directory = "/proc/" + std::to_string(process) + "/fd";
    const auto descriptors = common::names_in(directory);
    return std::any_of(descriptors.begin(), descriptors.end(), [&](const std::string& descriptor) {
        struct stat status {};
        return ::stat((directory + "/" + descriptor).c_str(), &status) == 0 &&
               S_ISCHR(status.st_mode) && status.st_rdev == device;
    });
}

std::string user_recorded_for(const common::Records& records,
                              std::string_view line,
                              pid_t session) {
    const auto record = std::find_if(records.begin(), records.end(), [=](const utmpx& r) {
        return r.ut_type == USER_PROCESS && common::text_of(r.ut_line) == line &&
               r.ut_session == session;
    });
    return record == records.end() ? std::string{} : std::string{common::text_of(record->ut_user)};
}

std::vector<Holder> holders_of(std::string_view line, dev_t device) {
    common::Records records;
    common::tolerate("look for a session on the line",
                     [&] { records = common::read_records(common::RecordPaths{}.utmp); });
    std::vector<Holder> holders;
    for (const common::ProcessEntry& process : common::ProcessTable{}.read()) {
        if (process.id == ::getpid() || process.has_ended() ||
            (process.terminal != device && !has_open(process.id, device))) {
            continue;
        }
        const bool leads = process.session == process.id && process.terminal == device;
        holders.push_back(
            {.process = process.id,
             .command = common::safe_text(process.command),
             .user = leads ? user_recorded_for(records, line, process.id) : std::string{}});
    }
    return holders;
}

DeviceFacts facts_of(const Options& options) {
    DeviceFacts facts{.path = device_of(options),
                      .is_standard_input = options.line == "-",
                      .sees_all_holders = ::geteuid() == 0};
    struct stat status {};
    const bool is_found = facts.is_standard_input
                              ? ::isatty(STDIN_FILENO) == 1 && ::fstat(STDIN_FILENO, &status) == 0
                              : ::stat(facts.path.c_str(), &status) == 0;
    if (!is_found) {
        return facts;
    }
    facts.is_there = true;
    facts.is_device = S_ISCHR(status.st_mode);
    if (!facts.is_device) {
        return facts;
    }
    facts.may_be_opened = facts.is_standard_input || ::access(facts.path.c_str(), R_OK | W_OK) == 0;
    facts.driver =
        terminal_driver(common::read_text_file("/proc/tty/drivers").value_or(""), status.st_rdev);
    facts.has_hardware = attribute_of(status.st_rdev, "type") != "0";
    facts.port_clock = port_clock(status.st_rdev);
    common::tolerate("see who has the line", [&] {
        facts.holders = holders_of(common::line_name(facts.path), status.st_rdev);
    });
    return facts;
}

/// Line::terminal_type(), for a line that is not open.
std::string inherited_type() {
    const char* const inherited = ::getenv("TERM");
    return inherited != nullptr ? inherited : "";
}

std::string default_type(const DeviceFacts& facts) {
    return facts.driver == "console" ? "linux" : "vt220";
}

std::string terminal_type_of(const Options& options, const DeviceFacts& facts) {
    for (const std::string& type : {options.terminal_type, inherited_type()}) {
        if (!type.empty()) {
            return type;
        }
    }
    return default_type(facts);
}

/// The speeds that the line goes through, or nothing for the one it has.
std::vector<Speed> speeds_of(const LineSettings& settings, std::string_view line) {
    const auto by_kernel =
        console_setup(common::read_text_file("/proc/cmdline").value_or(""), line);
    std::vector<Speed> speeds;
    for (const Options& step : settings.steps) {
        if (!step.speeds.empty() && !step.console_speed) {
            speeds.insert(speeds.end(), step.speeds.begin(), step.speeds.end());
        } else {
            speeds.push_back(by_kernel ? by_kernel->speed : keep_speed);
        }
    }
    return speeds;
}

/// Everything one look knows, while it goes on.
class Look {
  public:
    Look(const Options& given, const common::DivertedLog& log) : given_(given), log_(log) {}

    CheckReport take() {
        if (given_.line == all_consoles) {
            look_at_consoles();
        } else {
            look_at_line(given_);
        }
        look_at_tables();
        return std::move(report_);
    }

  private:
    void add(Level level, const char* topic, std::string text) {
        report_.findings.push_back({.level = level, .topic = topic, .text = std::move(text)});
    }

    void add(std::vector<Finding> findings) {
        for (Finding& finding : findings) {
            report_.findings.push_back(std::move(finding));
        }
    }

    void look_at_consoles() {
        const auto lines =
            console_lines(common::read_text_file("/sys/class/tty/console/active").value_or(""));
        if (lines.empty()) {
            add(Level::bad, "line", "the kernel has no active console");
        }
        for (const std::string& line : lines) {
            Options options = given_;
            options.line = line;
            look_at_line(options);
        }
        report_.line = given_.line;
        report_.device.reset();
    }

    void look_at_line(const Options& given) {
        const LineSettings settings = settings_of(given);
        const Options& options = settings.steps.front();
        DeviceFacts facts;
        if (!given.line.empty()) {
            facts = facts_of(given);
            report_.device = facts.path;
            report_.line = given.line == "-" && !facts.path.empty()
                               ? std::string{common::line_name(facts.path)}
                               : given.line;
            add(line_findings(facts));
            look_at_speeds(settings, facts);
        }
        look_at_terminal_type(terminal_type_of(options, facts));
        add({reader_finding(
            options,
            {.has_seccomp = common::has_seccomp(), .has_landlock = common::has_landlock()})});
        look_at_login(options);
    }

    void look_at_speeds(const LineSettings& settings, const DeviceFacts& facts) {
        const std::string& unusable = settings.steps.front().unusable_speed;
        if (!unusable.empty()) {
            add(Level::bad, "speed", unusable);
            return;
        }
        report_.speeds = speeds_of(settings, common::line_name(facts.path));
        add(speed_findings(facts, report_.speeds));
    }

    void look_at_terminal_type(const std::string& type) {
        report_.terminal_type = type;
        for (const char* directory :
             {"/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"}) {
            const auto places = terminfo_places(directory, type);
            const auto place = std::find_if(places.begin(), places.end(), common::is_file);
            if (place != places.end()) {
                add(Level::good, "term", type + ", " + *place);
                return;
            }
        }
        add(Level::note,
            "term",
            "terminfo has no entry " + in_quotes(type) + ": programs will not know the terminal");
    }

    void look_at_login(const Options& options) {
        const std::string program = program_outside(options);
        report_.login_program = options.login_program;
        if (const int problem = problem_with_program(program); problem != 0) {
            const std::string reason = program + ": " + common::error_text(problem);
            // A directory that only root can enter is root's own business.
            add(problem == EACCES && ::geteuid() != 0 ? Level::unknown : Level::bad,
                "login",
                reason);
        } else {
            add(Level::good, "login", program);
        }
        if (!options.directory.empty() &&
            !common::is_directory(options.root + "/" + options.directory)) {
            add(Level::bad, "login", options.directory + " is no directory to start it in");
        }
        if (options.autologin) {
            look_at_autologin(*options.autologin);
        }
        for (const std::string& file : options.issue_files) {
            if (::access(file.c_str(), R_OK) != 0) {
                add(Level::note, "issue", file + " cannot be read");
            }
        }
    }

    void look_at_autologin(const std::string& user) {
        const auto shadow = common::read_text_file("/etc/shadow", largest_shadow_file);
        if (!shadow) {
            add(Level::note, "login", "only root can see whether " + user + " can be logged in");
            return;
        }
        const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
        if (const auto reason = reason_against_autologin(*shadow, user, today)) {
            add(Level::note, "login", "no automatic login of " + user + ": " + *reason);
        } else {
            add(Level::good, "login", user + " is logged in without being asked");
        }
    }

    void look_at_tables() {
        std::vector<std::string> said;
        for (const auto& [file, problem] : problems_in_tables()) {
            said.push_back(file + ":" + std::to_string(problem.line) + ": " +
                           common::safe_text(problem.what));
            add(Level::note, "tables", said.back());
        }
        // What the log would have had besides: tables that are not read, labels
        // that are in none.
        for (const std::string& line : log_.lines()) {
            if (std::find(said.begin(), said.end(), line) == said.end() &&
                line.find(" more: see getty --check") == std::string::npos) {
                said.push_back(line);
                add(Level::note, "tables", line);
            }
        }
        if (said.empty()) {
            add(Level::good, "tables", "nothing is wrong in them");
        }
    }

    const Options& given_;
    const common::DivertedLog& log_;
    CheckReport report_{};
};

TableFormat format_for(const Options& options) {
    const auto format = options.table_format.empty() ? format_of_file(options.table)
                                                     : format_named(options.table_format);
    if (!format) {
        throw common::UsageError{
            options.table_format.empty()
                ? options.table + ": its name does not tell what kind of table it is; say so by " +
                      "--table-format"
                : "option --table-format: \"" + options.table_format +
                      "\" is none of getty.conf, gettydefs, gettytab, ttys"};
    }
    return *format;
}

void print(int descriptor, std::string_view text) {
    if (!common::print(descriptor, text)) {
        throw common::Leave{status_of(CheckVerdict::unknown)};
    }
}

/// What a table says, as sections of getty.conf(5), and every problem in it as
/// `file:line: what` on standard error.
int check_table(const Options& options) {
    const TableFormat format = format_for(options);
    const auto text = common::read_text_file(options.table);
    if (!text) {
        throw common::UsageError{options.table + " cannot be read"};
    }
    const LineTable table = read_line_table(format, *text);
    std::string sections;
    for (const LineProfile& profile : table.profiles) {
        sections += (sections.empty() ? "" : "\n") + dump(profile);
    }
    std::string problems;
    for (const Problem& problem : table.problems) {
        problems += options.table + ":" + std::to_string(problem.line) + ": " +
                    common::safe_text(problem.what) + "\n";
    }
    print(STDOUT_FILENO, sections);
    print(STDERR_FILENO, problems);
    return table.problems.empty() ? 0 : 1;
}

int print_report(const CheckReport& report, bool as_json) {
    print(STDOUT_FILENO, as_json ? check_as_json(report) : check_as_text(report));
    return status_of(common::verdict_of(report.findings));
}

std::vector<OptionSetting> credentials() {
    std::vector<OptionSetting> settings;
    for (const Credential& credential : read_credentials()) {
        settings.push_back({.name = credential.option, .value = credential.value});
    }
    return settings;
}

int print_dump(const Options& options) {
    const std::string path = options.line.empty() ? std::string{} : device_of(options);
    const std::string line{common::line_name(path)};
    const DeviceFacts facts = path.empty() ? DeviceFacts{} : facts_of(options);
    // Its program is the one of the build, unless an option has named another.
    Options built_in;
    built_in.login_program = TTYGATE_LOGIN_PROGRAM;
    std::vector<PlacedProfile> places{defaults(built_in, default_type(facts))};
    if (const std::string type = inherited_type(); !type.empty()) {
        places.push_back({.place = "environment", .profile = {.terminal_type = type}});
    }
    const auto add = [&places](std::vector<PlacedProfile> said) {
        places.insert(places.end(), said.begin(), said.end());
    };
    add(said_by_tables(line, options.label));
    add(said_by_options(options.given, credentials()));
    places.push_back(said_by_operands(options));
    print(STDOUT_FILENO, dump_of(line, places));
    return 0;
}

bool has_word(std::span<char* const> words, std::string_view wanted) {
    return std::any_of(
        words.begin(), words.end(), [=](const char* word) { return word == wanted; });
}

}  // namespace

CheckReport look_for(const Options& options, const common::DivertedLog& log) {
    return Look{options, log}.take();
}

std::optional<int> answer_if_asked(int argc, char** argv) {
    const std::span<char* const> words{argv + 1, static_cast<std::size_t>(argc) - 1};
    const common::DivertedLog log;
    try {
        const Options options = parse_options(argc, argv);
        switch (options.task) {
            case Task::check:
                return options.table.empty() ? print_report(look_for(options, log), options.json)
                                             : check_table(options);
            case Task::dump: return print_dump(options);
            case Task::serve_line:
            case Task::show_issue:
            case Task::reload: break;
        }
        return std::nullopt;
    } catch (const common::UsageError& problem) {
        if (!has_word(words, "--check")) {
            throw;
        }
        return print_report(
            {.findings = {{.level = Level::bad, .topic = "options", .text = problem.what()}}},
            has_word(words, "--json"));
    }
}

}  // namespace getty
