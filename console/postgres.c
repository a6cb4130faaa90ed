#include "console/postgres.h"

#include "shared/clock.h"
#include "shared/log.h"
#include "shared/memory.h"

#include <ctype.h>
#include <errno.h>
#include <libpq-fe.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_BYTES 5 /* of a SQLSTATE */

struct postgres {
    PGconn *connection;
    int64_t timeout_ms;
    int64_t deadline_ms; /* 0: none */
};

struct postgres_rows {
    PGresult *result;
};

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

static enum error_kind kind_of_state(const char *state)
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
    return error_set(err, kind_of_state(state), "PostgreSQL: %.*s (%.5s)",
                     (int)size, text, state);
}

static int wait_for(PGconn *connection, bool is_reading, int64_t deadline_ms)
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

static int no_answer(PGconn *connection, int64_t timeout_ms, struct error *err)
{
    return error_set(err, ERROR_AWAY,
                     "PostgreSQL is away: %s port %s did not answer within "
                     "%lld s",
                     PQhost(connection), PQport(connection),
                     (long long)timeout_ms / 1000);
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
        if (wait_for(connection, next == PGRES_POLLING_READING, deadline_ms) !=
            0)
            return no_answer(connection, timeout_ms, err);
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

int postgres_open_in_time(const char *url, int64_t timeout_ms,
                          struct postgres **ret_db, struct error *err)
{
    int64_t begun_ms = clock_steady_ms();
    struct postgres *db;
    char settings[128];

    if (postgres_open(url, timeout_ms, &db, err) != 0)
        return -1;
    postgres_set_timeout(db, timeout_ms);
    db->deadline_ms = begun_ms + timeout_ms;
    snprintf(settings, sizeof(settings),
             "set search_path to public; set statement_timeout to %lld",
             (long long)timeout_ms);
    if (postgres_execute(db, settings, err) != 0) {
        postgres_close(db);
        return -1;
    }
    *ret_db = db;
    return 0;
}

static int line_of(const char *statements, const char *position)
{
    int line = 1;

    for (long left = strtol(position, NULL, 10); left > 1 && *statements != 0;
         statements++) {
        line += *statements == '\n';
        left -= (*statements & 0xC0) != 0x80; /* positions count characters */
    }
    return line;
}

/* Whether a table or a column is not there. */
static bool is_older(const char *state)
{
    return strcmp(state, "42P01") == 0 || strcmp(state, "42703") == 0;
}

static int statement_error(const struct postgres *db, const PGresult *result,
                           const char *statements, struct error *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *position =
        PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);

    if (PQstatus(db->connection) == CONNECTION_BAD || state == NULL)
        return error_set(err, ERROR_AWAY, "PostgreSQL went away: %.*s",
                         (int)strcspn(PQerrorMessage(db->connection), "\n"),
                         PQerrorMessage(db->connection));
    error_set(err, kind_of_state(state), "%s (%s)%s", text, state,
              is_older(state) ? "; clerkstream migrate brings the tables up to "
                                "this program"
                              : "");
    if (position != NULL && strchr(statements, '\n') != NULL)
        error_wrap(err, "line %d", line_of(statements, position));
    return -1;
}

static int check(const struct postgres *db, const PGresult *result,
                 const char *statements, struct error *err)
{
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
        status == PGRES_EMPTY_QUERY)
        return 0;
    return statement_error(db, result, statements, err);
}

/* Until the next result is there to be taken. */
static int wait_for_result(struct postgres *db, struct error *err)
{
    PGconn *connection = db->connection;

    while (PQisBusy(connection)) {
        if (wait_for(connection, true,
                     db->deadline_ms != 0 ? db->deadline_ms : INT64_MAX) != 0)
            return no_answer(connection, db->timeout_ms, err);
        if (!PQconsumeInput(connection))
            return statement_error(db, NULL, "", err);
    }
    return 0;
}

/* The result of the last of the statements that were sent, or of the first
 * that failed; new. */
static int take_result(struct postgres *db, bool is_sent,
                       const char *statements, PGresult **ret_result,
                       struct error *err)
{
    PGresult *result = NULL, *next;

    if (!is_sent)
        return statement_error(db, NULL, statements, err);
    for (;;) {
        if (wait_for_result(db, err) != 0) {
            PQclear(result);
            return -1;
        }
        next = PQgetResult(db->connection);
        if (next == NULL)
            break;
        PQclear(result);
        result = next;
    }
    if (check(db, result, statements, err) != 0) {
        PQclear(result);
        return -1;
    }
    *ret_result = result;
    return 0;
}

int postgres_execute(struct postgres *db, const char *statements,
                     struct error *err)
{
    PGresult *answer;

    if (take_result(db, PQsendQuery(db->connection, statements) == 1,
                    statements, &answer, err) != 0)
        return -1;
    PQclear(answer);
    return 0;
}

int postgres_query(struct postgres *db, const char *statement,
                   const char *const *values, size_t values_count,
                   struct postgres_rows **ret_rows, struct error *err)
{
    int is_sent =
        PQsendQueryParams(db->connection, statement, (int)values_count, NULL,
                          values, NULL, NULL, 0);
    PGresult *answer;

    if (take_result(db, is_sent == 1, statement, &answer, err) != 0)
        return -1;
    *ret_rows = memory_new(sizeof(**ret_rows));
    (*ret_rows)->result = answer;
    return 0;
}

size_t postgres_rows_count(const struct postgres_rows *rows)
{
    return (size_t)PQntuples(rows->result);
}

const char *postgres_rows_value(const struct postgres_rows *rows, size_t row,
                                int column)
{
    return PQgetisnull(rows->result, (int)row, column)
               ? NULL
               : PQgetvalue(rows->result, (int)row, column);
}

int64_t postgres_rows_number(const struct postgres_rows *rows, size_t row,
                             int column)
{
    const char *text = postgres_rows_value(rows, row, column);

    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

void postgres_rows_free(struct postgres_rows *rows)
{
    if (rows == NULL)
        return;
    PQclear(rows->result);
    free(rows);
}

/* Whether there were any. */
static bool forget_notifications(struct postgres *db)
{
    bool were_any = false;

    for (PGnotify *one; (one = PQnotifies(db->connection)) != NULL;
         PQfreemem(one))
        were_any = true;
    return were_any;
}

int postgres_wait(struct postgres *db, int64_t timeout_ms, struct error *err)
{
    int64_t until_ms = clock_steady_ms() + timeout_ms;

    while (!forget_notifications(db)) {
        if (wait_for(db->connection, true, until_ms) != 0)
            return 0;
        if (!PQconsumeInput(db->connection))
            return statement_error(db, NULL, "", err);
    }
    return 0;
}
