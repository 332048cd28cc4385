// What is translated in the sources stands in each catalogue, and the letters
// that a catalogue says it needs are those it has.

#include "common/utf8.hpp"
#include "tests/common/temporary_directory.hpp"
#include "tests/pty/process.hpp"
#include "tests/testing.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace {

namespace fs = std::filesystem;

const fs::path sources = TTYGATE_SOURCES;
const fs::path catalogues = sources / "common/po";

std::string text_of(const fs::path& path) {
    std::ifstream file{path};
    REQUIRE(file);
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::set<std::string> lines_of(const fs::path& path) {
    std::ifstream file{path};
    REQUIRE(file);
    std::set<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        lines.insert(line);
    }
    return lines;
}

void require_gettext() {
    if (!fs::exists("/usr/bin/xgettext") || !fs::exists("/usr/bin/msgcmp")) {
        tests::skip("needs xgettext and msgcmp of GNU gettext");
    }
}

/// Characters beyond ASCII.
std::set<char32_t> letters_in(std::string_view text) {
    std::set<char32_t> letters;
    while (!text.empty()) {
        const auto character = common::decode_utf8(text);
        REQUIRE(character.valid);
        if (character.code >= 0x80) {
            letters.insert(character.code);
        }
        text.remove_prefix(character.length);
    }
    return letters;
}

}  // namespace

TEST_CASE("each source with messages to translate is in the list, and no other") {
    std::set<std::string> with_messages;
    for (const char* const part : {"common", "getty", "login"}) {
        for (const auto& entry : fs::recursive_directory_iterator{sources / part}) {
            if (entry.path().extension() != ".cpp") {
                continue;
            }
            const std::string text = text_of(entry.path());
            if (text.find("translated(\"") != std::string::npos ||
                text.find("to_translate(\"") != std::string::npos) {
                with_messages.insert(fs::relative(entry.path(), sources));
            }
        }
    }
    CHECK(with_messages == lines_of(catalogues / "POTFILES"));
}

TEST_CASE("each catalogue has all messages, in the right form") {
    require_gettext();
    const tests::TemporaryDirectory directory;
    const std::string messages = directory.path("messages.pot");
    pty::Command extract{.arguments = {"/usr/bin/xgettext",
                                       "--from-code=UTF-8",
                                       "--keyword=translated:1,1t",
                                       "--keyword=translated:1,2,3t",
                                       "--keyword=to_translate",
                                       "--directory=" + sources.string(),
                                       "--files-from=" + (catalogues / "POTFILES").string(),
                                       "--output=" + messages}};
    REQUIRE(pty::run(extract).exit.status == 0);
    for (const std::string& language : lines_of(catalogues / "LINGUAS")) {
        CAPTURE(language);
        const std::string catalogue = catalogues / (language + ".po");
        const auto compared = pty::run({.arguments = {"/usr/bin/msgcmp", catalogue, messages}});
        CHECK(compared.output == "");
        CHECK(compared.exit.status == 0);
        const auto checked = pty::run(
            {.arguments = {
                 "/usr/bin/msgfmt", "--check-format", "--output-file=/dev/null", catalogue}});
        CHECK(checked.output == "");
    }
}

TEST_CASE("the letters that a catalogue says it needs are those it has") {
    for (const std::string& language : lines_of(catalogues / "LINGUAS")) {
        CAPTURE(language);
        const std::string text = text_of(catalogues / (language + ".po"));
        const std::string_view key = "msgid \"letters beyond ASCII\"\nmsgstr ";
        const std::size_t start = text.find(key);
        REQUIRE(start != std::string::npos);
        const std::size_t value = start + key.size();
        const std::size_t end = text.find('\n', value);
        const auto said = letters_in(text.substr(value, end - value));
        CHECK(said == letters_in(text));
    }
}
