#include "tests/bench/measure.hpp"
#include "tests/elf_file.hpp"

#include <elf.h>

namespace bench {

void measure_size(Table& table, const Program& program) {
    double bytes = 0;
    const tests::ElfFile file{program.words.front()};
    for (const tests::ElfFile::Segment& segment : file.segments()) {
        bytes += segment.type == PT_LOAD ? static_cast<double>(segment.size) : 0;
    }
    table.figure("what is loaded of the program's file, KiB").of[program.name].add(bytes / 1024);
}

}  // namespace bench
