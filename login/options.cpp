#include "login/options.hpp"

#include "common/program.hpp"
#include "common/safe_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include <CLI/CLI.hpp>

namespace login {

namespace {

/// One option: how it is written, and what it does to Options.
struct Row {
    std::string_view short_form;
    std::string_view long_form;
    std::string_view argument;  ///< "" for an option that takes none
    std::string_view meaning;
    void (*apply)(Options& options, std::string_view value);
};

/// --help and --version have no effect on Options: what is said about them
/// ends the program.
void say_help(Options& options, std::string_view value);
void say_version(Options& options, std::string_view value);

constexpr auto rows = std::to_array<Row>({
    {"-f",
     "",
     "",
     "the person has been authenticated already; needs a name, and root",
     [](Options& options, std::string_view) { options.already_authenticated = true; }},
    {"-h",
     "",
     "HOST",
     "the login comes from this host; for root",
     [](Options& options, std::string_view value) { options.host = value; }},
    {"-H",
     "",
     "",
     "no host name in the prompt",
     [](Options& options, std::string_view) { options.plain_prompt = true; }},
    {"-p",
     "",
     "",
     "keep what may be kept of the environment",
     [](Options& options, std::string_view) { options.keep_environment = true; }},
    {"-s",
     "--shell",
     "SHELL",
     "run this shell instead of the account's; for root",
     [](Options& options, std::string_view value) { options.shell = value; }},
    {"-d", "", "DEVICE", "accepted for old callers, without effect", [](Options&, std::string_view) {
     }},
    {"", "--help", "", "say this and leave", say_help},
    {"", "--version", "", "say which version this is and leave", say_version},
});

[[noreturn]] void refuse(std::string_view what, std::string_view word) {
    throw common::UsageError{std::string{what} + " " + common::quoted(word)};
}

[[noreturn]] void print_and_leave(const std::string& text) {
    const bool printed = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
                         std::fflush(stdout) == 0;
    throw common::Leave{printed ? 0 : 1};
}

/// CLI11's picture of the table. Building it takes longer than a whole login
/// of ours, so that is done only when there is something to show with it.
[[gnu::cold]] [[gnu::noinline]] std::string help_text() {
    CLI::App app{"Begins a session on the terminal that is standard input.", "login"};
    app.set_help_flag();
    for (const Row& row : rows) {
        std::string name{row.short_form};
        if (!row.long_form.empty()) {
            name.append(name.empty() ? "" : ",").append(row.long_form);
        }
        const std::string meaning{row.meaning};
        if (row.argument.empty()) {
            app.add_flag(name, meaning);
        } else {
            app.add_option(name, meaning)->type_name(std::string{row.argument});
        }
    }
    app.add_option("NAME", "whose session; asked for if not given")->type_name("");
    app.footer(
        "Each option is a word of its own and stands before the name; nothing stands after it.\n"
        "A name that begins with a dash is never accepted, not even after --.");
    return app.help();
}

void say_help(Options& /*options*/, std::string_view /*value*/) {
    print_and_leave(help_text());
}

void say_version(Options& /*options*/, std::string_view /*value*/) {
    print_and_leave("login (ttygate) " TTYGATE_VERSION "\n");
}

/// The row of a word, and what stands behind a `=` in it.
struct Match {
    const Row* row = nullptr;
    std::optional<std::string_view> attached{};
};

Match find_row(std::string_view word) {
    const auto equals = word.starts_with("--") ? word.find('=') : word.npos;
    const std::string_view name = word.substr(0, equals);
    const auto* const found = std::find_if(rows.begin(), rows.end(), [name](const Row& row) {
        return name == row.short_form || name == row.long_form;
    });
    if (found == rows.end()) {
        refuse("unknown option", word);
    }
    if (equals == word.npos) {
        return {.row = found};
    }
    if (found->argument.empty()) {
        refuse("this option takes no value:", word);
    }
    return {.row = found, .attached = word.substr(equals + 1)};
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

}  // namespace

bool is_possible_host(std::string_view host) {
    constexpr std::size_t longest = 255;
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:%_-";
    return !host.empty() && host.size() <= longest &&
           host.find_first_not_of(allowed) == host.npos;
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
    if (options.already_authenticated && !options.user) {
        throw common::UsageError{"-f needs a name"};
    }
    if (options.host && !is_possible_host(*options.host)) {
        refuse("this is no host:", *options.host);
    }
    return options;
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
