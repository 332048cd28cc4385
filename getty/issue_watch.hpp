#pragma once

#include "common/unique_fd.hpp"

#include <memory>
#include <string>
#include <vector>

namespace getty {

/// What an issue on a screen was made of.
struct IssueSources {
    /// The files and directories it was read from, and those that would have
    /// been read first had they been there.
    std::vector<std::string> paths{};
    bool addresses = false;
    bool host_name = false;
    bool domain_name = false;

    friend bool operator==(const IssueSources&, const IssueSources&) = default;
};

/// What `getty --reload` touches.
inline constexpr const char* reload_file = "/run/agetty.reload";

/// One descriptor that becomes readable when something an issue was made of, or
/// the reload file, may have changed. It says so once, and is then thrown
/// away for a new one, made before the issue is read again: a thousand changes
/// cost as much as one, and none is missed.
///
/// Nothing is opened that is not asked for. Directories are watched by
/// F_NOTIFY of fcntl(2) and its signal SIGURG: an inotify descriptor would make the exec
/// of login wait for the kernel, 18 ms in the median on the machine this was
/// measured on; this costs it 0.05.
class IssueWatch {
  public:
    /// One for all lines of this process whose issues are made of the same, until it has
    /// told something: then they share a new one.
    [[nodiscard]] static std::shared_ptr<IssueWatch> of(const IssueSources& sources);

    explicit IssueWatch(const IssueSources& sources);
    IssueWatch(const IssueWatch&) = delete;
    IssueWatch(IssueWatch&&) = delete;
    IssueWatch& operator=(const IssueWatch&) = delete;
    IssueWatch& operator=(IssueWatch&&) = delete;
    ~IssueWatch();

    [[nodiscard]] const IssueSources& sources() const noexcept { return sources_; }
    /// For POLLIN; -1 where the kernel gave none, and then nothing is told.
    [[nodiscard]] int descriptor() const noexcept { return events_.get(); }

  private:
    enum class Interest { names, names_and_content };

    [[nodiscard]] bool has_told() const;
    void note_path(std::string path);
    void note_directory(const std::string& path, Interest interest);
    void watch_directories();
    void watch_addresses();
    void watch_setting(const char* path);
    void tell_of(int descriptor, unsigned events) const;

    IssueSources sources_;
    common::UniqueFd events_;
    common::UniqueFd directories_changed_;
    struct Directory {
        std::string path{};
        Interest interest = Interest::names;
        common::UniqueFd open{};
    };
    std::vector<Directory> directories_{};
    std::vector<common::UniqueFd> others_{};
};

}  // namespace getty
