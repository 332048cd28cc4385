#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace login {

/// A line of pam.d(5) that names a module, wherever it was included from.
struct PamModule {
    std::string service{};        ///< whose file it stands in
    std::string type{};           ///< auth, account, password or session
    std::string control{};        ///< as written: "required", "[success=1 default=ignore]"
    std::string module{};         ///< a name, or an absolute path
    bool may_be_missing = false;  ///< a dash before the type: libpam says nothing

    /// Whether the stack fails where libpam cannot load the module.
    [[nodiscard]] bool is_needed() const;

    bool operator==(const PamModule&) const = default;
};

struct PamStack {
    std::vector<PamModule> modules{};
    std::vector<std::string> problems{};  ///< each a sentence's beginning, with the file

    [[nodiscard]] bool has_type(std::string_view type) const;
    [[nodiscard]] bool has_module(std::string_view name) const;
};

/// The text of a service's file by its name, or of a file by its path.
using ReadService = std::function<std::optional<std::string>(const std::string& service)>;

/// Reads a service as libpam does: continued lines, @include, include, substack.
[[nodiscard]] PamStack read_pam_stack(const std::string& service, const ReadService& read);

}  // namespace login
