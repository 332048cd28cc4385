#pragma once

#include "tests/pty/line.hpp"
#include "tests/pty/process.hpp"

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace pty {

/// getty with a list of speeds.
[[nodiscard]] Process start_with_speeds(const Line& line,
                                        const std::string& speeds,
                                        std::vector<std::string> options = {});

/// Random bytes, the same in every run.
class Noise {
  public:
    [[nodiscard]] std::string next(std::size_t size);

  private:
    std::mt19937 generator_{20261122};  // NOLINT(*-msc51-cpp): repeatable is what it must be
};

/// Sends what the line takes just now; a port loses the rest. Returns how much.
std::size_t send_some(const Line& line, std::string_view bytes);

/// The prompt is there again after noise, takes a name, and login asks for the
/// password.
[[nodiscard]] bool still_serves(Line& line, const Process& getty);

}  // namespace pty
