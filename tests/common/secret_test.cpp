#include "common/secret.hpp"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using common::Secret;

namespace {

void put(Secret& secret, std::string_view text) {
    text.copy(secret.storage().data(), secret.storage().size());
    secret.set_size(text.size());
}

/// The signal that ends a process which reads there; 0: none.
int signal_of_reading(const char* where) {
    const pid_t child = ::fork();
    if (child == 0) {
        // A sanitizer's handler would turn the signal into an exit.
        std::signal(SIGSEGV, SIG_DFL);
        const volatile char* const place = where;
        [[maybe_unused]] const char byte = *place;
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/// What may be done with the page there, as proc_pid_maps(5) has it; "" where
/// there is none.
std::string rights_of(std::uintptr_t place) {
    std::ifstream maps{"/proc/self/maps"};
    for (std::string line; std::getline(maps, line);) {
        std::istringstream words{line};
        std::uintptr_t first = 0;
        std::uintptr_t beyond = 0;
        char dash = 0;
        std::string rights;
        if (words >> std::hex >> first >> dash >> beyond >> rights && first <= place &&
            place < beyond) {
            return rights;
        }
    }
    return {};
}

}  // namespace

TEST_CASE("a secret holds what was typed, with an end for C") {
    Secret secret;
    CHECK(secret.view().empty());
    CHECK(std::strlen(secret.c_str()) == 0);
    CHECK(secret.storage().size() == 511);
    put(secret, "correct horse");
    CHECK(secret.view() == "correct horse");
    CHECK(std::strlen(secret.c_str()) == 13);
    put(secret, "abc");
    CHECK(secret.view() == "abc");
    CHECK(std::strlen(secret.c_str()) == 3);
}

TEST_CASE("a full secret still ends for C") {
    Secret secret;
    put(secret, std::string(Secret::capacity, 'x'));
    CHECK(secret.view() == std::string(Secret::capacity, 'x'));
    CHECK(std::strlen(secret.c_str()) == Secret::capacity);
    secret.set_size(100'000);
    CHECK(secret.view().size() == Secret::capacity);
    CHECK(std::strlen(secret.c_str()) == Secret::capacity);
}

TEST_CASE("a wiped secret leaves nothing behind") {
    Secret secret;
    put(secret, std::string(Secret::capacity, 'x'));
    secret.wipe();
    CHECK(secret.view().empty());
    CHECK(std::all_of(
        secret.storage().begin(), secret.storage().end(), [](char c) { return c == '\0'; }));
}

TEST_CASE("a secret ends where its page ends, between pages that cannot be read") {
    const Secret secret;
    const std::ptrdiff_t page = ::sysconf(_SC_PAGESIZE);
    const char* const start = secret.c_str();
    // The NUL after the longest secret is the last byte of the page.
    const char* const end = start + Secret::capacity + 1;
    CHECK(signal_of_reading(start) == 0);
    CHECK(signal_of_reading(end - 1) == 0);
    CHECK(signal_of_reading(end - page) == 0);
    CHECK(signal_of_reading(end) == SIGSEGV);
    CHECK(signal_of_reading(end + page - 1) == SIGSEGV);
    CHECK(signal_of_reading(end - page - 1) == SIGSEGV);
}

TEST_CASE("the pages around a secret are its own, so that nothing can move in beside it") {
    const Secret secret;
    const auto end =
        reinterpret_cast<std::uintptr_t>(secret.c_str()) + std::uintptr_t{Secret::capacity + 1};
    const auto start = end - static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    CHECK(rights_of(start) == "rw-p");
    CHECK(rights_of(end - 1) == "rw-p");
    CHECK(rights_of(start - 1) == "---p");
    CHECK(rights_of(end) == "---p");
}

TEST_CASE("a secret that has gone can be read no more") {
    const char* place = nullptr;
    {
        const Secret secret;
        place = secret.c_str();
    }
    CHECK(signal_of_reading(place) == SIGSEGV);
}
