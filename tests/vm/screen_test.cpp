#include "tests/vm/guest.hpp"
#include "tests/vm/photograph.hpp"

#include <map>

#include <doctest/doctest.h>

namespace {

constexpr std::size_t columns = 80;
constexpr std::size_t rows = 25;

/// What the photograph shows of each character of the screen's text. Blanks are
/// alike whatever their code, and where the cursor blinks nothing can be said.
void check_shows(const vm::Photograph& photograph, const std::string& text, std::size_t cursor) {
    REQUIRE(photograph.width() % columns == 0);
    REQUIRE(photograph.height() % rows == 0);
    const std::size_t width = photograph.width() / columns;
    const std::size_t height = photograph.height() / rows;
    std::map<char, std::string> glyphs;
    std::map<std::string, char> characters;
    for (std::size_t cell = 0; cell < columns * rows; ++cell) {
        if (cell == cursor) {
            continue;
        }
        const std::string glyph =
            photograph.cut_out(cell % columns * width, cell / columns * height, width, height);
        const char character = text.at(cell);
        CAPTURE(cell);
        CAPTURE(character);
        // One picture for each character, and one character for each picture.
        CHECK(glyphs.emplace(character, glyph).first->second == glyph);
        CHECK(characters.emplace(glyph, character).first->second == character);
    }
    CHECK(glyphs.size() > 15);
}

}  // namespace

TEST_CASE("tty1: what is photographed of the screen is what /dev/vcs1 has") {
    vm::Machine& machine = vm::the_machine();
    machine.expect_last_row("box login:");
    const std::string text = machine.run("cat /dev/vcs1");
    REQUIRE(text.size() == columns * rows);
    CHECK(text.find(" box tty1 ") < 2 * columns);
    // The cursor stands behind the prompt: /dev/vcsa1 begins with its place.
    const std::string place =
        machine.run("od -An -tu1 -j2 -N2 /dev/vcsa1 | tr -s ' ' | cut -d ' ' -f 2,3");
    const std::size_t column = std::stoul(place);
    const std::size_t row = std::stoul(place.substr(place.find(' ')));
    const std::size_t cursor = row * columns + column;
    const std::string prompt = "box login: ";
    CHECK(text.substr(cursor - prompt.size(), prompt.size()) == prompt);
    check_shows(vm::Photograph{machine.photograph("tty1-prompt")}, text, cursor);
}
