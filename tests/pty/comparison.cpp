#include "tests/pty/comparison.hpp"

#include "common/syscall.hpp"

#include <fstream>
#include <iterator>

#include <sys/stat.h>

namespace pty {

namespace {

using Differences = std::map<std::string, Difference>;

std::string as_text(const Differences& differences) {
    std::string text;
    for (const auto& [key, difference] : differences) {
        text += key + ": " + std::string{difference.theirs} + " -> " +
                std::string{difference.ours} + "\n";
    }
    return text;
}

}  // namespace

std::string difference_of(const Facts& theirs, const Facts& ours) {
    Differences differences;
    const auto value = [](const Facts& facts, const std::string& key) {
        const auto found = facts.find(key);
        return found == facts.end() ? absent : std::string_view{found->second};
    };
    for (const Facts* facts : {&theirs, &ours}) {
        for (const auto& [key, unused] : *facts) {
            if (value(theirs, key) != value(ours, key)) {
                differences[key] = {key, value(theirs, key), value(ours, key), ""};
            }
        }
    }
    return as_text(differences);
}

std::string listed(std::span<const Difference> everywhere,
                   std::span<const std::string_view> same,
                   std::span<const Difference> also) {
    Differences differences;
    for (const Difference& difference : everywhere) {
        differences[std::string{difference.key}] = difference;
    }
    for (const std::string_view key : same) {
        differences.erase(std::string{key});
    }
    for (const Difference& difference : also) {
        differences[std::string{difference.key}] = difference;
    }
    return as_text(differences);
}

LoginStub::LoginStub() {
    std::ifstream file{TTYGATE_LOGIN_STUB, std::ios::binary};
    program_.assign(std::istreambuf_iterator<char>{file}, {});
}

void LoginStub::install(const World& world) const {
    world.write_file(installed_stub, program_, 0755);
    // A user's shell writes there too.
    const std::string folder = std::filesystem::path{installed_stub}.parent_path();
    common::check(::chmod(folder.c_str(), 01777), "chmod", folder);
}

Facts facts_of_stub(const std::string& line) {
    Facts facts;
    std::ifstream file{"/run/login_stub/" + with_replaced(line, "/", "-")};
    for (std::string text; std::getline(file, text);) {
        const auto blank = text.find(' ');
        facts[text.substr(0, blank)] = blank == text.npos ? "" : text.substr(blank + 1);
    }
    return facts;
}

std::string with_replaced(std::string text, std::string_view what, std::string_view instead) {
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + instead.size())) {
        text.replace(at, what.size(), instead);
    }
    return text;
}

}  // namespace pty
