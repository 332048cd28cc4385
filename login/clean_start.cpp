#include "login/clean_start.hpp"

#include "common/log.hpp"
#include "common/program.hpp"
#include "common/record_file.hpp"
#include "common/signals.hpp"
#include "common/syscall.hpp"
#include "login/account_sources.hpp"
#include "login/shell_environment.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace login {

namespace {

/// What the soft limit for core files was: the one thing that is changed here
/// and given back much later, by another step of the story.
rlim_t core_limit_before = RLIM_INFINITY;

void set_soft_limit(int resource, rlim_t wanted) {
    rlimit limit{};
    common::check(::getrlimit(static_cast<__rlimit_resource>(resource), &limit), "read a limit");
    wanted = std::min(wanted, limit.rlim_max);
    if (limit.rlim_cur != wanted) {
        limit.rlim_cur = wanted;
        common::check(::setrlimit(static_cast<__rlimit_resource>(resource), &limit), "set a limit");
    }
}

/// Away with it, or as far up as we may: a container can keep us from more.
void lift_limit(int resource) {
    const rlimit none{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    if (::setrlimit(static_cast<__rlimit_resource>(resource), &none) != 0) {
        set_soft_limit(resource, RLIM_INFINITY);
    }
}

void forbid_core_dumps() {
    rlimit limit{};
    common::check(::getrlimit(RLIMIT_CORE, &limit), "read a limit");
    core_limit_before = limit.rlim_cur;
    if (limit.rlim_cur != 0) {
        limit.rlim_cur = 0;
        common::check(::setrlimit(RLIMIT_CORE, &limit), "set a limit");
    }
    // Also no ptrace and no reading of our memory by others of the same user.
    common::check(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "forbid core dumps");
}

/// Keys and closed pipes end no login, a full file is an errno, and an alarm that
/// a module has set and forgotten rings for nobody. CHLD stays at its default:
/// modules wait for their helpers.
constexpr std::array unheeded{
    SIGINT, SIGQUIT, SIGTSTP, SIGTTOU, SIGTTIN, SIGPIPE, SIGXFSZ, SIGALRM};

void settle_signals() {
    // Nothing else of whoever started us survives exec.
    const common::SignalStatus inherited = common::own_signal_status();
    struct sigaction action {};
    for (int number = 1; number < NSIG; ++number) {
        const bool is_heeded =
            std::find(unheeded.begin(), unheeded.end(), number) == unheeded.end();
        action.sa_handler = is_heeded ? SIG_DFL : SIG_IGN;
        if (!is_heeded || ((inherited.ignored >> static_cast<unsigned>(number - 1)) & 1U) != 0) {
            ::sigaction(number, &action, nullptr);
        }
    }
    common::expect_no_size_signal();
    if (inherited.blocked != 0) {
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
    }
}

common::Environment replace_environment() {
    common::Environment inherited = common::Environment::from(environ);
    const common::Environment own = own_environment(inherited);
    ::clearenv();
    for (const std::string& entry : own.entries()) {
        const auto equals = entry.find('=');
        ::setenv(entry.substr(0, equals).c_str(), entry.c_str() + equals + 1, 1);
    }
    return inherited;
}

}  // namespace

common::Environment start_clean() {
    common::check(::close_range(STDERR_FILENO + 1, ~0U, 0), "close inherited descriptors");
    common::Environment inherited = replace_environment();
    forbid_core_dumps();
    if (::getauxval(AT_SECURE) != 0) {
        throw common::UsageError{"login does not run set-user-id"};
    }
    ::umask(S_IRWXG | S_IRWXO);
    common::check(::chdir("/"), "go to", "/");
    settle_signals();
#if TTYGATE_STATIC
    // A static program would load the modules that nsswitch.conf names into a C
    // library that is not theirs, and crash.
    use_local_accounts();
#endif
    // Helpers of modules close every descriptor there could be, one by one.
    constexpr rlim_t enough_descriptors = 1024;
    set_soft_limit(RLIMIT_NOFILE, enough_descriptors);
    return inherited;
}

common::SignalBits unheeded_signals() noexcept {
    common::SignalBits signals = 0;
    for (const int number : unheeded) {
        signals |= common::SignalBits{1} << static_cast<unsigned>(number - 1);
    }
    return signals;
}

void give_default_limits() {
    constexpr rlim_t usual_stack = rlim_t{8} * 1024 * 1024;
    for (const int resource : {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_RSS, RLIMIT_AS}) {
        common::tolerate("give the session its limits", [resource] { lift_limit(resource); });
    }
    common::tolerate("give the session its limits", [] {
        set_soft_limit(RLIMIT_STACK, usual_stack);
        if (core_limit_before != 0) {
            set_soft_limit(RLIMIT_CORE, core_limit_before);
        }
    });
    if (::setpriority(PRIO_PROCESS, 0, 0) != 0) {
        common::log(common::Severity::warning,
                    "give the session its priority: " + common::error_text(errno));
    }
}

}  // namespace login
