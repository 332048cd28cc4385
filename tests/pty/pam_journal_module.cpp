/// The module of pam_journal.hpp: one line per call in /run/pam_journal/PID, or in
/// the folder that the argument in=FOLDER names. It
/// says yes to everything except to the steps its arguments name, and before that
/// does what arguments of the form STEP:ACTION[=VALUE] tell it.

#include "common/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fcntl.h>
#include <pwd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <security/pam_modules.h>

namespace {

std::string folder = "/run/pam_journal/";

bool write_line(std::string_view text) {
    const std::string path = folder + std::to_string(::getpid());
    const common::UniqueFd file{
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600)};
    const std::string line = std::string{text} + "\n";
    return ::write(file.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

unsigned number_of(std::string_view text) {
    unsigned number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// --- talking ---

struct Message {
    int style;
    const char* text;
};

/// One call of the application's; notes its result and the answers, which it
/// frees as modules do.
int converse(pam_handle_t* pamh, const std::vector<Message>& wanted, int count) {
    const void* item = nullptr;
    ::pam_get_item(pamh, PAM_CONV, &item);
    const auto* const talk = static_cast<const pam_conv*>(item);
    std::vector<pam_message> messages;
    messages.reserve(wanted.size());
    for (const auto& [style, text] : wanted) {
        messages.push_back({.msg_style = style, .msg = text});
    }
    std::vector<const pam_message*> pointers;
    pointers.reserve(messages.size());
    for (const pam_message& message : messages) {
        pointers.push_back(message.msg_style == -1 ? nullptr : &message);
    }
    pam_response* responses = nullptr;
    const int code = talk->conv(count, pointers.data(), &responses, talk->appdata_ptr);
    std::string answers = "conversation=" + std::to_string(code);
    for (std::size_t i = 0; responses != nullptr && i < messages.size(); ++i) {
        if (responses[i].resp != nullptr) {
            answers += "[" + std::to_string(i) + ":" + responses[i].resp + "]";
            ::explicit_bzero(responses[i].resp, std::char_traits<char>::length(responses[i].resp));
        }
        std::free(responses[i].resp);
    }
    std::free(responses);
    write_line(answers);
    return code;
}

/// As many as there may be in one call, of all kinds; the two questions are the
/// last.
std::vector<Message> thirty_two() {
    std::vector<Message> messages;
    for (int i = 0; i < 15; ++i) {
        messages.push_back({PAM_TEXT_INFO, "a text"});
        messages.push_back({PAM_ERROR_MSG, "an error"});
    }
    messages.push_back({PAM_PROMPT_ECHO_ON, "shown: "});
    messages.push_back({PAM_PROMPT_ECHO_OFF, "hidden: "});
    return messages;
}

// --- misbehaving ---

[[noreturn]] void loop() {
    for (volatile unsigned turns = 0;;) {
        turns = turns + 1;
    }
}

void deafen() {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    for (int number = 1; number < NSIG; ++number) {
        ::signal(number, SIG_IGN);
    }
}

void hear_everything() {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void sleep_for(unsigned seconds) {
    for (unsigned left = seconds; left > 0;) {
        left = ::sleep(left);
    }
}

/// A helper that hears nothing and stays, and one whose parent is gone.
void leave_children() {
    if (::fork() == 0) {
        deafen();
        if (::fork() == 0) {
            sleep_for(3600);
        }
        sleep_for(3600);
        ::_exit(0);
    }
    if (const pid_t parent = ::fork(); parent == 0) {
        if (::fork() == 0) {
            deafen();
            sleep_for(3600);
        }
        ::_exit(0);
    } else {
        ::waitpid(parent, nullptr, 0);
    }
}

void wait_for_all_children() {
    int count = 0;
    while (::wait(nullptr) > 0) {
        ++count;
    }
    write_line("children=" + std::to_string(count));
}

/// Until a test lets it go on: it has looked at us meanwhile.
void hold(const char* name) {
    const std::string path = folder + name;
    write_line("held");
    while (::access(path.c_str(), F_OK) != 0) {
        ::usleep(2000);
    }
}

/// What it says is the step's result, unless it is PAM_SUCCESS.
using Action = int (*)(pam_handle_t* pamh, const char* value);

struct NamedAction {
    std::string_view name;
    Action act;
};

template <auto function>
int plainly(pam_handle_t* /*pamh*/, const char* value) {
    if constexpr (std::is_invocable_v<decltype(function), unsigned>) {
        function(number_of(value));
    } else if constexpr (std::is_invocable_v<decltype(function), const char*>) {
        function(value);
    } else {
        function();
    }
    return PAM_SUCCESS;
}

template <int style>
int say_one(pam_handle_t* pamh, const char* value) {
    return converse(pamh, {{style, value}}, 1);
}

/// Calls that no module should make; the step goes on.
int misuse(pam_handle_t* pamh, const std::vector<Message>& messages, int count) {
    converse(pamh, messages, count);
    return PAM_SUCCESS;
}

/// What pam_end(3) calls: in the shell's process, whose end is not the session's.
int hang_in_child(pam_handle_t* pamh, const char* value) {
    static unsigned seconds = 0;
    seconds = number_of(value);
    return ::pam_set_data(pamh, "pam_journal", &seconds, [](pam_handle_t*, void*, int status) {
        if ((static_cast<unsigned>(status) & PAM_DATA_SILENT) != 0) {
            deafen();
            sleep_for(seconds);
        }
    });
}

/// As a helper that calls "stty sane" leaves the line.
void make_line_sane() {
    termios modes{};
    ::tcgetattr(STDIN_FILENO, &modes);
    modes.c_lflag |= ICANON | ISIG | ECHO;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &modes);
}

void leave_no_descriptor() {
    while (::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) {
    }
}

int kept = -1;

/// A descriptor that is the session, as pam_systemd's is.
void keep_open(const char* path) {
    kept = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY, 0600);
}

void write_to_kept() {
    constexpr std::string_view text = "still open\n";
    const bool is_open = ::write(kept, text.data(), text.size()) > 0;
    write_line(is_open ? "written" : "closed");
}

constexpr auto actions = std::to_array<NamedAction>({
    {"hang-in-child", hang_in_child},
    {"keep-open", plainly<keep_open>},
    {"write-to-kept", plainly<write_to_kept>},
    {"sleep", plainly<sleep_for>},
    {"loop", plainly<loop>},
    {"deafen", plainly<deafen>},
    {"hear-everything", plainly<hear_everything>},
    {"alarm", plainly<::alarm>},
    {"close", plainly<[](unsigned first) { ::close_range(first, ~0U, 0); }>},
    {"close-one", plainly<[](unsigned which) { ::close(static_cast<int>(which)); }>},
    {"make-line-sane", plainly<make_line_sane>},
    {"leave-no-descriptor", plainly<leave_no_descriptor>},
    {"crash", plainly<[] { std::abort(); }>},
    {"exit", plainly<[](unsigned status) { std::exit(static_cast<int>(status)); }>},
    {"fork", plainly<leave_children>},
    {"wait", plainly<wait_for_all_children>},
    {"hold", plainly<hold>},
    {"look-up", plainly<[](const char* name) { ::getpwnam(name); }>},
    {"user", [](auto* pamh, const char* value) { return ::pam_set_item(pamh, PAM_USER, value); }},
    {"no-user", [](auto* pamh, const char*) { return ::pam_set_item(pamh, PAM_USER, nullptr); }},
    {"env", [](auto* pamh, const char* value) { return ::pam_putenv(pamh, value); }},
    {"say", say_one<PAM_TEXT_INFO>},
    {"complain", say_one<PAM_ERROR_MSG>},
    {"ask", say_one<PAM_PROMPT_ECHO_OFF>},
    {"ask-shown", say_one<PAM_PROMPT_ECHO_ON>},
    {"ask-without-words",
     [](auto* pamh, const char*) {
         return converse(pamh, {{PAM_TEXT_INFO, nullptr}, {PAM_PROMPT_ECHO_OFF, nullptr}}, 2);
     }},
    {"ask-32", [](auto* pamh, const char*) { return converse(pamh, thirty_two(), 32); }},
    {"ask-33",
     [](auto* pamh, const char*) {
         auto messages = thirty_two();
         messages.push_back({PAM_PROMPT_ECHO_OFF, "one more: "});
         return misuse(pamh, messages, 33);
     }},
    {"ask-0",
     [](auto* pamh, const char*) {
         return misuse(pamh, {{PAM_PROMPT_ECHO_OFF, "?"}}, 0);
     }},
    {"ask-null",
     [](auto* pamh, const char*) {
         return misuse(pamh, {{-1, nullptr}}, 1);
     }},
    {"ask-style",
     [](auto* pamh, const char* value) {
         return misuse(pamh, {{static_cast<int>(number_of(value)), "?"}}, 1);
     }},
});

/// `argument` is STEP:ACTION[=VALUE], or something else.
int act_on(std::string_view argument, std::string_view step, pam_handle_t* pamh) {
    if (!argument.starts_with(step) || argument.substr(step.size(), 1) != ":") {
        return PAM_SUCCESS;
    }
    argument.remove_prefix(step.size() + 1);
    const std::string_view name = argument.substr(0, argument.find('='));
    // The rest of an argument is as good as a C string as the whole.
    const char* const value = argument.data() + std::min(argument.size(), name.size() + 1);
    const auto* const action = std::find_if(
        actions.begin(), actions.end(), [name](const auto& a) { return a.name == name; });
    if (action == actions.end()) {
        write_line("cannot " + std::string{name});
        return PAM_SYSTEM_ERR;
    }
    return action->act(pamh, value);
}

int note(pam_handle_t* pamh,
         std::string_view step,
         int argument_count,
         const char** arguments,
         int refusal) {
    const std::span words{arguments, static_cast<std::size_t>(argument_count)};
    for (const std::string_view word : words) {
        if (constexpr std::string_view place = "in="; word.starts_with(place)) {
            folder = std::string{word.substr(place.size())} + "/";
        }
    }
    if (!write_line(step)) {
        return PAM_SYSTEM_ERR;
    }
    for (const char* const word : words) {
        if (const int code = act_on(word, step, pamh); code != PAM_SUCCESS) {
            return code;
        }
    }
    return std::find(words.begin(), words.end(), step) == words.end() ? PAM_SUCCESS : refusal;
}

std::string item(pam_handle_t* pamh, int kind) {
    const void* value = nullptr;
    return ::pam_get_item(pamh, kind, &value) == PAM_SUCCESS && value != nullptr
               ? static_cast<const char*>(value)
               : "-";
}

void note_items(pam_handle_t* pamh) {
    const std::string path = folder + std::to_string(::getpid()) + ".items";
    const common::UniqueFd file{
        ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600)};
    const std::string items =
        item(pamh, PAM_SERVICE) + " " + item(pamh, PAM_RHOST) + " " + item(pamh, PAM_TTY);
    [[maybe_unused]] const auto written = ::write(file.get(), items.data(), items.size());
}

/// The constants are unsigned, the argument of every function is not.
bool has(int flags, unsigned flag) {
    return (static_cast<unsigned>(flags) & flag) != 0;
}

std::string_view step_of_credentials(int flags) {
    if (has(flags, PAM_ESTABLISH_CRED)) {
        return "establish";
    }
    if (has(flags, PAM_DELETE_CRED)) {
        return "delete";
    }
    if (has(flags, PAM_REINITIALIZE_CRED)) {
        return "reinitialize";
    }
    return has(flags, PAM_REFRESH_CRED) ? "refresh" : "credentials without a flag";
}

}  // namespace

int pam_sm_authenticate(pam_handle_t* pamh, int /*flags*/, int argc, const char** argv) {
    return note(pamh, "authenticate", argc, argv, PAM_AUTH_ERR);
}

int pam_sm_setcred(pam_handle_t* pamh, int flags, int argc, const char** argv) {
    return note(pamh, step_of_credentials(flags), argc, argv, PAM_CRED_ERR);
}

int pam_sm_acct_mgmt(pam_handle_t* pamh, int /*flags*/, int argc, const char** argv) {
    const bool is_old = std::find(argv, argv + argc, std::string_view{"expired"}) != argv + argc;
    const int code = note(pamh, "account", argc, argv, PAM_PERM_DENIED);
    return code == PAM_SUCCESS && is_old ? PAM_NEW_AUTHTOK_REQD : code;
}

int pam_sm_open_session(pam_handle_t* pamh, int /*flags*/, int argc, const char** argv) {
    note_items(pamh);
    return note(pamh, "open", argc, argv, PAM_SESSION_ERR);
}

int pam_sm_close_session(pam_handle_t* pamh, int /*flags*/, int argc, const char** argv) {
    return note(pamh, "close", argc, argv, PAM_SESSION_ERR);
}

int pam_sm_chauthtok(pam_handle_t* pamh, int flags, int argc, const char** argv) {
    if (has(flags, PAM_PRELIM_CHECK)) {
        return PAM_SUCCESS;
    }
    return note(pamh, "password", argc, argv, PAM_AUTHTOK_ERR);
}
