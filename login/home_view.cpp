#include "login/home_view.hpp"

#include "common/signals.hpp"
#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "login/child.hpp"
#include "login/process_identity.hpp"

#include <array>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace login {

namespace {

/// The child's reports, in their order; what is missing was not answered.
struct Answers {
    enum Index { home, mail, count };
    std::array<char, count> bytes{};
};

constexpr char hushed = 'h';
constexpr char not_hushed = 'n';
constexpr char closed = 'c';

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

void answer(int pipe, char byte) noexcept {
    [[maybe_unused]] const auto written = ::write(pipe, &byte, 1);
}

[[noreturn]] void look(const common::User& user,
                       const HomeQuestions& questions,
                       const std::string& directory_of_new,
                       int pipe) noexcept {
    common::default_signals();
    if (become_for_good(user.uid, user.gid) != 0) {
        ::_exit(1);
    }
    answer(pipe, look_for_hush_file(user, questions.hush_file));
    answer(pipe, static_cast<char>(look_at_mail(questions.mailbox, directory_of_new)));
    ::_exit(0);
}

}  // namespace

HomeView look_at_home(const common::User& user,
                      const HomeQuestions& questions,
                      std::chrono::milliseconds patience) {
    std::array<int, 2> ends{};
    common::check(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), "make a pipe");
    const common::UniqueFd ours{ends[0]};
    const common::UniqueFd childs{ends[1]};
    const std::string directory_of_new = questions.mailbox + "/new";
    Child child{[&] { look(user, questions, directory_of_new, childs.get()); }};
    const bool has_ended = child.wait_for(patience).has_value();

    Answers answers;
    const auto size = ::read(ours.get(), answers.bytes.data(), answers.bytes.size());
    HomeView view;
    if (size <= Answers::home) {
        // One that could not become the user has not been kept by the home.
        view.answers = has_ended;
        return view;
    }
    view.can_be_entered = answers.bytes[Answers::home] != closed;
    view.hushed = answers.bytes[Answers::home] == hushed;
    if (size > Answers::mail) {
        view.mailbox = static_cast<Mailbox>(answers.bytes[Answers::mail]);
    }
    return view;
}

}  // namespace login
