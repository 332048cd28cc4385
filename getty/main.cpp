#include "common/program.hpp"
#include "getty/check_table.hpp"
#include "getty/console_lines.hpp"
#include "getty/issue_facts.hpp"
#include "getty/line.hpp"
#include "getty/options.hpp"
#include "getty/run.hpp"

namespace getty {

namespace {

int serve(const Options& options) {
    return run(lines_of(options));
}

int story(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    switch (options.task) {
        case Task::show_issue: return show_issue(options);
        case Task::reload: return ask_for_reload();
        case Task::check_table: return check_table(options);
        case Task::serve_line: break;
    }
    if (options.line == all_consoles) {
        return serve_consoles(options, serve);
    }
    return serve(options);
}

}  // namespace

}  // namespace getty

int main(int argc, char** argv) {
    using namespace std::chrono_literals;
    // Ten seconds: whoever starts getty again must not spin over a wrong line.
    return common::run_program(
        {.name = "getty", .candour = common::Candour::reason, .pause_after_failure = 10s},
        getty::story,
        argc,
        argv);
}
