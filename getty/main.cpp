#include "common/program.hpp"
#include "getty/check_facts.hpp"
#include "getty/console_lines.hpp"
#include "getty/exit_status.hpp"
#include "getty/issue_facts.hpp"
#include "getty/line.hpp"
#include "getty/options.hpp"
#include "getty/run.hpp"

#include <algorithm>
#include <span>
#include <string_view>

namespace getty {

namespace {

int serve(const Options& options) {
    return run(lines_of(options));
}

/// Known before the command line is read, which may be wrong, and has the log told.
bool may_only_look(std::span<char* const> words) {
    return std::any_of(words.begin(), words.end(), [](std::string_view word) {
        return word.starts_with("--check") || word.starts_with("--dump");
    });
}

int story(int argc, char** argv) {
    if (may_only_look({argv + 1, static_cast<std::size_t>(argc) - 1})) {
        if (const auto status = answer_if_asked(argc, argv)) {
            return *status;
        }
    }
    const Options options = parse_options(argc, argv);
    switch (options.task) {
        case Task::show_issue: return show_issue(options);
        case Task::reload: return ask_for_reload();
        case Task::check:
        case Task::dump: return answer_if_asked(argc, argv).value_or(left);
        case Task::serve_line: break;
    }
    if (!options.lines.empty()) {
        return run_many(options);
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
