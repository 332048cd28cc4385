#include "tests/bench/figures.hpp"

#include "common/json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace bench {

namespace {

std::string number(double value, int decimals) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    return text.data();
}

std::string cell(const Figure& figure, const std::string& column, double part) {
    const auto found = figure.of.find(column);
    return found == figure.of.end() || found->second.empty()
               ? "–"
               : number(found->second.quantile(part), figure.decimals);
}

std::string row(const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const std::string& cell : cells) {
        text += " " + cell + " |";
    }
    return text + "\n";
}

std::string heading(const std::vector<std::string>& cells) {
    return row(cells) + row(std::vector<std::string>(cells.size(), "---"));
}

std::string ratio(double ours, double other) {
    return other > 0 ? number(ours / other, 2) : "–";
}

std::string figures_of(const Table& table) {
    std::vector<std::string> cells{table.title};
    for (const Column& column : table.columns) {
        cells.push_back(column.role == Role::ours ? "**" + column.name + "**" : column.name);
    }
    std::string text = heading(cells);
    for (const Figure& figure : table.figures) {
        cells = {figure.name};
        for (const Column& column : table.columns) {
            cells.push_back(cell(figure, column.name, table.part));
        }
        text += row(cells);
    }
    return text;
}

std::string ratios_of(const Table& table, const std::string& ours, const std::string& floor) {
    std::string text = heading({ours + " against",
                                "best peer",
                                "÷ best peer",
                                "÷ " + floor,
                                "least ÷ least",
                                "target",
                                "is"});
    for (const Figure& figure : table.figures) {
        const auto own = figure.of.find(ours);
        if (own == figure.of.end() || own->second.empty()) {
            continue;
        }
        const double median = own->second.quantile(table.part);
        const Best best = best_peer(table, figure);
        const auto lowest = figure.of.find(floor);
        text += row(
            {figure.name,
             best.name.empty() ? "–" : best.name,
             ratio(median, best.median),
             lowest == figure.of.end() ? "–" : ratio(median, lowest->second.quantile(table.part)),
             lowest == figure.of.end() ? "–"
                                       : ratio(own->second.quantile(0), lowest->second.quantile(0)),
             figure.target.empty() ? "–" : figure.target,
             number(median, figure.decimals)});
    }
    return text;
}

}  // namespace

double Samples::quantile(double part) const {
    std::vector<double> sorted = values_;
    const auto last = static_cast<double>(sorted.size() - 1);
    const auto at = std::lround(part * last);
    std::nth_element(sorted.begin(), sorted.begin() + at, sorted.end());
    return sorted[static_cast<std::size_t>(at)];
}

Figure& Table::figure(const std::string& name, const std::string& target, int decimals) {
    const auto found = std::find_if(
        figures.begin(), figures.end(), [&](const Figure& f) { return f.name == name; });
    if (found != figures.end()) {
        return *found;
    }
    figures.push_back({.name = name, .target = target, .decimals = decimals});
    return figures.back();
}

Best best_peer(const Table& table, const Figure& figure) {
    Best best;
    for (const Column& column : table.columns) {
        const auto found = figure.of.find(column.name);
        if (column.role != Role::peer || found == figure.of.end() || found->second.empty()) {
            continue;
        }
        const double median = found->second.quantile(table.part);
        if (best.name.empty() || median < best.median) {
            best = {.name = column.name, .median = median};
        }
    }
    return best;
}

std::string shown(const Table& table) {
    std::string text = figures_of(table);
    for (const auto& [ours, floor] : table.floor_of) {
        text += "\n" + ratios_of(table, ours, floor);
    }
    return text;
}

std::string as_json(const Table& table) {
    std::string text = common::json_string(table.title) + ": {";
    std::string next_figure;
    for (const Figure& figure : table.figures) {
        text += next_figure + "\n  " + common::json_string(figure.name) + ": {";
        std::string next_column;
        for (const auto& [column, samples] : figure.of) {
            if (samples.empty()) {
                continue;
            }
            text += next_column + "\n    " + common::json_string(column) +
                    ": {\"count\": " + std::to_string(samples.count()) +
                    ", \"least\": " + number(samples.quantile(0), 3) +
                    ", \"tenth\": " + number(samples.quantile(0.1), 3) +
                    ", \"median\": " + number(samples.median(), 3) +
                    ", \"nine tenths\": " + number(samples.quantile(0.9), 3) + "}";
            next_column = ",";
        }
        text += "}";
        next_figure = ",";
    }
    return text + "}";
}

}  // namespace bench
