#include "login/option_table.hpp"

#include "common/program.hpp"

#include <array>

namespace login {

namespace {

/// The first is the caller's own.
void take_host(Options& options, std::string_view value) {
    if (options.host) {
        throw common::UsageError{"-h may be given once"};
    }
    options.host = value;
}

constexpr auto rows = std::to_array<OptionRow>({
    {"-f",
     "",
     "",
     "the person has been authenticated already; needs a name, and root",
     [](Options& options, std::string_view) { options.already_authenticated = true; }},
    {"-h", "", "HOST", "the login comes from this host; for root", take_host},
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
    {"",
     "--exec-shell",
     "",
     "become the shell instead of waiting for its end; for the shadow gate",
     [](Options& options, std::string_view) { options.become_shell = true; }},
    {"-d",
     "",
     "DEVICE",
     "accepted for old callers, without effect",
     [](Options&, std::string_view) {}},
    {"",
     "--check",
     "",
     "explain what would happen, and leave; changes nothing and asks no password",
     [](Options& options, std::string_view) { options.check = CheckForm::text; }},
    {"",
     "--json",
     "",
     "with --check: explain it to a program",
     [](Options& options, std::string_view) { options.json = true; }},
    {"", "--help", "", "say this and leave", nullptr},
    {"", "--version", "", "say which version this is and leave", nullptr},
});

}  // namespace

std::span<const OptionRow> option_table() {
    return rows;
}

}  // namespace login
