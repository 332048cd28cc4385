#include "getty/virtual_terminal.hpp"

#include "common/log.hpp"
#include "common/syscall.hpp"
#include "common/text_file.hpp"

#include <charconv>

#include <linux/kd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace getty {

namespace {

/// Written by what reads the keyboard's state from the firmware.
constexpr const char* num_lock_at_start = "/run/numlock-on";

/// A parameter of the kernel's console; 1 where nothing tells.
bool is_set(const char* parameter) {
    const auto text = common::read_text_file(std::string{"/sys/module/vt/parameters/"} + parameter);
    return !text || !text->starts_with('0');
}

TextColours usual_colours() {
    const auto text = common::read_text_file("/sys/module/vt/parameters/color").value_or("");
    TextColours colours = grey_on_black;
    std::from_chars(text.data(), text.data() + text.size(), colours);
    return colours;
}

bool shows_graphics(const common::Terminal& terminal) {
    int mode = KD_TEXT;
    ::ioctl(terminal.descriptor(), KDGETMODE, &mode);
    return mode != KD_TEXT;
}

/// A raw keyboard or a screen of pictures may be a graphical session's that runs:
/// changed here, its keys, passwords among them, would come to our prompt
/// (CVE-2018-20839). So it is only said.
Encoding encoding_of(const common::Terminal& terminal) {
    int mode = K_UNICODE;
    ::ioctl(terminal.descriptor(), KDGKBMODE, &mode);
    const bool sends_characters = mode == K_UNICODE || mode == K_XLATE;
    if (!sends_characters || shows_graphics(terminal)) {
        common::log(common::Severity::notice,
                    std::string{terminal.name()} +
                        " is in use by something graphical, or was: its keyboard and screen are "
                        "left as they are");
    }
    const bool is_unicode = sends_characters ? mode == K_UNICODE : is_set("default_utf8");
    return is_unicode ? Encoding::utf8 : Encoding::single_bytes;
}

void let_lights_follow_locks(const common::Terminal& terminal) {
    constexpr unsigned long follow = 0xFF;
    ::ioctl(terminal.descriptor(), KDSETLED, follow);
}

void set_editing(const common::Terminal& terminal, Encoding encoding) {
    termios modes = terminal.modes();
    modes.c_iflag &= ~static_cast<tcflag_t>(IUTF8);
    if (encoding == Encoding::utf8) {
        modes.c_iflag |= IUTF8;
    }
    terminal.set_modes(modes);
}

/// Some logins give these to the user, and one that was killed does not take
/// them back: then that user could read what the next one sees. What udev and
/// the administrator have set otherwise stays.
void take_screens_back(dev_t device) {
    constexpr unsigned console_major = 4;
    constexpr unsigned screen_major = 7;
    constexpr unsigned last_console = 63;
    const unsigned number = minor(device);
    if (major(device) != console_major || number == 0 || number > last_console) {
        return;
    }
    for (const char* kind : {"", "u", "a"}) {
        const std::string path = std::string{"/dev/vcs"} + kind + std::to_string(number);
        struct stat node {};
        const bool is_screen = ::lstat(path.c_str(), &node) == 0 && S_ISCHR(node.st_mode) &&
                               major(node.st_rdev) == screen_major;
        if (!is_screen) {
            continue;
        }
        if (node.st_uid != 0) {
            // Whoever is the group may have been given it by the owner.
            common::tolerate("take back " + path, [&] {
                common::check(::lchown(path.c_str(), 0, common::terminal_group()),
                              "change the owner of",
                              path);
            });
        }
        if ((node.st_mode & S_IRWXO) != 0) {
            ::chmod(path.c_str(), node.st_mode & (S_IRWXU | S_IRWXG));
        }
    }
}

}  // namespace

std::string restore_virtual_terminal(const common::Terminal& terminal) {
    const Encoding encoding = encoding_of(terminal);
    let_lights_follow_locks(terminal);
    set_editing(terminal, encoding);
    take_screens_back(terminal.device());
    return sane_screen(encoding,
                       is_set("global_cursor_default") ? TextCursor::shown : TextCursor::as_it_is,
                       usual_colours());
}

std::optional<Locks> locks_of(const common::Terminal& terminal) {
    char locks = 0;
    if (!terminal.may_be_virtual_terminal() ||
        ::ioctl(terminal.descriptor(), KDGKBLED, &locks) != 0) {
        return std::nullopt;
    }
    const auto is_on = [locks](int lock) { return (locks & lock) != 0; };
    return Locks{.scroll = is_on(K_SCROLLLOCK), .num = is_on(K_NUMLOCK), .caps = is_on(K_CAPSLOCK)};
}

std::string LockHints::hint(const common::Terminal& terminal) {
    seen_ = locks_of(terminal);
    if (!seen_) {
        return {};
    }
    const bool num_lock = ::access(num_lock_at_start, F_OK) == 0;
    return lock_hint(*seen_, num_lock ? NumLockAtStart::on : NumLockAtStart::off);
}

std::optional<std::string> LockHints::news(const common::Terminal& terminal) {
    // A line that had none when the question was asked is no virtual terminal.
    if (!seen_ || seen_ == locks_of(terminal)) {
        return std::nullopt;
    }
    return hint(terminal);
}

}  // namespace getty
