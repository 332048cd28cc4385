#include "tests/elf_file.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <elf.h>

namespace tests {

namespace {

/// A structure at a place in the file, which need not be aligned.
template <typename Structure>
Structure at(std::string_view bytes, std::uint64_t offset) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(Structure)) {
        throw std::runtime_error{"the ELF file is cut short"};
    }
    Structure structure;
    std::memcpy(&structure, bytes.data() + offset, sizeof structure);
    return structure;
}

std::string_view slice(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
    if (offset > bytes.size() || bytes.size() - offset < size) {
        throw std::runtime_error{"the ELF file is cut short"};
    }
    return bytes.substr(offset, size);
}

std::string string_at(std::string_view table, std::uint64_t offset) {
    const auto rest = table.substr(std::min<std::uint64_t>(offset, table.size()));
    return std::string{rest.substr(0, rest.find('\0'))};
}

Elf64_Shdr section(std::string_view bytes, const Elf64_Ehdr& header, std::uint64_t index) {
    return at<Elf64_Shdr>(bytes, header.e_shoff + index * header.e_shentsize);
}

}  // namespace

ElfFile::ElfFile(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        throw std::runtime_error{"cannot read " + path};
    }
    bytes_.assign(std::istreambuf_iterator<char>{file}, {});
    const auto header = at<Elf64_Ehdr>(bytes_, 0);
    if (std::memcmp(&header, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) {
        throw std::runtime_error{path + " is no 64-bit ELF file"};
    }
    type_ = header.e_type;
    read_segments();
    read_dynamic();
    read_symbols();
}

void ElfFile::read_segments() {
    const auto header = at<Elf64_Ehdr>(bytes_, 0);
    for (std::uint64_t index = 0; index < header.e_phnum; ++index) {
        const auto entry = at<Elf64_Phdr>(bytes_, header.e_phoff + index * header.e_phentsize);
        segments_.push_back({.type = entry.p_type,
                             .flags = entry.p_flags,
                             .offset = entry.p_offset,
                             .size = entry.p_filesz,
                             .alignment = entry.p_align});
    }
}

void ElfFile::read_dynamic() {
    const auto place = segment(PT_DYNAMIC);
    if (!place) {
        return;
    }
    for (std::uint64_t offset = 0; offset < place->size; offset += sizeof(Elf64_Dyn)) {
        const auto entry = at<Elf64_Dyn>(bytes_, place->offset + offset);
        if (entry.d_tag == DT_NULL) {
            break;
        }
        dynamic_.push_back({.tag = entry.d_tag, .value = entry.d_un.d_val});
    }
}

void ElfFile::read_symbols() {
    const auto header = at<Elf64_Ehdr>(bytes_, 0);
    for (std::uint64_t index = 0; index < header.e_shnum; ++index) {
        const auto table = section(bytes_, header, index);
        if (table.sh_type != SHT_SYMTAB && table.sh_type != SHT_DYNSYM) {
            continue;
        }
        const auto linked = section(bytes_, header, table.sh_link);
        const auto strings = slice(bytes_, linked.sh_offset, linked.sh_size);
        if (table.sh_type == SHT_DYNSYM) {
            dynamic_strings_ = strings;
        }
        for (std::uint64_t offset = 0; offset < table.sh_size; offset += sizeof(Elf64_Sym)) {
            const auto symbol = at<Elf64_Sym>(bytes_, table.sh_offset + offset);
            auto name = string_at(strings, symbol.st_name);
            name = name.substr(0, name.find('@'));
            if (name.empty()) {
                continue;
            }
            if (symbol.st_shndx == SHN_UNDEF) {
                undefined_.push_back(name);
            }
            symbols_.push_back(std::move(name));
        }
    }
}

std::optional<ElfFile::Segment> ElfFile::segment(std::uint32_t type) const {
    const auto found = std::find_if(segments_.begin(), segments_.end(), [&](const Segment& entry) {
        return entry.type == type;
    });
    return found == segments_.end() ? std::nullopt : std::optional{*found};
}

std::vector<std::uint64_t> ElfFile::dynamic(std::int64_t tag) const {
    std::vector<std::uint64_t> values;
    for (const DynamicEntry& entry : dynamic_) {
        if (entry.tag == tag) {
            values.push_back(entry.value);
        }
    }
    return values;
}

std::vector<std::string> ElfFile::needed() const {
    std::vector<std::string> names;
    for (const std::uint64_t offset : dynamic(DT_NEEDED)) {
        names.push_back(string_at(dynamic_strings_, offset));
    }
    return names;
}

bool ElfFile::has_symbol(std::string_view name) const {
    return std::find(symbols_.begin(), symbols_.end(), name) != symbols_.end();
}

std::set<std::string> ElfFile::library_names() const {
    constexpr std::string_view in_names{
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-."};
    const std::string_view bytes{bytes_};
    std::set<std::string> names;
    for (auto place = bytes.find(".so"); place != std::string_view::npos;
         place = bytes.find(".so", place + 1)) {
        const auto before = bytes.find_last_not_of(in_names, place);
        const auto start = before == std::string_view::npos ? 0 : before + 1;
        const auto name = bytes.substr(start, bytes.find_first_not_of(in_names, place) - start);
        // What stands before it need not be a string: nothing may part the two.
        if (const auto begin = name.find("lib"); begin != std::string_view::npos) {
            names.emplace(name.substr(begin));
        }
    }
    return names;
}

std::uint32_t ElfFile::control_flow_protection() const {
    // One note of its own: header, "GNU", then properties padded to 8 bytes.
    const auto place = segment(PT_GNU_PROPERTY);
    if (!place) {
        return 0;
    }
    const auto note = slice(bytes_, place->offset, place->size);
    const auto header = at<Elf64_Nhdr>(note, 0);
    const std::uint64_t start = sizeof(Elf64_Nhdr) + 4;
    for (std::uint64_t offset = start; offset + 8 <= start + header.n_descsz;) {
        const auto type = at<std::uint32_t>(note, offset);
        const auto size = at<std::uint32_t>(note, offset + 4);
        if (type == GNU_PROPERTY_X86_FEATURE_1_AND && size == 4) {
            return at<std::uint32_t>(note, offset + 8);
        }
        offset += 8 + (size + 7ULL) / 8 * 8;
    }
    return 0;
}

}  // namespace tests
