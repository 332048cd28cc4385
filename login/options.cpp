#include "login/options.hpp"

#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "login/option_table.hpp"

#include <algorithm>
#include <string_view>

#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero(3)
#include <unistd.h>

namespace login {

namespace {

[[noreturn]] void refuse(std::string_view what, std::string_view word) {
    throw common::UsageError{std::string{what} + " " + common::quoted(word)};
}

/// Text that did not arrive is a failure.
[[noreturn]] void print_and_leave(std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written <= 0) {
            throw common::Leave{1};
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    throw common::Leave{0};
}

/// Laid out by CLI11 when this was built (write_help.cpp).
constexpr std::string_view help_text =
#include "login/help_text.inc"
    ;

[[noreturn]] void answer(std::string_view option) {
    print_and_leave(option == "--help" ? help_text : "login (ttygate) " TTYGATE_VERSION "\n");
}

/// The row of a word, and what stands behind a `=` in it.
struct Match {
    const OptionRow* row = nullptr;
    std::optional<std::string_view> attached{};
};

Match find_row(std::string_view word) {
    const auto equals = word.starts_with("--") ? word.find('=') : std::string_view::npos;
    const std::string_view name = word.substr(0, equals);
    const auto rows = option_table();
    const auto found = std::find_if(rows.begin(), rows.end(), [name](const OptionRow& row) {
        return name == row.short_form || name == row.long_form;
    });
    if (found == rows.end()) {
        refuse("unknown option", word);
    }
    if (equals == std::string_view::npos) {
        return {.row = &*found};
    }
    if (found->argument.empty()) {
        refuse("this option takes no value:", word);
    }
    return {.row = &*found, .attached = word.substr(equals + 1)};
}

/// Takes one option off the front.
void take_option(std::span<const char* const>& words, Options& options) {
    const std::string_view word = words.front();
    const Match match = find_row(word);
    words = words.subspan(1);
    std::string_view value = match.attached.value_or("");
    if (!match.row->argument.empty() && !match.attached) {
        if (words.empty()) {
            refuse("this option needs a value:", word);
        }
        value = words.front();
        words = words.subspan(1);
    }
    if (match.row->apply == nullptr) {
        answer(match.row->long_form);
    }
    match.row->apply(options, value);
}

void take_name(std::span<const char* const> words, Options& options) {
    if (words.empty()) {
        return;
    }
    const std::string_view name = words.front();
    if (words.size() > 1) {
        refuse("nothing may follow the name:", words[1]);
    }
    if (name.starts_with('-')) {
        refuse("a name cannot begin with a dash:", name);
    }
    // Inits pass "" for what they have no value for.
    if (!name.empty()) {
        options.user = name;
    }
}

/// A network server splits its template into words, and what a client has sent may be
/// some of them: it could ask for another host than its own, another shell than the
/// account's, or what this machine knows of an account.
void require_no_words_of_a_client(const Options& options, std::string_view first_word) {
    if (options.host && (options.shell || options.become_shell)) {
        throw common::UsageError{"-s and --exec-shell are not for a login from another host (-h)"};
    }
    const bool may_explain = first_word == "--check" || first_word == "--json";
    if (options.check != CheckForm::none && !may_explain) {
        throw common::UsageError{"--check comes first"};
    }
}

}  // namespace

bool is_possible_host(std::string_view host) {
    constexpr std::size_t longest = 255;
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:%_-";
    return !host.empty() && host.size() <= longest &&
           host.find_first_not_of(allowed) == std::string_view::npos;
}

Options parse_options(int argc, const char* const* argv) {
    std::span<const char* const> words{argv, static_cast<std::size_t>(argc)};
    words = words.subspan(std::min<std::size_t>(1, words.size()));
    Options options;
    while (!words.empty() && words.front()[0] == '-') {
        if (words.front() == std::string_view{"--"}) {
            words = words.subspan(1);
            break;
        }
        take_option(words, options);
    }
    take_name(words, options);
    if (options.json && options.check == CheckForm::none) {
        throw common::UsageError{"--json is for --check"};
    }
    if (options.json) {
        options.check = CheckForm::json;
    }
    require_no_words_of_a_client(options, argc > 1 ? argv[1] : "");
    if (options.already_authenticated && !options.user) {
        throw common::UsageError{"-f needs a name"};
    }
    if (options.host && !is_possible_host(*options.host)) {
        refuse("this is no host:", *options.host);
    }
    return options;
}

void hide_name(const Options& options, int argc, char** argv) noexcept {
    if (options.user && argc > 1) {
        ::explicit_bzero(argv[argc - 1], ::strlen(argv[argc - 1]));
    }
}

void require_privilege(const Options& options, uid_t real, uid_t effective) {
    const bool is_root = real == 0 && effective == 0;
    if (is_root) {
        return;
    }
    if (options.already_authenticated || options.host || options.shell) {
        throw common::UsageError{"-f, -h and -s are for root"};
    }
    throw common::UsageError{"only root can begin a session"};
}

}  // namespace login
