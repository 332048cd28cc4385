# Sourced by tests/demo, tests/run and .ci/run: sees to it that what the build
# and the tests need is there. Nothing is installed that is there already.
# shellcheck shell=sh

# Debian's names for what is missing.
missing_packages=

# need_command PACKAGE COMMAND...: any one of the commands will do.
need_command() {
    package=$1
    shift
    for command; do
        if command -v "$command" >/dev/null 2>&1; then
            return
        fi
    done
    missing_packages="$missing_packages $package"
}

# need_header PACKAGE HEADER
need_header() {
    if command -v g++ >/dev/null 2>&1 &&
        printf '#if !__has_include(<%s>)\n#error\n#endif\n' "$2" |
            g++ -x c++ -std=c++20 -E - >/dev/null 2>&1; then
        return
    fi
    missing_packages="$missing_packages $1"
}

need_to_build() {
    need_command g++ g++
    need_command meson meson
    need_command ninja-build ninja ninja-build samu
    need_command pkg-config pkg-config pkgconf
    need_command gettext msgfmt
    need_header libpam0g-dev security/pam_appl.h
    need_header libcrypt-dev crypt.h
    need_header libcli11-dev CLI/CLI.hpp
    need_header doctest-dev doctest/doctest.h
}

# Run inside the dialogues.
need_in_dialogues() {
    need_command bash bash
    need_command procps ps
    need_command strace strace
    need_command tmux tmux
}

# install_missing PROGRAM: with apt-get, as root or through sudo; stops where
# that cannot be done, naming what is missing.
install_missing() {
    if [ -z "$missing_packages" ]; then
        return
    fi
    if ! command -v apt-get >/dev/null 2>&1; then
        cat >&2 <<END
$1: missing (by Debian's names):$missing_packages
Please install what your system calls them and start $1 again.
END
        exit 1
    fi
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null 2>&1; then
            cat >&2 <<END
$1: missing:$missing_packages
Installing them needs root and there is no sudo. As root:
    apt-get install --no-install-recommends$missing_packages
END
            exit 1
        fi
        as_root=sudo
    fi
    echo "Installing$missing_packages"
    # shellcheck disable=SC2086 # words on purpose
    if ! { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
            install --no-install-recommends $missing_packages; } </dev/null; then
        echo "$1: apt-get could not install$missing_packages" >&2
        exit 1
    fi
    missing_packages=
}

# with_idle_priority: for the rest of this subshell. Whatever else runs goes first.
with_idle_priority() {
    # $$ is not the subshell's.
    chrt --idle --pid 0 "$(exec sh -c 'echo $PPID')" 2>/dev/null || :
}

# set_up FOLDER OPTION...: a build folder by g++, made once and kept.
set_up() {
    folder=$1
    shift
    if [ -f "$folder/build.ninja" ]; then
        if [ $# -gt 0 ]; then
            meson configure "$folder" "$@"
        fi
        return
    fi
    rm -rf "$folder"
    CXX=${CXX-g++} meson setup "$@" "$folder"
}
