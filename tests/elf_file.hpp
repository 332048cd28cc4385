#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tests {

/// What the linker made of a program, as far as our promises about it go.
/// Reads 64-bit ELF of this machine's byte order, programs and objects; elf(5).
class ElfFile {
  public:
    explicit ElfFile(const std::string& path);

    /// ET_EXEC, ET_DYN, ...
    [[nodiscard]] unsigned type() const { return type_; }

    struct Segment {
        std::uint32_t type;
        std::uint32_t flags;
        std::uint64_t offset;
        std::uint64_t size;
        std::uint64_t alignment;
    };
    /// The first program header of a type (PT_...).
    [[nodiscard]] std::optional<Segment> segment(std::uint32_t type) const;
    [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }

    /// All values of a tag (DT_...) in the dynamic section.
    [[nodiscard]] std::vector<std::uint64_t> dynamic(std::int64_t tag) const;

    /// DT_NEEDED.
    [[nodiscard]] std::vector<std::string> needed() const;

    /// Names of files in the text that the file carries which begin with "lib" and
    /// are shared libraries: linked, or to be loaded.
    [[nodiscard]] std::set<std::string> library_names() const;

    /// Names in .symtab and .dynsym without a version; undefined ones are those
    /// that another object has to bring.
    [[nodiscard]] bool has_symbol(std::string_view name) const;
    [[nodiscard]] const std::vector<std::string>& undefined_symbols() const { return undefined_; }

    /// The bits of GNU_PROPERTY_X86_FEATURE_1_AND: 1 is IBT, 2 is SHSTK.
    [[nodiscard]] std::uint32_t control_flow_protection() const;

  private:
    struct DynamicEntry {
        std::int64_t tag;
        std::uint64_t value;
    };

    void read_segments();
    void read_dynamic();
    void read_symbols();

    std::string bytes_;
    unsigned type_ = 0;
    std::vector<Segment> segments_;
    std::vector<DynamicEntry> dynamic_;
    std::string_view dynamic_strings_;
    std::vector<std::string> symbols_;
    std::vector<std::string> undefined_;
};

}  // namespace tests
