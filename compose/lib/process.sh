# process - programs in the background, each with a pid file and a log.
#
# $RUN/<name>.pid holds the pid and when it started: a pid alone may long
# belong to somebody else.

process_log() { echo "$RUN/$1.log"; }

# Since when the process runs, in the kernel's ticks; false if it is gone.
process_birth() {
    local stat fields
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    # From the third field on: the second, a name, may hold blanks.
    read -ra fields <<<"${stat##*) }"
    [ "${fields[0]}" != Z ] && echo "${fields[19]}"
}

# Prints the pid; false unless that very process runs.
process_pid() {
    local pid born
    { read -r pid born <"$RUN/$1.pid"; } 2>/dev/null || return 1
    [ "$(process_birth "$pid")" = "$born" ] && echo "$pid"
}

# process_start NAME COMMAND… - in a session of its own, so that it outlives
# this terminal.
process_start() {
    local name=$1 pid
    shift
    setsid "$@" </dev/null >>"$(process_log "$name")" 2>&1 9>&- &
    pid=$!
    disown "$pid" # the shell need not report its end
    echo "$pid $(process_birth "$pid")" >"$RUN/$name.pid"
}

# process_stop NAME SIGNAL SECONDS - killed when it takes longer.
process_stop() {
    local pid
    if pid=$(process_pid "$1"); then
        kill "-$2" "$pid"
        if ! within "$3" process_is_gone "$1"; then
            step "$1" "does not stop within $3 s: killed"
            kill -KILL "$pid"
            within 5 process_is_gone "$1" || true
        else
            step "$1" "stopped"
        fi
    fi
    rm -f "$RUN/$1.pid"
}

process_is_gone() { ! process_pid "$1" >/dev/null; }

# answers_or_gone NAME COMMAND… - true as soon as waiting makes no sense.
answers_or_gone() {
    local name=$1
    shift
    "$@" || process_is_gone "$name"
}

# process_wait NAME SECONDS COMMAND… - until COMMAND succeeds, or fails aloud.
process_wait() {
    local name=$1 seconds=$2
    shift 2
    within "$seconds" answers_or_gone "$name" "$@" || true
    if process_is_gone "$name"; then
        fail_with_log "$name has ended" "$(process_log "$name")"
    fi
    "$@" || fail_with_log "$name is not ready after $seconds s" \
        "$(process_log "$name")"
}
