// What the C library's loader, libpam and its modules cost whoever begins and ends a
// session for a user that nobody asks for a password: the least that login can do.

#include <security/pam_appl.h>

namespace {

int refuse(int /*count*/, const pam_message** /*messages*/, pam_response** /*responses*/, void*) {
    return PAM_CONV_ERR;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    const pam_conv conversation{.conv = refuse, .appdata_ptr = nullptr};
    pam_handle_t* handle = nullptr;
    bool is_good = pam_start("login", argv[1], &conversation, &handle) == PAM_SUCCESS;
    is_good = is_good && pam_set_item(handle, PAM_TTY, "/dev/null") == PAM_SUCCESS &&
              pam_acct_mgmt(handle, 0) == PAM_SUCCESS &&
              pam_setcred(handle, PAM_ESTABLISH_CRED) == PAM_SUCCESS &&
              pam_open_session(handle, 0) == PAM_SUCCESS &&
              pam_setcred(handle, PAM_REINITIALIZE_CRED) == PAM_SUCCESS &&
              pam_close_session(handle, 0) == PAM_SUCCESS &&
              pam_setcred(handle, PAM_DELETE_CRED) == PAM_SUCCESS;
    pam_end(handle, PAM_SUCCESS);
    return is_good ? 0 : 1;
}
