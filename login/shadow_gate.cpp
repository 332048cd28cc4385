#include "login/shadow_gate.hpp"

#include "common/language.hpp"
#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/syscall.hpp"
#include "common/syscall_filter.hpp"
#include "common/unique_fd.hpp"
#include "login/child.hpp"
#include "login/user_name.hpp"

#include <array>
#include <csignal>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <shadow.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crypt.h>

namespace login {

using common::translated;

namespace {

constexpr const char* shadow_file = "/etc/shadow";

/// crypt(3)'s scratch space: it holds the password and what is made of it, so it
/// is locked into memory, left out of core dumps and wiped.
class HashingSpace {
  public:
    HashingSpace()
        : space_(::mmap(nullptr,
                        sizeof(crypt_data),
                        PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS,
                        -1,
                        0)) {
        if (space_ == MAP_FAILED) {
            common::throw_errno("reserve memory for hashing");
        }
        // A page that cannot be locked is used all the same, as for the password.
        ::mlock(space_, sizeof(crypt_data));
        ::madvise(space_, sizeof(crypt_data), MADV_DONTDUMP);
    }
    HashingSpace(const HashingSpace&) = delete;
    HashingSpace(HashingSpace&&) = delete;
    HashingSpace& operator=(const HashingSpace&) = delete;
    HashingSpace& operator=(HashingSpace&&) = delete;
    ~HashingSpace() {
        ::explicit_bzero(space_, sizeof(crypt_data));
        ::munmap(space_, sizeof(crypt_data));
    }

    /// The hash, or "" where crypt(3) cannot make one. Valid while this lives.
    [[nodiscard]] std::string_view hash(const common::Secret& password, const char* setting) {
        const char* const made =
            ::crypt_rn(password.c_str(), setting, space_, static_cast<int>(sizeof(crypt_data)));
        return made != nullptr ? made : "";
    }

  private:
    void* space_;
};

/// Takes as long wherever the difference is.
bool is_equal(std::string_view left, std::string_view right) {
    if (left.size() != right.size()) {
        return false;
    }
    unsigned difference = 0;
    for (std::size_t i = 0; i < left.size(); ++i) {
        difference |= static_cast<unsigned>(static_cast<unsigned char>(left[i]) ^
                                            static_cast<unsigned char>(right[i]));
    }
    return difference == 0;
}

}  // namespace

/// Also what the process says that finds it out: nothing that one says by chance
/// which has gone astray.
enum class Comparison { equal = 0x5A, different = 0x3C, impossible, too_costly, broken_off };

namespace {

Comparison compare_in(HashingSpace& space,
                      const common::Secret& password,
                      std::string_view field,
                      const char* setting) {
    constexpr std::size_t shortest_hash = 13;  // the DES of 1979
    const std::string_view made = space.hash(password, setting);
    if (made.size() < shortest_hash || made.front() == '*') {
        return Comparison::impossible;
    }
    // crypt(3) sees the password only up to a NUL: with one inside it is wrong.
    const bool whole = ::strlen(password.c_str()) == password.view().size();
    return is_equal(made, field) && whole ? Comparison::equal : Comparison::different;
}

/// What somebody can do who has nothing to do but to compute: get memory, and end.
void become_powerless() {
    if (!common::can_be_confined) {
        return;
    }
    constexpr std::array calls{SYS_read,
                               SYS_write,
#ifdef SYS_mmap2
                               SYS_mmap2,
#else
                               SYS_mmap,
#endif
                               SYS_munmap,
                               SYS_mremap,
                               SYS_madvise,
                               SYS_brk,
                               SYS_futex,
                               SYS_rt_sigreturn,
                               SYS_exit_group};
    const std::vector<long> list{calls.begin(), calls.end()};
    auto filter = common::build_syscall_filter(list, {});
    if (const int problem = common::confine_to(filter); problem != 0) {
        common::log(common::Severity::notice,
                    "passwords are checked by a process that could do more than that: " +
                        common::error_text(problem));
    }
}

/// One message of the channel, or nothing where there is none to come.
std::optional<std::size_t> read_message(std::span<char> place) {
    const auto size =
        common::retry_interrupted([&] { return ::read(STDIN_FILENO, place.data(), place.size()); });
    return size < 0 ? std::nullopt : std::optional{static_cast<std::size_t>(size)};
}

/// The process that checks one password against one field: whatever crypt(3) made of
/// an entry or of what was typed, it could only say a wrong word about this one.
[[noreturn]] void be_checker(int channel) noexcept {
    // Whoever kills login ends this too.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    ::prctl(PR_SET_NAME, "login-checker");
    ::dup2(channel, STDIN_FILENO);
    ::close_range(STDIN_FILENO + 1, ~0U, 0);
    common::tolerate("hash a password", [&] {
        common::Secret password;
        HashingSpace space;
        // Longer than crypt(3) makes any: what is cut off here is equal to nothing.
        std::array<char, 2 * std::size_t{CRYPT_OUTPUT_SIZE}> field{};
        become_powerless();
        const auto length = read_message(std::span{field}.first(field.size() - 1));
        const auto size = read_message(password.storage());
        if (length && size) {
            password.set_size(*size);
            const auto result = static_cast<char>(
                compare_in(space, password, {field.data(), *length}, field.data()));
            // Said before all is wiped, which the person need not wait for.
            [[maybe_unused]] const auto said = ::write(STDIN_FILENO, &result, sizeof result);
        }
    });
    ::_exit(0);
}

}  // namespace

/// A process that checks a password, because crypt(3) cannot be stopped: an entry may
/// ask for more rounds than there is time for, by mistake or to keep a processor busy.
/// Made while the password is typed.
class PasswordChecker {
  public:
    PasswordChecker() : PasswordChecker(make_channel()) {}

    [[nodiscard]] bool is_used() const { return !ours_.is_open(); }

    /// Once.
    Comparison compare(Conversation& conversation,
                       const common::Secret& password,
                       const std::string& field,
                       std::chrono::milliseconds patience) {
        const common::UniqueFd channel = std::move(ours_);
        // Each is less than a socket takes at once.
        if (!has_sent(channel, field) || !has_sent(channel, password.view())) {
            return Comparison::impossible;
        }
        if (!conversation.wait_for(channel.get(), patience)) {
            const bool was_told = conversation.ending() == Answer::terminated;
            return was_told ? Comparison::broken_off : Comparison::too_costly;
        }
        char said = 0;
        const bool is_answer = ::recv(channel.get(), &said, sizeof said, MSG_DONTWAIT) == 1;
        for (const Comparison result : {Comparison::equal, Comparison::different}) {
            if (is_answer && said == static_cast<char>(result)) {
                return result;
            }
        }
        return Comparison::impossible;
    }

  private:
    struct Channel {
        common::UniqueFd ours;
        common::UniqueFd childs;
    };

    explicit PasswordChecker(Channel channel)
        : ours_(std::move(channel.ours)),
          child_([&]() noexcept { be_checker(channel.childs.get()); }) {}

    static Channel make_channel() {
        std::array<int, 2> ends{};
        common::check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()),
                      "make a channel to who checks passwords");
        return {.ours = common::UniqueFd{ends[0]}, .childs = common::UniqueFd{ends[1]}};
    }

    static bool has_sent(const common::UniqueFd& channel, std::string_view text) {
        return ::send(channel.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(text.size());
    }

    common::UniqueFd ours_;
    Child child_;
};

namespace {

/// bcrypt looks at no more of a password.
bool is_more_than_is_looked_at(const std::string& field, const common::Secret& password) {
    constexpr std::size_t bcrypt_limit = 72;
    return field.starts_with("$2") && password.view().size() > bcrypt_limit;
}

/// A setting of the method and cost that new passwords here get.
std::string make_dummy_setting() {
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> output{};
    const char* const setting =
        ::crypt_gensalt_rn(nullptr, 0, nullptr, 0, output.data(), static_cast<int>(output.size()));
    return setting != nullptr ? setting : "$6$notanaccount$";
}

void note_method(const std::string& name, const std::string& field) {
    switch (::crypt_checksalt(field.c_str())) {
        case CRYPT_SALT_METHOD_LEGACY:
        case CRYPT_SALT_TOO_CHEAP:
            common::log(common::Severity::notice,
                        "the password of " + common::quoted(name) +
                            " is kept by a method that is no longer strong");
            return;
        default: return;
    }
}

/// Why crypt(3) could do nothing with a field: `usual` is what became of the same password
/// by the method that new ones here get.
std::string why_impossible(const std::string& field, Comparison usual) {
    if (usual == Comparison::impossible) {
        return "no password can be checked now: too little memory, or who checks it was ended";
    }
    const bool known = ::crypt_checksalt(field.c_str()) != CRYPT_SALT_INVALID;
    return known ? "the account's password is kept in a form that cannot be checked"
                 : "the account's password is kept by a method that this libcrypt does not "
                   "support";
}

std::optional<std::chrono::days> days_of(long field) {
    return field < 0 ? std::nullopt : std::optional{std::chrono::days{field}};
}

std::optional<std::chrono::sys_days> date_of(long field) {
    return field < 0 ? std::nullopt
                     : std::optional{std::chrono::sys_days{std::chrono::days{field}}};
}

ShadowEntry entry_of(const spwd& entry) {
    return {.hash = entry.sp_pwdp != nullptr ? entry.sp_pwdp : "",
            .aging = {.last_change = date_of(entry.sp_lstchg),
                      .maximum_age = days_of(entry.sp_max),
                      .warning_period = days_of(entry.sp_warn),
                      .grace_period = days_of(entry.sp_inact),
                      .account_expires = date_of(entry.sp_expire)}};
}

bool means_no_such_account(int problem) {
    return problem == 0 || problem == ENOENT || problem == ESRCH;
}

}  // namespace

bool can_be_compared(std::string_view field) {
    return !field.empty() && !field.starts_with('*') && !field.starts_with('!') && field != "x";
}

void require_shadow_file() {
    struct stat status {};
    common::check(::stat(shadow_file, &status), "look at", shadow_file);
    if (!S_ISREG(status.st_mode)) {
        errno = EINVAL;
        common::throw_errno("read accounts from", shadow_file);
    }
}

std::optional<ShadowEntry> find_shadow_entry(const std::string& name) {
    constexpr std::size_t first_try = 1024;
    constexpr std::size_t last_try = std::size_t{1024} * 1024;
    for (std::size_t size = first_try; size <= last_try; size *= 4) {
        std::vector<char> buffer(size);
        spwd entry{};
        spwd* found = nullptr;
        const int problem =
            ::getspnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (problem == ERANGE) {
            continue;
        }
        std::optional<ShadowEntry> result;
        if (found != nullptr) {
            result = entry_of(*found);
            ::explicit_bzero(buffer.data(), buffer.size());
        } else if (!means_no_such_account(problem)) {
            errno = problem;
            common::throw_errno("read", shadow_file);
        }
        return result;
    }
    errno = ERANGE;
    common::throw_errno("read", shadow_file);
}

AccountSource system_accounts(std::function<bool(const common::User&)> change_password,
                              FailureCounter failures,
                              std::chrono::milliseconds hashing_patience) {
    return {
        .user = common::find_user,
        .shadow = find_shadow_entry,
        .today =
            [] { return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()); },
        .change_password = std::move(change_password),
        .failures = std::move(failures),
        .hashing_patience = hashing_patience};
}

ShadowGate::ShadowGate(Conversation& conversation,
                       EmptyPasswords empty_passwords,
                       AccountSource accounts)
    : conversation_(conversation),
      empty_passwords_(empty_passwords),
      accounts_(std::move(accounts)) {}

ShadowGate::~ShadowGate() = default;

void ShadowGate::open_session(Greeting /*greeting*/) {
    // It has gone by now.
    checker_.reset();
}

Verdict ShadowGate::admits(const std::string& name) {
    // Asked before anything is looked up: how soon the question comes says
    // nothing about the account.
    common::Secret password;
    conversation_.meanwhile([this] {
        common::tolerate("get ready for a password",
                         [this] { checker_ = std::make_unique<PasswordChecker>(); });
    });
    const Answer answer = conversation_.ask("Password: ", common::Echo::hidden, password);
    if (!is_answer(answer)) {
        return {.outcome = Outcome::refused_for_good, .reason = "no password was given"};
    }
    std::optional<common::User> user;
    std::optional<ShadowEntry> entry;
    // A directory that is down says nothing about who is in it and who is not.
    const bool is_known = common::tolerate("look up who logs in", [&] {
        user = is_possible_user_name(name) ? accounts_.user(name) : std::nullopt;
        entry = user ? accounts_.shadow(user->name) : std::nullopt;
    });
    std::string reason = judge(user, entry, password);
    if (!is_known) {
        reason = "the account could not be looked up";
    }
    if (answer != Answer::given) {
        reason = "what was typed can be no password";
    }
    const Outcome outcome = reason.empty() ? Outcome::admitted : Outcome::refused;
    const auto found = std::chrono::steady_clock::now();
    if (user) {
        count(*user, outcome);
    }
    if (outcome == Outcome::admitted) {
        user_ = name;
        account_ = user;
        aging_ = entry->aging;
    }
    return {.outcome = outcome, .reason = std::move(reason), .found = found};
}

/// Why not; empty: it is the right password. Whatever the reason, one hash is
/// computed.
std::string ShadowGate::judge(const std::optional<common::User>& user,
                              std::optional<ShadowEntry>& entry,
                              const common::Secret& password) {
    const auto spend_the_time = [this, &password] {
        static_cast<void>(compare(password, make_dummy_setting()));
    };
    if (!entry) {
        spend_the_time();
        return "no such account";
    }
    if (entry->hash.empty()) {
        spend_the_time();
        const bool right = password.view().empty() && allows_empty_password(*user);
        return right && !is_locked_out(*user) ? "" : "the account has no password";
    }
    if (!can_be_compared(entry->hash)) {
        spend_the_time();
        return entry->hash == "x" ? "the shadow entry is broken: its password is x"
                                  : "the account's password is locked";
    }
    std::string reason = check(*user, entry->hash, password);
    ::explicit_bzero(entry->hash.data(), entry->hash.size());
    return reason;
}

std::string ShadowGate::check(const common::User& user,
                              const std::string& field,
                              const common::Secret& password) {
    switch (compare(password, field)) {
        case Comparison::different: return "Authentication failure";
        case Comparison::too_costly: return "the account's password takes too long to check";
        case Comparison::broken_off: return "login was told to end before it was checked";
        case Comparison::impossible:
            return why_impossible(field, compare(password, make_dummy_setting()));
        case Comparison::equal: break;
    }
    if (is_locked_out(user)) {
        return "the password is right, but there were too many failures (faillog)";
    }
    // Who is in waits for a full log; what is wrong must not, by what it is.
    note_method(user.name, field);
    if (is_more_than_is_looked_at(field, password)) {
        common::log(common::Severity::notice,
                    "the password of " + common::quoted(user.name) +
                        " is longer than the 72 bytes that its method looks at");
    }
    return {};
}

Comparison ShadowGate::compare(const common::Secret& password, const std::string& field) {
    if (!checker_ || checker_->is_used()) {
        checker_ = std::make_unique<PasswordChecker>();
    }
    return checker_->compare(conversation_, password, field, accounts_.hashing_patience);
}

bool ShadowGate::is_locked_out(const common::User& user) const {
    return accounts_.failures.locks_out && accounts_.failures.locks_out(user);
}

void ShadowGate::count(const common::User& user, Outcome outcome) {
    const FailureCounter& counter = accounts_.failures;
    if (outcome != Outcome::admitted && counter.note_failure) {
        counter.note_failure(user);
    }
    if (outcome == Outcome::admitted && counter.note_success) {
        failures_before_ = counter.note_success(user);
    }
}

bool ShadowGate::allows_empty_password(const common::User& user) const {
    return empty_passwords_ != EmptyPasswords::refused && user.uid != 0;
}

std::optional<Refusal> ShadowGate::require_valid_account() {
    if (!account_) {
        account_ = accounts_.user(user_);
    }
    if (!account_) {
        return Refusal{.words = translated("Login incorrect"), .reason = "no such account"};
    }
    const common::User& user = *account_;
    if (!aging_) {
        const auto entry = accounts_.shadow(user.name);
        if (!entry) {
            // -f for an account that the shadow file does not know: nothing limits it.
            return std::nullopt;
        }
        aging_ = entry->aging;
    }
    const AgeJudgement judgement = judge_age(*aging_, accounts_.today());
    if (judgement.doubtful) {
        common::log(common::Severity::warning,
                    "the shadow entry of " + common::quoted(user.name) +
                        " has a date in it that cannot be meant");
    }
    switch (judgement.verdict) {
        case AgeVerdict::valid: return std::nullopt;
        case AgeVerdict::expires_soon:
            conversation_.say(translated("Your password expires in %d day.",
                                         "Your password expires in %d days.",
                                         static_cast<unsigned long>(judgement.days_left.count())) +
                              "\n");
            return std::nullopt;
        case AgeVerdict::must_change: return change_expired_password(user);
        case AgeVerdict::password_expired:
            return Refusal{.words = translated(
                               "Your password has expired, and the time to change it is over."),
                           .reason = "password expired, and the time to change it is over"};
        case AgeVerdict::account_expired: break;
    }
    return Refusal{.words = translated("Your account has expired."), .reason = "account expired"};
}

std::optional<Refusal> ShadowGate::change_expired_password(const common::User& user) {
    const Refusal unchanged{.words = translated("The password was not changed."),
                            .reason = "the password has expired and was not changed"};
    conversation_.say(
        std::string{translated("Your password has to be changed before you can go on.")} + "\n");
    if (!accounts_.change_password || !accounts_.change_password(user)) {
        return unchanged;
    }
    // Looked at again: what counts is the entry, not what a program said.
    const auto entry = accounts_.shadow(user.name);
    if (!entry) {
        return unchanged;
    }
    const AgeVerdict verdict = judge_age(entry->aging, accounts_.today()).verdict;
    const bool valid = verdict == AgeVerdict::valid || verdict == AgeVerdict::expires_soon;
    return valid ? std::nullopt : std::optional{unchanged};
}

}  // namespace login
