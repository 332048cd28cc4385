// Every fault at every system call of getty's and login's own: PROMISES that
// are kept when all goes well are tested elsewhere. A sample of them in each
// run, chosen by TTYGATE_FAULTS_SEED (1 unless set), or (TTYGATE_FAULTS=0) all of them:
// `tests/run --faults`.

#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/escaped.hpp"
#include "tests/pty/pam_journal.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <list>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

constexpr const char* injector = "/run/faults/injector";
constexpr const char* shell = "/run/faults/shell";
constexpr const char* login_stub = "/run/faults/login";
/// A file for each process that let somebody in: who, and as whom.
constexpr const char* started_by = "/run/faults/started";
constexpr const char* secret = "Xq7-sesame";

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

std::string contents_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

unsigned long number_from_environment(const char* name, unsigned long otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::stoul(text);
}

// --- what is tried ---

/// Somebody at a line whose answers do not depend on what goes wrong.
struct Scenario {
    std::string name;
    pty::Gate gate = pty::Gate::shadow;
    bool is_getty = false;
    Words login_operands;  ///< "-f ann"
    std::string password;
    bool may_get_in = true;
};

std::vector<Scenario> scenarios() {
    std::vector<Scenario> all{{.name = "getty", .is_getty = true}};
    for (const auto gate : pty::gates()) {
        const std::string by = ", " + pty::name_of(gate);
        all.push_back({.name = "-f" + by, .gate = gate, .login_operands = {"-f", "ann"}});
        all.push_back({.name = "right password" + by,
                       .gate = gate,
                       .login_operands = {"ann"},
                       .password = secret});
        all.push_back({.name = "wrong password" + by,
                       .gate = gate,
                       .login_operands = {"ann"},
                       .password = "not-that",
                       .may_get_in = false});
        all.push_back({.name = "expired account" + by,
                       .gate = gate,
                       .login_operands = {"eve"},
                       .password = secret,
                       .may_get_in = false});
        all.push_back({.name = "expired account, -f" + by,
                       .gate = gate,
                       .login_operands = {"-f", "eve"},
                       .may_get_in = false});
    }
    return all;
}

/// A call of a scenario's that nothing disturbs: see fault_injector.cpp.
struct CallPlace {
    unsigned long process = 0;
    unsigned long call = 0;
    long number = 0;
    bool can_be_shortened = false;
};

const std::vector<std::string>& fault_words() {
    static const std::vector<std::string> words = [] {
        std::vector<std::string> all;
        const auto add = [&](int error, const char* times) {
            all.push_back("errno=" + std::to_string(error) + times);
        };
        add(EINTR, "x3");
        for (const int error : {EIO, ENOSPC, ENOMEM, EMFILE, EAGAIN, ENOSYS}) {
            add(error, "");
        }
        all.emplace_back("short");
        for (const int signal : {SIGKILL, SIGHUP, SIGTERM}) {
            all.push_back("signal=" + std::to_string(signal));
        }
        for (const char* const word : {"stop", "slow", "gone"}) {
            all.emplace_back(word);
        }
        return all;
    }();
    return words;
}

bool can_fail(long call) {
    switch (call) {
        case SYS_getpid:
        case SYS_gettid:
        case SYS_getppid:
        case SYS_getpgrp:
        case SYS_getuid:
        case SYS_geteuid:
        case SYS_getgid:
        case SYS_getegid:
        case SYS_umask: return false;
        default: return true;
    }
}

struct Case {
    const Scenario* scenario = nullptr;
    CallPlace place;
    std::string fault;
};

/// Every fault that is possible, at each of the calls.
void add_cases(std::vector<Case>& cases,
               const Scenario& scenario,
               const std::vector<CallPlace>& places) {
    for (const CallPlace& place : places) {
        if (place.number == SYS_exit_group || place.number == SYS_rt_sigreturn) {
            continue;
        }
        for (const std::string& fault : fault_words()) {
            const bool is_possible = fault == "short"
                                         ? place.can_be_shortened
                                         : !fault.starts_with("errno=") || can_fail(place.number);
            if (is_possible) {
                cases.push_back({&scenario, place, fault});
            }
        }
    }
}

/// Whatever the lot: files that come in pieces, down to the last setting.
bool is_always_tried(const Case& one) {
    return one.fault == "short" && one.scenario->name.starts_with("wrong password");
}

/// TTYGATE_FAULTS_ONLY="SCENARIO:PROCESS CALL FAULT": one case again.
std::vector<Case> only_case(const std::vector<Scenario>& scenarios, const std::string& text) {
    std::istringstream words{text};
    Case one;
    std::string name;
    std::getline(words, name, ':');
    words >> one.place.process >> one.place.call >> one.fault;
    for (const Scenario& scenario : scenarios) {
        if (scenario.name == name) {
            one.scenario = &scenario;
            return {one};
        }
    }
    return {};
}

// --- one run of it ---

/// What the programs are left; the lines of a thousand of them are open here.
const rlimit& usual_descriptors() {
    static const rlimit usual = [] {
        rlimit limit{};
        common::check(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
        const rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
        common::check(::setrlimit(RLIMIT_NOFILE, &raised), "setrlimit");
        return limit;
    }();
    return usual;
}

class Trial {
  public:
    Trial(const Scenario& scenario, Words injection)
        : scenario_(scenario), report_("/run/faults/report." + std::to_string(++made)) {
        injection.insert(injection.begin(), {injector, report_});
        pty::Command command{.arguments = std::move(injection),
                             .limits = {{RLIMIT_NOFILE, usual_descriptors()}}};
        if (scenario.is_getty) {
            for (const std::string& word : {std::string{pty::World::getty()},
                                            std::string{"-l"},
                                            std::string{login_stub},
                                            std::string{"--timeout"},
                                            std::string{"4"},
                                            line.name(),
                                            std::string{"dumb"}}) {
                command.arguments.push_back(word);
            }
            process_.emplace(line.start_for(command));
        } else {
            command.arguments.emplace_back(pty::World::login());
            command.arguments.insert(command.arguments.end(),
                                     scenario.login_operands.begin(),
                                     scenario.login_operands.end());
            command.session = pty::Session::leader_with_terminal;
            process_.emplace(line.start_on(command));
        }
    }

    /// Does what a person would do by now. Whether it is over.
    bool goes_on() {
        answer("login: ", "ann\r", names_);
        answer("Password: ", scenario_.password + "\r", passwords_);
        if (!is_gone_ && fs::exists(report_)) {
            was_struck_ = true;
            if (takes_line_away) {
                is_gone_ = true;
                // Nobody gets its number while a getty may wait for it to come back.
                number_.reset(
                    ::open(line.path().c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
                line.close_master();
                std::ofstream{report_ + ".gone"};
            }
        }
        if (!process_->is_running()) {
            return false;
        }
        // A line that is not there any more is waited for as long as it takes.
        if (scenario_.is_getty && !was_told_ && pty::Clock::now() > start_ + 8s) {
            was_told_ = true;
            process_->signal(SIGTERM);
        }
        return true;
    }

    [[nodiscard]] pid_t id() const { return process_->id(); }
    [[nodiscard]] std::string started() const {
        return contents_of(fs::path{started_by} / std::to_string(process_->id()));
    }
    [[nodiscard]] bool was_struck() const { return was_struck_; }
    [[nodiscard]] bool is_gone() const { return is_gone_; }

    /// Whether it has ended, or was not ended by the time it must be.
    bool is_over() {
        // Five seconds for the dialogue, one of grace, five between a refusal and
        // the end, three of a slow call; and two hundred of them are under way at once,
        // on a machine that may have other things to do.
        constexpr auto longest = 60s * pty::slowness;
        is_overdue_ = is_overdue_ || (goes_on() && pty::Clock::now() > start_ + longest);
        return is_overdue_ || !process_->is_running();
    }
    [[nodiscard]] bool is_overdue() const { return is_overdue_; }
    /// Process, call, its number, and whether it could be shortened.
    [[nodiscard]] std::string report() const { return contents_of(report_); }
    /// Not always the one that came at this place when nothing was wrong.
    [[nodiscard]] long struck_call() const {
        std::istringstream words{report()};
        CallPlace place;
        words >> place.process >> place.call >> place.number;
        return place.number;
    }
    pty::Exit exit() { return process_->wait_exit(); }

    pty::Line line;
    bool takes_line_away = false;

  private:
    void answer(std::string_view prompt, const std::string& answer, std::size_t& given) {
        std::size_t asked = 0;
        for (auto at = line.transcript().find(prompt); at != std::string::npos;
             at = line.transcript().find(prompt, at + 1)) {
            ++asked;
        }
        constexpr std::size_t patience = 3;
        if (asked == given || given >= patience || is_gone_) {
            return;
        }
        // Not at once: what is typed when nobody is there any more, the kernel echoes, and
        // so it does when login has given the line back and is about to end.
        const bool is_echoing = (line.modes().c_lflag & ECHO) != 0;
        const auto reading_time = is_echoing ? 2s : 50ms;
        seen_ = seen_.value_or(pty::Clock::now());
        if (pty::Clock::now() - *seen_ >= reading_time && process_->is_running()) {
            seen_.reset();
            ++given;
            line.send(answer);
        }
    }

    static inline unsigned made = 0;

    const Scenario& scenario_;
    std::string report_;
    std::optional<pty::Process> process_;
    pty::Clock::time_point start_ = pty::Clock::now();
    std::optional<pty::Clock::time_point> seen_;  ///< a prompt that waits for its answer
    std::size_t names_ = 0;
    std::size_t passwords_ = 0;
    bool was_struck_ = false;
    bool is_gone_ = false;
    bool was_told_ = false;
    bool is_overdue_ = false;
    common::UniqueFd number_;  ///< the line's, which is not there any more
};

// --- what must hold after it ---

/// Whose line it is to be when nobody is logged in: root's, and nobody else's
/// to read.
bool is_given_back(const pty::Line::Owner& owner) {
    return owner.user == 0 && (owner.mode & ~0620U) == 0;
}

class Sweep {
  public:
    explicit Sweep(pty::World& world) : world_(world) {}

    std::vector<CallPlace> calls_of(const Scenario& scenario) {
        prepare(scenario);
        Trial trial{scenario, {"list"}};
        pty::wait_until([&] { return !trial.goes_on(); }, 120s);
        std::vector<CallPlace> places;
        std::istringstream report{trial.report()};
        for (CallPlace place;
             report >> place.process >> place.call >> place.number >> place.can_be_shortened;) {
            places.push_back(place);
        }
        CAPTURE(scenario.name);
        CAPTURE(trial.line.transcript());
        CHECK(trial.started().empty() == !scenario.may_get_in);
        CHECK(places.size() > 40);
        CHECK(violations_after(scenario, trial, {}).empty());
        return places;
    }

    /// They are of one gate.
    void run(const std::vector<Case>& cases) {
        // Few enough for the numbers of their processes and lines to differ.
        constexpr std::size_t with_same_files = 1000;
        for (std::size_t first = 0; first < cases.size(); first += with_same_files) {
            const auto end = std::min(first + with_same_files, cases.size());
            run_some({cases.begin() + static_cast<std::ptrdiff_t>(first),
                      cases.begin() + static_cast<std::ptrdiff_t>(end)});
            // All of them take half an hour.
            if (end - first == with_same_files) {
                std::cout << "    " << end << " of " << cases.size() << ", " << violations_
                          << " violations so far" << std::endl;
            }
        }
    }

    [[nodiscard]] std::size_t runs() const { return runs_; }
    [[nodiscard]] std::size_t struck() const { return struck_; }
    [[nodiscard]] std::size_t violations() const { return violations_; }

  private:
    void prepare(const Scenario& scenario) {
        // Lines and processes come again, and with them what somebody killed has left.
        for (const char* const records : {"/run/utmp", "/var/log/wtmp"}) {
            fs::resize_file(records, 0);
        }
        for (const auto& file : fs::directory_iterator{started_by}) {
            fs::remove(file);
        }
        pty::PamJournal::forget_steps();
        world_.forget_log();
        world_.write_file("/etc/ttygate/login.conf",
                          "FAIL_DELAY 0\nLOGIN_RETRIES 1\nLOGIN_TIMEOUT 5\nLOGIN_GATE " +
                              pty::name_of(scenario.gate) + "\n");
    }

    void run_some(const std::vector<Case>& cases) {
        constexpr std::size_t at_once = 200;
        prepare(*cases.front().scenario);
        std::list<Trial> trials;
        std::list<Trial*> running;
        const auto has_room = [&] {
            running.remove_if([](Trial* trial) { return trial->is_over(); });
            return running.size() < at_once;
        };
        for (const Case& one : cases) {
            while (!pty::wait_until(has_room)) {
            }
            Trial& trial = trials.emplace_back(
                *one.scenario,
                Words{
                    one.fault, std::to_string(one.place.process), std::to_string(one.place.call)});
            trial.takes_line_away = one.fault == "gone";
            running.push_back(&trial);
        }
        while (!pty::wait_until([&] { return has_room() && running.empty(); })) {
        }
        auto one = cases.begin();
        for (Trial& trial : trials) {
            ++runs_;
            struck_ += trial.was_struck() ? 1U : 0U;
            for (const std::string& violation : violations_after(*one->scenario, trial, *one)) {
                ++violations_;
                std::cout << "    " << one->scenario->name << ": process " << one->place.process
                          << ", call " << one->place.call << " (" << first_line(trial.report())
                          << "), " << one->fault << ": " << violation << "; " << trial.exit()
                          << ", \"" << pty::escaped(trial.line.transcript()) << "\"\n";
                for (const std::string& line : log_lines_of(world_, trial.id())) {
                    std::cout << "        logged: " << pty::escaped(line) << "\n";
                }
            }
            ++one;
        }
    }

    std::vector<std::string> violations_after(const Scenario& scenario,
                                              Trial& trial,
                                              const Case& tried) {
        std::vector<std::string> found;
        const auto must = [&](bool holds, const std::string& otherwise) {
            if (!holds) {
                found.push_back(otherwise);
            }
        };
        if (trial.is_overdue() || trial.goes_on()) {
            return {"I6: still there"};
        }
        const auto lines = log_lines_of(world_, trial.id());
        const auto is_told = [&](std::string_view text) {
            return contains(trial.line.transcript(), text) ||
                   std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
                       return contains(line, text);
                   });
        };
        // By us, or by the C library, which ends a program that cannot even wait
        // for a lock. Nothing of it is left to clean up.
        const auto signal = trial.exit().signal;
        const bool was_killed = tried.fault == "signal=9" || signal == SIGKILL ||
                                signal == SIGABRT || signal == SIGSEGV;
        const bool is_error = tried.fault.starts_with("errno=");
        const long struck = trial.struck_call();
        if (is_error && !can_fail(struck)) {
            return {};
        }
        const std::string started = trial.started();
        must(scenario.may_get_in || started.empty(), "I1: a shell without right");
        if (scenario.is_getty) {
            must(started.empty() || started == "-- ann\n", "I1: login was given " + started);
        } else if (!started.empty()) {
            // It may be hung up while it says so.
            constexpr std::string_view her_own =
                "Uid:\t1001\t1001\t1001\t1001\nGid:\t1001\t1001\t1001\t1001\n"
                "Groups:\t1001\nNoNewPrivs:\t0\nSeccomp:\t0\n";
            must(her_own.starts_with(started), "I2: the shell is " + started);
        }
        if (scenario.gate == pty::Gate::pam && !was_killed) {
            std::istringstream steps{pty::PamJournal::steps_of(trial.id())};
            int opened = 0;
            int established = 0;
            for (std::string step; steps >> step;) {
                opened += step == "open" ? 1 : step == "close" ? -1 : 0;
                established += step == "establish" ? 1 : step == "delete" ? -1 : 0;
            }
            // What libpam itself says has failed is not there to be undone.
            must((opened == 0 || is_told("pam_open_session: ")) &&
                     (established == 0 || is_told("pam_setcred: ")),
                 "I3: " + steps.str());
        }
        if (!trial.is_gone() && !was_killed) {
            // A line that will not be changed cannot be changed back.
            must(is_told("take the line back: ") || is_given_back(trial.line.owner()),
                 "I4: the line's owner");
            must((is_error && struck == SYS_ioctl) || (trial.line.modes().c_lflag & ECHO) != 0,
                 "I4: no echo");
        }
        // A record that could not be written within its time has been told of.
        if (!was_killed && !is_told("record the log")) {
            must(record_of(world_, trial.line).type != USER_PROCESS, "I5: a ghost in utmp");
            must(count_in_wtmp(world_, trial.line, USER_PROCESS) <=
                     count_in_wtmp(world_, trial.line, DEAD_PROCESS),
                 "I5: no end in wtmp");
        }
        for (const std::string& line : lines) {
            must(!contains(line, secret) && !contains(line, "not-that"), "I7: a secret: " + line);
        }
        must(!contains(trial.line.transcript(), secret), "I7: a secret on the line");
        // 127: the loader, before there was a program.
        const int status = trial.exit().status;
        const bool is_failure = is_error && status > 0 && status != 127;
        const bool cannot_log =
            struck == SYS_socket || struck == SYS_connect || struck == SYS_sendto;
        must(was_killed || !is_failure || cannot_log || !lines.empty(),
             "I7: not a word in the log");
        return found;
    }

    pty::World& world_;
    std::size_t runs_ = 0;
    std::size_t struck_ = 0;
    std::size_t violations_ = 0;
};

}  // namespace

TEST_CASE("one fault at a time, at every call: nobody is let in for it, and all is undone (T-20)") {
#if !defined(__x86_64__)
    tests::skip("the injector knows the registers of x86-64 only");
#endif
    const std::string program = contents_of(TTYGATE_FAULT_INJECTOR);
    std::optional<pty::PamJournal> journal;
    if (TTYGATE_WITH_PAM != 0) {
        journal.emplace();
    }
    pty::TestWorld world;
    world.write_file(injector, program, 0755);
    // By builtins: it is the shell of each of some thousand logins.
    world.write_file(shell,
                     "#!/bin/sh\nwhile read -r line; do case $line in "
                     "Uid*|Gid*|Groups*|NoNewPrivs*|Seccomp:*) echo \"$line\";; esac; done "
                     "</proc/self/status >>/run/faults/started/$PPID\n",
                     0755);
    world.write_file(login_stub, "#!/bin/sh\necho \"$*\" >>/run/faults/started/$$\n", 0755);
    fs::create_directory(started_by);
    fs::permissions(started_by, fs::perms::all);
    world.add_user({.name = "ann", .user = 1001, .password = secret, .shell = shell});
    world.add_user({.name = "eve", .user = 1002, .password = secret, .shell = shell, .expiry = 1});
    if (journal) {
        journal->join_stack(world);
    }

    const auto sample = number_from_environment("TTYGATE_FAULTS", 200);
    const auto seed = number_from_environment("TTYGATE_FAULTS_SEED", 1);
    std::mt19937_64 random{seed};
    Sweep sweep{world};
    const auto all = scenarios();
    std::size_t possible = 0;
    if (const char* const only = std::getenv("TTYGATE_FAULTS_ONLY")) {
        sweep.run(only_case(all, only));
        CHECK(sweep.violations() == 0);
        return;
    }
    for (const auto gate : pty::gates()) {
        std::vector<Case> cases;
        for (const Scenario& scenario : all) {
            if (scenario.gate == gate) {
                add_cases(cases, scenario, sweep.calls_of(scenario));
            }
        }
        possible += cases.size();
        std::shuffle(cases.begin(), cases.end(), random);
        if (sample != 0) {
            const auto lot = std::stable_partition(cases.begin(), cases.end(), is_always_tried);
            const auto share = (sample + pty::gates().size() - 1) / pty::gates().size();
            const auto chosen = static_cast<std::size_t>(lot - cases.begin()) + share;
            cases.resize(std::min(chosen, cases.size()));
        }
        sweep.run(cases);
    }
    std::cout << "    fault sweep: " << sweep.runs() << " runs of " << possible << " (seed " << seed
              << "), " << sweep.struck() << " faults came, " << sweep.violations()
              << " violations\n";
    CHECK(sweep.violations() == 0);
}
