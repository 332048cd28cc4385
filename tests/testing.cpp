#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/testing.hpp"

#include "common/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <span>

#include <fcntl.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace tests {

namespace {

constexpr int everything_skipped = 77;

/// What skip() throws. It is no std::exception so that a test case which
/// catches those by mistake does not turn a skip into a pass.
struct Skipped {};

struct Counts {
    unsigned passed = 0;
    unsigned failed = 0;
    unsigned skipped = 0;

    [[nodiscard]] unsigned all() const { return passed + failed + skipped; }
};

// doctest makes the reporter itself and offers no way to hand it anything, so
// what the reporter, skip() and run() share lives here.
Counts counts;
std::string reason_to_skip;

/// For a person who waits for long.
bool names_what_passes() {
    return std::getenv("TTYGATE_NAME_PASSED") != nullptr;
}

/// doctest's own output for failures, and our count at the end: doctest knows
/// no skip that is decided while a test case runs.
class Reporter : public doctest::ConsoleReporter {
  public:
    explicit Reporter(const doctest::ContextOptions& options) : ConsoleReporter(options) {}

    void report_query(const doctest::QueryData& query) override {
        if (!opt.list_test_cases) {
            ConsoleReporter::report_query(query);
            return;
        }
        for (const auto* test_case : std::span{query.data, query.num_data}) {
            s << test_case->m_name << "\n";
        }
    }

    void test_run_start() override {}

    void test_run_end(const doctest::TestRunStats& /*stats*/) override { s << std::flush; }

    void test_case_start(const doctest::TestCaseData& started) override {
        ConsoleReporter::test_case_start(started);
        reason_to_skip.clear();
    }

    void test_case_exception(const doctest::TestCaseException& thrown) override {
        if (reason_to_skip.empty() || thrown.is_crash) {
            ConsoleReporter::test_case_exception(thrown);
        }
    }

    void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
        // A check that failed before the skip stays a failure.
        if (!reason_to_skip.empty() && stats.numAssertsFailedCurrentTest == 0 &&
            (stats.failure_flags & doctest::TestCaseFailureReason::Crash) == 0) {
            s << "SKIP  " << tc->m_name << ": " << reason_to_skip << std::endl;
            ++counts.skipped;
            return;
        }
        ConsoleReporter::test_case_end(stats);
        if (stats.testCaseSuccess) {
            if (names_what_passes()) {
                s << "PASS  " << tc->m_name << std::endl;
            }
            ++counts.passed;
        } else {
            s << "FAIL  " << tc->m_name << std::endl;
            ++counts.failed;
        }
    }
};

REGISTER_REPORTER("ttygate", 0, Reporter);

REGISTER_EXCEPTION_TRANSLATOR(const Skipped& /*skipped*/) {
    return "skipped";
}

bool is_list_option(std::string_view word) {
    return word == "--list";
}

/// doctest takes commas apart and knows backslashes.
std::string as_filter(std::string_view name) {
    std::string filter = "*";
    for (const char letter : name) {
        if (letter == ',' || letter == '\\') {
            filter += '\\';
        }
        filter += letter;
    }
    return filter + "*";
}

/// meson hands arguments to tests through a shell-like parser; the environment
/// carries any name.
void add_filter_from_environment(doctest::Context& context) {
    const char* name = std::getenv("TTYGATE_ONLY");
    if (name != nullptr && *name != '\0') {
        context.addFilter("test-case", as_filter(name).c_str());
    }
}

void append_counts(std::string_view program) {
    const char* path = std::getenv("TTYGATE_COUNTS");
    if (path == nullptr) {
        return;
    }
    const common::UniqueFd file{
        ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666)};
    const std::string line = std::to_string(counts.passed) + " " + std::to_string(counts.failed) +
                             " " + std::to_string(counts.skipped) + " " + std::string{program} +
                             "\n";
    // One write: test programs run beside each other and share the file.
    if (::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        std::perror(path);
        std::exit(EXIT_FAILURE);
    }
}

}  // namespace

void skip(std::string_view reason) {
    reason_to_skip = reason;
    throw Skipped{};
}

bool only_lists(int argc, char** argv) {
    const std::span<char*> words{argv, static_cast<std::size_t>(argc)};
    return std::any_of(words.begin(), words.end(), is_list_option);
}

int run(int argc, char** argv) {
    doctest::Context context;
    context.setOption("reporters", "ttygate");
    context.setOption("no-intro", true);
    std::string_view program = argc > 0 ? argv[0] : "tests";
    program.remove_prefix(program.find_last_of('/') + 1);

    const std::span<char*> words{argv, static_cast<std::size_t>(argc)};
    for (char* word : words.subspan(std::min<std::size_t>(1, words.size()))) {
        if (is_list_option(word)) {
            constexpr const char* doctests_own = "--list-test-cases";
            context.applyCommandLine(1, &doctests_own);
        } else if (std::string_view{word}.starts_with('-')) {
            context.applyCommandLine(1, &word);
        } else {
            context.addFilter("test-case", as_filter(word).c_str());
        }
    }

    add_filter_from_environment(context);
    const int status = context.run();
    if (context.shouldExit()) {
        return status;
    }
    std::printf("%u passed, %u failed, %u skipped\n", counts.passed, counts.failed, counts.skipped);
    std::fflush(stdout);
    append_counts(program);
    if (counts.failed > 0) {
        return EXIT_FAILURE;
    }
    return counts.skipped > 0 && counts.skipped == counts.all() ? everything_skipped : EXIT_SUCCESS;
}

}  // namespace tests
