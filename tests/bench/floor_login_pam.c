/* The least a login with Linux-PAM does: `floor_login_pam [-f] NAME`. */
#include "login_floor.h"

#include <grp.h>
#include <pwd.h>

#include <security/pam_appl.h>

static int answer(int count,
                  const struct pam_message** messages,
                  struct pam_response** answers,
                  void* data) {
    (void)data;
    *answers = calloc((size_t)count, sizeof **answers);
    for (int i = 0; i < count; ++i) {
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF) {
            char typed[256];
            ask_password(typed, sizeof typed);
            (*answers)[i].resp = strdup(typed);
        }
    }
    return PAM_SUCCESS;
}

int main(int argc, char** argv) {
    const int is_known = argc == 3 && strcmp(argv[1], "-f") == 0;
    const struct pam_conv conversation = {.conv = answer};
    pam_handle_t* pam = NULL;
    if (pam_start("login", argv[argc - 1], &conversation, &pam) != PAM_SUCCESS) {
        return 1;
    }
    pam_set_item(pam, PAM_TTY, line_name());
    if ((!is_known && pam_authenticate(pam, 0) != PAM_SUCCESS) ||
        pam_acct_mgmt(pam, 0) != PAM_SUCCESS) {
        return 1;
    }
    struct passwd* const found = getpwnam(argv[argc - 1]);
    if (found == NULL || initgroups(found->pw_name, found->pw_gid) != 0) {
        return 1;
    }
    const struct account account = {.name = found->pw_name,
                                    .user = found->pw_uid,
                                    .group = found->pw_gid,
                                    .home = found->pw_dir,
                                    .shell = found->pw_shell};
    if (pam_setcred(pam, PAM_ESTABLISH_CRED) != PAM_SUCCESS ||
        pam_open_session(pam, 0) != PAM_SUCCESS) {
        return 1;
    }
    const int status = hold_session(&account, pam_getenvlist(pam));
    pam_close_session(pam, 0);
    pam_setcred(pam, PAM_DELETE_CRED);
    pam_end(pam, PAM_SUCCESS);
    return status;
}
