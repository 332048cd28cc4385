/* The least a login with a shadow file does: `floor_login_crypt [-f] NAME`. */
#include "login_floor.h"

#include <grp.h>

#include <crypt.h>

/* NAME's entry in a file of fields between colons. */
static char* entry_of(const char* file, const char* name, char* place, size_t room) {
    const int fd = open(file, O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd >= 0 ? read(fd, place, room - 1) : -1;
    close(fd);
    if (size < 0) {
        fail(file);
    }
    place[size] = '\0';
    const size_t length = strlen(name);
    for (char* line = strtok(place, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            return line;
        }
    }
    exit(1);
}

static char* next_field(char** entry) {
    return strsep(entry, ":");
}

static struct account account_of(const char* name) {
    static char text[4096];
    char* entry = entry_of("/etc/passwd", name, text, sizeof text);
    struct account account = {.name = next_field(&entry)};
    next_field(&entry);
    account.user = (unsigned)strtoul(next_field(&entry), NULL, 10);
    account.group = (unsigned)strtoul(next_field(&entry), NULL, 10);
    next_field(&entry);
    account.home = next_field(&entry);
    account.shell = next_field(&entry);
    return account;
}

static int is_right(const char* name, const char* typed) {
    static char text[4096];
    char* entry = entry_of("/etc/shadow", name, text, sizeof text);
    next_field(&entry);
    const char* const hash = next_field(&entry);
    const char* const made = crypt(typed, hash);
    return made != NULL && strcmp(made, hash) == 0;
}

int main(int argc, char** argv) {
    const int is_known = argc == 3 && strcmp(argv[1], "-f") == 0;
    const char* const name = argv[argc - 1];
    if (!is_known) {
        char typed[256];
        ask_password(typed, sizeof typed);
        if (!is_right(name, typed)) {
            return 1;
        }
        explicit_bzero(typed, sizeof typed);
    }
    const struct account account = account_of(name);
    if (setgroups(1, &account.group) != 0) {
        fail("setgroups");
    }
    char home[256];
    char shell[256];
    snprintf(home, sizeof home, "HOME=%s", account.home);
    snprintf(shell, sizeof shell, "SHELL=%s", account.shell);
    char* environment[] = {home, shell, "PATH=/usr/bin:/bin", NULL};
    return hold_session(&account, environment);
}
