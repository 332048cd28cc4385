#pragma once

#include "common/unique_fd.hpp"
#include "getty/name_reader.hpp"

#include <string>

#include <sys/types.h>

namespace getty {

/// A process that reads a name and can do nothing else: whoever made it do something
/// could say a name, which is what a name's reader is for. It is nobody's, has one
/// descriptor, which leads here, and may read, write and end. One serves one line, so that what is
/// typed on another is never within its reach. It ends with a
/// name that is taken, with this object, or with us.
class NameProcess {
  public:
    /// Throws std::system_error where there is no process to be had.
    NameProcess(const Options& options, Probing probing, const LineEnds& ends);
    NameProcess(const NameProcess&) = delete;
    NameProcess(NameProcess&&) = delete;
    NameProcess& operator=(const NameProcess&) = delete;
    NameProcess& operator=(NameProcess&&) = delete;
    /// Kills it and waits for its end.
    ~NameProcess();

    /// Readable when there is a reply.
    [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }
    /// Throws std::system_error when the process has ended.
    void send(const ReaderRequest& request) const;
    /// The message that has come, unchecked. Throws std::system_error as send() does.
    [[nodiscard]] std::string receive() const;

  private:
    common::UniqueFd socket_{};
    pid_t process_ = -1;
};

}  // namespace getty
