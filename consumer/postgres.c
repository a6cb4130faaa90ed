#include "consumer/postgres.h"

#include "shared/clock.h"
#include "shared/log.h"
#include "shared/memory.h"
#include "shared/stop.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>

#define STOPPING_MS 4000
#define LOOK_MS 250

struct queued {
    enum statement_id id;
    postgres_reader *reader;
    void *context;
};

struct postgres {
    const char *url;
    PGconn *connection; /* NULL: not connected */
    struct queued queue[2 * STATEMENTS];
    int count;
};

struct postgres_rows {
    const PGresult *result;
};

/* Tables are found in `public` whatever the role's search_path says; rows are
 * looked up by key whatever the statistics say; and the server ends a session
 * of a consumer that is frozen, so that its locks are released. */
static const char settings[] =
    "SELECT set_config('search_path', 'public', false),\n"
    "    set_config('idle_in_transaction_session_timeout', '5s', false),\n"
    "    set_config('statement_timeout', '30s', false),\n"
    "    set_config('lock_timeout', '0', false),\n"
    "    set_config('enable_seqscan', 'off', false),\n"
    "    set_config('enable_hashjoin', 'off', false),\n"
    "    set_config('enable_mergejoin', 'off', false),\n"
    "    set_config('jit', 'off', false),\n"
    "    set_config('plan_cache_mode', 'force_generic_plan', false),\n"
    "    set_config('synchronous_commit',\n"
    "        CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'\n"
    "        ELSE current_setting('synchronous_commit') END, false)";

/* A list of ports, or none. */
static bool are_ports(const char *text)
{
    while (*text != '\0') {
        char *end;
        long port = strtol(text, &end, 10);
        if (end == text || port < 1 || port > 65535 ||
            (*end != '\0' && *end != ','))
            return false;
        text = end + (*end == ',');
    }
    return true;
}

static bool is_readable(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    bool is_sound = true;

    if (options == NULL)
        return false;
    for (const PQconninfoOption *at = options; at->keyword != NULL; at++)
        if (strcmp(at->keyword, "port") == 0 && at->val != NULL)
            is_sound = are_ports(at->val);
    PQconninfoFree(options);
    return is_sound;
}

int postgres_check_url(const char *url, struct error *err)
{
    if (is_readable(url))
        return 0;
    return error_set(err, ERROR_INPUT,
                     "DATABASE_URL: given ***, allowed is a connection string "
                     "of libpq, such as postgresql://user@host:5432/database");
}

struct postgres *postgres_new(const char *url)
{
    struct postgres *db = memory_new(sizeof(*db));

    db->url = url;
    return db;
}

static void disconnect(struct postgres *db)
{
    PQfinish(db->connection);
    db->connection = NULL;
    db->count = 0;
}

void postgres_free(struct postgres *db)
{
    if (db == NULL)
        return;
    disconnect(db);
    free(db);
}

/* One line of what the server or the library says. */
static int fail(struct error *err, enum error_kind kind, const char *sqlstate,
                const char *message)
{
    size_t size = strcspn(message, "\n");

    if (sqlstate != NULL)
        return error_set(err, kind, "PostgreSQL: SQLSTATE %s: %.*s", sqlstate,
                         (int)size, message);
    return error_set(err, kind, "PostgreSQL: %.*s", (int)size, message);
}

static int fail_result(const PGresult *result, struct error *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint =
        PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (message == NULL)
        message = PQresultErrorMessage(result);
    return fail(err, postgres_kind(sqlstate, constraint), sqlstate, message);
}

/* Wait for the socket; false where it took too long. */
static bool wait_for_socket(struct postgres *db, bool is_writing,
                            int64_t deadline_ms)
{
    struct pollfd socket = {.fd = PQsocket(db->connection), .events = POLLIN};
    int64_t left_ms = deadline_ms - clock_steady_ms();

    if (is_writing)
        socket.events |= POLLOUT;
    if (left_ms <= 0 || stop_asked_ago_ms() > STOPPING_MS)
        return false;
    poll(&socket, 1, (int)(left_ms < LOOK_MS ? left_ms : LOOK_MS));
    return true;
}

/* Send and read until a result is at hand; -1 with ERROR_AWAY. */
static int drive(struct postgres *db, int64_t deadline_ms, struct error *err)
{
    for (;;) {
        int unsent = PQflush(db->connection);
        if (unsent < 0 || PQconsumeInput(db->connection) != 1)
            return fail(err, ERROR_AWAY, NULL, PQerrorMessage(db->connection));
        if (PQisBusy(db->connection) == 0)
            return 0;
        if (!wait_for_socket(db, unsent > 0, deadline_ms))
            return fail(err, ERROR_AWAY, NULL, "no answer in time");
    }
}

/* Look at one result: count it, read it, remember the first failure. */
static void take_result(struct postgres *db, PGresult *result, int *at,
                        bool *is_synced, struct error *err)
{
    struct postgres_rows rows = {result};
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_PIPELINE_SYNC) {
        *is_synced = true;
    } else if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        if (*at < db->count && db->queue[*at].reader != NULL)
            db->queue[*at].reader(&rows, db->queue[*at].context);
        ++*at;
    } else {
        if (err->kind == ERROR_NONE && status != PGRES_PIPELINE_ABORTED)
            fail_result(result, err);
        ++*at;
    }
}

/* All answers up to the synchronisation point. */
static int read_answers(struct postgres *db, struct error *err)
{
    int64_t deadline_ms = clock_steady_ms() + POSTGRES_ANSWER_MS;
    bool is_synced = false;
    int at = 0;

    while (!is_synced) {
        PGresult *result;
        if (drive(db, deadline_ms, err) != 0)
            return -1;
        result = PQgetResult(db->connection);
        if (result != NULL)
            take_result(db, result, &at, &is_synced, err);
        PQclear(result);
    }
    return err->kind == ERROR_NONE ? 0 : -1;
}

static bool is_lost(const struct postgres *db, const struct error *err)
{
    return err->kind == ERROR_AWAY || err->kind == ERROR_ACCESS ||
           PQstatus(db->connection) != CONNECTION_OK;
}

bool postgres_is_open(const struct postgres *db)
{
    return db->connection != NULL;
}

static int synchronise(struct postgres *db, struct error *err)
{
    struct error found = {.kind = ERROR_NONE};
    int result;

    if (PQpipelineSync(db->connection) != 1)
        fail(&found, ERROR_AWAY, NULL, PQerrorMessage(db->connection));
    result = found.kind == ERROR_NONE ? read_answers(db, &found) : -1;
    db->count = 0;
    if (result != 0)
        *err = found;
    return result;
}

int postgres_run(struct postgres *db, struct error *err)
{
    if (db->connection == NULL)
        return error_set(err, ERROR_AWAY, "PostgreSQL: not connected");
    if (synchronise(db, err) == 0)
        return 0;
    if (is_lost(db, err))
        disconnect(db);
    else
        postgres_rollback(db);
    return -1;
}

void postgres_rollback(struct postgres *db)
{
    struct error err;

    db->count = 0;
    if (db->connection == NULL)
        return;
    PQsendQueryParams(db->connection, "ROLLBACK", 0, NULL, NULL, NULL, NULL, 0);
    if (synchronise(db, &err) != 0)
        disconnect(db);
}

void postgres_queue(struct postgres *db, enum statement_id id,
                    const struct bind_arrays *arrays, postgres_reader *reader,
                    void *context)
{
    const char *values[STATEMENT_ARRAYS_MAX];
    int lengths[STATEMENT_ARRAYS_MAX], formats[STATEMENT_ARRAYS_MAX];
    int count = arrays != NULL ? arrays->count : 0;

    if (db->connection == NULL)
        return; /* postgres_run() says so */
    for (int i = 0; i < count; i++) {
        values[i] = arrays->arrays[i].bytes.data;
        lengths[i] = (int)arrays->arrays[i].bytes.size;
        formats[i] = 1;
    }
    PQsendQueryPrepared(db->connection, statements[id].name, count, values,
                        lengths, formats, 0);
    db->queue[db->count++] = (struct queued){id, reader, context};
}

static int prepare(struct postgres *db, struct error *err)
{
    PQsendQueryParams(db->connection, settings, 0, NULL, NULL, NULL, NULL, 0);
    for (int i = 0; i < STATEMENTS; i++) {
        Oid types[STATEMENT_ARRAYS_MAX];
        for (int p = 0; p < statements[i].count; p++)
            types[p] = pg_array_oid(statements[i].types[p]);
        PQsendPrepare(db->connection, statements[i].name, statements[i].sql,
                      statements[i].count, types);
    }
    return synchronise(db, err);
}

static void on_notice(void *context, const PGresult *result)
{
    (void)context;
    log_debug(
        log_event("postgres_notice"),
        log_text("text", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
}

static int open_session(struct postgres *db, struct error *err)
{
    static const char *const names[] = {
        "connect_timeout",  "keepalives",
        "keepalives_idle",  "keepalives_interval",
        "keepalives_count", "tcp_user_timeout",
        "client_encoding",  "fallback_application_name",
        "dbname",           NULL};
    const char *const values[] = {
        "5",     "1", "10", "5", "3", "15000", "UTF8", "clerkstream-consumer",
        db->url, NULL};
    const char *sqlstate = NULL;

    db->connection = PQconnectdbParams(names, values, 1);
    if (db->connection == NULL)
        abort(); /* out of memory */
    if (PQstatus(db->connection) != CONNECTION_OK) {
        /* No SQLSTATE is handed out for a failed start of a session. */
        bool is_refused =
            strstr(PQerrorMessage(db->connection), "FATAL:") != NULL;
        return fail(err, is_refused ? ERROR_ACCESS : ERROR_AWAY, sqlstate,
                    PQerrorMessage(db->connection));
    }
    PQsetNoticeReceiver(db->connection, on_notice, NULL);
    if (PQsetnonblocking(db->connection, 1) != 0 ||
        PQenterPipelineMode(db->connection) != 1)
        return fail(err, ERROR_AWAY, NULL, PQerrorMessage(db->connection));
    return prepare(db, err);
}

int postgres_connect(struct postgres *db, struct error *err)
{
    if (db->connection != NULL)
        return 0;
    if (open_session(db, err) == 0)
        return 0;
    disconnect(db);
    return -1;
}

int postgres_check(struct postgres *db, struct error *err)
{
    return postgres_run(db, err);
}

size_t postgres_count(const struct postgres_rows *rows)
{
    return (size_t)PQntuples(rows->result);
}

bool postgres_is_null(const struct postgres_rows *rows, size_t row, int column)
{
    return PQgetisnull(rows->result, (int)row, column) != 0;
}

struct slice postgres_text(const struct postgres_rows *rows, size_t row,
                           int column, struct arena *arena)
{
    if (postgres_is_null(rows, row, column))
        return SLICE_EMPTY;
    return arena_copy(
        arena,
        (struct slice){PQgetvalue(rows->result, (int)row, column),
                       (size_t)PQgetlength(rows->result, (int)row, column)});
}

int64_t postgres_int(const struct postgres_rows *rows, size_t row, int column)
{
    return strtoll(PQgetvalue(rows->result, (int)row, column), NULL, 10);
}

bool postgres_bool(const struct postgres_rows *rows, size_t row, int column)
{
    return PQgetvalue(rows->result, (int)row, column)[0] == 't';
}
