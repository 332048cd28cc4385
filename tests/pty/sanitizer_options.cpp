/// Loaded into every program of a World by /etc/ld.so.preload when the programs
/// under test are built with sanitizers: they are started with an empty
/// environment, on a line nobody may be reading, so a report has to go to a
/// file and its place cannot come from ASAN_OPTIONS.

extern "C" {

// The runtimes look for these names.
// NOLINTBEGIN(readability-identifier-naming,bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
const char* __asan_default_options();
const char* __ubsan_default_options();

const char* __asan_default_options() {
    // The link order is wrong by being preloaded; the runtime itself is not.
    return "log_path=/run/sanitizer/report:verify_asan_link_order=0:detect_leaks=1";
}

const char* __ubsan_default_options() {
    return "log_path=/run/sanitizer/report:print_stacktrace=1";
}
// NOLINTEND(readability-identifier-naming,bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
}
