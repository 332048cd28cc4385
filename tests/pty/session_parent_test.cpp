#include "common/syscall.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/pam_journal.hpp"
#include "tests/pty/process_cost.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

bool is_session_empty(pid_t session) {
    const auto all = pty::running_processes();
    return std::none_of(all.begin(), all.end(), [&](const auto& process) {
        return process.session == session && process.state != 'Z';
    });
}

}  // namespace

// --- nobody types (LOGIN_IDLE_TIMEOUT) ---

namespace {

/// As if the line had last been typed on long ago: its time counts in steps of
/// eight seconds.
void forget_typing(const pty::Line& line) {
    constexpr timespec times[2]{{.tv_sec = 1'000'000, .tv_nsec = 0},
                                {.tv_sec = 0, .tv_nsec = UTIME_OMIT}};
    common::check(::utimensat(AT_FDCWD, line.path().c_str(), times, 0), "utimensat");
}

/// How often a process has slept and was woken.
unsigned long sleeps_of(const pty::World& world, pid_t process) {
    const auto status = world.read_file("/proc/" + std::to_string(process) + "/status");
    const std::string key = "\nvoluntary_ctxt_switches:";
    return std::stoul(status.substr(status.find(key) + key.size()));
}

}  // namespace

TEST_CASE("whoever types nothing for too long is warned, and then logged out by login") {
    const std::optional<pty::PamJournal> journal =
        pty::gates().size() > 1 ? std::optional<pty::PamJournal>{std::in_place} : std::nullopt;
    pty::TestWorld world;
    if (journal) {
        journal->join_stack(world);
    }
    add_person(world, ann);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_IDLE_TIMEOUT tty*=1 pts/*=4\n");
    std::list<pty::Visit> visits;
    for (const auto gate : pty::gates()) {
        choose_gate(world, gate);
        pty::Visit& visit = visits.emplace_back(name_of(gate));
        log_in(visit.line, "ann", "secret");
        visit.session = visit.line.session();
        // What is shown is not typed.
        visit.line.send("while :; do echo going on; sleep 0.2; done\r");
    }
    for (pty::Visit& visit : visits) {
        CAPTURE(visit.what);
        visit.line.expect("this session ends in 2 seconds unless something is.");
        visit.line.expect("This session ends: nothing was typed for 4 seconds.");
        CHECK(visit.login.wait_exit() == pty::Exit{.status = 0});
        CHECK(pty::wait_until([&] { return is_session_empty(visit.session); }));
        CHECK(record_of(world, visit.line).type == DEAD_PROCESS);
        CHECK(visit.line.owner() == pty::nobodys_line);
        const auto lines = log_lines_of(world, visit.login.id());
        CHECK(std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
                  return line.find("ending the session: nothing was typed for 4 seconds") !=
                         line.npos;
              }) == 1);
        if (visit.what == "pam") {
            CHECK(pty::PamJournal::steps_of(visit.login.id()) ==
                  "authenticate account establish open reinitialize close delete");
        }
    }
}

TEST_CASE("a key after the warning keeps a session, and nobody is watched by the second") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_IDLE_TIMEOUT 3\n");
    pty::Visit watched{"watched"};
    log_in(watched.line, "ann", "secret");
    world.append_file("/etc/ttygate/login.conf", "LOGIN_IDLE_TIMEOUT 3600\n");
    pty::Visit hardly{"hardly"};
    log_in(hardly.line, "ann", "secret");
    // It may still have been on its way to where it waits.
    unsigned long before = 0;
    CHECK(pty::wait_until([&] {
        const auto last = before;
        before = sleeps_of(world, hardly.login.id());
        return before == last;
    }));

    forget_typing(watched.line);
    watched.line.expect("this session ends in");
    watched.line.send("\r");
    watched.line.expect(pty::shell_prompt);
    // As long as it would have had, and longer: the next warning is another.
    watched.line.expect("this session ends in");
    CHECK(watched.login.is_running());
    watched.line.expect("This session ends");
    CHECK(watched.login.wait_exit() == pty::Exit{.status = 0});
    // Over four seconds or more; one may be the shell's start, seen late.
    CHECK(sleeps_of(world, hardly.login.id()) <= before + 2);
}

// --- a login that does not wait (--exec-shell) ---

TEST_CASE("--exec-shell: login becomes the shell, and the next getty writes the logout") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    const std::vector<std::string> options{"-o", "--exec-shell -- \\u"};
    auto getty = start_getty(line, options);
    log_in(line, "ann", "secret");
    // One process, which leads the session on the line.
    CHECK(line.session() == getty.id());
    CHECK(pty::cost_of(getty.id()).name == "sh");
    CHECK(ask_shell(line, "id -u; id -G; echo $0; ls /proc/self/fd | wc -l") ==
          "1001\r\n1001\r\n-sh\r\n4\r\n");
    CHECK(ask_shell(line, "grep -E 'Sig(Blk|Ign)' /proc/self/status") ==
          "SigBlk:\t0000000000000000\r\nSigIgn:\t0000000000000000\r\n");
    CHECK(line.owner() == pty::Line::Owner{.user = 1001, .group = 5, .mode = 0620});
    const auto record = record_of(world, line);
    CHECK(record.type == USER_PROCESS);
    CHECK(record.user == "ann");
    CHECK(record.process == getty.id());
    CHECK(record.session == getty.id());
    line.send("sleep 1000\r");
    // By its name: before the shell's child has executed it, it may not heed the keyboard.
    CHECK(pty::wait_until([&] { return pty::cost_of(line.foreground_group()).name == "sleep"; }));
    line.send("\x03");
    line.expect(pty::shell_prompt);
    line.send("exit 3\r");
    CHECK(getty.wait_exit() == pty::Exit{.status = 3});
    // Nobody was there to do it.
    CHECK(record_of(world, line).type == USER_PROCESS);

    const auto next = start_getty(line);
    line.expect("login: ");
    CHECK(line.owner() == pty::nobodys_line);
    CHECK(record_of(world, line).type == LOGIN_PROCESS);
    CHECK(count_in_wtmp(world, line, USER_PROCESS) == 1);
    CHECK(count_in_wtmp(world, line, DEAD_PROCESS) == 1);
}

TEST_CASE("--exec-shell: no PAM session that nobody would close, and a word where exec fails") {
    pty::TestWorld world;
    add_person(world, ann);
    world.write_file("/run/shell", "#!/no/such/interpreter\n", 0755);
    world.add_user({.name = "bob", .user = 1002, .password = "secret", .shell = "/run/shell"});
    const auto start_for = [](const pty::Line& line, const char* name) {
        return line.start_on({.arguments = {pty::World::login(), "--exec-shell", "-f", name},
                              .session = pty::Session::leader_with_terminal});
    };
    choose_gate(world, pty::Gate::shadow);
    pty::Line shadow_line;
    auto shadow = start_for(shadow_line, "bob");
    shadow_line.expect("login: cannot start /run/shell: No such file or directory (ref ");
    std::optional<pty::Line> pam_line;
    std::optional<pty::Process> pam;
    if (pty::gates().size() > 1) {
        choose_gate(world, pty::Gate::pam);
        pam_line.emplace();
        pam.emplace(start_for(*pam_line, "ann"));
        pam_line->expect("--exec-shell is for the shadow gate");
    }
    CHECK(shadow.wait_exit(8000ms * pty::slowness) == pty::Exit{.status = 1});
    CHECK(log_lines_of(world, shadow.id()).size() == 1);
    if (pam) {
        CHECK(pam->wait_exit(8000ms * pty::slowness) == pty::Exit{.status = 1});
        CHECK(count_in_wtmp(world, *pam_line, USER_PROCESS) == 0);
    }
}

// --- what it holds open ---

TEST_CASE("login keeps open what PAM's modules keep open, and the shell gets 0, 1 and 2 (T-32)") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    // Also one that is not marked as nobody else's affair.
    journal.join_stack(world, "open:keep-open=/run/kept close:write-to-kept");
    pty::Line line;
    auto login = line.start_on({.arguments = {pty::World::login(), "-f", "ann"},
                                .session = pty::Session::leader_with_terminal});
    line.expect(pty::shell_prompt);
    const auto open_in = [](pid_t process) {
        std::vector<std::string> files;
        const fs::path folder = "/proc/" + std::to_string(process) + "/fd";
        for (const auto& entry : fs::directory_iterator{folder}) {
            std::error_code is_closed_meanwhile;
            files.push_back(fs::read_symlink(entry.path(), is_closed_meanwhile));
        }
        return files;
    };
    const auto ours = open_in(login.id());
    CHECK(std::count(ours.begin(), ours.end(), "/run/kept") == 1);
    // 10 is the shell's own way to its terminal, for job control. No pipeline:
    // the shell holds one open for a moment too.
    CHECK(pty::ask_shell(line, "ls -m /proc/$$/fd") == "0, 1, 10, 2\r\n");
    line.send("exit\r");
    CHECK(login.wait_exit() == pty::Exit{.status = 0});
    CHECK(pty::PamJournal::steps_of(login.id()).find("close written") != std::string::npos);
    CHECK(world.read_file("/run/kept") == "still open\n");
}

// --- what a waiting login costs ---

TEST_CASE("a login that waits has less memory of its own than Debian's") {
    if (!pty::is_measured) {
        tests::skip("needs a login without sanitizers");
    }
    if (::access("/bin/login", X_OK) != 0) {
        tests::skip("needs a login of Debian's");
    }
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    // Pages of a program that was built just now are private and dirty too.
    const auto cost_for = [&world](const char* program, unsigned long most) {
        pty::Line line;
        const auto login = line.start_on(
            {.arguments = {program, "-f", "ann"}, .session = pty::Session::leader_with_terminal});
        line.expect(pty::shell_prompt);
        const auto cost = [&] {
            const auto text =
                world.read_file("/proc/" + std::to_string(login.id()) + "/smaps_rollup");
            const std::string key = "Anonymous:";
            return std::stoul(text.substr(text.find(key) + key.size()));
        };
        // The shell may be there before its parent has come to rest.
        unsigned long kib = 0;
        pty::wait_until([&] {
            kib = cost();
            return kib <= most;
        });
        return kib;
    };
    const auto debians = cost_for("/bin/login", std::numeric_limits<unsigned long>::max());
    // Stacks begin where chance will have it: some pages more or less.
    const auto with_pam = cost_for(pty::World::login(), debians + 8);
    choose_gate(world, pty::Gate::shadow);
    const auto by_shadow = cost_for(pty::World::login(), debians * 3 / 4);
    MESSAGE("own memory of a waiting login: ",
            with_pam,
            " KiB with PAM, ",
            by_shadow,
            " KiB by the shadow gate, of Debian's ",
            debians,
            " KiB");
    CHECK(debians > 0);
    CHECK(with_pam <= debians + 8);
    CHECK(by_shadow <= debians * 3 / 4);
}
