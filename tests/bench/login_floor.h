/* What both floors of login do around the question who somebody is: accounts
   from the files themselves, records, line, session, undo. */
#pragma once

#define _GNU_SOURCE
#include <fcntl.h>
#include <lastlog.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmpx.h>

struct account {
    char* name;
    unsigned user, group;
    char *home, *shell;
};

__attribute__((noreturn)) static void fail(const char* what) {
    perror(what);
    exit(1);
}

static void ask_password(char* typed, size_t room) {
    struct termios modes;
    if (tcgetattr(0, &modes) != 0) {
        fail("tcgetattr");
    }
    struct termios quiet = modes;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(0, TCSAFLUSH, &quiet);
    static const char question[] = "Password: ";
    const ssize_t size = write(1, question, sizeof question - 1) > 0 ? read(0, typed, room - 1) : 0;
    tcsetattr(0, TCSAFLUSH, &modes);
    typed[size > 0 ? size - 1 : 0] = '\0';
}

static struct utmpx record_of(short type, const char* user, const char* line, pid_t session) {
    struct utmpx record = {.ut_type = type, .ut_pid = getpid(), .ut_session = session};
    const size_t size = strlen(line);
    memcpy(record.ut_line, line, size);
    memcpy(record.ut_id, line + size - (size < 4 ? size : 4), size < 4 ? size : 4);
    memcpy(record.ut_user, user, strlen(user));
    struct timeval now;
    gettimeofday(&now, NULL);
    record.ut_tv.tv_sec = (int)now.tv_sec;
    record.ut_tv.tv_usec = (int)now.tv_usec;
    return record;
}

static int open_locked(const char* path) {
    const int file = open(path, O_RDWR | O_CLOEXEC);
    struct flock lock = {.l_type = F_WRLCK};
    if (file < 0 || fcntl(file, F_OFD_SETLKW, &lock) != 0) {
        fail(path);
    }
    return file;
}

static void write_record(const struct utmpx* record) {
    int file = open_locked("/run/utmp");
    struct utmpx other;
    off_t at = 0;
    while (pread(file, &other, sizeof other, at) == (ssize_t)sizeof other &&
           memcmp(other.ut_id, record->ut_id, sizeof other.ut_id) != 0) {
        at += (off_t)sizeof other;
    }
    if (pwrite(file, record, sizeof *record, at) != (ssize_t)sizeof *record) {
        fail("utmp");
    }
    close(file);
    file = open_locked("/var/log/wtmp");
    at = lseek(file, 0, SEEK_END);
    if (at < 0 || pwrite(file, record, sizeof *record, at) != (ssize_t)sizeof *record) {
        fail("wtmp");
    }
    close(file);
}

static void note_last_login(const struct account* account, const char* line) {
    struct lastlog entry = {.ll_time = (int)time(NULL)};
    memcpy(entry.ll_line, line, strlen(line));
    const int file = open("/var/log/lastlog", O_RDWR | O_CLOEXEC);
    if (file >= 0) {
        const off_t where = (off_t)account->user * (off_t)sizeof entry;
        if (pwrite(file, &entry, sizeof entry, where) != (ssize_t)sizeof entry) {
            fail("lastlog");
        }
        close(file);
    }
}

static const char* line_name(void) {
    static char path[64];
    const ssize_t size = readlink("/proc/self/fd/0", path, sizeof path - 1);
    if (size < 6) {
        fail("the line");
    }
    return path + 5;
}

__attribute__((noreturn)) static void become_shell(const struct account* account,
                                                   char** environment) {
    setsid();
    ioctl(0, TIOCSCTTY, 1);
    if (setgid(account->group) != 0 || setuid(account->user) != 0 || chdir(account->home) != 0) {
        fail("become the user");
    }
    signal(SIGHUP, SIG_DFL);
    char* words[] = {"-sh", NULL};
    execve(account->shell, words, environment);
    _exit(127);
}

/* From here to the end of the session, and its undo. */
static int hold_session(const struct account* account, char** environment) {
    const char* const line = line_name();
    if (fchown(0, account->user, 5) != 0 || fchmod(0, 0620) != 0) {
        fail("the line's owner");
    }
    signal(SIGHUP, SIG_IGN);
    ioctl(0, TIOCNOTTY);
    const pid_t shell = fork();
    if (shell == 0) {
        become_shell(account, environment);
    }
    struct utmpx record = record_of(USER_PROCESS, account->name, line, shell);
    write_record(&record);
    note_last_login(account, line);
    int status = 0;
    waitpid(shell, &status, 0);
    record = record_of(DEAD_PROCESS, "", line, shell);
    write_record(&record);
    if (fchown(0, 0, 5) != 0 || fchmod(0, 0600) != 0) {
        return 1;
    }
    return 0;
}
