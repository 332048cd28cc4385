/* The least that waits for a session: `floor_login_parent SHELL` starts it and
   stays, without a C library. */
#include "freestanding.h"

#include <linux/sched.h>

int begin(char** argv, char** environment) {
    const long child = CALL2(clone, CLONE_VFORK | 17 /* SIGCHLD */, 0);
    if (child == 0) {
        char* words[] = {argv[1], 0};
        CALL3(execve, argv[1], words, environment);
        return 127;
    }
    CALL4(wait4, child, 0, 0, 0);
    return 0;
}
