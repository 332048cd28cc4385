#include "tests/elf_file.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <set>
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
    /// What it may load itself, by whole names.
    std::set<std::string> may_load;
};

/// Nothing for a static program: it has no interpreter either.
const std::vector<Built>& programs() {
    constexpr bool static_getty = TTYGATE_GETTY_STATIC != 0;
    constexpr bool static_login = TTYGATE_LOGIN_STATIC != 0;
    using Names = std::vector<std::string_view>;
    using Loaded = std::set<std::string>;
    static const std::vector<Built> all{
        {.name = "getty",
         .path = TTYGATE_GETTY,
         .may_need = static_getty ? Names{} : Names{"libc.so.", "ld-linux"},
         .may_load = {}},
        {.name = "login",
         .path = TTYGATE_LOGIN,
         .may_need = static_login ? Names{} : Names{"libcrypt.so.1", "libc.so.6", "ld-linux"},
         // When a login is by PAM.
         .may_load = TTYGATE_WITH_PAM != 0 ? Loaded{"libpam.so.0"} : Loaded{}},
        {.name = "sessions",
         .path = TTYGATE_SESSIONS,
         .may_need = static_login ? Names{} : Names{"libc.so.6", "ld-linux"},
         .may_load = {}},
    };
    return all;
}

struct Compiled {
    std::string library;  ///< liblogin.a; of main.cpp the program
    std::string object;   ///< where it lies
    std::string command;
};

/// The value of a key in a line of compile_commands.json, as it is written there.
std::string value_in(const std::string& line, const std::string& key) {
    const std::string start = "\"" + key + "\": \"";
    const auto place = line.find(start);
    if (place == std::string::npos) {
        return {};
    }
    const auto value = place + start.size();
    return line.substr(value, line.find_last_of('"') - value);
}

/// What the programs are made of: not the tests, nor what only runs at build time.
const std::vector<Compiled>& our_objects() {
    static const std::vector<Compiled> all = [] {
        std::vector<Compiled> found;
        std::ifstream file{TTYGATE_BUILD "/compile_commands.json"};
        std::string command;
        for (std::string line; std::getline(file, line);) {
            if (const auto value = value_in(line, "command"); !value.empty()) {
                command = value;
            }
            const auto output = value_in(line, "output");
            const bool ours = output.starts_with("common/") || output.starts_with("getty/") ||
                              output.starts_with("login/");
            // Headers that were read before are no objects.
            const bool is_object = output.ends_with(".o");
            if (!ours || !is_object || output.find("-writer.p/") != std::string::npos) {
                continue;
            }
            const auto end = output.find(".p/");
            const auto start = output.rfind('/', end) + 1;
            found.push_back({.library = output.substr(start, end - start),
                             .object = TTYGATE_BUILD "/" + output,
                             .command = command});
        }
        return found;
    }();
    REQUIRE(all.size() > 100);
    return all;
}

/// Calls that have a better one beside them.
const std::set<std::string_view> unwelcome{
    // a shell, or a search along PATH
    "system",
    "popen",
    "wordexp",
    "execlp",
    "execvp",
    "execvpe",
    "posix_spawnp",
    // write without knowing how much room there is
    "strcpy",
    "stpcpy",
    "strcat",
    "sprintf",
    "vsprintf",
    "gets",
    "getwd",
    "scanf",
    "sscanf",
    "fscanf",
    "__isoc99_sscanf",
    "__isoc99_fscanf",
    // names that somebody else can take first
    "mktemp",
    "tmpnam",
    "tempnam",
    // ask on a line, or whom records name
    "getpass",
    "getlogin",
    "getlogin_r",
    "cuserid",
    // the resolver
    "getaddrinfo",
    "getnameinfo",
    "gethostbyname",
    "gethostbyaddr",
    // wait for whoever holds a lock on utmp, and lose the record
    "pututline",
    "pututxline",
    "updwtmp",
    "updwtmpx",
    "logwtmp",
    "utmpname",
    "utmpxname",
    // a deadline that any library can move
    "alarm",
    // out of a function without its destructors
    "_setjmp",
    "setjmp",
    "longjmp",
    "siglongjmp",
    // random for nobody who wants to know
    "rand",
    "random",
    "drand48",
    // a tag and a socket that a library can change
    "syslog",
    "openlog",
    "vsyslog",
};

/// __strcpy_chk is strcpy.
std::string_view without_fortify(std::string_view symbol) {
    if (symbol.starts_with("__") && symbol.ends_with("_chk")) {
        symbol.remove_prefix(2);
        symbol.remove_suffix(4);
    }
    return symbol;
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

std::string listed(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += name + " ";
    }
    return text;
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

TEST_CASE("nothing is writable and executable, the stack is guarded") {
    skip_with_sanitizers();
    for (const Built& built : programs()) {
        CAPTURE(built.name);
        const tests::ElfFile file{built.path};
        const auto stack = file.segment(PT_GNU_STACK);
        REQUIRE(stack.has_value());
        CHECK((stack->flags & PF_X) == 0U);
        for (const tests::ElfFile::Segment& segment : file.segments()) {
            CHECK((segment.flags & (PF_W | PF_X)) != (PF_W | PF_X));
        }
        CHECK(file.has_symbol("__stack_chk_fail"));
    }
    // A static program has that from the C library as well: so by what is ours.
    std::set<std::string> guarded;
    for (const Compiled& compiled : our_objects()) {
        const auto symbols = tests::ElfFile{compiled.object}.undefined_symbols();
        if (std::find(symbols.begin(), symbols.end(), "__stack_chk_fail") != symbols.end()) {
            guarded.insert(compiled.library);
        }
    }
    for (const char* const library : {"libcommon.a", "libgetty.a", "liblogin.a", "libsessions.a"}) {
        CAPTURE(library);
        CHECK(guarded.count(library) == 1);
    }
}

TEST_CASE("all of the programs is compiled with the hardening that the compiler has") {
    skip_with_sanitizers();
    std::vector<std::string> flags{"-D_GLIBCXX_ASSERTIONS",
                                   "-fstack-protector-strong",
                                   "-fstack-clash-protection",
                                   "-fno-delete-null-pointer-checks",
                                   "-fno-strict-overflow",
                                   "-Wformat=2",
                                   "-Werror=format-security"};
#if defined(__x86_64__)
    flags.emplace_back("-fcf-protection=full");
#endif
#if !defined(__clang__)  // clang 14 has neither
    flags.emplace_back("-ftrivial-auto-var-init=zero");
    flags.emplace_back("-fzero-call-used-regs=used-gpr");
#endif
    if (TTYGATE_FORTIFIED != 0) {
        flags.emplace_back("-D_FORTIFY_SOURCE=3");
    }
    std::set<std::string> missing;
    for (const Compiled& compiled : our_objects()) {
        const std::string words = compiled.command + " ";
        for (const std::string& flag : flags) {
            if (words.find(" " + flag + " ") == std::string::npos) {
                missing.insert(compiled.library + " without " + flag);
            }
        }
        if (words.find(" -fPIC ") == std::string::npos &&
            words.find(" -fPIE ") == std::string::npos) {
            missing.insert(compiled.object + " depends on its position");
        }
    }
    for (const std::string& flaw : missing) {
        FAIL_CHECK(flaw);
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
        if (built.may_need.empty()) {
            continue;  // the C library's own names are in it
        }
        std::set<std::string> loads;
        for (const std::string& library : file.library_names()) {
            if (std::none_of(built.may_need.begin(), built.may_need.end(), [&](auto start) {
                    return library.starts_with(start);
                })) {
                loads.insert(library);
            }
        }
        CHECK(listed(loads) == listed(built.may_load));
    }
}

TEST_CASE("programs call nothing that invites trouble (T-08)") {
    skip_with_sanitizers();
    // What we compile: in a static program the C library calls some of them itself.
    for (const Compiled& compiled : our_objects()) {
        CAPTURE(compiled.object);
        const tests::ElfFile object{compiled.object};
        for (const std::string& symbol : object.undefined_symbols()) {
            CAPTURE(symbol);
            CHECK(unwelcome.count(without_fortify(symbol)) == 0);
            // What they load is above.
            if (symbol == "dlopen") {
                CHECK(compiled.object.find("/login/liblogin.a.p/pam_") != std::string::npos);
            }
        }
    }
    for (const Built& built : programs()) {
        CAPTURE(built.name);
        const tests::ElfFile file{built.path};
        // What the compiler's libraries bring along counts too.
        for (const std::string& symbol : file.undefined_symbols()) {
            CAPTURE(symbol);
            CHECK(unwelcome.count(without_fortify(symbol)) == 0);
        }
        // In a static program nothing is undefined, but what nobody calls is
        // not linked in.
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
