#include "login/sessions/options.hpp"

#include "common/program.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using sessions::Options;
using sessions::Task;

namespace {

Options parsed(std::vector<const char*> words) {
    words.insert(words.begin(), "sessions");
    return sessions::parse_options(static_cast<int>(words.size()), words.data());
}

std::string problem_of(const std::vector<const char*>& words) {
    try {
        (void)parsed(words);
    } catch (const common::UsageError& problem) {
        return problem.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("a command line asks for one thing") {
    struct Case {
        std::vector<const char*> words;
        Task task;
        pid_t session = 0;
        std::string_view line{};
    };
    for (const Case& c : {Case{{}, Task::list},
                          Case{{"--watch"}, Task::watch},
                          Case{{"-w"}, Task::watch},
                          Case{{"--json"}, Task::json},
                          Case{{"--repair"}, Task::repair},
                          Case{{"--tree", "12"}, Task::tree, 12},
                          Case{{"-t12"}, Task::tree, 12},
                          Case{{"--end=12"}, Task::end, 12},
                          Case{{"--end", "pts/3"}, Task::end, 0, "pts/3"},
                          Case{{"--end", "/dev/pts/3"}, Task::end, 0, "pts/3"},
                          Case{{"--end", "tty1"}, Task::end, 0, "tty1"}}) {
        const Options options = parsed(c.words);
        CHECK(options.task == c.task);
        CHECK(options.session == c.session);
        CHECK(options.line == c.line);
    }
}

TEST_CASE("a command line that is none of these is refused") {
    struct Case {
        std::vector<const char*> words;
        std::string_view problem;
    };
    for (const Case& c :
         {Case{{"--json", "--watch"}, "one thing at a time"},
          Case{{"-e1", "-e2"}, "one thing at a time"},
          Case{{"pts/3"}, "unexpected \"pts/3\""},
          Case{{"--end", ""}, "option --end: which session?"},
          Case{{"--end", "/dev/"}, "option --end: which session?"},
          Case{{"--end", "0"}, "option --end: \"0\" is not a whole number from 1 to 2147483647"},
          Case{{"--end", "012"},
               "option --end: \"012\" is not a whole number from 1 to 2147483647"},
          Case{{"--tree", "-1"},
               "option --tree: \"-1\" is not a whole number from 1 to 2147483647"},
          Case{{"--tree", "2147483648"},
               "option --tree: \"2147483648\" is not a whole number from 1 to 2147483647"},
          Case{{"--tree", "pts/3"},
               "option --tree: \"pts/3\" is not a whole number from 1 to 2147483647"},
          Case{{"--nonsense"}, "unknown option --nonsense"}}) {
        CHECK(problem_of(c.words) == c.problem);
    }
}
