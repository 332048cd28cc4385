// What getty-recipes(7) tells a person to type, as it stands there.

#include "common/syscall.hpp"
#include "tests/inits/machine.hpp"
#include "tests/inits/systemd_machine.hpp"
#include "tests/pty/network.hpp"
#include "tests/pty/telnet_client.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/mount.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using inits::ann;
using inits::respawn_deadline;

namespace {

namespace fs = std::filesystem;

/// A block of commands or of a file.
struct Block {
    std::string recipe;  ///< the name by which a test finds it
    std::string needs;   ///< or the hardware without which it cannot be run
    std::string prose;   ///< the page up to here
    std::string text;
};

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    if (!file) {
        throw std::runtime_error{"cannot read " + path};
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// A line of a block as it is shown.
std::string shown(std::string line) {
    for (const auto& [escape, character] :
         {std::pair<std::string, std::string>{"\\&", ""}, {"\\e", "\\"}}) {
        for (auto at = line.find(escape); at != std::string::npos; at = line.find(escape, at)) {
            line.replace(at, escape.size(), character);
            at += character.size();
        }
    }
    return line;
}

std::vector<Block> read_blocks() {
    const std::string recipe_mark = ".\\\" recipe: ";
    const std::string needs_mark = ".\\\" needs: ";
    std::vector<Block> blocks;
    std::istringstream page{text_of(TTYGATE_RECIPES)};
    Block next;
    bool is_inside = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with(recipe_mark)) {
            next.recipe = line.substr(recipe_mark.size());
        } else if (line.starts_with(needs_mark)) {
            next.needs = line.substr(needs_mark.size());
        } else if (line.starts_with(".Bd ") || line.starts_with(".Dl ")) {
            is_inside = true;
        } else if (line.starts_with(".Ed")) {
            is_inside = false;
            blocks.push_back(next);
            next = {.recipe = {}, .needs = {}, .prose = next.prose, .text = {}};
        } else if (is_inside) {
            next.text += shown(line) + "\n";
        } else {
            next.prose += line + "\n";
        }
    }
    return blocks;
}

/// The page is read before there is a World, which hides it.
class Recipes {
  public:
    [[nodiscard]] std::string recipe(const std::string& name) const {
        const auto found = std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& block) {
            return block.recipe == name;
        });
        if (found == blocks_.end()) {
            throw std::runtime_error{"no recipe " + name};
        }
        return found->text;
    }

  private:
    std::vector<Block> blocks_ = read_blocks();
};

/// A machine on which recipes are tried.
class Kitchen {
  public:
    Kitchen() { pty::add_person(world, ann); }

    pty::TestWorld world;

    /// Types a command that goes on; as an init would start it, if it is getty's.
    [[nodiscard]] static pty::Process start(const std::string& command) {
        return pty::Process{shell("exec " + command)};
    }
    [[nodiscard]] static pty::Finished run(const std::string& commands) {
        return pty::run(shell(commands));
    }

  private:
    static pty::Command shell(const std::string& text) {
        return {.arguments = {"/bin/sh", "-e", "-c", text},
                .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}};
    }
};

/// The line is served: ann logs in, and out.
void try_out(pty::Line& line) {
    line.expect("box login: ", respawn_deadline);
    inits::log_in_as_ann(line);
    CHECK(pty::ask_shell(line, "id -un") == "ann\r\n");
    line.send("exit\r");
}

/// What `meson install` puts where the page says it is.
void install_drop_in(const pty::World& world, const std::string& text) {
    fs::path covered = TTYGATE_INSTALLED_ENTRIES;
    while (!fs::exists(covered)) {
        covered = covered.parent_path();
    }
    common::check(::mount("tmpfs", covered.c_str(), "tmpfs", MS_NOSUID, "mode=755"),
                  "mount a tmpfs on",
                  covered.c_str());
    world.write_file(TTYGATE_INSTALLED_ENTRIES "/systemd/serial-getty@.service.d/ttygate.conf",
                     text);
}

}  // namespace

TEST_CASE("recipes: each block is run by a test, or says what it needs") {
    const std::string tests = text_of(TTYGATE_SOURCES "/tests/inits/recipes_test.cpp");
    const auto blocks = read_blocks();
    CHECK(blocks.size() > 20);
    for (const Block& block : blocks) {
        CAPTURE(block.text);
        if (block.needs.empty()) {
            CHECK_FALSE(block.recipe.empty());
            CHECK(tests.find("recipe(\"" + block.recipe + "\")") != std::string::npos);
        } else {
            // In the sentence before it, for whoever reads.
            const auto near = block.prose.substr(block.prose.size() - 150);
            CHECK(near.find("needs " + block.needs) != std::string::npos);
        }
    }
    CHECK(text_of(TTYGATE_RECIPES).find("\n.Dl ") == std::string::npos);
}

TEST_CASE("recipes: a getty for once") {
    const Recipes page;
    Kitchen kitchen;
    pty::Line line;
    inits::stand_at(kitchen.world, line.path(), "/dev/ttyS0");
    CHECK(Kitchen::run(page.recipe("once")).exit == pty::Exit{.status = 0});
    try_out(line);
    line.expect_hang_up();
    CHECK(Kitchen::run(page.recipe("once")).exit == pty::Exit{.status = 0});
    line.expect("box login: ");
    line.send("\x04");
    line.expect_hang_up();
}

TEST_CASE("recipes: systemd's drop-in, there and back") {
    const Recipes page;
    inits::Systemd systemd;
    const std::string drop_in = inits::entry("systemd-serial-getty@.conf");
    Kitchen kitchen;
    systemd.install_in(kitchen.world);
    install_drop_in(kitchen.world, drop_in);
    kitchen.world.remove_file("/etc/systemd/system/serial-getty@.service.d");
    inits::forget_device_of_serial_getty(kitchen.world);
    pty::Line line;
    inits::stand_at(kitchen.world, line.path(), "/dev/ttyS0");
    const inits::SystemdMachine init{kitchen.world, {"serial-getty@ttyS0.service"}};
    const auto asking = [&] {
        line.expect("login: ", respawn_deadline);
        return init.ask("ps -o comm= -t ttyS0");
    };
    CHECK(asking() == "agetty\n");
    CHECK(init.ask("set -e\n" + page.recipe("systemd")) == "");
    CHECK(asking() == "getty\n");
    CHECK(init.ask("set -e\n" + page.recipe("systemd-back")) == "");
    CHECK(asking() == "agetty\n");
}

TEST_CASE("the README's steps have a line checked, served by us, and given back") {
    const std::string readme = text_of(TTYGATE_SOURCES "/README.md");
    // Its programs are installed beside the machine's, ours here in their place.
    const auto step = [&readme](const std::string& name) {
        const std::string mark = "<!-- step: " + name + " -->\n```sh\n";
        const auto begin = readme.find(mark);
        REQUIRE(begin != readme.npos);
        const auto from = begin + mark.size();
        std::string text = readme.substr(from, readme.find("```", from) - from);
        for (auto at = text.find("ttygate-"); at != text.npos; at = text.find("ttygate-")) {
            text.erase(at, std::string_view{"ttygate-"}.size());
        }
        return "set -e\nPATH=/usr/local/sbin:/usr/local/bin:$PATH\n" + text;
    };
    inits::Systemd systemd;
    const std::string drop_in = inits::entry("systemd-serial-getty@.conf");
    Kitchen kitchen;
    systemd.install_in(kitchen.world);
    install_drop_in(kitchen.world, drop_in);
    kitchen.world.remove_file("/etc/systemd/system/serial-getty@.service.d");
    inits::forget_device_of_serial_getty(kitchen.world);
    pty::Line line;
    inits::stand_at(kitchen.world, line.path(), "/dev/ttyS0");
    const inits::SystemdMachine init{kitchen.world, {"serial-getty@ttyS0.service"}};
    const auto asking = [&] {
        line.expect("login: ", respawn_deadline);
        return init.ask("ps -o comm= -t ttyS0");
    };
    CHECK(asking() == "agetty\n");
    const std::string answer = init.ask(step("check"));
    CAPTURE(answer);
    CHECK(answer.find("ttyS0 would get its prompt.\n") != answer.npos);
    CHECK(init.ask(step("there")) == "");
    CHECK(asking() == "getty\n");
    CHECK(init.ask(step("back")) == "");
    CHECK(asking() == "agetty\n");
}

TEST_CASE("recipes: inittab lines are those that sysvinit and BusyBox have started") {
    const Recipes page;
    CHECK(inits::entry("sysvinit-inittab").find(page.recipe("inittab")) != std::string::npos);
    CHECK(inits::entry("busybox-inittab").find(page.recipe("busybox-inittab")) !=
          std::string::npos);
}

TEST_CASE("recipes: commands for lines that are there") {
    const Recipes page;
    struct Row {
        std::string command;
        std::string device;
    };
    for (const Row& row : {Row{page.recipe("raspberry"), "/dev/serial0"},
                           Row{page.recipe("hvc0"), "/dev/hvc0"},
                           Row{page.recipe("ipmi"), "/dev/ttyS1"}}) {
        CAPTURE(row.command);
        Kitchen kitchen;
        pty::Line line;
        inits::stand_at(kitchen.world, line.path(), row.device);
        auto getty = Kitchen::start(row.command);
        try_out(line);
        CHECK(getty.wait_exit() == pty::Exit{.status = 0});
    }
}

TEST_CASE("recipes: every console of the kernel") {
    const Recipes page;
    // As the kernel reads it: words of its command line.
    const auto words = pty::run(
        {.arguments = {
             "/bin/sh", "-c", page.recipe("grub") + "printf '%s\\n' $GRUB_CMDLINE_LINUX"}});
    CHECK(words.output == "console=tty0\nconsole=ttyS0,115200\n");
    Kitchen kitchen;
    pty::Line first;
    pty::Line second;
    const char* const active = "/sys/class/tty/console/active";
    if (!fs::exists(active)) {
        tests::skip("needs a kernel that tells its consoles");
    }
    kitchen.world.write_file("/run/active", first.name() + " " + second.name() + "\n");
    common::check(::mount("/run/active", active, nullptr, MS_BIND, nullptr),
                  "bind the list of consoles");
    const auto getty = Kitchen::start(page.recipe("consoles"));
    try_out(first);
    try_out(second);
}

TEST_CASE("recipes: a line that comes later") {
    const Recipes page;
    Kitchen kitchen;
    auto getty = Kitchen::start(page.recipe("absent"));
    kitchen.world.wait_for_log("line \"ttyGS0\" is not there or not ready: waiting for it");
    pty::Line line;
    fs::create_symlink(line.path(), "/dev/ttyGS0");
    try_out(line);
    CHECK(getty.wait_exit() == pty::Exit{.status = 0});
}

TEST_CASE("recipes: a line that is pulled out and comes back") {
    const Recipes page;
    Kitchen kitchen;
    const std::string name = "/dev/ttyUSBconsole";
    {
        pty::Line line;
        fs::create_symlink(line.path(), name);
        auto getty = Kitchen::start(page.recipe("unplugged"));
        line.expect("box login: ", respawn_deadline);
        inits::log_in_as_ann(line);
        line.close_master();
        fs::remove(name);
        CHECK(getty.wait_exit() == pty::Exit{.status = 0});
    }
    auto getty = Kitchen::start(page.recipe("unplugged"));
    kitchen.world.wait_for_log("is not there or not ready");
    pty::Line line;
    fs::create_symlink(line.path(), name);
    try_out(line);
    CHECK(getty.wait_exit() == pty::Exit{.status = 0});
}

TEST_CASE("recipes: the console of a container") {
    const Recipes page;
    const Kitchen kitchen;
    pty::Line line;
    auto getty = line.start_on({.arguments = {"/bin/sh", "-c", "exec " + page.recipe("container")},
                                .session = pty::Session::leader_with_terminal,
                                .standard = pty::Standard::line});
    try_out(line);
    CHECK(getty.wait_exit() == pty::Exit{.status = 0});
}

TEST_CASE("recipes: files for getty.conf.d") {
    const Recipes page;
    const std::string getty = std::string{pty::World::getty()} + " -l " + pty::World::login() + " ";
    // Writes one of them, has it checked as the page says, and starts a getty.
    const auto start = [&](const Kitchen& kitchen,
                           const std::string& name,
                           const std::string& text,
                           const std::string& operands) {
        kitchen.world.write_file("/etc/getty.conf.d/" + name + ".conf", text);
        std::string check = page.recipe("check");
        check.replace(check.find("NAME"), 4, name);
        CHECK(Kitchen::run(check).exit == pty::Exit{.status = 0});
        return Kitchen::start(getty + operands);
    };
    SUBCASE("a kiosk") {
        Kitchen kitchen;
        pty::add_person(kitchen.world, {.name = "kiosk", .user = 1002, .password = "unknown"});
        pty::Line line;
        inits::stand_at(kitchen.world, line.path(), "/dev/tty1");
        const auto process = start(kitchen, "kiosk", page.recipe("kiosk"), "tty1");
        line.expect(pty::shell_prompt, respawn_deadline);
        CHECK(pty::ask_shell(line, "id -un") == "kiosk\r\n");
    }
    SUBCASE("a lab") {
        Kitchen kitchen;
        // What an issue may have in it.
        kitchen.world.write_file("/etc/issue", "\\e{red}Lab\\e{reset} \\l\n");
        pty::Line line;
        inits::stand_at(kitchen.world, line.path(), "/dev/ttyS0");
        const auto process = start(kitchen, "lab", page.recipe("lab"), "ttyS0 115200,9600");
        line.expect("box login: ");
        inits::log_in_as_ann(line);
        CHECK(pty::ask_shell(line, "echo $TERM") == "dumb\r\n");
        CHECK(line.transcript().find('\033') == std::string::npos);
        CHECK(line.transcript().find("Lab ttyS0") != std::string::npos);
    }
    SUBCASE("a locked-down line") {
        Kitchen kitchen;
        kitchen.world.append_file("/etc/ttygate/login.conf", page.recipe("locked-login"));
        pty::Line line;
        inits::stand_at(kitchen.world, line.path(), "/dev/ttyS1");
        {
            const auto process = start(kitchen, "locked", page.recipe("locked"), "ttyS1");
            line.expect("login: ");
            CHECK(line.transcript().find("box") == std::string::npos);
            line.send("ann\r");
            line.expect("Password: ");
            line.send("wrong\r");
            // One attempt is all there is.
            line.expect("Login incorrect");
            line.expect_hang_up();
        }
        std::string check = page.recipe("locked-check");
        check.replace(check.find("USER"), 4, "ann");
        const pty::Finished checked = Kitchen::run(check);
        CAPTURE(checked.output);
        CHECK(checked.exit == pty::Exit{.status = 0});
        CHECK(checked.output.find("login.conf:") == std::string::npos);
        CHECK(kitchen.world.count_log("/etc/ttygate/login.conf") == 0);
    }
}

TEST_CASE("recipes: a rescue shell") {
    const Recipes page;
    if (!fs::exists("/sbin/sulogin")) {
        tests::skip("needs sulogin");
    }
    Kitchen kitchen;
    kitchen.world.set_password("root", "toor");
    // Nobody can log in: sulogin does not care.
    kitchen.world.remove_file("/etc/pam.d");
    pty::Line line;
    inits::stand_at(kitchen.world, line.path(), "/dev/tty9");
    const auto getty = Kitchen::start(page.recipe("rescue"));
    line.expect("Give root password for maintenance", respawn_deadline);
    line.expect(": ");
    // sulogin throws away what is typed before that.
    CHECK(pty::wait_until([&] { return (line.modes().c_lflag & ECHO) == 0; }));
    line.send("toor\r");
    line.expect("# ");
    line.send("id -u\r");
    line.expect("\n0\r\n");
}

TEST_CASE("recipes: an entry is tried before anything is changed") {
    const Recipes page;
    const Kitchen kitchen;
    const pty::Line line;
    inits::stand_at(kitchen.world, line.path(), "/dev/ttyS0");
    const auto tried = Kitchen::run(page.recipe("try"));
    CAPTURE(tried.output);
    CHECK(tried.exit == pty::Exit{.status = 0});
    CHECK(tried.output.ends_with("would get its prompt.\n"));
}

TEST_CASE("recipes: telnetd") {
    pty::leave_network();
    pty::raise_loopback();
    const Recipes page;
    inits::InstalledPackages packages{{"busybox-static", "inetutils-inetd"}};
    Kitchen kitchen;
    packages.install_in(kitchen.world);
    kitchen.world.write_file("/etc/services", "telnet 23/tcp\n");
    kitchen.world.write_file("/etc/protocols", "tcp 6 TCP\n");
    const auto call = [] {
        pty::TelnetClient client;
        client.expect("login: ", respawn_deadline);
        client.send("ann\r");
        client.expect("Password: ");
        client.send("secret\r");
        client.expect(pty::shell_prompt);
    };
    SUBCASE("by itself") {
        const auto server = Kitchen::start(page.recipe("telnetd"));
        call();
    }
    SUBCASE("under inetd") {
        kitchen.world.write_file("/etc/inetd.conf", page.recipe("inetd"));
        const auto server = Kitchen::start("inetutils-inetd -d /etc/inetd.conf");
        call();
    }
}
