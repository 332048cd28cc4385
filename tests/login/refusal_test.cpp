#include "login/refusal.hpp"

#include <set>

#include <doctest/doctest.h>

TEST_CASE("refusal: the words, then a line with the reference") {
    CHECK(login::refusal_text({.words = "Your account has expired."}, "7f3a") ==
          "\nYour account has expired.\nLogin refused (ref 7f3a)\n");
    CHECK(login::refusal_text({.words = "Closed.\nBack at noon.\n"}, "0000") ==
          "\nClosed.\nBack at noon.\nLogin refused (ref 0000)\n");
    // A module has said why already.
    CHECK(login::refusal_text({}, "7f3a") == "\nLogin refused (ref 7f3a)\n");
}

TEST_CASE("refusal: references are four hexadecimal digits and not always the same") {
    std::set<std::string> references;
    for (int i = 0; i < 100; ++i) {
        const std::string reference = login::new_reference();
        CHECK(reference.size() == 4);
        CHECK(reference.find_first_not_of("0123456789abcdef") == std::string::npos);
        references.insert(reference);
    }
    CHECK(references.size() > 50);
}

TEST_CASE("refusal: what failed is said to whoever has authenticated, made harmless") {
    const auto refusal = login::refusal_by_failure("pam_open_session: \x1b[2Jno");
    CHECK(refusal.words == "The session could not be started: pam_open_session: ^[[2Jno");
    CHECK(refusal.reason.starts_with("the session could not be started: pam_open_session"));
}
