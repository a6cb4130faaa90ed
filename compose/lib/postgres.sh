# postgres - a PostgreSQL cluster: one of our own, or a database given.

# Where the cluster lies: in the run folder, unless root's home hides that
# from the user postgres, as whom root has to run it.
postgres_folder() {
    if [ "$(id -u)" -ne 0 ] || setpriv --reuid=postgres --regid=postgres \
        --init-groups -- test -x "$RUN" 2>/dev/null; then
        echo "$RUN/postgres"
    else
        echo "/var/lib/clerkstream/$(sha256sum <<<"$RUN" | head -c 12)"
    fi
}

# postgres_start PORT - then wait with postgres_wait.
postgres_start() {
    local folder
    folder=$(postgres_folder)
    process_start postgres "$ROOT/compose/postgres/server" "$folder" "$1"
    echo "$folder" >"$RUN/postgres.folder"
    echo "$1" >"$RUN/postgres.port"
}

postgres_answers() {
    [ -e "$(<"$RUN/postgres.folder")/made" ] &&
        database_answers "$(postgres_url clerkstream)"
}

postgres_wait() { process_wait postgres 60 postgres_answers; }

# SIGINT: does not wait for sessions to end by themselves.
postgres_stop() { process_stop postgres INT 30; }

# postgres_url DATABASE [ROLE PASSWORD_FILE]
postgres_url() {
    printf 'postgresql://%s:%s@127.0.0.1:%s/%s\n' "${2:-clerkstream}" \
        "$(<"$(<"$RUN/postgres.folder")/${3:-password}")" \
        "$(<"$RUN/postgres.port")" "$1"
}

postgres_begin() {
    if process_pid postgres >/dev/null; then
        step postgres "runs already"
    else
        postgres_start "$POSTGRES_PORT"
        step postgres "starting"
    fi
}

# Sets DATABASE_URL to our database, which answers.
postgres_up() {
    postgres_wait
    DATABASE_URL=$(postgres_url clerkstream)
}

# database_split URL - sets `place`, the URL without its password, and
# `password`.
database_split() {
    place=$1 password=''
    if [[ $1 =~ ^(postgres(ql)?://[^:/@?]*):([^@/?]*)@(.*)$ ]]; then
        place=${BASH_REMATCH[1]}@${BASH_REMATCH[4]}
        password=${BASH_REMATCH[3]}
        printf -v password '%b' "${password//%/\\x}"
    elif [[ $1 =~ ^(.*)password=([^\ \'\&]+)(.*)$ ]]; then
        place=${BASH_REMATCH[1]}${BASH_REMATCH[3]}
        password=${BASH_REMATCH[2]}
    fi
}

# Fit to be shown.
database_place() {
    local place password
    database_split "$DATABASE_URL"
    echo "$place"
}

# sql URL [psql's words…] - the password does not stand in the list of
# processes.
sql() {
    local place password
    database_split "$1"
    shift
    PGPASSWORD=${password:-${PGPASSWORD-}} PGCONNECT_TIMEOUT=5 \
        psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$@" "$place"
}

database_answers() { sql "$1" --command 'SELECT 1' >/dev/null 2>&1; }
