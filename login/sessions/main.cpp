#include "common/log.hpp"
#include "common/program.hpp"
#include "common/signals.hpp"
#include "login/sessions/end_session.hpp"
#include "login/sessions/machine.hpp"
#include "login/sessions/options.hpp"
#include "login/sessions/repair.hpp"
#include "login/sessions/show.hpp"
#include "login/sessions/tree.hpp"
#include "login/sessions/watch.hpp"

#include <algorithm>

#include <unistd.h>

namespace sessions {

namespace {

int show_tree(const Machine& machine, pid_t session) {
    const Picture picture = machine.look();
    const auto found = std::find_if(picture.sessions.begin(),
                                    picture.sessions.end(),
                                    [session](const auto& s) { return s.id() == session; });
    const auto escaped = found == picture.sessions.end() ? std::vector<pid_t>{} : found->escaped;
    const std::string tree = tree_of(session, escaped, picture.processes);
    if (tree.empty()) {
        throw common::UsageError{"there is no session " + std::to_string(session)};
    }
    print(tree);
    return 0;
}

int repair_records(const Machine& machine) {
    if (::geteuid() != 0) {
        throw common::UsageError{"--repair is for root"};
    }
    print(repair(machine.look()));
    return 0;
}

int end_one(const Machine& machine, const Options& options) {
    const Caller caller{.process = ::getpid(), .session = ::getsid(0)};
    const pid_t session = session_to_end(options, machine.look(), caller);
    // The end of our own leader hangs us up, and there may be more to end.
    const common::IgnoredSignal hang_up{SIGHUP};
    const common::IgnoredSignal terminate{SIGTERM};
    const common::IgnoredSignal pipe{SIGPIPE};
    const Ended ended = end_session(session, machine, caller);
    common::log(common::Severity::notice, told(ended, session));
    // The line it would be said on may be the one that has ended.
    common::tolerate("say so", [&] { print(told(ended, session) + "\n"); });
    return ended.left.empty() ? 0 : 1;
}

int story(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    const Machine machine;
    switch (options.task) {
        case Task::list: print(list_of(machine.look().rows())); return 0;
        case Task::json: print(json_of(machine.look().rows())); return 0;
        case Task::watch: watch(machine); return 0;
        case Task::tree: return show_tree(machine, options.session);
        case Task::repair: return repair_records(machine);
        case Task::end: return end_one(machine, options);
    }
    return 1;
}

}  // namespace

}  // namespace sessions

int main(int argc, char** argv) {
    return common::run_program(
        {.name = "sessions", .candour = common::Candour::reason}, sessions::story, argc, argv);
}
