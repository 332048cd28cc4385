#include "login/home_view.hpp"

#include "common/cached_path.hpp"
#include "common/syscall.hpp"
#include "login/child.hpp"
#include "login/process_identity.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <new>

#include <dirent.h>
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace login {

namespace {

/// The child's reports. Not all processors do bytes without a lock.
struct Answers {
    std::atomic<int> home;
    std::atomic<int> mail;
};
static_assert(std::atomic<int>::is_always_lock_free);

constexpr char no_answer = 0;
constexpr char hushed = 'h';
constexpr char not_hushed = 'n';
constexpr char closed = 'c';
/// Before the kind of a Mailbox.
constexpr char mail_known = 'm';

char look_for_hush_file(const common::User& user, const std::string& file) noexcept {
    struct stat status {};
    if (::chdir(user.home.c_str()) != 0) {
        return closed;
    }
    return !file.empty() && ::lstat(file.c_str(), &status) == 0 ? hushed : not_hushed;
}

/// Of a maildir(5): anything in its `new`.
bool has_new_in(const std::string& directory) noexcept {
    DIR* const entries = ::opendir(directory.c_str());
    if (entries == nullptr) {
        return false;
    }
    bool found = false;
    while (const dirent* const entry = ::readdir(entries)) {
        found = found || entry->d_name[0] != '.';
    }
    ::closedir(entries);
    return found;
}

/// When a file was read and written, since 1970.
struct Touched {
    std::chrono::nanoseconds read;
    std::chrono::nanoseconds written;
};

/// A file that is no folder.
Mailbox mailbox_of(mode_t mode, std::uint64_t size, const Touched& touched) noexcept {
    if (!S_ISREG(mode) || size == 0) {
        return Mailbox::empty;
    }
    return touched.read > touched.written ? Mailbox::read : Mailbox::unread;
}

/// Of a timespec or what statx(2) has for it.
template <typename Time>
std::chrono::nanoseconds since_1970(const Time& time) noexcept {
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

Mailbox look_at_mail(const std::string& path, const std::string& directory_of_new) noexcept {
    struct stat status {};
    if (path.empty() || ::stat(path.c_str(), &status) != 0) {
        return Mailbox::empty;
    }
    if (S_ISDIR(status.st_mode)) {
        return has_new_in(directory_of_new) ? Mailbox::unread : Mailbox::empty;
    }
    return mailbox_of(status.st_mode,
                      static_cast<std::uint64_t>(status.st_size),
                      {.read = since_1970(status.st_atim), .written = since_1970(status.st_mtim)});
}

/// Answers that a child gives in memory, until the end of scope.
class SharedAnswers {
  public:
    SharedAnswers() : place_(make_room()), answers_(::new (place_) Answers{}) {}
    SharedAnswers(const SharedAnswers&) = delete;
    SharedAnswers(SharedAnswers&&) = delete;
    SharedAnswers& operator=(const SharedAnswers&) = delete;
    SharedAnswers& operator=(SharedAnswers&&) = delete;
    ~SharedAnswers() { ::munmap(place_, sizeof(Answers)); }

    [[nodiscard]] Answers& operator*() const noexcept { return *answers_; }

  private:
    static void* make_room() {
        void* const place = ::mmap(
            nullptr, sizeof(Answers), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        common::check(place == MAP_FAILED ? -1 : 0, "make room for answers");
        return place;
    }

    void* place_;
    Answers* answers_;
};

[[noreturn]] void look(const common::User& user,
                       const HomeQuestions& questions,
                       const std::string& directory_of_new,
                       Answers& answers) noexcept {
    if (become_for_good(user.uid, user.gid) != 0) {
        ::_exit(1);
    }
    answers.home = look_for_hush_file(user, questions.hush_file);
    const auto mailbox = look_at_mail(questions.mailbox, directory_of_new);
    answers.mail = mail_known + static_cast<int>(mailbox);
    ::_exit(0);
}

/// To file systems this process is the user, until the end of scope: setfsuid(2).
class UserToFiles {
  public:
    explicit UserToFiles(const common::User& user)
        : user_(user),
          parent_(::getppid()),
          signal_of_parents_end_(signal_of_parents_end()),
          group_before_(static_cast<gid_t>(::setfsgid(user.gid))),
          user_before_(static_cast<uid_t>(::setfsuid(user.uid))) {}
    UserToFiles(const UserToFiles&) = delete;
    UserToFiles(UserToFiles&&) = delete;
    UserToFiles& operator=(const UserToFiles&) = delete;
    UserToFiles& operator=(UserToFiles&&) = delete;
    ~UserToFiles() {
        ::setfsuid(user_before_);
        ::setfsgid(group_before_);
        // Who has been somebody else may be dumped again, where the machine is set so.
        ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        keep_to_parent();
    }

    [[nodiscard]] bool is_one() const { return is(user_.uid, user_.gid); }

  private:
    /// There is no number -1: it changes nothing, and the one there is comes back.
    static bool is(uid_t user, gid_t group) {
        return static_cast<uid_t>(::setfsuid(~uid_t{0})) == user &&
               static_cast<gid_t>(::setfsgid(~gid_t{0})) == group;
    }

    static int signal_of_parents_end() noexcept {
        int number = 0;
        ::prctl(PR_GET_PDEATHSIG, &number, 0, 0, 0);
        return number;
    }

    /// A change of user takes away what getty has asked for: that this process ends
    /// with its parent.
    void keep_to_parent() const noexcept {
        if (signal_of_parents_end_ == 0) {
            return;
        }
        ::prctl(PR_SET_PDEATHSIG, signal_of_parents_end_, 0, 0, 0);
        if (::getppid() != parent_) {
            ::raise(signal_of_parents_end_);
        }
    }

    const common::User& user_;
    pid_t parent_;
    int signal_of_parents_end_;
    gid_t group_before_;
    uid_t user_before_;
};

/// What is at a path: something, nothing, or what cannot be told without waiting.
enum class Sight { there, missing, unknown };

/// Whatever is mounted there, nobody is asked for more than the kernel knows.
Sight status_of(int folder, const char* name, int flags, struct statx& status) noexcept {
    if (::statx(folder, name, flags | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &status) == 0) {
        return Sight::there;
    }
    return errno == ENOENT ? Sight::missing : Sight::unknown;
}

/// Of a name in a folder on such a file system.
Sight sight_of(const common::UniqueFd& folder,
               common::FileSystem kind,
               const std::string& name,
               struct statx& status) noexcept {
    // In memory nothing has to be waited for, and the names of what is not there are
    // forgotten.
    if (kind == common::FileSystem::in_memory && name.find('/') == name.npos) {
        return status_of(folder.get(), name.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, status);
    }
    const auto file = common::find_cached(folder.get(), name.c_str(), O_NOFOLLOW);
    if (!file.is_open()) {
        return errno == ENOENT ? Sight::missing : Sight::unknown;
    }
    return status_of(file.get(), "", AT_EMPTY_PATH, status);
}

/// Nothing where it is not an empty or a plain file, for certain.
std::optional<Mailbox> mailbox_at_once(const std::string& path) {
    if (path.empty()) {
        return Mailbox::empty;
    }
    const auto slash = path.rfind('/');
    const auto folder =
        common::find_cached(AT_FDCWD, path.substr(0, slash + 1).c_str(), O_DIRECTORY);
    const auto kind = folder.is_open() ? common::file_system_of(folder) : common::FileSystem::other;
    if (kind == common::FileSystem::other) {
        return std::nullopt;
    }
    struct statx status {};
    switch (sight_of(folder, kind, path.substr(slash + 1), status)) {
        case Sight::missing: return Mailbox::empty;
        case Sight::there:
            return S_ISREG(status.stx_mode)
                       ? std::optional{mailbox_of(status.stx_mode,
                                                  status.stx_size,
                                                  {.read = since_1970(status.stx_atime),
                                                   .written = since_1970(status.stx_mtime)})}
                       : std::nullopt;
        case Sight::unknown: break;
    }
    return std::nullopt;
}

/// Where the home is this machine's own and the kernel knows all there is to say by heart:
/// nothing of it can hang then, and it takes no process.
std::optional<HomeView> look_at_once(const common::User& user, const HomeQuestions& questions) {
    const UserToFiles seen_as{user};
    const auto home = seen_as.is_one()
                          ? common::find_cached(AT_FDCWD, user.home.c_str(), O_DIRECTORY)
                          : common::UniqueFd{};
    const auto kind = home.is_open() ? common::file_system_of(home) : common::FileSystem::other;
    if (kind == common::FileSystem::other) {
        return std::nullopt;
    }
    struct statx status {};
    // To look for its own entry takes the right to enter it.
    const auto hush =
        sight_of(home, kind, questions.hush_file.empty() ? "." : questions.hush_file, status);
    const auto mailbox = mailbox_at_once(questions.mailbox);
    if (hush == Sight::unknown || !mailbox) {
        return std::nullopt;
    }
    return HomeView{.can_be_entered = true,
                    .hushed = hush == Sight::there && !questions.hush_file.empty(),
                    .mailbox = *mailbox};
}

}  // namespace

HomeView look_at_home(const common::User& user,
                      const HomeQuestions& questions,
                      std::chrono::milliseconds patience) {
    if (const auto view = look_at_once(user, questions)) {
        return *view;
    }
    const SharedAnswers answers;
    const std::string directory_of_new = questions.mailbox + "/new";
    Child child{[&] { look(user, questions, directory_of_new, *answers); }};
    const bool has_ended = child.wait_for(patience).has_value();

    const int home = (*answers).home;
    const int mail = (*answers).mail;
    HomeView view;
    if (home == no_answer) {
        // One that could not become the user has not been kept by the home.
        view.answers = has_ended;
        return view;
    }
    view.can_be_entered = home != closed;
    view.hushed = home == hushed;
    if (mail != no_answer) {
        view.mailbox = static_cast<Mailbox>(mail - mail_known);
    }
    return view;
}

}  // namespace login
