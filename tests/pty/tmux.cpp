#include "tests/pty/tmux.hpp"

#include "tests/testing.hpp"

#include <filesystem>
#include <stdexcept>

namespace pty {

namespace {

constexpr const char* program_path = "/usr/bin/tmux";

/// Rows without the empty ones below, and without blanks at their ends.
std::string trimmed(const std::string& screen) {
    std::string rows;
    std::string row;
    for (const char c : screen) {
        if (c != '\n') {
            row += c;
            continue;
        }
        row.resize(row.find_last_not_of(' ') + 1);
        rows += row + '\n';
        row.clear();
    }
    rows.resize(rows.find_last_not_of('\n') + 1);
    return rows + '\n';
}

}  // namespace

Tmux::Tmux(const std::vector<std::string>& program) {
    if (!std::filesystem::exists(program_path)) {
        tests::skip("needs tmux");
    }
    std::vector<std::string> words{
        "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "--"};
    words.insert(words.end(), program.begin(), program.end());
    if (const auto started = command(std::move(words)); started.exit.status != 0) {
        throw std::runtime_error{"tmux: " + started.output};
    }
}

Tmux::~Tmux() {
    try {
        (void)command({"kill-server"});
    } catch (...) {
        // The World ends it.
        return;
    }
}

void Tmux::type(const std::string& text) const {
    (void)command({"send-keys", "-l", text});
}

void Tmux::press(const std::string& key) const {
    (void)command({"send-keys", key});
}

std::string Tmux::screen() const {
    return trimmed(command({"capture-pane", "-e", "-p"}).output);
}

void Tmux::expect_at_end(std::string_view text, Place place) const {
    std::string seen;
    const bool came = wait_until([&] {
        seen = screen();
        return seen.ends_with(std::string{text} + "\n");
    });
    if (!came) {
        throw std::runtime_error{std::string{place.file} + ":" + std::to_string(place.line) +
                                 ": no \"" + std::string{text} + "\" at the end of\n" + seen};
    }
}

Finished Tmux::command(std::vector<std::string> words) const {
    words.insert(words.begin(), {program_path, "-u", "-S", server_});
    return run({.arguments = std::move(words),
                .environment = {"PATH=/usr/bin:/bin", "TERM=xterm", "HOME=/root"}});
}

}  // namespace pty
