#include "getty/host_keys.hpp"

#include "getty/sha256.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace {

std::string hexadecimal(std::string_view data) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const auto byte : getty::sha256(data)) {
        text += digits[byte >> 4U];
        text += digits[byte & 0xfU];
    }
    return text;
}

}  // namespace

TEST_CASE("SHA-256 gives what FIPS 180-4 says") {
    CHECK(hexadecimal("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hexadecimal("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hexadecimal("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hexadecimal(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    // Around a block, where the length goes into the next one.
    CHECK(hexadecimal(std::string(55, 'a')) ==
          "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    CHECK(hexadecimal(std::string(56, 'a')) ==
          "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
    CHECK(hexadecimal(std::string(64, 'a')) ==
          "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

TEST_CASE("a public key has the fingerprint that ssh-keygen shows") {
    struct Case {
        std::string_view key;
        std::optional<std::string> expected;
    };
    const std::vector<Case> cases{
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO4YLQWsnOEFHn5BLPI9l3FJ01zY6bJmFoVDH2gsY5Ge "
         "root@box\n",
         "SHA256:Nq+Hibzzv+6XfK8UI0/bwp2gPDj1cYXmoXL+hCoX9Yc (ED25519)"},
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO4YLQWsnOEFHn5BLPI9l3FJ01zY6bJmFoVDH2gsY5Ge",
         "SHA256:Nq+Hibzzv+6XfK8UI0/bwp2gPDj1cYXmoXL+hCoX9Yc (ED25519)"},
        {"ecdsa-sha2-nistp256 "
         "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBLwxtaJ0nFx0aGKeCuy6f1l/"
         "pKeErg97SOz5tpUFheN4EFPm8dRq+UauL/HpBNwsfTfm0qjvIaSTYdkq65yX/JE= x\n",
         "SHA256:lK046Kb8UPGhRBoof5DeWAbDKQOeq0AX0cxxlLYzAno (ECDSA)"},
        {"", std::nullopt},
        {"\n", std::nullopt},
        {"ssh-ed25519", std::nullopt},
        {"ssh-ed25519  \n", std::nullopt},
        {"ssh-ed25519 AAAA!\n", std::nullopt},
        {"ssh-none AAAA\n", std::nullopt},
        {"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", std::nullopt},
    };
    for (const Case& c : cases) {
        CAPTURE(c.key);
        CHECK(getty::key_fingerprint(c.key) == c.expected);
    }
}
