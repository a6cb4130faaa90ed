# report - what the person at the terminal is told.

say() { printf '%s\n' "$*"; }

# One line a step: what, then how it went.
step() { printf '%-12s %s\n' "$1" "$2"; }

fail() {
    printf '\n%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

usage_error() {
    printf '%s: %s; see --help\n' "${0##*/}" "$*" >&2
    exit 2
}

# fail_with_log WHAT FILE - how the log of what failed ends.
fail_with_log() {
    printf '\n%s ends:\n' "$2" >&2
    tail -n 20 "$2" | sed 's/^/    /' >&2 || true
    fail "$1"
}

# The comment that a script begins with is its --help.
help_of() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$1"; }

# within SECONDS COMMAND… - tries until it succeeds; false when too late.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.2
    done
}
