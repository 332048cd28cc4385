#include "getty/table_files.hpp"

#include "common/directory.hpp"
#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/text_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <sys/stat.h>

namespace getty {

namespace {

/// Of what is wrong in a table, this many lines are logged; --check-table shows
/// all of it.
constexpr std::size_t most_problems_logged = 5;

/// gettytab(5) of a whole BSD has 5 KiB.
constexpr std::size_t largest_table = 1024UL * 1024;

/// Half a table would be another one, so that one which is too large is none; nor
/// is one that not only root can write: it names programs that root starts.
std::optional<std::string> read_table_file(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return std::nullopt;
    }
    const char* problem = nullptr;
    if (static_cast<std::size_t>(status.st_size) > largest_table) {
        problem = " is larger than 1 MiB: not read";
    } else if (status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        problem = " can be written by others than root: not read";
    }
    if (problem == nullptr) {
        return common::read_text_file(path, largest_table);
    }
    // A table is looked into for labels, and then for the line.
    static std::string told;
    if (std::exchange(told, path) != path) {
        common::log(common::Severity::error, path + problem);
    }
    return std::nullopt;
}

void log_problem(const std::string& file, const Problem& problem) {
    common::log(common::Severity::warning,
                file + ":" + std::to_string(problem.line) + ": " + common::safe_text(problem.what));
}

void log_rest(const std::string& file, std::size_t count) {
    if (count > most_problems_logged) {
        common::log(common::Severity::warning,
                    file + ": " + std::to_string(count - most_problems_logged) +
                        " more: see getty --check-table " + file);
    }
}

void log_problems(const std::string& file, const LineTable& table) {
    const std::size_t shown = std::min(table.problems.size(), most_problems_logged);
    for (std::size_t i = 0; i < shown; ++i) {
        log_problem(file, table.problems[i]);
    }
    log_rest(file, table.problems.size());
}

std::vector<std::string> find_conf_files() {
    std::vector<ConfDirectory> directories;
    for (const char* path : {"/etc", "/run", "/usr/lib"}) {
        ConfDirectory directory{.path = path};
        const std::string drop_ins = std::string{path} + "/getty.conf.d";
        for (const std::string& name : common::names_in(drop_ins)) {
            directory.names.push_back("getty.conf.d/" + name);
        }
        if (common::is_file(std::string{path} + "/getty.conf")) {
            directory.names.emplace_back("getty.conf");
        }
        directories.push_back(std::move(directory));
    }
    return layered_conf_files(directories);
}

enum class Logged { yes, no };

/// Looked for once: labels, and then the line, are asked for at the start.
const std::vector<std::string>& conf_files() {
    static const std::vector<std::string> files = find_conf_files();
    return files;
}

Configuration read_configuration(Logged logged) {
    const std::vector<std::string>& files = conf_files();
    if (files.empty()) {
        return {};
    }
    Configuration configuration = read_getty_conf_files(files, read_table_file);
    if (logged == Logged::no) {
        return configuration;
    }
    const std::size_t shown = std::min(configuration.problems.size(), most_problems_logged);
    for (std::size_t i = 0; i < shown; ++i) {
        log_problem(configuration.problems[i].file, configuration.problems[i].problem);
    }
    log_rest(files.front(), configuration.problems.size());
    return configuration;
}

/// One entry for each header, as `next` and a label on the command line find it.
LineTable sections_by_header(const Configuration& configuration) {
    LineTable table{.format = TableFormat::getty_conf};
    for (const LineProfile& section : configuration.sections) {
        if (find_label(table, section.label) == nullptr) {
            if (auto whole = profile_of_section(configuration.sections, section.label)) {
                table.profiles.push_back(*std::move(whole));
            }
        }
    }
    return table;
}

constexpr const char* ttys_file = "/etc/ttys";

LineProfile entry_of_ttys(std::string_view line) {
    const std::string file = ttys_file;
    const auto text = read_table_file(file);
    if (!text) {
        return {};
    }
    const LineTable table = read_line_table(TableFormat::ttys, *text);
    log_problems(file, table);
    const LineProfile* const entry = find_label(table, line);
    return entry != nullptr ? *entry : LineProfile{};
}

struct LabelFile {
    const char* path;
    TableFormat format;
};

constexpr auto label_files = std::to_array<LabelFile>({
    {"/etc/gettydefs", TableFormat::gettydefs},
    {"/etc/gettytab", TableFormat::gettytab},
});

LabelEntry entry_at(LineTable table, const LineProfile* entry, bool is_exact) {
    const auto index = static_cast<std::size_t>(entry - table.profiles.data());
    return {.table = std::move(table), .index = index, .is_exact = is_exact};
}

std::optional<LabelEntry> find_label_in_files(std::string_view label, Logged logged) {
    const Configuration configuration = read_configuration(Logged::no);
    if (const auto section = profile_of_section(configuration.sections, label)) {
        LineTable sections =
            section->next ? sections_by_header(configuration) : LineTable{.profiles = {*section}};
        const LineProfile* const entry = find_label(sections, label);
        return entry_at(std::move(sections), entry, true);
    }
    std::optional<LabelEntry> other;
    for (const LabelFile& file : label_files) {
        const auto text = read_table_file(file.path);
        if (!text) {
            continue;
        }
        LineTable table = read_line_table(file.format, *text);
        if (logged == Logged::yes) {
            log_problems(file.path, table);
        }
        if (const LineProfile* const entry = find_label(table, label)) {
            return entry_at(std::move(table), entry, true);
        }
        const LineProfile* const fallback = find_label_or_default(table, label);
        if (!other && fallback != nullptr) {
            other = entry_at(std::move(table), fallback, false);
        }
    }
    return other;
}

void add_problems(std::vector<FileProblem>& all, const char* file, TableFormat format) {
    const auto text = read_table_file(file);
    if (!text) {
        return;
    }
    for (Problem& problem : read_line_table(format, *text).problems) {
        all.push_back({.file = file, .problem = std::move(problem)});
    }
}

/// The pieces of a configuration for which `wanted` holds, those before the
/// first header first, as profile_of_line() merges them.
template <typename Wanted>
void add_pieces(std::vector<PlacedProfile>& said,
                const Configuration& pieces,
                bool has_head,
                Wanted wanted) {
    for (const bool is_head : {true, false}) {
        for (std::size_t i = 0; i < pieces.sections.size(); ++i) {
            const LineProfile& piece = pieces.sections[i];
            if (piece.label.empty() == is_head && (is_head ? has_head : wanted(piece))) {
                said.push_back({.place = pieces.places[i], .profile = piece});
            }
        }
    }
}

std::string place_in(const char* file, const LineProfile& entry) {
    return std::string{file} + ":" + std::to_string(entry.line);
}

}  // namespace

LineEntry read_line_entry(std::string_view line) {
    const Configuration configuration = read_configuration(Logged::yes);
    LineEntry entry{.profile = entry_of_ttys(line)};
    if (!configuration.sections.empty()) {
        entry.profile =
            merged(std::move(entry.profile), profile_of_line(configuration.sections, line));
        if (entry.profile.next) {
            entry.sections = sections_by_header(configuration);
        }
    }
    return entry;
}

std::optional<LabelEntry> find_label_entry(std::string_view label) {
    return find_label_in_files(label, Logged::yes);
}

std::vector<FileProblem> problems_in_tables() {
    std::vector<FileProblem> all;
    add_problems(all, ttys_file, TableFormat::ttys);
    for (const LabelFile& file : label_files) {
        add_problems(all, file.path, file.format);
    }
    const Configuration configuration = read_configuration(Logged::no);
    all.insert(all.end(), configuration.problems.begin(), configuration.problems.end());
    return all;
}

std::vector<PlacedProfile> said_by_tables(std::string_view line, std::string_view label) {
    std::vector<PlacedProfile> said;
    if (LineProfile entry = entry_of_ttys(line); entry != LineProfile{}) {
        std::string place = place_in(ttys_file, entry);
        said.push_back({.place = std::move(place), .profile = std::move(entry)});
    }
    const Configuration pieces = read_getty_conf_files(conf_files(), read_table_file, Grain::key);
    add_pieces(said, pieces, true, [=](const LineProfile& p) { return is_for_line(p, line); });
    const auto labelled = label.empty() ? std::nullopt : find_label_in_files(label, Logged::no);
    if (!labelled) {
        return said;
    }
    const LineProfile& entry = labelled->table.profiles[labelled->index];
    const auto* const file =
        std::find_if(label_files.begin(), label_files.end(), [&](const LabelFile& candidate) {
            return candidate.format == labelled->table.format;
        });
    if (file != label_files.end()) {
        said.push_back({.place = place_in(file->path, entry), .profile = entry});
    } else {
        add_pieces(said, pieces, true, [=](const LineProfile& p) { return p.label == label; });
    }
    return said;
}

bool is_label(std::string_view word) {
    const auto entry = find_label_in_files(word, Logged::no);
    return entry && entry->is_exact;
}

}  // namespace getty
