#include "console/postgres_session.h"

#include "shared/clock.h"
#include "shared/log.h"
#include "shared/memory.h"

#include <ctype.h>
#include <errno.h>
#include <libpq-fe.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_BYTES 5 /* of a SQLSTATE */
#define SAY_SO_MS 200

/* The first row that `state` begins with decides. */
static const struct {
    const char *prefix;
    enum error_kind kind;
} state_kinds[] = {
    {"08", ERROR_AWAY},     /* connection exception */
    {"57P", ERROR_AWAY},    /* shutting down, crashed, starting up */
    {"40", ERROR_AGAIN},    /* deadlock, serialization failure */
    {"53", ERROR_AGAIN},    /* out of connections, memory, disk */
    {"55P03", ERROR_AGAIN}, /* lock not available in time */
    {"57014", ERROR_AGAIN}, /* statement_timeout */
    {"", ERROR_ACCESS},
};

enum error_kind postgres_kind_of_state(const char *state)
{
    size_t i = 0;

    while (strncmp(state, state_kinds[i].prefix,
                   strlen(state_kinds[i].prefix)) != 0)
        i++;
    return state_kinds[i].kind;
}

static void on_notice(void *context, const char *text)
{
    struct slice line = {text, strcspn(text, "\n")};

    (void)context;
    log_debug(log_event("postgres"), log_slice("text", line));
}

/* Where a verbose message says "FATAL:  3D000: database …": the SQLSTATE; NULL
 * where the message is libpq's own. */
static const char *find_state(const char *text)
{
    for (const char *at = text; (at = strstr(at, ":  ")) != NULL; at++) {
        size_t size = 0;
        while (isdigit((unsigned char)at[3 + size]) ||
               isupper((unsigned char)at[3 + size]))
            size++;
        if (size == STATE_BYTES && at[3 + size] == ':')
            return at + 3;
    }
    return NULL;
}

/* libpq names hosts line by line; the first line that has the server's word
 * is the best, else the last. */
static int connect_error(PGconn *connection, struct error *err)
{
    const char *text = PQerrorMessage(connection);
    const char *state = find_state(text);
    size_t size = strcspn(text, "\n");

    if (state == NULL)
        return error_set(err, ERROR_AWAY, "PostgreSQL is away: %.*s", (int)size,
                         text);
    text = state + STATE_BYTES + 2;
    size = strcspn(text, "\n");
    if (strncmp(state, "3D000", STATE_BYTES) == 0)
        return error_set(err, ERROR_ACCESS,
                         "PostgreSQL: %.*s; make it with: createdb %s",
                         (int)size, text, PQdb(connection));
    return error_set(err, postgres_kind_of_state(state),
                     "PostgreSQL: %.*s (%.5s)", (int)size, text, state);
}

int postgres_poll(PGconn *connection, bool is_reading, int64_t deadline_ms)
{
    struct pollfd socket = {.fd = PQsocket(connection),
                            .events = is_reading ? POLLIN : POLLOUT};
    int64_t left_ms;
    int count;

    do {
        left_ms = deadline_ms - clock_steady_ms();
        if (left_ms <= 0)
            return -1;
        count = poll(&socket, 1, left_ms < INT_MAX ? (int)left_ms : -1);
    } while (count < 0 && errno == EINTR);
    return count > 0 ? 0 : -1;
}

int postgres_no_answer(PGconn *connection, int64_t timeout_ms,
                       struct error *err)
{
    return error_set(err, ERROR_AWAY,
                     "PostgreSQL is away: %s port %s did not answer within "
                     "%.3g s",
                     PQhost(connection), PQport(connection),
                     (double)timeout_ms / 1000);
}

/* PQconnectdb() in steps: libpq gives SQLSTATEs of a refused connection only
 * in verbose messages, which can be asked for once there is a PGconn. */
static int connect_in_time(PGconn *connection, int64_t timeout_ms,
                           struct error *err)
{
    int64_t deadline_ms = clock_steady_ms() + timeout_ms;
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;

    PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
    while (next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED ||
            PQstatus(connection) == CONNECTION_BAD)
            return connect_error(connection, err);
        if (postgres_poll(connection, next == PGRES_POLLING_READING,
                          deadline_ms) != 0)
            return postgres_no_answer(connection, timeout_ms, err);
        next = PQconnectPoll(connection);
    }
    PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
    return 0;
}

static int check_url(const char *url, struct error *err)
{
    PQconninfoOption *parts = PQconninfoParse(url, NULL);

    if (parts == NULL)
        return error_set(err, ERROR_INPUT,
                         "DATABASE_URL: given \"***\", allowed is "
                         "postgresql://user:password@host:port/database or "
                         "libpq's key=value list");
    PQconninfoFree(parts);
    return 0;
}

int postgres_open(const char *url, int64_t timeout_ms, struct postgres **ret_db,
                  struct error *err)
{
    /* What stands before dbname are defaults, which the address may change. */
    const char *const names[] = {
        "fallback_application_name",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "dbname",
        NULL,
    };
    const char *const values[] = {
        "clerkstream", "10", "5", "3", "15000", url, NULL,
    };
    struct postgres *db;
    PGconn *connection;

    if (check_url(url, err) != 0)
        return -1;
    connection = PQconnectStartParams(names, values, 1);
    if (connection == NULL)
        abort();
    PQsetNoticeProcessor(connection, on_notice, NULL);
    if (connect_in_time(connection, timeout_ms, err) != 0) {
        PQfinish(connection);
        return -1;
    }
    db = memory_new(sizeof(*db));
    db->connection = connection;
    *ret_db = db;
    return 0;
}

void postgres_close(struct postgres *db)
{
    if (db == NULL)
        return;
    PQfinish(db->connection);
    free(db);
}

void postgres_set_timeout(struct postgres *db, int64_t timeout_ms)
{
    db->timeout_ms = timeout_ms;
    db->deadline_ms = clock_steady_ms() + timeout_ms;
}

int postgres_limit_statement(struct postgres *db, struct error *err)
{
    int64_t left_ms = db->deadline_ms - clock_steady_ms() - SAY_SO_MS;
    char setting[64];

    if (left_ms < SAY_SO_MS)
        left_ms = SAY_SO_MS;
    if (db->statement_ms == 0 ||
        llabs(db->statement_ms - left_ms) < SAY_SO_MS / 2)
        return 0;
    db->statement_ms = left_ms;
    snprintf(setting, sizeof(setting), "set statement_timeout to %lld",
             (long long)left_ms);
    return postgres_execute(db, setting, err);
}

/* Without JIT: compiling a query would take longer than running it, and cannot
 * be cancelled. */
static const char ask_settings[] = "set search_path to public; set jit to off";

int postgres_open_in_time(const char *url, int64_t timeout_ms,
                          struct postgres **ret_db, struct error *err)
{
    int64_t begun_ms = clock_steady_ms();
    struct postgres *db;

    if (postgres_open(url, timeout_ms, &db, err) != 0)
        return -1;
    postgres_set_timeout(db, timeout_ms);
    db->deadline_ms = begun_ms + timeout_ms;
    db->statement_ms = INT64_MAX;
    if (postgres_execute(db, ask_settings, err) != 0) {
        postgres_close(db);
        return -1;
    }
    *ret_db = db;
    return 0;
}
