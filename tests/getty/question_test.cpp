#include "getty/question.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using getty::Question;

namespace {

constexpr std::string_view prompt = "box login: ";

}  // namespace

TEST_CASE("hint: stands above the question whenever it is asked") {
    Question question{std::string{prompt}};
    question.set_hint("Hint: x\r\n\r\n");
    CHECK(question.ask() == "Hint: x\r\n\r\nbox login: ");
    question.set_typed("an");
    CHECK(question.text() == "Hint: x\r\n\r\nbox login: ");
    CHECK(question.show_again("pc login: ") == "Hint: x\r\n\r\npc login: an");
    CHECK(question.ask() == "Hint: x\r\n\r\npc login: ");
    CHECK(question.show_again("pc login: ") == "Hint: x\r\n\r\npc login: ");
}

TEST_CASE("hint: a new one takes the place of the old, and what was typed stays") {
    const std::string block = "Hint: x\r\n\r\n";
    struct Case {
        std::string_view what;
        std::string old_hint;
        std::string typed;
        std::size_t columns;
        std::string new_hint;
        std::string shown;
    };
    const std::vector<Case> cases{
        {"none to one", "", "an", 80, block, "\r\x1b[JHint: x\r\n\r\nbox login: an"},
        {"one to none", block, "an", 80, "", "\r\x1b[2A\x1b[Jbox login: an"},
        {"one to another", block, "", 80, block, "\r\x1b[2A\x1b[JHint: x\r\n\r\nbox login: "},
        // "box login: " is 11 columns.
        {"a full row", "", "123456789", 20, "", "\r\x1b[Jbox login: 123456789"},
        {"a row and one", "", "1234567890", 20, "", "\r\x1b[1A\x1b[Jbox login: 1234567890"},
        {"and a hint", block, "1234567890", 20, "", "\r\x1b[3A\x1b[Jbox login: 1234567890"},
        {"wide",
         "",
         "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad",
         20,
         "",
         "\r\x1b[1A\x1b[Jbox login: \xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"},
        {"nobody knows how wide", "", "1234567890", 0, "", "\r\x1b[Jbox login: 1234567890"},
    };
    for (const auto& [name, old_hint, typed, columns, new_hint, shown] : cases) {
        const std::string_view what = name;
        CAPTURE(what);
        Question question{std::string{prompt}};
        question.set_hint(old_hint);
        CHECK(question.ask() == old_hint + std::string{prompt});
        question.set_typed(typed);
        CHECK(question.change_hint(new_hint, columns) == shown);
    }
}
