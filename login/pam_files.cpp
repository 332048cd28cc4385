#include "login/pam_files.hpp"

#include "common/directory.hpp"
#include "common/text_file.hpp"

#include <array>

#include <dlfcn.h>

namespace login {

namespace {

/// The folder of modules stands beside the library itself; on Debian that is
/// /lib/x86_64-linux-gnu/security.
std::string folder_beside_libpam() {
#if TTYGATE_WITH_PAM
    void* const libpam = ::dlopen("libpam.so.0", RTLD_LAZY);
#else
    void* const libpam = nullptr;
#endif
    Dl_info library{};
    const void* const symbol = libpam != nullptr ? ::dlsym(libpam, "pam_start") : nullptr;
    if (symbol == nullptr || ::dladdr(symbol, &library) == 0 || library.dli_fname == nullptr) {
        return {};
    }
    const std::string path{library.dli_fname};
    return path.substr(0, path.rfind('/') + 1) + "security";
}

}  // namespace

std::optional<std::string> pam_service_text(const std::string& service) {
    if (service.starts_with('/')) {
        return common::read_text_file(service);
    }
    if (service.find('/') != std::string::npos) {
        return std::nullopt;
    }
    constexpr auto folders = std::to_array({"/etc/pam.d/", "/usr/lib/pam.d/"});
    for (const char* folder : folders) {
        if (auto text = common::read_text_file(folder + service)) {
            return text;
        }
    }
    return std::nullopt;
}

std::optional<std::string> pam_module_path(const std::string& module) {
    if (module.starts_with('/')) {
        return common::is_file(module) ? std::optional{module} : std::nullopt;
    }
    const std::string beside = folder_beside_libpam();
    const auto folders = std::to_array<std::string>(
        {beside, "/usr/lib/security", "/lib/security", "/usr/lib64/security", "/lib64/security"});
    for (const std::string& folder : folders) {
        std::string path{folder};
        path.append("/").append(module);
        if (!folder.empty() && common::is_file(path)) {
            return path;
        }
    }
    return std::nullopt;
}

}  // namespace login
