# shellcheck shell=bash
# What the tests of packages and containers share. Their scripts set `work`, a temporary folder, before the first check.

failures=0

fail() {
    echo "$0: $1" >&2
    exit 1
}

# need_machine PACKAGES COMMAND...: fails unless there are root's rights, namespaces, and these commands of these packages.
need_machine() {
    local packages=$1 reason command
    shift
    reason=$(packaging/can-test) || fail "$reason"
    for command in "$@"; do
        command -v "$command" >/dev/null || fail "$command is missing: apt-get install $packages"
    done
}

# check SENTENCE COMMAND...: runs a command that must succeed, and shows what it printed if it does not.
check() {
    local sentence=$1
    shift
    # shellcheck disable=SC2154  # the scripts set it
    if "$@" >"$work/output" 2>&1; then
        echo "ok - $sentence"
    else
        echo "not ok - $sentence"
        tail -n 40 "$work/output" | sed 's/^/    /'
        failures=$((failures + 1))
    fi
}
