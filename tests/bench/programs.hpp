#pragma once

#include "tests/bench/figures.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace bench {

/// What is measured. {line} in its words is the line, {name} the way a person is
/// named to a login: `ann`, or `-f ann`.
struct Program {
    std::string name;
    Role role = Role::peer;
    std::vector<std::string> words;
};

/// What could not be measured, and why.
using Missing = std::vector<std::string>;

/// Programs that have been read before there is a World, and are written into it:
/// all lie on the same file system, wherever they come from.
class Programs {
  public:
    static constexpr const char* directory = "/run/bench";

    /// Fetches the peers. Who is absent is named in `missing`.
    explicit Programs(Missing& missing);
    /// Writes all of them into the World.
    void install() const;

    [[nodiscard]] const std::vector<Program>& gettys() const { return gettys_; }
    [[nodiscard]] const std::vector<Program>& logins() const { return logins_; }
    /// Started by a getty in login's place, and by login as the shell.
    [[nodiscard]] static std::string arrival();
    [[nodiscard]] static std::string sessions();

  private:
    struct File {
        std::string name;
        std::string bytes;
    };
    /// Where it will be.
    std::string add_file(const std::string& name, const std::filesystem::path& from);
    void add(std::vector<Program>& list, Program program, const std::filesystem::path& from);

    Missing& missing_;
    std::vector<File> files_;
    std::vector<Program> gettys_;
    std::vector<Program> logins_;
};

}  // namespace bench
