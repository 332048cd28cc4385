// The kernel's termios2 carries any speed as a number. Its header and the C
// library's <termios.h> define the same names differently, so the two requests
// that need it live here, away from the rest of Terminal.
#include "common/terminal_speed.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <sys/ioctl.h>

namespace common {

namespace {

struct NamedSpeed {
    unsigned bits_per_second;
    tcflag_t code;
};

constexpr auto speed_table = std::to_array<NamedSpeed>({
    {50, B50},           {75, B75},           {110, B110},         {134, B134},
    {150, B150},         {200, B200},         {300, B300},         {600, B600},
    {1200, B1200},       {1800, B1800},       {2400, B2400},       {4800, B4800},
    {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
    {115200, B115200},   {230400, B230400},   {460800, B460800},   {500000, B500000},
    {576000, B576000},   {921600, B921600},   {1000000, B1000000}, {1152000, B1152000},
    {1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000},
    {3500000, B3500000}, {4000000, B4000000},
});

/// A speed that has a name is set by its name: programs that know no termios2
/// (stty of older systems) would read BOTHER as no speed at all.
tcflag_t code_of(unsigned bits_per_second) {
    const auto* const named =
        std::find_if(speed_table.begin(), speed_table.end(), [=](const NamedSpeed& speed) {
            return speed.bits_per_second == bits_per_second;
        });
    return named == speed_table.end() ? static_cast<tcflag_t>(BOTHER) : named->code;
}

}  // namespace

std::vector<unsigned> named_speeds() {
    std::vector<unsigned> speeds;
    speeds.reserve(speed_table.size());
    std::transform(speed_table.begin(),
                   speed_table.end(),
                   std::back_inserter(speeds),
                   [](const NamedSpeed& speed) { return speed.bits_per_second; });
    return speeds;
}

unsigned speed_of_line(int fd) noexcept {
    termios2 modes{};
    return ::ioctl(fd, TCGETS2, &modes) == 0 ? modes.c_ospeed : 0;
}

int set_speed_of_line(int fd, unsigned bits_per_second) noexcept {
    termios2 modes{};
    if (::ioctl(fd, TCGETS2, &modes) != 0) {
        return -1;
    }
    // Input follows output: CIBAUD 0 means "the same".
    modes.c_cflag &= ~static_cast<tcflag_t>(CBAUD | (CBAUD << IBSHIFT));
    modes.c_cflag |= code_of(bits_per_second);
    modes.c_ospeed = bits_per_second;
    modes.c_ispeed = bits_per_second;
    return ::ioctl(fd, TCSETS2, &modes);
}

unsigned speed_named_in(unsigned control_flags) noexcept {
    const auto* const named =
        std::find_if(speed_table.begin(), speed_table.end(), [=](const NamedSpeed& speed) {
            return speed.code == (control_flags & CBAUD);
        });
    return named == speed_table.end() ? 0 : named->bits_per_second;
}

int set_modes_of_line(int fd, int how, const LineFlags& flags) noexcept {
    termios modes{};
    modes.c_iflag = flags.input;
    modes.c_oflag = flags.output;
    modes.c_cflag = flags.control;
    modes.c_lflag = flags.local;
    modes.c_line = flags.discipline;
    const std::size_t keys = std::min(flags.keys.size(), std::size(modes.c_cc));
    std::copy_n(flags.keys.begin(), keys, std::begin(modes.c_cc));
    const unsigned long request = how == TCSANOW ? TCSETS : how == TCSADRAIN ? TCSETSW : TCSETSF;
    return ::ioctl(fd, request, &modes);
}

}  // namespace common
