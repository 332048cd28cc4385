#pragma once

#include "tests/pty/world.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace pty {

/// What two programs are compared by: facts by their names.
using Facts = std::map<std::string, std::string>;

/// A fact in which we differ from another's program; `absent` where the fact itself
/// is missing.
struct Difference {
    std::string_view key;
    std::string_view theirs;
    std::string_view ours;
    std::string_view reason;
};
inline constexpr std::string_view absent = "(absent)";

/// One line for each, in the order of the keys.
[[nodiscard]] std::string difference_of(const Facts& theirs, const Facts& ours);
/// What it should be: those everywhere but for what is the `same`, and `also` those.
[[nodiscard]] std::string listed(std::span<const Difference> everywhere,
                                 std::span<const std::string_view> same,
                                 std::span<const Difference> also);

/// The program that writes down what reaches it (login_stub.cpp). Make it before the
/// World, which hides the folder it was built in.
class LoginStub {
  public:
    LoginStub();
    void install(const World& world) const;

  private:
    std::string program_;
};
inline constexpr const char* installed_stub = "/run/login_stub/program";

/// What it has written for a line, by its name; nothing where it was not started.
[[nodiscard]] Facts facts_of_stub(const std::string& line);

[[nodiscard]] std::string with_replaced(std::string text,
                                        std::string_view what,
                                        std::string_view instead);

}  // namespace pty
