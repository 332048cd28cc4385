// Compiled once for each of the programs' libraries: what takes longest to read.
// Every source includes what it needs all the same: clang builds without this.
#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
