#pragma once

#include "tests/pty/dialogue.hpp"
#include "tests/pty/line.hpp"
#include "tests/pty/package.hpp"
#include "tests/pty/records.hpp"
#include "tests/pty/world.hpp"

#include <functional>
#include <string>
#include <vector>

namespace inits {

/// After a respawn: inits look up once in a while only.
constexpr pty::Milliseconds respawn_deadline = pty::Milliseconds{60'000};

/// Who logs in in visit().
extern const pty::Account ann;

/// An entry as it is installed, e.g. "sysvinit-inittab"; see getty/inits. Read it
/// before there is a World, which hides it.
[[nodiscard]] std::string entry(const std::string& name);

/// Makes a device of the World's stand at another name too, e.g. /dev/ttyS0,
/// which is in the entries.
void stand_at(const pty::World& world, const std::string& device, const std::string& name);

/// Packages as if they had been installed in a World: their programs and
/// libraries are laid over the machine's, their configuration is put into the
/// World's /etc. Made before the World, as each Package.
class InstalledPackages {
  public:
    explicit InstalledPackages(const std::vector<std::string>& names);

    void install_in(const pty::World& world);

  private:
    std::vector<pty::Package> packages_;
};

/// What becomes of a session whose login has been killed.
enum class Orphan {
    keeps_line,  ///< until its shell ends, and getty waits for that
    is_hung_up,  ///< by an init, or because an init has ended its record
};

/// A machine whose init serves a pty that stands at /dev/ttyS0.
struct Machine {
    pty::World& world;
    pty::Line& line;
    std::string name = "ttyS0";
    Orphan orphan = Orphan::keeps_line;

    /// The line's record in utmp.
    [[nodiscard]] pty::Record record() const;
    /// How many entries of this type wtmp has of the line.
    [[nodiscard]] std::size_t count_in_wtmp(short type) const;
};

/// Types name and password of ann after a prompt, and waits for her shell.
void log_in_as_ann(pty::Line& line);

/// What has to hold under every init: getty asks; ann logs in, looks around and
/// leaves; getty asks again, also after a getty, a login that asks for a
/// password, and a login with a session have been killed. With records of all
/// of it. Ends with the prompt on the line.
void visit(const Machine& machine);

}  // namespace inits
