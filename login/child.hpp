#pragma once

#include "common/unique_fd.hpp"

#include <chrono>
#include <optional>

#include <sys/types.h>

namespace login {

/// A process we forked. It is waited for and signalled through a pidfd, so that
/// no signal of ours can ever reach a process that is not ours. A child that
/// was not waited for is killed at the end of scope.
class Child {
  public:
    /// Forks; `program` runs in the child and must not return or throw.
    template <typename Program>
    explicit Child(Program program) {
        if (begin() == 0) {
            program();
            leave();
        }
    }
    Child(const Child&) = delete;
    Child(Child&&) = delete;
    Child& operator=(const Child&) = delete;
    Child& operator=(Child&&) = delete;
    ~Child();

    [[nodiscard]] pid_t id() const noexcept { return id_; }
    /// Readable once the child has ended.
    [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }
    void send_signal(int number) const noexcept;
    /// The status as waitpid(2) gives it, or nothing while the child lives after
    /// so long.
    std::optional<int> wait_for(std::chrono::milliseconds patience);
    /// The status of one that has ended, as descriptor() has told.
    int take_status();

  private:
    /// fork(2): 0 in the child.
    pid_t begin();
    [[noreturn]] static void leave() noexcept;

    pid_t id_ = -1;
    common::UniqueFd fd_;
    std::optional<int> status_{};
};

}  // namespace login
