/* The same job as floor_getty.c with FULL, as plain C writes it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>
#include <utmpx.h>

static void fail(const char* what) {
    perror(what);
    exit(1);
}

static int open_line(const char* path) {
    const int line = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (line < 0 || fstat(line, &status) != 0 || !S_ISCHR(status.st_mode) || !isatty(line)) {
        fail(path);
    }
    return line;
}

static void set_modes(int line, tcflag_t input, tcflag_t local) {
    struct termios modes;
    if (tcgetattr(line, &modes) != 0) {
        fail("tcgetattr");
    }
    modes.c_iflag = input;
    modes.c_lflag = local;
    if (tcsetattr(line, TCSANOW, &modes) != 0) {
        fail("tcsetattr");
    }
}

static void record(const char* name) {
    struct utmpx record = {.ut_type = LOGIN_PROCESS, .ut_pid = getpid(), .ut_session = getsid(0)};
    const size_t size = strlen(name);
    memcpy(record.ut_line, name, size < sizeof record.ut_line ? size : sizeof record.ut_line);
    memcpy(record.ut_id, name + size - (size < 4 ? size : 4), size < 4 ? size : 4);
    memcpy(record.ut_user, "LOGIN", 5);
    struct timeval now;
    gettimeofday(&now, NULL);
    record.ut_tv.tv_sec = (int)now.tv_sec;
    record.ut_tv.tv_usec = (int)now.tv_usec;
    const int file = open("/run/utmp", O_RDWR | O_CLOEXEC);
    struct flock lock = {.l_type = F_WRLCK};
    fcntl(file, F_OFD_SETLKW, &lock);
    struct utmpx other;
    off_t at = 0;
    while (pread(file, &other, sizeof other, at) == (ssize_t)sizeof other &&
           memcmp(other.ut_id, record.ut_id, sizeof other.ut_id) != 0) {
        at += (off_t)sizeof other;
    }
    if (pwrite(file, &record, sizeof record, at) != (ssize_t)sizeof record) {
        fail("utmp");
    }
    close(file);
}

static size_t issue_of(char* out, size_t room, const char* name, const char* host) {
    char issue[1024];
    const int file = open("/etc/issue", O_RDONLY | O_CLOEXEC);
    const ssize_t size = file >= 0 ? read(file, issue, sizeof issue) : 0;
    close(file);
    size_t filled = (size_t)snprintf(out, room, "\r\n");
    for (ssize_t i = 0; i < size && filled < room - 80; ++i) {
        if (issue[i] == '\\' && i + 1 < size) {
            ++i;
            filled += (size_t)snprintf(out + filled,
                                       room - filled,
                                       "%s",
                                       issue[i] == 'n'   ? host
                                       : issue[i] == 'l' ? name
                                                         : "");
        } else {
            filled += (size_t)snprintf(
                out + filled, room - filled, issue[i] == '\n' ? "\r%c" : "%c", issue[i]);
        }
    }
    return filled;
}

static size_t read_name(char* typed, size_t room) {
    for (size_t count = 0; count < room - 1; ++count) {
        struct pollfd source = {.fd = 0, .events = POLLIN};
        poll(&source, 1, -1);
        if (read(0, typed + count, 1) != 1 || write(1, typed + count, 1) != 1) {
            exit(1);
        }
        if (typed[count] == '\r' || typed[count] == '\n') {
            typed[count] = '\0';
            return count;
        }
    }
    exit(1);
}

int main(int argc, char** argv) {
    if (argc != 3) {
        return 1;
    }
    char path[64];
    snprintf(path, sizeof path, "/dev/%s", argv[1]);
    setsid();
    int line = open_line(path);
    set_modes(line, 0, 0);
    if (fchown(line, 0, 5) != 0 || fchmod(line, 0600) != 0) {
        fail(path);
    }
    signal(SIGHUP, SIG_IGN);
    ioctl(line, TIOCVHANGUP);
    close(line);
    line = open_line(path);
    set_modes(line, 0, 0);
    ioctl(line, TIOCSCTTY, 0);
    for (int number = 0; number < 3; ++number) {
        dup2(line, number);
    }
    close(line);
    record(argv[1]);
    struct utsname names;
    uname(&names);
    char out[2048];
    size_t filled = issue_of(out, sizeof out, argv[1], names.nodename);
    filled += (size_t)snprintf(out + filled, sizeof out - filled, "%s login: ", names.nodename);
    if (write(1, out, filled) != (ssize_t)filled) {
        fail(path);
    }
    char typed[64];
    read_name(typed, sizeof typed);
    set_modes(0, ICRNL | IXON, ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN);
    fcntl(0, F_SETFL, O_RDWR);
    execl(argv[2], argv[2], "--", typed, (char*)NULL);
    return 1;
}
