#pragma once

#include "common/log.hpp"
#include "getty/check.hpp"
#include "getty/options.hpp"

#include <optional>

namespace getty {

/// What a getty by these options would meet, on their line or on any. Nothing is
/// changed, recorded or logged, and the line is not opened. `log` has what
/// reading the command line has said.
[[nodiscard]] CheckReport look_for(const Options& options, const common::DivertedLog& log);

/// --check and --dump, if that is what the command line asks for: answers, and
/// returns the exit status. --check answers a wrong command line too. Nothing
/// where getty is to do something else.
[[nodiscard]] std::optional<int> answer_if_asked(int argc, char** argv);

}  // namespace getty
