/* The least a getty can do: `floor_getty LINE LOGIN` without a C library, only
   the system calls that the job needs. With FULL also what keeps others off the
   line and writes its record. */
#include "freestanding.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/fcntl.h>
#include <linux/utsname.h>
#include <utmp.h>

#define OPENING (O_RDWR | O_NOCTTY | O_NONBLOCK)

static char out[2048];
static size_t filled;

static void add(const char* text, size_t size) {
    if (size <= sizeof out - filled) {
        memcpy(out + filled, text, size);
        filled += size;
    }
}

static void take_line(int line) {
    struct termios modes;
    CALL3(ioctl, line, TCGETS, &modes);
    modes.c_iflag = 0;
    modes.c_lflag = 0;
    CALL3(ioctl, line, TCSETS, &modes);
}

#ifdef FULL
static int same(const char* a, const char* b, size_t size) {
    for (size_t i = 0; i < size; ++i) {
        if (a[i] != b[i]) {
            return 0;
        }
    }
    return 1;
}

/* In the slot of the line, or at the end. */
static void record(const char* name, int process) {
    static struct utmp record, other;
    const int file = (int)CALL2(open, "/run/utmp", O_RDWR);
    if (file < 0) {
        return;
    }
    record.ut_type = LOGIN_PROCESS;
    record.ut_pid = process;
    record.ut_session = process;
    memcpy(record.ut_line, name, length_of(name));
    memcpy(record.ut_id, name + length_of(name) - (length_of(name) < 4 ? length_of(name) : 4), 4);
    memcpy(record.ut_user, "LOGIN", 5);
    long now[2];
    CALL2(clock_gettime, 0, now);
    record.ut_tv.tv_sec = (int)now[0];
    struct flock lock = {.l_type = F_WRLCK};
    CALL3(fcntl, file, F_OFD_SETLKW, &lock);
    long at = 0;
    while (CALL4(pread64, file, &other, sizeof other, at) == (long)sizeof other &&
           !same(other.ut_id, record.ut_id, 4)) {
        at += (long)sizeof other;
    }
    CALL4(pwrite64, file, &record, sizeof record, at);
    CALL1(close, file);
}
#endif

static void add_issue(const char* name, const char* host) {
    static char issue[1024];
    const int file = (int)CALL2(open, "/etc/issue", O_RDONLY);
    const long size = CALL3(read, file, issue, sizeof issue);
    CALL1(close, file);
    for (long i = 0; i < size; ++i) {
        if (issue[i] == '\\' && i + 1 < size) {
            ++i;
            const char* const text = issue[i] == 'n' ? host : issue[i] == 'l' ? name : "";
            add(text, length_of(text));
        } else {
            if (issue[i] == '\n') {
                add("\r", 1);
            }
            add(issue + i, 1);
        }
    }
}

int begin(char** argv, char** environment) {
    static char path[64] = "/dev/";
    static char typed[64];
    static struct new_utsname names;
    const char* const name = argv[1];
    memcpy(path + 5, name, length_of(name));
    CALL0(setsid);
    int line = (int)CALL2(open, path, OPENING);
    take_line(line);
#ifdef FULL
    CALL3(fchown, line, 0, 5);
    CALL2(fchmod, line, 0600);
    /* SIGHUP is on its way to whoever the line controls. */
    static const struct {
        void* handler;
        unsigned long flags;
        void* restorer;
        unsigned long mask;
    } ignored = {(void*)1, 0, 0, 0};
    CALL4(rt_sigaction, 1, &ignored, 0, 8);
    CALL3(ioctl, line, TIOCVHANGUP, 0);
    CALL1(close, line);
    line = (int)CALL2(open, path, OPENING);
    take_line(line);
#endif
    CALL3(ioctl, line, TIOCSCTTY, 0);
    for (int number = 0; number < 3; ++number) {
        CALL2(dup2, line, number);
    }
    CALL1(close, line);
#ifdef FULL
    record(name, (int)CALL0(getpid));
#endif
    CALL1(uname, &names);
    add("\r\n", 2);
    add_issue(name, names.nodename);
    add(names.nodename, length_of(names.nodename));
    add(" login: ", 8);
    CALL3(write, 1, out, filled);
    size_t count = 0;
    for (;;) {
        struct {
            int fd;
            short events, revents;
        } source = {0, 1, 0};
        CALL3(poll, &source, 1, -1);
        const long got = CALL3(read, 0, typed + count, 1);
        if (got != 1 || count == sizeof typed - 1) {
            return 1;
        }
        CALL3(write, 1, typed + count, 1);
        if (typed[count] == '\r' || typed[count] == '\n') {
            break;
        }
        ++count;
    }
    typed[count] = '\0';
    struct termios modes;
    CALL3(ioctl, 0, TCGETS, &modes);
    modes.c_iflag = ICRNL | IXON;
    modes.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN;
    CALL3(ioctl, 0, TCSETS, &modes);
    CALL3(fcntl, 0, F_SETFL, O_RDWR);
    char* words[] = {argv[2], "--", typed, 0};
    CALL3(execve, argv[2], words, environment);
    return 1;
}
