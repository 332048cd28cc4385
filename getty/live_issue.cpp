#include "getty/live_issue.hpp"

#include <utility>

#include <sys/stat.h>

namespace getty {

namespace {

timespec time_of_reload() {
    struct stat status {};
    return ::lstat(reload_file, &status) == 0 ? status.st_mtim : timespec{};
}

bool is_before(const timespec& one, const timespec& other) {
    return std::pair{one.tv_sec, one.tv_nsec} < std::pair{other.tv_sec, other.tv_nsec};
}

}  // namespace

std::string LiveIssue::draw(const Options& options, const LineFacts& line) {
    // Asked for after this, as the kernel stamps files: to a tick, downwards.
    ::clock_gettime(CLOCK_REALTIME_COARSE, &drawn_);
    reload_.reset();
    Look now = look(options, line);
    keep(now);
    sources_ = std::move(now.sources);
    return std::move(now.text);
}

std::optional<std::string> LiveIssue::look_again(const Options& options, const LineFacts& line) {
    const timespec reload = time_of_reload();
    const bool is_asked_for = reload_ ? is_before(*reload_, reload) || is_before(reload, *reload_)
                                      : !is_before(reload, drawn_);
    reload_ = reload;
    Look now;
    now.sources = watch_ ? watch_->sources() : std::exchange(sources_, {});
    // Watched before it is read: what changes while we read is told. Once more
    // if what has been read says that there is more to watch.
    for (int count = 0; count < 2 && (count == 0 || now.sources != watch_->sources()); ++count) {
        // The old one first: it may be the last to have its descriptors.
        watch_.reset();
        watch_ = IssueWatch::of(now.sources);
        now = look(options, line);
    }
    if (now.lasting == lasting_hash_ && (!is_asked_for || now.whole == whole_hash_)) {
        return std::nullopt;
    }
    keep(now);
    return std::move(now.text);
}

LiveIssue::Look LiveIssue::look(const Options& options, const LineFacts& line) {
    IssueSources sources{.host_name = !options.no_hostname};
    RenderedIssue rendered{};
    const IssueFacts facts = collect_facts(line);
    if (!options.no_issue) {
        IssueText issue = read_issue(options);
        rendered = render_issue(issue.text, facts, options.issue_style);
        sources.paths = std::move(issue.paths);
        sources.addresses = rendered.uses_addresses;
        sources.host_name |= rendered.uses_host_name;
        sources.domain_name = rendered.uses_domain_name;
    }
    host_name_ = options.no_hostname ? std::string{} : facts.node_name();
    Look now{.whole = text_hash(host_name_, text_hash(rendered.text)),
             .lasting = text_hash(host_name_, rendered.lasting_hash)};
    now.text = std::move(rendered.text);
    now.sources = std::move(sources);
    return now;
}

void LiveIssue::keep(const Look& look) {
    whole_hash_ = look.whole;
    lasting_hash_ = look.lasting;
}

}  // namespace getty
