#include "login/pam_gate.hpp"

#include "common/language.hpp"
#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/text_file.hpp"
#include "login/user_name.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include <dlfcn.h>
#include <link.h>
#include <sys/stat.h>

#include <security/pam_appl.h>

namespace login {

namespace {

/// Not linked but loaded, so that a login by the shadow gate starts without libpam and
/// what libpam needs: a third of its system calls and a fifth of its memory.
struct Libpam {
    decltype(&::pam_acct_mgmt) acct_mgmt;
    decltype(&::pam_authenticate) authenticate;
    decltype(&::pam_chauthtok) chauthtok;
    decltype(&::pam_close_session) close_session;
    decltype(&::pam_end) end;
    decltype(&::pam_get_item) get_item;
    decltype(&::pam_getenvlist) getenvlist;
    decltype(&::pam_open_session) open_session;
    decltype(&::pam_putenv) putenv;
    decltype(&::pam_set_item) set_item;
    decltype(&::pam_setcred) setcred;
    decltype(&::pam_start) start;
    decltype(&::pam_start_confdir) start_confdir;
    decltype(&::pam_strerror) strerror;
};

template <typename Function>
void find(void* library, const char* name, Function& function) {
    void* const symbol = ::dlsym(library, name);
    if (symbol == nullptr) {
        throw std::runtime_error{std::string{"libpam has no "} + name};
    }
    static_assert(sizeof symbol == sizeof function);
    ::memcpy(&function, &symbol, sizeof function);
}

Libpam load_libpam() {
    // Global, as if it had been linked: there are modules that count on it.
    void* const library = ::dlopen("libpam.so.0", RTLD_NOW | RTLD_GLOBAL);
    if (library == nullptr) {
        const char* const problem = ::dlerror();
        throw std::runtime_error{std::string{"libpam cannot be loaded: "} +
                                 (problem != nullptr ? problem : "no reason is known")};
    }
    Libpam found{};
    find(library, "pam_acct_mgmt", found.acct_mgmt);
    find(library, "pam_authenticate", found.authenticate);
    find(library, "pam_chauthtok", found.chauthtok);
    find(library, "pam_close_session", found.close_session);
    find(library, "pam_end", found.end);
    find(library, "pam_get_item", found.get_item);
    find(library, "pam_getenvlist", found.getenvlist);
    find(library, "pam_open_session", found.open_session);
    find(library, "pam_putenv", found.putenv);
    find(library, "pam_set_item", found.set_item);
    find(library, "pam_setcred", found.setcred);
    find(library, "pam_start", found.start);
    find(library, "pam_start_confdir", found.start_confdir);
    find(library, "pam_strerror", found.strerror);
    return found;
}

const Libpam& libpam() {
    static const Libpam library = load_libpam();
    return library;
}

int note_module(dl_phdr_info* library, std::size_t /*size*/, void* names) noexcept {
    const std::string_view name = library->dlpi_name;
    if (name.substr(name.rfind('/') + 1).starts_with("pam_")) {
        common::tolerate("keep PAM's modules", [&] {
            static_cast<std::vector<std::string>*>(names)->emplace_back(name);
        });
    }
    return 0;
}

/// pam_end(3) takes modules apart, which has nothing to do with what they clean up. In
/// the process that becomes the shell it would be the most of its work, and in login it
/// would come just before the end.
void keep_modules_loaded() {
    std::vector<std::string> names;
    ::dl_iterate_phdr(note_module, &names);
    for (const std::string& name : names) {
        static_cast<void>(::dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE));
    }
}

constexpr int changes_of_an_expired_password = 3;

/// The failures that another password may cure; everything else, and what a
/// later libpam may add, ends the login.
bool may_be_cured(int code) {
    constexpr auto curable = std::to_array(
        {PAM_AUTH_ERR, PAM_USER_UNKNOWN, PAM_CRED_INSUFFICIENT, PAM_AUTHINFO_UNAVAIL});
    return std::find(curable.begin(), curable.end(), code) != curable.end();
}

/// libpam hands the delay it would have slept to this hook and then does not
/// sleep: we do, to an instant that is the same for every reason to fail.
void note_delay(int code, unsigned microseconds, void* data) noexcept {
    auto* const talk = static_cast<PamTalk*>(data);
    if (talk != nullptr && code != PAM_SUCCESS) {
        talk->wanted_delay = std::chrono::microseconds{microseconds};
    }
}

bool is_question(int style) {
    return style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON;
}

/// The answers of one call, in the memory that PAM frees; wiped if they are not
/// handed over.
class Responses {
  public:
    explicit Responses(std::size_t count)
        : count_(count),
          responses_(static_cast<pam_response*>(std::calloc(count, sizeof(pam_response)))) {
        if (responses_ == nullptr) {
            throw std::bad_alloc{};
        }
    }
    Responses(const Responses&) = delete;
    Responses(Responses&&) = delete;
    Responses& operator=(const Responses&) = delete;
    Responses& operator=(Responses&&) = delete;
    ~Responses() {
        for (std::size_t i = 0; responses_ != nullptr && i < count_; ++i) {
            if (char* const text = responses_[i].resp; text != nullptr) {
                ::explicit_bzero(text, ::strlen(text));
                std::free(text);
            }
        }
        std::free(responses_);
    }

    void set(std::size_t index, std::string_view answer) {
        char* const copy = static_cast<char*>(std::calloc(answer.size() + 1, 1));
        if (copy == nullptr) {
            throw std::bad_alloc{};
        }
        answer.copy(copy, answer.size());
        responses_[index].resp = copy;
    }
    [[nodiscard]] pam_response* release() noexcept { return std::exchange(responses_, nullptr); }

  private:
    std::size_t count_;
    pam_response* responses_;
};

/// One message of PAM's. Returns PAM_SUCCESS or why the conversation ends.
int converse_once(PamTalk& talk,
                  const pam_message& message,
                  std::size_t index,
                  Responses& responses) {
    const std::string_view text = message.msg != nullptr ? message.msg : "";
    if (message.msg_style == PAM_TEXT_INFO || message.msg_style == PAM_ERROR_MSG) {
        talk.conversation.say(std::string{text} + "\n");
        talk.said_something = true;
        return PAM_SUCCESS;
    }
    if (!is_question(message.msg_style)) {
        return PAM_CONV_ERR;
    }
    common::Secret answer;
    const auto echo =
        message.msg_style == PAM_PROMPT_ECHO_ON ? common::Echo::shown : common::Echo::hidden;
    const Answer outcome = talk.conversation.ask(text, echo, answer);
    if (is_answer(outcome) && outcome != Answer::given) {
        talk.unusable_answer = true;
    }
    if (outcome != Answer::given) {
        return PAM_CONV_ERR;
    }
    responses.set(index, answer.view());
    return PAM_SUCCESS;
}

int converse(int count, const pam_message** messages, pam_response** responses, PamTalk& talk) {
    const auto size = static_cast<std::size_t>(count);
    if (std::any_of(messages, messages + size, [](const auto* m) { return m == nullptr; })) {
        return PAM_CONV_ERR;
    }
    Responses answers{size};
    for (std::size_t i = 0; i < size; ++i) {
        const int code = converse_once(talk, *messages[i], i, answers);
        if (code != PAM_SUCCESS) {
            return code;
        }
    }
    *responses = answers.release();
    return PAM_SUCCESS;
}

bool is_regular_file(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool is_directory(const char* path) {
    struct stat status {};
    return ::stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

bool pam_conf_lists(std::string_view text, std::string_view service) {
    constexpr std::string_view blanks = " \t";
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        line.remove_prefix(std::min(line.size(), line.find_first_not_of(blanks)));
        const std::string_view word = line.substr(0, line.find_first_of(blanks));
        const bool same = std::equal(
            word.begin(), word.end(), service.begin(), service.end(), [](char left, char right) {
                return ::strncasecmp(&left, &right, 1) == 0;
            });
        if (same) {
            return true;
        }
    }
    return false;
}

bool pam_service_exists(const std::string& service) {
    constexpr auto folders = std::to_array({"/etc/pam.d", "/usr/lib/pam.d"});
    const bool has_file = std::any_of(folders.begin(), folders.end(), [&service](const char* f) {
        return is_regular_file(std::string{f} + "/" + service);
    });
    if (has_file) {
        return true;
    }
    // Where there is one of the folders libpam does not look at pam.conf.
    if (std::any_of(folders.begin(), folders.end(), is_directory)) {
        return false;
    }
    const auto text = common::read_text_file("/etc/pam.conf");
    return text && pam_conf_lists(*text, service);
}

PamGate::PamGate(Conversation& conversation,
                 PamItems items,
                 const std::optional<std::string>& configuration)
    : talk_{.conversation = conversation},
      items_(std::move(items)),
      flags_(items_.allow_empty_passwords ? 0 : PAM_DISALLOW_NULL_AUTHTOK) {
    // Before libpam has loaded a module: what the watchdog never sees it does not hold.
    begin(Work::starting);
    const pam_conv callback{.conv = ttygate_pam_conversation, .appdata_ptr = &talk_};
    const int code =
        configuration
            ? libpam().start_confdir(
                  items_.service.c_str(), nullptr, &callback, configuration->c_str(), &handle_)
            : libpam().start(items_.service.c_str(), nullptr, &callback, &handle_);
    if (code != PAM_SUCCESS) {
        handle_ = nullptr;
        throw std::runtime_error{"cannot start PAM: error " + std::to_string(code)};
    }
    try {
        set_item(PAM_USER_PROMPT, items_.name_prompt.c_str(), "PAM_USER_PROMPT");
        if (!items_.line.empty()) {
            set_item(PAM_TTY, items_.line.c_str(), "PAM_TTY");
        }
        if (items_.host) {
            set_item(PAM_RHOST, items_.host->c_str(), "PAM_RHOST");
        }
        const void* untyped = nullptr;
        static_assert(sizeof(untyped) == sizeof(&note_delay));
        auto* const hook = &note_delay;
        ::memcpy(&untyped, &hook, sizeof untyped);
        set_item(PAM_FAIL_DELAY, untyped, "PAM_FAIL_DELAY");
        for (const std::string& entry : items_.environment.entries()) {
            require(libpam().putenv(handle_, entry.c_str()), "pam_putenv");
        }
    } catch (...) {
        libpam().end(handle_, PAM_ABORT);
        throw;
    }
}

PamGate::~PamGate() {
    undo();
    begin_last(Work::closing);
    libpam().end(handle_, last_code_);
}

Verdict PamGate::admits(const std::string& name) {
    set_user(name.c_str());
    talk_.unusable_answer = false;
    talk_.wanted_delay = {};
    begin(Work::authenticating);
    last_code_ = libpam().authenticate(handle_, flags_);
    if (last_code_ == PAM_SUCCESS) {
        user_ = current_user();
        if (is_possible_user_name(user_)) {
            return {.outcome = Outcome::admitted};
        }
        return {.outcome = Outcome::refused_for_good,
                .reason = "PAM ended with a name that is none: " + common::quoted(user_)};
    }
    const bool curable = may_be_cured(last_code_) || talk_.unusable_answer;
    Verdict verdict{.outcome = curable ? Outcome::refused : Outcome::refused_for_good,
                    .reason = reason(last_code_),
                    .delay = talk_.wanted_delay,
                    .pam_status = last_code_};
    set_user(nullptr);
    return verdict;
}

void PamGate::trust(const std::string& name) {
    set_user(name.c_str());
    user_ = name;
}

std::optional<Refusal> PamGate::require_valid_account() {
    talk_.said_something = false;
    begin(Work::checking_account);
    last_code_ = libpam().acct_mgmt(handle_, flags_);
    if (last_code_ == PAM_NEW_AUTHTOK_REQD) {
        last_code_ = change_expired_password();
    }
    if (last_code_ != PAM_SUCCESS) {
        return Refusal{.words = talk_.said_something ? "" : reason(last_code_),
                       .reason = reason(last_code_),
                       .pam_status = last_code_};
    }
    // From here on the name is fixed: a module that changes it later is refused.
    user_ = current_user();
    if (!is_possible_user_name(user_)) {
        return Refusal{.words = common::translated("Login incorrect"),
                       .reason = "PAM ended with a name that is none: " + common::quoted(user_)};
    }
    return std::nullopt;
}

int PamGate::change_expired_password() {
    talk_.conversation.allow(items_.patience);
    int code = PAM_AUTHTOK_ERR;
    for (int i = 0; i < changes_of_an_expired_password && !talk_.conversation.ending(); ++i) {
        begin(Work::changing_password);
        code = libpam().chauthtok(handle_, PAM_CHANGE_EXPIRED_AUTHTOK);
        if (code != PAM_AUTHTOK_ERR && code != PAM_TRY_AGAIN && code != PAM_AUTHTOK_RECOVERY_ERR) {
            break;
        }
    }
    return code;
}

void PamGate::open_session(Greeting greeting) {
    const unsigned silent = greeting == Greeting::hushed ? PAM_SILENT : 0;
    const auto with_silence = [silent](unsigned flag) { return static_cast<int>(flag | silent); };
    talk_.conversation.allow(items_.patience);
    if (items_.watchdog != nullptr) {
        // That is for answers; what the modules take is bounded call by call.
        items_.watchdog->allow_until(never);
    }
    // pam_setcred(3): credentials come before the session that may use them.
    begin(Work::opening);
    require(libpam().setcred(handle_, with_silence(PAM_ESTABLISH_CRED)), "pam_setcred");
    established_ = true;
    require_same_user();
    begin(Work::opening);
    require(libpam().open_session(handle_, with_silence(0)), "pam_open_session");
    opened_ = true;
    require_same_user();
    // What the session has brought, a home or a key ring, may hold more of them.
    begin(Work::opening);
    require(libpam().setcred(handle_, with_silence(PAM_REINITIALIZE_CRED)), "pam_setcred again");
    require_same_user();
    if (items_.watchdog != nullptr) {
        items_.watchdog->rests();
    }
    keep_modules_loaded();
}

common::Environment PamGate::environment() {
    common::Environment result;
    char** const entries = libpam().getenvlist(handle_);
    if (entries == nullptr) {
        throw std::bad_alloc{};
    }
    for (char** entry = entries; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        if (const auto equals = text.find('='); equals != std::string_view::npos && equals > 0) {
            result.set(text.substr(0, equals), text.substr(equals + 1));
        }
        std::free(*entry);
    }
    std::free(static_cast<void*>(entries));
    return result;
}

void PamGate::forget_in_child() noexcept {
    // DATA_SILENT: this is a copy, the real end is the parent's.
    libpam().end(handle_, PAM_SUCCESS | PAM_DATA_SILENT);
}

void PamGate::close_session() noexcept {
    undo();
}

void PamGate::begin(Work work) const {
    if (items_.watchdog != nullptr) {
        items_.watchdog->begins(work);
    }
}

/// The undo goes on without a watchdog where none can be had.
void PamGate::begin_last(Work work) noexcept {
    common::tolerate("watch over PAM", [&] { begin(work); });
}

void PamGate::undo() noexcept {
    if (std::exchange(opened_, false)) {
        begin_last(Work::closing);
        last_code_ = libpam().close_session(handle_, 0);
        if (last_code_ != PAM_SUCCESS) {
            common::tolerate("close the PAM session",
                             [this] { throw std::runtime_error{reason(last_code_)}; });
        }
    }
    // Also where closing failed: a ticket must not outlive its session.
    if (std::exchange(established_, false)) {
        begin_last(Work::closing);
        last_code_ = libpam().setcred(handle_, PAM_DELETE_CRED);
    }
}

void PamGate::set_item(int item, const void* value, const char* what) {
    require(libpam().set_item(handle_, item, value), what);
}

void PamGate::set_user(const char* name) {
    set_item(PAM_USER, name, "PAM_USER");
}

std::string PamGate::current_user() const {
    const void* item = nullptr;
    if (libpam().get_item(handle_, PAM_USER, &item) != PAM_SUCCESS || item == nullptr) {
        return {};
    }
    return static_cast<const char*>(item);
}

std::string PamGate::reason(int code) const {
    const char* const text = libpam().strerror(handle_, code);
    return text != nullptr ? text : "PAM error " + std::to_string(code);
}

void PamGate::require(int code, const char* step) {
    last_code_ = code;
    if (code != PAM_SUCCESS) {
        throw std::runtime_error{std::string{step} + ": " + reason(code)};
    }
}

void PamGate::require_same_user() const {
    if (const std::string now = current_user(); now != user_) {
        throw std::runtime_error{"a PAM module changed the name from " + common::quoted(user_) +
                                 " to " + common::quoted(now) + " after the account was checked"};
    }
}

}  // namespace login

extern "C" int ttygate_pam_conversation(int count,
                                        const pam_message** messages,
                                        pam_response** responses,
                                        void* data) noexcept {
    if (count <= 0 || count > PAM_MAX_NUM_MSG || messages == nullptr || responses == nullptr ||
        data == nullptr) {
        return PAM_CONV_ERR;
    }
    try {
        return login::converse(count, messages, responses, *static_cast<login::PamTalk*>(data));
    } catch (...) {
        return PAM_CONV_ERR;
    }
}
