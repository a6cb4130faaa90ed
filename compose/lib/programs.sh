# programs - ours: built, prepared, started, ready.

# programs_build PRESET [words for cmake…]
programs_build() {
    local preset=$1 log=$RUN/build.log
    shift
    step build "cmake --preset $preset && cmake --build --preset $preset"
    (cd "$ROOT" && cmake --preset "$preset" "$@" &&
        cmake --build --preset "$preset") >"$log" 2>&1 || {
        # What went wrong first may be far from the end.
        grep -E '(error|warning): |CMake Error|undefined reference' "$log" |
            head -n 20 >&2
        fail_with_log "the build failed" "$log"
    }
}

# A producer needs a signing secret; without one given we make our own.
signing_secret() {
    local file=$RUN/signing_secret name
    for name in CLERK_WEBHOOK_SIGNING_SECRET CLERK_WEBHOOK_SECRET; do
        [ -z "$(printenv $name ${name}_FILE)" ] || return 0
    done
    [ -s "$file" ] || (umask 077 &&
        echo "whsec_$(head -c 24 /dev/urandom | base64)" >"$file")
    export CLERK_WEBHOOK_SIGNING_SECRET_FILE=$file
}

# What to give other programs, by `set -a; . FILE`.
environment_file() {
    local name
    (umask 077 && for name in KAFKA_BOOTSTRAP_SERVERS DATABASE_URL \
        CLERK_WEBHOOK_SIGNING_SECRET CLERK_WEBHOOK_SIGNING_SECRET_FILE \
        CLERK_WEBHOOK_SECRET CLERK_WEBHOOK_SECRET_FILE \
        EVENTS_TOPIC RETRY_TOPIC DEAD_LETTER_TOPIC EVENTS_PARTITIONS \
        CONSUMER_GROUP CONSUMER_ROLE_MAP \
        PRODUCER_ADMIN_LISTEN CONSUMER_ADMIN_LISTEN; do
        [ -z "${!name-}" ] || printf '%s=%q\n' "$name" "${!name}"
    done >"$RUN/env")
}

# What a running program was started with: its build and its settings.
program_digest() {
    local ours='^(KAFKA|CLERK|PRODUCER|CONSUMER|DATABASE|LOG)_|_TOPIC=|_PARTIT'
    { sha256sum <"$BIN/$1" && env | grep -E "$ours" | sort; } | sha256sum
}

webhook_url() {
    local paths=${PRODUCER_PATHS:-/webhooks/clerk}
    echo "http://$PRODUCER_LISTEN${paths%%,*}"
}

is_ready() { curl --silent --fail --max-time 2 "http://$1/readyz" >/dev/null; }

# program_up NAME ADMIN_ADDRESS
program_up() {
    local name=$1 admin=$2 digest
    digest=$(program_digest "clerkstream-$name")
    if process_pid "$name" >/dev/null; then
        if [ "$digest" = "$(cat "$RUN/$name.digest")" ]; then
            step "$name" "runs already"
            process_wait "$name" 60 is_ready "$admin"
            return
        fi
        step "$name" "its build or its settings have changed"
        process_stop "$name" TERM 15
    fi
    : >"$(process_log "$name")"
    process_start "$name" "$BIN/clerkstream-$name"
    echo "$digest" >"$RUN/$name.digest"
    process_wait "$name" 60 is_ready "$admin"
    step "$name" "ready"
}
