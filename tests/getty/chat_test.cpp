#include "getty/chat.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using getty::Chat;

namespace {

/// What is sent until the chat waits or has ended; pauses as <milliseconds>.
std::string sent(Chat& chat) {
    std::string text;
    while (const auto piece = chat.next_piece()) {
        text += piece->text;
        if (piece->pause > 0ms) {
            text += "<" + std::to_string(piece->pause.count()) + ">";
        }
    }
    return text;
}

void hear(Chat& chat, std::string_view text) {
    for (const char byte : text) {
        chat.feed(byte);
    }
}

/// What a script sends at once.
std::string sent_by(std::string_view script) {
    Chat chat{script};
    return sent(chat);
}

}  // namespace

TEST_CASE("a chat waits and sends by turns") {
    Chat chat{"\"\" ATE0Q0V1\\r OK\\r ATS0=0\\r OK\\r"};
    CHECK(sent(chat) == "ATE0Q0V1\r");
    CHECK(chat.is_waiting());
    hear(chat, "ATE0Q0V1\r\r\nO");
    CHECK(sent(chat).empty());
    hear(chat, "K\r");
    CHECK(sent(chat) == "ATS0=0\r");
    hear(chat, "\nOK\r");
    CHECK(chat.has_ended());
    CHECK_FALSE(chat.has_failed());
}

TEST_CASE("what does not come in time ends a chat") {
    Chat chat{"RING ATA\\r CONNECT"};
    CHECK(sent(chat).empty());
    hear(chat, "RING");
    CHECK(sent(chat) == "ATA\r");
    chat.time_is_up();
    CHECK(chat.has_failed());
    CHECK(chat.has_ended());
    CHECK_FALSE(chat.is_waiting());
}

TEST_CASE("a second try stands between dashes") {
    Chat chat{"OK-ATZ\\r-OK-AT\\\\\\-\\r-YES go"};
    chat.time_is_up();
    CHECK(sent(chat) == "ATZ\r");
    CHECK(chat.is_waiting());
    chat.time_is_up();
    CHECK(sent(chat) == "AT\\-\r");
    hear(chat, "OK");
    CHECK(chat.is_waiting());
    hear(chat, "YES");
    CHECK(sent(chat) == "go");
    CHECK(chat.has_ended());
}

TEST_CASE("what is sent last in a word of tries needs no answer") {
    for (const char* const script : {"OK-AT\\r go", "OK-AT\\r- go"}) {
        CAPTURE(script);
        Chat chat{script};
        CHECK(sent(chat).empty());
        chat.time_is_up();
        CHECK(sent(chat) == "AT\rgo");
        CHECK(chat.has_ended());
        CHECK_FALSE(chat.has_failed());
    }
    Chat answered{"OK-AT\\r go"};
    hear(answered, "OK");
    CHECK(sent(answered) == "go");
}

TEST_CASE("escapes and quotes") {
    struct Case {
        std::string_view script;
        std::string_view sent;
    };
    for (const Case& c : {
             Case{"\"\" a\\sb\\tc\\nd\\be", "a b\tc\nd\be"},
             Case{"'' 'two words'", "two words"},
             Case{"'' \"it's\"", "it's"},
             Case{"'' \\101\\60\\7x\\c", "A0\7x"},
             Case{"'' \\d\\dAT\\pD", "<1000><1000>AT<100>D"},
             Case{"'' \\q\\\\\\\"", "q\\\""},
             Case{"'' one '' two", "onetwo"},
             Case{"'' end\\", "end\\"},
             Case{"'' 'not closed", "not closed"},
             Case{"''", ""},
             Case{"", ""},
         }) {
        CAPTURE(c.script);
        CHECK(sent_by(c.script) == c.sent);
    }
    CHECK(Chat{""}.has_ended());
}

TEST_CASE("what was heard long ago is forgotten, what is waited for is not missed") {
    Chat chat{"CONNECT x"};
    hear(chat, std::string(100'000, 'C'));
    hear(chat, "CONNECT");
    CHECK(chat.has_ended() == false);
    CHECK(sent(chat) == "x");
}
