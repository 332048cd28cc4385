#include "login/home_view.hpp"

#include "common/syscall.hpp"
#include "login/child.hpp"
#include "login/process_identity.hpp"

#include <atomic>
#include <new>

#include <dirent.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace login {

namespace {

/// The child's reports.
struct Answers {
    std::atomic<char> home;
    std::atomic<char> mail;
};
static_assert(std::atomic<char>::is_always_lock_free);

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

Mailbox look_at_mail(const std::string& path, const std::string& directory_of_new) noexcept {
    struct stat status {};
    if (path.empty() || ::stat(path.c_str(), &status) != 0) {
        return Mailbox::empty;
    }
    if (S_ISDIR(status.st_mode)) {
        return has_new_in(directory_of_new) ? Mailbox::unread : Mailbox::empty;
    }
    if (!S_ISREG(status.st_mode) || status.st_size == 0) {
        return Mailbox::empty;
    }
    const auto nanoseconds = [](const timespec& time) {
        return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
    };
    return nanoseconds(status.st_atim) > nanoseconds(status.st_mtim) ? Mailbox::read
                                                                     : Mailbox::unread;
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
    answers.mail = static_cast<char>(mail_known + static_cast<char>(mailbox));
    ::_exit(0);
}

}  // namespace

HomeView look_at_home(const common::User& user,
                      const HomeQuestions& questions,
                      std::chrono::milliseconds patience) {
    const SharedAnswers answers;
    const std::string directory_of_new = questions.mailbox + "/new";
    Child child{[&] { look(user, questions, directory_of_new, *answers); }};
    const bool has_ended = child.wait_for(patience).has_value();

    const char home = (*answers).home;
    const char mail = (*answers).mail;
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
