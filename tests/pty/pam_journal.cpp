#include "tests/pty/pam_journal.hpp"

#include "tests/testing.hpp"

#include <filesystem>
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

void PamJournal::join_stack(const World& world,
                            std::string_view arguments,
                            const std::string& service) const {
    const std::string file = "/etc/pam.d/" + service;
    const std::string stack = world.read_file(file);
    be_stack(world, arguments, service);
    world.append_file(file, stack);
}

void PamJournal::be_stack(const World& world,
                          std::string_view arguments,
                          const std::string& service) const {
    // Once: processes may have it mapped by now.
    if (::access(installed, F_OK) != 0) {
        world.write_file(installed, module_, 0755);
    }
    std::string journal;
    for (const char* type : {"auth", "account", "password", "session"}) {
        journal +=
            std::string{type} + " required " + installed + " " + std::string{arguments} + "\n";
    }
    world.write_file("/etc/pam.d/" + service, journal);
}

std::string PamJournal::steps_of(pid_t login) {
    std::ifstream file{"/run/pam_journal/" + std::to_string(login)};
    std::string steps;
    for (std::string step; std::getline(file, step);) {
        steps += (steps.empty() ? "" : " ") + step;
    }
    return steps;
}

void PamJournal::forget_steps() {
    const std::filesystem::path module{installed};
    if (!std::filesystem::exists(module)) {
        return;
    }
    for (const auto& file : std::filesystem::directory_iterator{module.parent_path()}) {
        if (file.path() != module) {
            std::filesystem::remove(file);
        }
    }
}

std::string PamJournal::items_of(pid_t login) {
    std::ifstream file{"/run/pam_journal/" + std::to_string(login) + ".items"};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace pty
