#include "tests/vm/machine.hpp"

#include "common/syscall.hpp"
#include "common/unique_fd.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <new>
#include <span>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace vm {

namespace fs = std::filesystem;
using pty::Milliseconds;
using namespace std::chrono_literals;

namespace {

/// Not the guest's: what the emulator is told, and root's shell.
constexpr const char* protocol = "protocol";
constexpr const char* control = "control";

/// In the order in which Linux names them.
constexpr std::array isa_lines{"ttyS0", "ttyS1"};
constexpr std::array pci_lines{"ttyS4", "ttyS5", "ttyS6", "ttyS7"};

constexpr unsigned connected = TIOCM_CD | TIOCM_DSR | TIOCM_CTS;

std::unique_ptr<pty::Line> make_line() {
    auto line = std::make_unique<pty::Line>();
    // The emulator sees to that too, but what is typed before must not come back.
    termios modes = line->modes();
    ::cfmakeraw(&modes);
    line->set_modes(modes);
    return line;
}

/// The name of a key that gives a character, with shift where that needs it.
std::string key_for(char letter) {
    static const std::map<char, std::string> others{{' ', "spc"},         {'\n', "ret"},
                                                    {'-', "minus"},       {'_', "shift-minus"},
                                                    {'=', "equal"},       {'+', "shift-equal"},
                                                    {'.', "dot"},         {'>', "shift-dot"},
                                                    {',', "comma"},       {'<', "shift-comma"},
                                                    {'/', "slash"},       {'?', "shift-slash"},
                                                    {';', "semicolon"},   {':', "shift-semicolon"},
                                                    {'\'', "apostrophe"}, {'"', "shift-apostrophe"},
                                                    {'\\', "backslash"},  {'|', "shift-backslash"},
                                                    {'$', "shift-4"},     {'!', "shift-1"},
                                                    {'*', "shift-8"},     {'\t', "tab"}};
    if (letter >= 'A' && letter <= 'Z') {
        return std::string{"shift-"} + static_cast<char>(letter - 'A' + 'a');
    }
    if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9')) {
        return {letter};
    }
    return others.at(letter);
}

std::string libraries_of(const fs::path& tree) {
    return tree / "usr/lib/x86_64-linux-gnu";
}

std::string without_trailing_blanks(const std::string& text) {
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace

/// The memory that the emulator finds its lines in.
class Machine::SharedModemLines {
  public:
    explicit SharedModemLines(fs::path path) : path_(std::move(path)) {
        const common::UniqueFd file{
            common::check(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600),
                          "open modem lines")};
        common::check(::ftruncate(file.get(), size_of_modem_lines), "make modem lines");
        void* const memory =
            ::mmap(nullptr, size_of_modem_lines, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
        if (memory == MAP_FAILED) {
            common::throw_errno("map modem lines");
        }
        lines_ = {static_cast<ModemLines*>(memory), most_modem_lines};
    }
    SharedModemLines(const SharedModemLines&) = delete;
    SharedModemLines& operator=(const SharedModemLines&) = delete;
    SharedModemLines(SharedModemLines&&) = delete;
    SharedModemLines& operator=(SharedModemLines&&) = delete;
    ~SharedModemLines() { ::munmap(lines_.data(), size_of_modem_lines); }

    [[nodiscard]] const fs::path& path() const { return path_; }
    [[nodiscard]] ModemLines& of(const pty::Line& line) const {
        constexpr std::string_view folder = "pts/";
        const auto number = std::stoul(line.name().substr(folder.size()));
        if (number >= lines_.size()) {
            throw std::runtime_error{"this machine has too many ptys"};
        }
        return lines_[number];
    }

  private:
    fs::path path_;
    std::span<ModemLines> lines_;
};

Machine::Machine(const Hardware& hardware)
    : hardware_(hardware),
      modem_lines_(std::make_shared<SharedModemLines>(hardware.artefacts / "modem-lines")) {
    for (const char* const name : {protocol, control, "hvc0", "ttyUSB0"}) {
        lines_.emplace(name, make_line());
    }
    for (const auto& names : {std::span<const char* const>{isa_lines}, {pci_lines}}) {
        for (const char* const name : names) {
            lines_.emplace(name, make_line());
            set_modem_lines(name, connected);
        }
    }
    set_modem_lines("ttyUSB0", connected);
    // A modem that nobody has called yet.
    set_modem_lines("ttyS4", TIOCM_DSR | TIOCM_CTS);

    const fs::path disk = hardware.artefacts / "disk";
    fs::remove(disk);
    const std::ofstream made{disk};
    constexpr std::uintmax_t megabyte = 1'048'576;
    fs::resize_file(disk, 16 * megabyte);
    fs::remove(hardware.artefacts / "console.log");
    power_on();
}

void Machine::power_on() {
    pty::Command command{.arguments = command_line()};
    command.environment = {std::string{modem_lines_variable} + "=" + modem_lines_->path().string(),
                           "QEMU_MODULE_DIR=" + libraries_of(hardware_.emulator_tree) + "/qemu"};
    const std::string log = hardware_.artefacts / "emulator.log";
    command.before_exec = [log] {
        // A test program that is killed takes the emulator with it.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        ::dup2(file, STDOUT_FILENO);
        ::dup2(file, STDERR_FILENO);
    };
    emulator_ = std::make_unique<pty::Process>(command);
    line(protocol).expect("QMP", step_deadline);
    execute(R"("execute": "qmp_capabilities")");
    ask("true", boot_deadline, {});
}

void Machine::power_cycle() {
    emulator_.reset();
    for (const auto& [name, line] : lines_) {
        static_cast<void>(line->take_received());
    }
    power_on();
}

std::vector<std::string> Machine::command_line() const {
    const std::string tree = hardware_.emulator_tree.string();
    // By its own loader and its own libraries: this machine may have others.
    std::vector<std::string> words{tree + "/usr/lib64/ld-linux-x86-64.so.2",
                                   "--library-path",
                                   libraries_of(tree),
                                   "--preload",
                                   TTYGATE_MODEM_LINES_PRELOAD,
                                   tree + "/usr/bin/qemu-system-x86_64",
                                   "-L",
                                   tree + "/usr/share/qemu",
                                   "-L",
                                   tree + "/usr/share/seabios"};
    const auto add = [&](const std::vector<std::string>& more) {
        words.insert(words.end(), more.begin(), more.end());
    };
    const auto add_line = [&](const std::string& name) {
        add({"-chardev", "serial,id=" + name + ",path=" + lines_.at(name)->path()});
    };
    add({"-nodefaults", "-no-user-config", "-machine", "pc", "-accel", "tcg", "-cpu", "max"});
    add({"-m", std::to_string(hardware_.megabytes), "-display", "none", "-vga", "std"});
    add({"-net", "none", "-kernel", hardware_.kernel, "-initrd", hardware_.root});
    // The kernel's messages are kept off the lines that are tested.
    add({"-append",
         "console=ttyS2 quiet panic=0 8250.nr_uarts=8 sysrq_always_enabled mitigations=off " +
             hardware_.kernel_words});
    for (const auto& [name, line] : lines_) {
        add_line(name);
    }
    // Appended to: a machine that boots again goes on with it.
    add({"-chardev",
         "file,id=console,append=on,path=" + (hardware_.artefacts / "console.log").string()});
    add({"-mon", std::string{"mode=control,chardev="} + protocol});
    for (const char* const name : isa_lines) {
        add({"-serial", std::string{"chardev:"} + name});
    }
    add({"-serial", "chardev:console"});
    std::string pci = "pci-serial-4x";
    for (std::size_t i = 0; i < pci_lines.size(); ++i) {
        pci += ",chardev" + std::to_string(i + 1) + "=" + pci_lines.at(i);
    }
    add({"-device", pci});
    add({"-device", "virtio-serial-pci", "-device", "virtconsole,chardev=hvc0"});
    add({"-device", std::string{"virtserialport,name=control,chardev="} + control});
    add({"-device", "qemu-xhci", "-device", "usb-serial,id=usb-serial,chardev=ttyUSB0"});
    add({"-drive", "if=virtio,format=raw,file=" + (hardware_.artefacts / "disk").string()});
    return words;
}

pty::Line& Machine::line(const std::string& name) {
    return *lines_.at(name);
}

std::pair<int, std::string> Machine::ask(const std::string& commands,
                                         Milliseconds deadline,
                                         const pty::Place& place) {
    pty::Line& shell = line(control);
    const std::string mark = "[done " + std::to_string(++asked_) + ": ";
    shell.send("{ " + commands + "\n} </dev/null; echo \"" + mark + "$?]\"\n", place);
    std::string output = shell.expect(mark, deadline, place);
    const int status = std::stoi(shell.expect("]\n", deadline, place));
    // It is asked often; what failed is told by the caller.
    static_cast<void>(shell.take_received());
    return {status, std::move(output)};
}

std::string Machine::run(const std::string& commands, Milliseconds deadline, pty::Place place) {
    auto [status, output] = ask(commands, deadline, place);
    if (status != 0) {
        throw std::runtime_error{std::string{place.file} + ":" + std::to_string(place.line) +
                                 ": in the guest, " + commands + ": status " +
                                 std::to_string(status) + ", " + output};
    }
    return output;
}

bool Machine::holds(const std::string& commands, Milliseconds deadline, pty::Place place) {
    return ask(commands, deadline, place).first == 0;
}

void Machine::wait_for(const std::string& commands, Milliseconds deadline, pty::Place place) {
    const auto end = pty::Clock::now() + deadline;
    std::pair<int, std::string> last;
    do {
        last = ask(commands, deadline, place);
        if (last.first == 0) {
            return;
        }
        pty::let_pass(50ms);
    } while (pty::Clock::now() < end);
    throw std::runtime_error{std::string{place.file} + ":" + std::to_string(place.line) +
                             ": in the guest, within " + std::to_string(deadline.count()) +
                             " ms not: " + commands + ": " + last.second};
}

ModemLines& Machine::modem_lines_of(const std::string& name) const {
    return modem_lines_->of(*lines_.at(name));
}

void Machine::set_modem_lines(const std::string& name, unsigned inputs) {
    modem_lines_of(name).inputs = inputs;
}

unsigned Machine::outputs_of(const std::string& name) const {
    return modem_lines_of(name).outputs;
}

tcflag_t Machine::frame_of(const std::string& name) const {
    return modem_lines_of(name).frame;
}

void Machine::send_break(const std::string& name) {
    execute(R"("execute": "chardev-send-break", "arguments": {"id": ")" + name + "\"}");
}

void Machine::press(const std::string& keys) {
    std::string list;
    std::istringstream words{keys};
    for (std::string key; std::getline(words, key, '-');) {
        list +=
            std::string{list.empty() ? "" : ", "} + R"({"type": "qcode", "data": ")" + key + "\"}";
    }
    execute(R"("execute": "send-key", "arguments": {"hold-time": 40, "keys": [)" + list + "]}");
}

void Machine::type(std::string_view text) {
    for (const char letter : text) {
        press(key_for(letter));
        // The keyboard's queue is short.
        pty::let_pass(60ms);
    }
}

std::string Machine::screen_text() {
    constexpr std::size_t columns = 80;
    const std::string all = run("cat /dev/vcs1");
    std::string rows;
    for (std::size_t at = 0; at < all.size(); at += columns) {
        rows += without_trailing_blanks(all.substr(at, columns)) + "\n";
    }
    return rows.substr(0, rows.find_last_not_of('\n') + 1);
}

std::string Machine::wait_for_screen(const std::function<bool(std::string_view)>& condition,
                                     std::string_view text,
                                     Milliseconds deadline,
                                     const pty::Place& place) {
    const auto end = pty::Clock::now() + deadline;
    std::string screen;
    do {
        screen = screen_text();
        if (condition(screen)) {
            return screen;
        }
        pty::let_pass(50ms);
    } while (pty::Clock::now() < end);
    throw std::runtime_error{std::string{place.file} + ":" + std::to_string(place.line) +
                             ": no \"" + std::string{text} + "\" on the screen within " +
                             std::to_string(deadline.count()) + " ms:\n" + screen};
}

std::string Machine::expect_on_screen(std::string_view text,
                                      Milliseconds deadline,
                                      pty::Place place) {
    return wait_for_screen(
        [&](std::string_view screen) { return screen.find(text) != std::string_view::npos; },
        text,
        deadline,
        place);
}

void Machine::expect_last_row(std::string_view row, Milliseconds deadline, pty::Place place) {
    wait_for_screen(
        [&](std::string_view screen) { return screen.substr(screen.rfind('\n') + 1) == row; },
        row,
        deadline,
        place);
}

fs::path Machine::photograph(const std::string& name) {
    const fs::path path = hardware_.artefacts / name;
    std::ofstream{path.string() + ".txt"} << screen_text() << "\n";
    for (const std::string format : {"png", "ppm"}) {
        execute(R"("execute": "screendump", "arguments": {"format": ")" + format +
                R"(", "filename": ")" + path.string() + "." + format + "\"}");
    }
    return path.string() + ".ppm";
}

void Machine::unplug_usb_serial() {
    execute(R"("execute": "device_del", "arguments": {"id": "usb-serial"})");
}

void Machine::plug_in_usb_serial() {
    execute(R"("execute": "device_add", "arguments": )"
            R"({"driver": "usb-serial", "id": "usb-serial", "chardev": "ttyUSB0"})");
}

std::string Machine::execute(const std::string& command) {
    pty::Line& qmp = line(protocol);
    const std::string id = "\"id\": " + std::to_string(++asked_);
    qmp.send("{" + command + ", " + id + "}\n");
    const std::string answer = qmp.expect(id, step_deadline);
    if (answer.find("\"error\"") != std::string::npos) {
        throw std::runtime_error{"the emulator refuses " + command + ": " + answer};
    }
    return answer;
}

}  // namespace vm
