#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace bench {

/// What one figure was in each run.
class Samples {
  public:
    void add(double value) { values_.push_back(value); }
    [[nodiscard]] bool empty() const { return values_.empty(); }
    [[nodiscard]] std::size_t count() const { return values_.size(); }
    /// Of the values in order, the one that this part of them is below: 0.5 is the
    /// median, 0 the least. There is one at least.
    [[nodiscard]] double quantile(double part) const;
    [[nodiscard]] double median() const { return quantile(0.5); }

  private:
    std::vector<double> values_;
};

enum class Role {
    floor,  ///< our own, the least that the job takes
    peer,
    ours,
};

struct Column {
    std::string name;
    Role role = Role::peer;
};

/// A row of a table: less is better.
struct Figure {
    std::string name;  ///< with its unit
    std::string target{};
    int decimals = 0;
    std::map<std::string, Samples> of{};  ///< by the name of the column
};

struct Table {
    std::string title;
    std::vector<Column> columns;
    std::vector<Figure> figures{};
    /// Which floor each of ours is held against, by the names of the columns.
    std::map<std::string, std::string> floor_of{};
    double part = 0.5;  ///< which quantile is shown: the median, or 0 for the least

    /// The figure of this name, made when it is first asked for.
    Figure& figure(const std::string& name, const std::string& target = {}, int decimals = 0);
};

/// The best peer's median, and who that is; "" where none has the figure.
struct Best {
    std::string name{};
    double median = 0;
};
[[nodiscard]] Best best_peer(const Table& table, const Figure& figure);

/// For people, in Markdown: the medians (`part`), then ours against the best peer and the
/// floor.
[[nodiscard]] std::string shown(const Table& table);
/// A member of a JSON object: every figure with count, least, median and tenths.
[[nodiscard]] std::string as_json(const Table& table);

}  // namespace bench
