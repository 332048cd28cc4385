#include "common/program.hpp"
#include "getty/line.hpp"
#include "getty/options.hpp"
#include "getty/run.hpp"

namespace getty {

namespace {

int story(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    return run(lines_of(options));
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
