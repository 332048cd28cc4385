#include "getty/check_table.hpp"

#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "common/text_file.hpp"
#include "getty/line_table.hpp"

#include <string>
#include <string_view>

#include <unistd.h>

namespace getty {

namespace {

TableFormat format_for(const Options& options) {
    const auto format = options.table_format.empty() ? format_of_file(options.table)
                                                     : format_named(options.table_format);
    if (!format) {
        throw common::UsageError{
            options.table_format.empty()
                ? options.table + ": its name does not tell what kind of table it is; say so by " +
                      "--table-format"
                : "option --table-format: \"" + options.table_format +
                      "\" is none of getty.conf, gettydefs, gettytab, ttys"};
    }
    return *format;
}

void print(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written <= 0) {
            throw common::Leave{1};
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

int check_table(const Options& options) {
    const TableFormat format = format_for(options);
    const auto text = common::read_text_file(options.table);
    if (!text) {
        throw common::UsageError{options.table + " cannot be read"};
    }
    const LineTable table = read_line_table(format, *text);
    std::string sections;
    for (const LineProfile& profile : table.profiles) {
        sections += (sections.empty() ? "" : "\n") + dump(profile);
    }
    std::string problems;
    for (const Problem& problem : table.problems) {
        problems += options.table + ":" + std::to_string(problem.line) + ": " +
                    common::safe_text(problem.what) + "\n";
    }
    print(STDOUT_FILENO, sections);
    print(STDERR_FILENO, problems);
    return table.problems.empty() ? 0 : 1;
}

}  // namespace getty
