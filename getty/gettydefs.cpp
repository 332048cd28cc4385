#include "getty/gettydefs.hpp"

#include "getty/mode_words.hpp"
#include "getty/table_text.hpp"

#include <algorithm>

namespace getty {

namespace {

constexpr std::size_t separators = 4;

/// The places of the `#` that separate fields, of the first four.
std::vector<std::size_t> separators_in(std::string_view entry) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < entry.size() && places.size() < separators; ++i) {
        if (entry[i] == '\\') {
            ++i;
        } else if (entry[i] == '#') {
            places.push_back(i);
        }
    }
    return places;
}

struct Field {
    std::size_t start = 0;  ///< in the entry
    std::string_view text{};
};

class Reader {
  public:
    void read(const TableLine& line) {
        if (line.text.starts_with('#')) {
            return;
        }
        if (line.text.find('\0') != std::string_view::npos) {
            complain(line.number, "a NUL byte cannot be in a line");
            return;
        }
        if (trimmed(line.text).empty()) {
            finish();
            follows_entry_ = false;
            return;
        }
        if (separators_seen_ >= separators && line.text.find('#') != std::string_view::npos) {
            // The entry waited for its next label, but this is no label.
            finish();
            follows_entry_ = true;
        }
        if (entry_.empty() && follows_entry_) {
            complain(line.number, "no empty line before this entry");
            follows_entry_ = false;
        }
        entry_.append(line);
        entry_.append_newline();
        separators_seen_ += separators_in(line.text).size();
        if (separators_seen_ >= separators && has_next_label()) {
            finish();
            follows_entry_ = true;
        }
    }

    ReadProfiles result() && {
        finish();
        std::stable_sort(
            result_.problems.begin(),
            result_.problems.end(),
            [](const Problem& left, const Problem& right) { return left.line < right.line; });
        return std::move(result_);
    }

  private:
    void complain(unsigned line, const std::string& what) {
        result_.problems.push_back({.line = line, .what = what});
    }

    [[nodiscard]] bool has_next_label() const {
        const auto places = separators_in(entry_.text());
        return places.size() == separators &&
               !trimmed(entry_.text().substr(places.back() + 1)).empty();
    }

    /// Ends the entry that is being collected, if any.
    void finish() {
        if (!entry_.empty()) {
            read_entry();
            entry_ = {};
            separators_seen_ = 0;
        }
    }

    void read_entry() {
        const auto places = separators_in(entry_.text());
        if (places.size() < separators) {
            complain(
                entry_.first_line(),
                "the entry ends after " + std::to_string(places.size() + 1) + " of its 5 fields");
            return;
        }
        const auto label = field(0, places[0]);
        if (words_of(label.text).size() != 1) {
            complain(entry_.first_line(),
                     trimmed(label.text).empty()
                         ? "an entry without a label"
                         : "a label is one word: " + in_quotes(trimmed(label.text)));
            return;
        }
        LineProfile profile{.line = entry_.first_line(),
                            .label = std::string{trimmed(label.text)},
                            .prompt_style = PromptStyle::gettydefs};
        const auto initial = read_flags(field(places[0] + 1, places[1]), profile);
        const auto final = read_flags(field(places[1] + 1, places[2]), profile);
        profile.initial_modes = initial.changes;
        profile.login_modes = final.changes;
        if (initial.speed) {
            profile.speeds = {*initial.speed};
        }
        if (final.speed && final.speed != initial.speed) {
            profile.login_speed = final.speed;
        }
        profile.prompt = field(places[2] + 1, places[3]).text;
        read_next(field(places[3] + 1, entry_.text().size()), profile);
        result_.profiles.push_back(std::move(profile));
    }

    [[nodiscard]] Field field(std::size_t start, std::size_t end) const {
        return {.start = start, .text = entry_.text().substr(start, end - start)};
    }

    /// Line by line, so that each problem has its own.
    ModeReading read_flags(const Field& flags, LineProfile& profile) {
        ModeReading all;
        std::size_t offset = flags.start;
        for (const TableLine& line : lines_of(flags.text)) {
            ModeReading reading = read_gettydefs_flags(line.text);
            const unsigned number = entry_.line_at(offset);
            offset += line.text.size() + 1;
            all.changes = combined(all.changes, reading.changes);
            if (reading.speed == Speed{0}) {
                reading.speed.reset();
                reading.not_honoured.emplace_back("B0");
            }
            all.speed = reading.speed ? reading.speed : all.speed;
            for (const std::string& what : reading.problems) {
                complain(number, what);
            }
            profile.not_honoured.insert(profile.not_honoured.end(),
                                        reading.not_honoured.begin(),
                                        reading.not_honoured.end());
        }
        return all;
    }

    void read_next(const Field& next, LineProfile& profile) {
        const auto words = words_of(next.text);
        if (words.empty()) {
            return;
        }
        profile.next = words.front();
        if (words.size() > 1) {
            const auto after = static_cast<std::size_t>(words[1].data() - entry_.text().data());
            complain(entry_.line_at(after),
                     "something follows the next label: " + in_quotes(words[1]));
        }
    }

    JoinedLines entry_;
    std::size_t separators_seen_ = 0;
    bool follows_entry_ = false;  ///< no empty line since
    ReadProfiles result_;
};

}  // namespace

ReadProfiles read_gettydefs(std::string_view text) {
    Reader reader;
    for (const TableLine& line : lines_of(text)) {
        reader.read(line);
    }
    return std::move(reader).result();
}

}  // namespace getty
