#include "tests/pty/pam_journal.hpp"

#include "tests/testing.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include <unistd.h>

namespace pty {

namespace {

constexpr const char* installed = "/run/pam_journal/module.so";

}  // namespace

PamJournal::PamJournal() {
    if (TTYGATE_WITH_PAM == 0) {
        tests::skip("needs a login that is built with PAM");
    }
    std::ifstream file{TTYGATE_PAM_JOURNAL, std::ios::binary};
    module_.assign(std::istreambuf_iterator<char>{file}, {});
    if (module_.empty()) {
        throw std::runtime_error{std::string{"cannot read "} + TTYGATE_PAM_JOURNAL};
    }
}

void PamJournal::join_stack(const World& world, std::string_view arguments) const {
    const std::string service = world.read_file("/etc/pam.d/login");
    be_stack(world, arguments);
    world.append_file("/etc/pam.d/login", service);
}

void PamJournal::be_stack(const World& world, std::string_view arguments) const {
    // Once: processes may have it mapped by now.
    if (::access(installed, F_OK) != 0) {
        world.write_file(installed, module_, 0755);
    }
    std::string journal;
    for (const char* type : {"auth", "account", "password", "session"}) {
        journal +=
            std::string{type} + " required " + installed + " " + std::string{arguments} + "\n";
    }
    world.write_file("/etc/pam.d/login", journal);
}

std::string PamJournal::steps_of(pid_t login) {
    std::ifstream file{"/run/pam_journal/" + std::to_string(login)};
    std::string steps;
    for (std::string step; std::getline(file, step);) {
        steps += (steps.empty() ? "" : " ") + step;
    }
    return steps;
}

}  // namespace pty
