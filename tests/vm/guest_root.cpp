#include "tests/vm/guest_root.hpp"

#include "tests/pty/accounts.hpp"
#include "tests/pty/process.hpp"
#include "tests/vm/archive.hpp"
#include "tests/vm/guest.hpp"
#include "tests/vm/kernel.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace vm {

namespace fs = std::filesystem;

namespace {

/// What neither the guest nor a test case needs, of what the packages bring:
/// unpacking the rest is what a boot waits for.
constexpr std::array unwanted{
    "boot",
    "dev",
    "etc/init.d",
    "etc/pam.d",
    "usr/bin/perl",
    "usr/bin/dpkg",
    "usr/lib/dpkg",
    "usr/lib/initramfs-tools",
    "usr/lib/modules",
    "usr/lib/udev",
    "usr/lib/x86_64-linux-gnu/gconv",
    "usr/lib/x86_64-linux-gnu/perl",
    "usr/share/doc",
    "usr/share/i18n",
    "usr/share/initramfs-tools",
    "usr/share/keymaps",
    "usr/share/locale",
    "usr/share/man",
    "usr/share/perl",
    "usr/share/vim",
    "var",
};

bool is_wanted(std::string_view path) {
    return std::none_of(unwanted.begin(), unwanted.end(), [path](std::string_view beginning) {
        return path.starts_with(beginning);
    });
}

/// hvc0 and the shell beside the lines, the disk, a USB serial adapter.
constexpr std::array modules{
    "virtio_pci", "virtio_console", "virtio_blk", "minix", "xhci_pci", "ftdi_sio"};

std::string text_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        throw std::runtime_error{"cannot read " + path.string()};
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

void add_modules(Archive& archive, const fs::path& packages) {
    std::string order;
    for (const std::string& module : Kernel{packages}.modules({modules.begin(), modules.end()})) {
        archive.add_file(module, text_of(packages / module));
        order += module + "\n";
    }
    archive.add_file("etc/modules-in-order", order);
}

void add_accounts(Archive& archive) {
    const pty::Account root{.name = "root", .user = 0, .password = roots_password, .home = "/root"};
    std::string passwd;
    std::string shadow;
    std::string group = "tty:x:5:\nutmp:x:43:\n";
    for (const pty::Account& account : {root, ann, bob}) {
        passwd += passwd_line(account);
        shadow += shadow_line(account);
        group += group_line(account);
        const std::string home = home_of(account).substr(1);
        archive.add_directory(home, 0700, {.user = account.user, .group = group_of(account)});
        archive.add_file(home + "/.profile", std::string{"PS1='"} + shell_prompt + "'\n");
    }
    archive.add_file("etc/passwd", passwd);
    archive.add_file("etc/shadow", shadow, 0600);
    archive.add_file("etc/group", group);
    archive.add_file("etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\n");
    archive.add_file("etc/shells", "/bin/sh\n/bin/bash\n");
}

void add_pam_services(Archive& archive) {
    const std::string service =
        "auth required pam_unix.so nullok\n"
        "account required pam_unix.so\n"
        "session required pam_limits.so\n"
        "session required pam_unix.so\n"
        "password required pam_deny.so\n";
    archive.add_file("etc/pam.d/login", service);
    archive.add_file("etc/pam.d/other",
                     "auth required pam_deny.so\naccount required pam_deny.so\n"
                     "session required pam_deny.so\npassword required pam_deny.so\n");
}

/// By the build's own rules, as on a machine that is to keep them.
void add_our_programs(Archive& archive, const fs::path& scratch) {
    fs::remove_all(scratch);
    std::vector<std::string> environment;
    for (const std::string name : {"PATH", "HOME"}) {
        if (const char* const value = std::getenv(name.c_str())) {
            environment.push_back(name + "=" + value);
        }
    }
    // Through a shell, which knows PATH.
    const auto [exit, output] = pty::run(
        {.arguments =
             {"/bin/sh",
              "-c",
              "exec meson install -C \"$1\" --destdir \"$2\" --no-rebuild --strip --tags runtime",
              "sh",
              TTYGATE_BUILD,
              scratch},
         .environment = environment},
        pty::Milliseconds{120'000});
    if (exit != pty::Exit{.status = 0}) {
        throw std::runtime_error{"meson install: " + output};
    }
    archive.add_tree(scratch, [](const std::string& /*path*/) { return true; });
    // In the place of those that inits and other programs know.
    archive.add_link("usr/sbin/getty", TTYGATE_INSTALLED_GETTY);
    archive.add_link("usr/bin/login", TTYGATE_INSTALLED_LOGIN);
}

}  // namespace

void make_guest_root(const fs::path& packages, const fs::path& scratch, const fs::path& file) {
    Archive archive{file};
    archive.add_tree(packages, [](const std::string& path) {
        return path != "usr/sbin/getty" && path != "usr/sbin/agetty" && path != "usr/bin/login" &&
               is_wanted(path);
    });
    archive.add_link("init", "/sbin/init");
    // Until the guest mounts its own.
    archive.add_directory("dev");
    archive.add_character_device("dev/console", 5, 1);
    archive.add_character_device("dev/null", 1, 3);
    archive.add_directory("var/log");
    archive.add_link("var/run", "/run");
    archive.add_link("usr/bin/sh", "dash");
    archive.add_file("etc/hostname", "box\n");
    archive.add_file("etc/issue", "\\S \\n \\l\n\n");
    archive.add_file("etc/ttygate/login.conf", "LOGIN_GATE pam\nFAIL_DELAY 0\n");
    add_accounts(archive);
    add_pam_services(archive);
    add_modules(archive, packages);
    add_our_programs(archive, scratch);
    for (const auto& entry : fs::directory_iterator{TTYGATE_VM_GUEST_FILES}) {
        archive.add_file("etc/" + entry.path().filename().string(), text_of(entry.path()), 0755);
    }
    archive.finish();
}

}  // namespace vm
