#include "console/postgres_session.h"

#include "shared/clock.h"
#include "shared/memory.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

struct postgres_rows {
    PGresult *result;
};

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
    error_set(err, postgres_kind_of_state(state), "%s (%s)%s", text, state,
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
        if (postgres_poll(connection, true,
                          db->deadline_ms != 0 ? db->deadline_ms : INT64_MAX) !=
            0)
            return postgres_no_answer(connection, db->timeout_ms, err);
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

/* The answer to what was sent, new. */
static int take_rows(struct postgres *db, bool is_sent, const char *statement,
                     struct postgres_rows **ret_rows, struct error *err)
{
    PGresult *answer;

    if (take_result(db, is_sent, statement, &answer, err) != 0)
        return -1;
    *ret_rows = memory_new(sizeof(**ret_rows));
    (*ret_rows)->result = answer;
    return 0;
}

int postgres_query(struct postgres *db, const char *statement,
                   const char *const *values, size_t values_count,
                   struct postgres_rows **ret_rows, struct error *err)
{
    int is_sent;

    if (postgres_limit_statement(db, err) != 0)
        return -1;
    is_sent = PQsendQueryParams(db->connection, statement, (int)values_count,
                                NULL, values, NULL, NULL, 0);
    return take_rows(db, is_sent == 1, statement, ret_rows, err);
}

int postgres_query_binary(struct postgres *db, const char *statement,
                          const struct postgres_value *values,
                          size_t values_count, struct postgres_rows **ret_rows,
                          struct error *err)
{
    const char *data[POSTGRES_VALUES_MAX];
    Oid types[POSTGRES_VALUES_MAX];
    int sizes[POSTGRES_VALUES_MAX], formats[POSTGRES_VALUES_MAX];
    int is_sent;

    for (size_t i = 0; i < values_count; i++) {
        data[i] = values[i].data;
        types[i] = values[i].type;
        sizes[i] = (int)values[i].size;
        formats[i] = 1;
    }
    if (postgres_limit_statement(db, err) != 0)
        return -1;
    is_sent = PQsendQueryParams(db->connection, statement, (int)values_count,
                                types, data, sizes, formats, 0);
    return take_rows(db, is_sent == 1, statement, ret_rows, err);
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
        if (postgres_poll(db->connection, true, until_ms) != 0)
            return 0;
        if (!PQconsumeInput(db->connection))
            return statement_error(db, NULL, "", err);
    }
    return 0;
}
