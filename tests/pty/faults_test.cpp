// What the kernel refuses, and what there is too little of: nobody gets a shell
// for it, and what had been taken is given back.

#include "common/syscall.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/pam_journal.hpp"
#include "tests/pty/process_cost.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

/// A hundred of them are started at once.
constexpr auto longest_stay = 60s;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

/// A shell that leaves a trace of having been started.
void add_ann(const pty::World& world) {
    world.write_file("/run/shell", "#!/bin/sh\necho >/home/ann/started\n", 0755);
    world.add_user({.name = "ann", .user = 1001, .password = "secret", .shell = "/run/shell"});
}

/// A login of ann's on a line of its own, under a wrapper or limits.
struct Trial {
    Trial(std::string name, pty::Command command, const Words& wrapper = {})
        : what(std::move(name)), login(start(std::move(command), wrapper)) {}

    pty::Process start(pty::Command command, const Words& wrapper) const {
        command.arguments = wrapper;
        for (const char* word : {pty::World::login(), "-f", "ann"}) {
            command.arguments.emplace_back(word);
        }
        command.session = pty::Session::leader_with_terminal;
        return line.start_on(command);
    }

    std::string what;
    pty::Line line;
    pty::Process login;
};

void check_undone(const pty::World& world, const Trial& trial) {
    CHECK(record_of(world, trial.line).type != USER_PROCESS);
    CHECK(count_in_wtmp(world, trial.line, USER_PROCESS) ==
          count_in_wtmp(world, trial.line, DEAD_PROCESS));
}

}  // namespace

TEST_CASE("who cannot be become is no reason for a shell of another's (T-27)") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("needs a login without sanitizers: they cannot be traced");
    }
    if (::access("/usr/bin/strace", X_OK) != 0) {
        tests::skip("needs strace");
    }
    for (const auto gate : pty::gates()) {
        const std::optional<pty::PamJournal> journal =
            gate == pty::Gate::pam ? std::optional<pty::PamJournal>{std::in_place} : std::nullopt;
        pty::TestWorld world;
        choose_gate(world, gate);
        if (journal) {
            journal->join_stack(world);
        }
        add_ann(world);
        for (const std::string call : {"setgroups", "setresgid", "setresuid"}) {
            // Not all at once: what they log would find no room.
            std::list<Trial> trials;
            for (const std::string error : {"EPERM", "EAGAIN", "ENOSYS"}) {
                const Words strace{"/usr/bin/strace",
                                   "-D",
                                   "-f",
                                   "--seccomp-bpf",
                                   "-o",
                                   "/dev/null",
                                   "-e",
                                   "trace=" + call,
                                   "-e",
                                   "inject=" + call + ":error=" + error};
                trials.emplace_back(call + " " + error, pty::Command{}, strace);
            }
            for (Trial& trial : trials) {
                CAPTURE(name_of(gate));
                CAPTURE(trial.what);
                CHECK(trial.login.wait_exit(longest_stay) == pty::Exit{.status = 1});
                CHECK(contains(trial.line.transcript(), " (ref "));
                CHECK(log_lines_of(world, trial.login.id()).size() == 1);
                check_undone(world, trial);
                CHECK(trial.line.owner().user == 0);
                if (journal) {
                    const std::string steps = pty::PamJournal::steps_of(trial.login.id());
                    CHECK(contains(steps, "open") == contains(steps, "close"));
                    CHECK(contains(steps, "establish") == contains(steps, "delete"));
                }
            }
        }
        CHECK_FALSE(fs::exists("/home/ann/started"));
    }
}

TEST_CASE("too few processes, descriptors or memory: a word, and everything undone (T-45)") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("needs a login without sanitizers: they need more than the limits leave");
    }
    constexpr rlim_t mebibyte = rlim_t{1024} * 1024;
    struct Limit {
        std::string what;
        int resource;
        rlim_t value;
    };
    std::vector<Limit> limits{{"no process", RLIMIT_NPROC, 0}};
    for (const rlim_t descriptors :
         {3UL, 4UL, 5UL, 6UL, 7UL, 8UL, 9UL, 10UL, 12UL, 16UL, 24UL, 32UL}) {
        limits.push_back(
            {std::to_string(descriptors) + " descriptors", RLIMIT_NOFILE, descriptors});
    }
    for (const rlim_t size : {1UL, 4UL, 16UL, 32UL, 64UL}) {
        limits.push_back({std::to_string(size) + " MiB", RLIMIT_AS, size * mebibyte});
    }
    // Around what the loader needs, where the first allocations fail.
    for (rlim_t size = 3 * mebibyte; size < 5 * mebibyte; size += mebibyte / 32) {
        limits.push_back({std::to_string(size / 1024) + " KiB", RLIMIT_AS, size});
    }
    for (rlim_t size = 5 * mebibyte; size < 12 * mebibyte; size += mebibyte / 2) {
        limits.push_back({std::to_string(size / 1024) + " KiB", RLIMIT_AS, size});
    }
    std::size_t without_memory = 0;
    for (const auto gate : pty::gates()) {
        pty::TestWorld world;
        choose_gate(world, gate);
        add_ann(world);
        // Of her number, or one process would not be too many.
        const pty::Process another{{.arguments = {"/bin/sleep", "1000"}, .before_exec = [] {
                                        if (::setuid(1001) != 0) {
                                            ::_exit(1);
                                        }
                                    }}};
        std::list<Trial> trials;
        for (const Limit& limit : limits) {
            const rlimit both{.rlim_cur = limit.value, .rlim_max = limit.value};
            trials.emplace_back(limit.what, pty::Command{.limits = {{limit.resource, both}}});
            // Read at once: a socket holds no more than so many of their words.
            (void)world.log_lines();
        }
        std::size_t let_in = 0;
        for (Trial& trial : trials) {
            CAPTURE(name_of(gate));
            CAPTURE(trial.what);
            const auto exit = trial.login.wait_exit(longest_stay);
            CAPTURE(trial.line.transcript());
            CAPTURE(exit);
            // utmp is read whole, and has grown since: for a logout there may be too
            // little. That is said, and left for the next getty.
            const auto said = log_lines_of(world, trial.login.id());
            const bool lacked_memory_for_logout =
                std::any_of(said.begin(), said.end(), [](const auto& line) {
                    return contains(line, "record the logout: std::bad_alloc");
                });
            if (!lacked_memory_for_logout) {
                check_undone(world, trial);
            }
            CHECK(trial.line.owner().user == 0);
            if (count_in_wtmp(world, trial.line, USER_PROCESS) == 1 && exit.status == 0) {
                ++let_in;
                continue;
            }
            // 127: the loader found too little before there was a login; a signal:
            // the kernel did.
            const bool was_login = exit.status == 1;
            const bool was_stopped_before =
                exit.status == 127 || exit.signal == SIGKILL || exit.signal == SIGSEGV;
            CHECK((was_login || was_stopped_before));
            CHECK_FALSE(contains(trial.line.transcript(), "terminate called"));
            if (was_login) {
                CHECK((contains(trial.line.transcript(), "login: ") ||
                       contains(trial.line.transcript(), " (ref ")));
            }
            if (contains(trial.line.transcript(), "a problem on this machine ends this program")) {
                ++without_memory;
                const auto logged = log_lines_of(world, trial.login.id());
                CHECK(std::count_if(logged.begin(), logged.end(), [](const auto& line) {
                          return contains(line, "too little memory");
                      }) == 1);
            }
        }
        // Enough is enough: the last of each kind suffice.
        CHECK(let_in >= 2);
        CAPTURE(trials.front().line.transcript());
        CHECK(contains(trials.front().line.transcript(), "Resource temporarily unavailable (ref "));
    }
    // The words for which nothing is allocated have been needed.
    CHECK(without_memory >= 1);
}

namespace {

/// An init's entry for a line.
class Respawned {
  public:
    Respawned(pty::Gate gate, Words words) : gate_(gate), words_(std::move(words)) {}

    /// What an init does whenever a child has ended.
    void look(pty::World& world) {
        if (process_ && process_->is_running()) {
            return;
        }
        if (process_) {
            CAPTURE(name());
            CHECK(pty::Clock::now() - started_ >= 4900ms);
            CHECK(process_->wait_exit() == pty::Exit{.status = 1});
            CHECK(log_lines_of(world, process_->id()).size() == 1);
            CHECK(record_of(world, line_).type != USER_PROCESS);
            CHECK(count_in_wtmp(world, line_, USER_PROCESS) == 0);
        }
        process_.reset();
        choose_gate(world, gate_);
        started_ = pty::Clock::now();
        if (words_.front() == pty::World::login()) {
            process_.emplace(line_.start_on(
                {.arguments = words_, .session = pty::Session::leader_with_terminal}));
        } else {
            process_.emplace(line_.start_for({.arguments = words_}));
        }
        ++starts_;
        line_.expect("Login refused (ref ");
    }

    [[nodiscard]] std::string name() const { return name_of(gate_) + " " + words_.front(); }
    [[nodiscard]] std::size_t starts() const { return starts_; }

  private:
    pty::Gate gate_;
    Words words_;
    pty::Line line_;
    std::optional<pty::Process> process_{};
    std::size_t starts_ = 0;
    pty::Clock::time_point started_{};
};

}  // namespace

TEST_CASE("an init that starts getty or login without /etc/passwd does so every 5 s (T-44)") {
    pty::TestWorld world;
    world.remove_file("/etc/ttygate/login.conf");
    world.remove_file("/etc/passwd");
    std::list<Respawned> entries;
    for (const auto gate : pty::gates()) {
        entries.emplace_back(gate, Words{pty::World::login(), "-f", "ann"});
        entries.emplace_back(gate, pty::getty_command({"--autologin", "ann"}));
    }
    // At once, and after the five seconds that look() sees to.
    CHECK(pty::wait_until(
        [&] {
            for (Respawned& entry : entries) {
                entry.look(world);
            }
            return std::all_of(entries.begin(), entries.end(), [](const Respawned& entry) {
                return entry.starts() >= 2;
            });
        },
        60s * pty::slowness));
}

namespace {

constexpr rlimit same(rlim_t value) {
    return {.rlim_cur = value, .rlim_max = value};
}

void set_alarm() {
    ::alarm(1);
}

}  // namespace

TEST_CASE("a getty that has no descriptor for what it needs says so, and no name is lost for it") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("needs a getty without sanitizers: they open descriptors of their own");
    }
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    // Two are wanted for the process that reads names.
    const pty::Line line;
    pty::Line asked;
    const auto getty =
        asked.start_for({.arguments = pty::getty_command(), .limits = {{RLIMIT_NOFILE, same(6)}}});
    asked.expect("login: ");
    asked.send("ann\r");
    asked.expect("getty: no name can be read now: make a socket: Too many open files");
    asked.expect("login: ");
    world.wait_for_log("no name can be read now: make a socket: Too many open files, on " +
                       asked.name());
    // A soft limit keeps nobody from the log.
    auto silent = line.start_for({.arguments = pty::getty_command(),
                                  .limits = {{RLIMIT_NOFILE, {.rlim_cur = 3, .rlim_max = 1024}}}});
    world.wait_for_log("getty[" + std::to_string(silent.id()) + "]: ");
}

TEST_CASE("an alarm that whoever started them has forgotten ends no prompt and no shell") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, {.name = "ann", .user = 1001, .password = "secret"});
    pty::Line asked;
    auto getty = asked.start_for({.arguments = pty::getty_command(), .before_exec = set_alarm});
    pty::Line logged_in;
    auto login =
        logged_in.start_on({.arguments = {pty::World::login(), "--exec-shell", "-f", "ann"},
                            .session = pty::Session::leader_with_terminal,
                            .before_exec = set_alarm});
    logged_in.expect(pty::shell_prompt);
    pty::let_pass(1200ms);
    log_in(asked, "ann", "secret");
    CHECK(pty::ask_shell(logged_in, "echo still here") == "still here\r\n");
    CHECK(getty.is_running());
    CHECK(login.is_running());
}

TEST_CASE("too little memory to check a password is no fault of the account's") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("needs a login without sanitizers: they need more than the limits leave");
    }
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_RETRIES 1\n");
    add_person(world, {.name = "ann", .user = 1001, .password = "secret"});
    pty::Line line;
    // yescrypt wants a mebibyte of it at its lowest cost.
    auto login = line.start_on({.arguments = {pty::World::login(), "ann"},
                                .limits = {{RLIMIT_DATA, same(rlim_t{700} * 1024)}},
                                .session = pty::Session::leader_with_terminal});
    line.expect("Password: ");
    line.send("secret\r");
    CHECK(login.wait_exit() == pty::Exit{.status = 1});
    CHECK(world.count_log("FOR ann, no password can be checked now: too little memory") == 1);
}

TEST_CASE("a failed login is recorded whatever a file may grow to") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_RETRIES 1\n");
    add_person(world, {.name = "ann", .user = 1001, .password = "secret"});
    // A container's root cannot lift the hard one.
    constexpr rlimit nothing{.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
    pty::Line line;
    auto login = line.start_on({.arguments = {pty::World::login(), "ann"},
                                .limits = {{RLIMIT_FSIZE, nothing}},
                                .session = pty::Session::leader_with_terminal});
    line.expect("Password: ");
    line.send("wrong\r");
    CHECK(login.wait_exit() == pty::Exit{.status = 1});
    CHECK(world.btmp().size() == 1);
}

TEST_CASE("a module that leaves the line with echo shows no password, and keeps nobody out") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, {.name = "ann", .user = 1001, .password = "secret"});
    journal.join_stack(world, "authenticate:make-line-sane");
    pty::Line line;
    const auto getty = pty::start_getty(line);
    log_in(line, "ann", "secret");
    CHECK_FALSE(contains(line.transcript(), "secret"));
}

TEST_CASE("a module that takes login's descriptors costs no processor, and is in the log") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("needs a login without sanitizers: they open descriptors of their own");
    }
    const pty::PamJournal journal;
    for (const std::string what : {"close=3", "leave-no-descriptor"}) {
        CAPTURE(what);
        pty::TestWorld world;
        choose_gate(world, pty::Gate::pam);
        world.append_file("/etc/ttygate/login.conf", "LOGIN_RETRIES 1\nLOGIN_TIMEOUT 5\n");
        add_person(world, {.name = "ann", .user = 1001, .password = "secret"});
        journal.join_stack(world, "authenticate:" + what);
        pty::Line line;
        auto login = line.start_on({.arguments = {pty::World::login(), "ann"},
                                    .session = pty::Session::leader_with_terminal});
        pty::ProcessCost cost;
        const bool has_ended = pty::wait_until([&] {
            if (line.unmatched().ends_with("Password: ")) {
                line.expect("Password: ");
                line.send("secret\r");
            }
            cost = login.is_running() ? pty::cost_of(login.id()) : cost;
            return !login.is_running();
        });
        CHECK(has_ended);
        CHECK(login.wait_exit() == pty::Exit{.status = 1});
        const auto logged = log_lines_of(world, login.id());
        CHECK(std::any_of(logged.begin(), logged.end(), [&](const auto& said) {
            return contains(said,
                            what == "close=3" ? "a module has closed descriptors of login"
                                              : "Too many open files");
        }));
        if (pty::is_measured) {
            CHECK(cost.processor < 300ms);
        }
    }
}

TEST_CASE("a time zone that never answers holds up no prompt and no login") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, {.name = "ann", .user = 1001, .password = "secret"});
    world.write_file("/etc/issue", "It is \\t\n");
    world.remove_file("/etc/localtime");
    common::check(::mkfifo("/etc/localtime", 0644), "mkfifo");
    pty::Line line;
    const auto getty = pty::start_getty(line);
    line.expect("It is ");
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Password: ");
    line.send("wrong\r");
    line.expect("Login incorrect");
    log_in(line, "ann", "secret");
    CHECK(contains(line.transcript(), " UTC "));
}
