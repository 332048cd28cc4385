# Sourced by the scripts beside it: root folders of Debian's, made once by
# mmdebstrap in the cache of tests/fetch, and entered as copies that are gone
# with the script.
# shellcheck shell=sh

# cannot REASON: skipped, which is not passed.
cannot() {
    echo "SKIP  $1"
    exit 77
}

# alone SCRIPT ARGUMENT...: starts the script again with mounts and processes of
# its own, unless it has them.
alone() {
    [ -z "${TTYGATE_ALONE-}" ] || return 0
    [ "$(id -u)" -eq 0 ] || cannot "needs root"
    for tool in unshare apt-get dpkg perl; do
        command -v "$tool" >/dev/null 2>&1 || cannot "needs $tool"
    done
    TTYGATE_ALONE=1 exec unshare --mount --propagation private --pid --fork --kill-child \
        --mount-proc -- "$@"
}

cache=${TTYGATE_CACHE:-${XDG_CACHE_HOME:-${HOME-}/.cache}/ttygate}

# root NAME PACKAGE...: prints the folder of a fresh Debian with these packages,
# another one if they are others. Options go to mmdebstrap.
root() {
    name=root-$1-$(echo "$* ${root_options-}" | cksum | cut -d ' ' -f 1)
    shift
    if [ ! -d "$cache/$name" ]; then
        packages=$(printf '%s,' "$@")
        mmdebstrap=$(tests/fetch mmdebstrap) || exit 77
        scratch_root=$(mktemp -d "$cache/fetch.XXXXXX")
        # shellcheck disable=SC2086 # words on purpose
        if ! perl "$mmdebstrap/usr/bin/mmdebstrap" --mode=root --variant=apt \
            --include="${packages%,}" ${root_options-} bookworm "$scratch_root/root" \
            'deb http://deb.debian.org/debian bookworm main' \
            >"$scratch_root/log" 2>&1; then
            grep -A 3 '^E:' "$scratch_root/log" >&2 || tail -n 5 "$scratch_root/log" >&2
            rm -rf "$scratch_root"
            echo "cannot make a Debian with $packages" >&2
            exit 77
        fi
        # The first one wins: scripts may run beside each other.
        mv -T "$scratch_root/root" "$cache/$name" 2>/dev/null || [ -d "$cache/$name" ]
        rm -rf "$scratch_root"
    fi
    echo "$cache/$name"
}

# copy_of ROOT PLACE: the root, at PLACE/root, to be written to.
copy_of() {
    mkdir -p "$2/upper" "$2/work" "$2/root"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
    mount -t proc proc "$2/root/proc"
    mount -t tmpfs tmpfs "$2/root/dev"
    for device in null zero full random urandom tty; do
        : >"$2/root/dev/$device"
        mount --bind "/dev/$device" "$2/root/dev/$device"
    done
    mkdir "$2/root/dev/pts" "$2/root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,gid=5,mode=620 devpts "$2/root/dev/pts"
    ln -s pts/ptmx "$2/root/dev/ptmx"
}

# For the end: mounts are gone with us, but not before. The scripts make $scratch.
# shellcheck disable=SC2154
leave() {
    grep -o " ${scratch}[^ ]*" /proc/self/mounts | sort -r | xargs -r umount -l
    rm -rf "$scratch"
}

# inside PLACE COMMAND...: in the copy, as root, with a bare environment.
inside() {
    where=$1
    shift
    chroot "$where/root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

passed=0
failed=0
skipped=0
# check TITLE COMMAND...: what it says is only of interest if it fails. Not to be
# called as a condition: no error would end the command then.
check() {
    title=$1
    shift
    set +e
    (
        set -e
        "$@"
    ) >"$scratch/log" 2>&1
    status=$?
    set -e
    if [ "$status" -eq 0 ]; then
        echo "PASS  $title"
        passed=$((passed + 1))
    else
        tail -n 40 "$scratch/log"
        echo "FAIL  $title"
        failed=$((failed + 1))
    fi
}

# need TITLE COMMAND...: the same for what the rest cannot do without.
need() {
    check "$@"
    if [ "$status" -ne 0 ]; then
        tell_counts
        exit 1
    fi
}

# The last line, as every test program has it.
tell_counts() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}
