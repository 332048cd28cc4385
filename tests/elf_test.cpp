#include "tests/elf_file.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>

#include <doctest/doctest.h>

namespace {

struct Built {
    std::string name;
    std::string path;
    /// What it may need at run time, by the beginnings of the names.
    std::vector<std::string_view> may_need;
};

/// Nothing for a static program: it has no interpreter either.
const std::vector<Built>& programs() {
    static const std::vector<Built> all{
        {.name = "getty",
         .path = TTYGATE_GETTY,
         .may_need = TTYGATE_GETTY_STATIC != 0
                         ? std::vector<std::string_view>{}
                         : std::vector<std::string_view>{"libc.so.", "ld-linux"}},
        {.name = "login",
         .path = TTYGATE_LOGIN,
         // libpam is loaded when a login needs it.
         .may_need = {"libcrypt.so.1", "libc.so.6", "ld-linux"}},
        {.name = "sessions", .path = TTYGATE_SESSIONS, .may_need = {"libc.so.6", "ld-linux"}},
    };
    return all;
}

void skip_with_sanitizers() {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("a sanitizer links differently");
    }
}

bool has_flag(const std::vector<std::uint64_t>& values, std::uint64_t flag) {
    return std::any_of(
        values.begin(), values.end(), [&](std::uint64_t value) { return (value & flag) != 0; });
}

std::string answer(std::uint32_t bit) {
    return bit != 0 ? "yes" : "no";
}

}  // namespace

TEST_CASE("programs are position independent") {
    skip_with_sanitizers();
    for (const Built& built : programs()) {
        CAPTURE(built.name);
        const tests::ElfFile file{built.path};
        CHECK(file.type() == ET_DYN);
        CHECK(has_flag(file.dynamic(DT_FLAGS_1), DF_1_PIE));
        CHECK(file.dynamic(DT_TEXTREL).empty());
        CHECK_FALSE(has_flag(file.dynamic(DT_FLAGS), DF_TEXTREL));
    }
}

TEST_CASE("what is relocated is read-only before main") {
    skip_with_sanitizers();
    for (const Built& built : programs()) {
        CAPTURE(built.name);
        const tests::ElfFile file{built.path};
        CHECK(file.segment(PT_GNU_RELRO).has_value());
        const bool bound_now = has_flag(file.dynamic(DT_FLAGS), DF_BIND_NOW) ||
                               has_flag(file.dynamic(DT_FLAGS_1), DF_1_NOW) ||
                               !file.dynamic(DT_BIND_NOW).empty();
        CHECK(bound_now);
    }
}

TEST_CASE("the stack is not executable and is guarded") {
    skip_with_sanitizers();
    for (const Built& built : programs()) {
        CAPTURE(built.name);
        const tests::ElfFile file{built.path};
        const auto stack = file.segment(PT_GNU_STACK);
        REQUIRE(stack.has_value());
        CHECK((stack->flags & PF_X) == 0U);
        CHECK(file.has_symbol("__stack_chk_fail"));
    }
}

TEST_CASE("programs load the libraries they should and from nowhere else") {
    skip_with_sanitizers();
    for (const Built& built : programs()) {
        CAPTURE(built.name);
        const tests::ElfFile file{built.path};
        CHECK(file.dynamic(DT_RPATH).empty());
        CHECK(file.dynamic(DT_RUNPATH).empty());
        for (const std::string& library : file.needed()) {
            CAPTURE(library);
            const bool allowed =
                std::any_of(built.may_need.begin(), built.may_need.end(), [&](auto start) {
                    return library.starts_with(start);
                });
            CHECK(allowed);
        }
        CHECK(file.segment(PT_INTERP).has_value() == !built.may_need.empty());
    }
}

TEST_CASE("programs call nothing that invites trouble (T-08)") {
    skip_with_sanitizers();
    constexpr std::array<std::string_view, 5> unwelcome{
        "system", "popen", "wordexp", "strcpy", "alarm"};
    for (const Built& built : programs()) {
        CAPTURE(built.name);
        const tests::ElfFile file{built.path};
        for (const std::string& symbol : file.undefined_symbols()) {
            CAPTURE(symbol);
            const bool welcome =
                std::find(unwelcome.begin(), unwelcome.end(), symbol) == unwelcome.end();
            CHECK(welcome);
        }
        // In a static program nothing is undefined, but what nobody calls is
        // not linked in. (The C library calls the other two itself.)
        for (const std::string_view symbol : {"system", "popen", "wordexp"}) {
            const std::string name{symbol};
            CAPTURE(name);
            CHECK_FALSE(file.has_symbol(name));
        }
    }
}

TEST_CASE("control flow protection is told") {
    skip_with_sanitizers();
    for (const Built& built : programs()) {
        const std::uint32_t bits = tests::ElfFile{built.path}.control_flow_protection();
        // Not a promise: the C library's own objects decide it for a static program.
        const std::string told = built.name + ": IBT " +
                                 answer(bits & GNU_PROPERTY_X86_FEATURE_1_IBT) + ", SHSTK " +
                                 answer(bits & GNU_PROPERTY_X86_FEATURE_1_SHSTK);
        MESSAGE(told);
    }
}
