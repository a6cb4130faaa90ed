/* postgres - one session with the database.
 *
 * Only the files postgres*.c include libpq-fe.h.  A SQLSTATE becomes a kind of
 * error by one table: ERROR_AWAY no server, ERROR_AGAIN locked or out of
 * something for now, ERROR_ACCESS all else that the database refuses.  Texts
 * hold the server's first line, never the address's password. */
#pragma once

#include "shared/error.h"

#include <stddef.h>
#include <stdint.h>

struct postgres;
struct postgres_rows;

/* Connect within `timeout_ms`.  ERROR_INPUT: `url` is none; ERROR_AWAY;
 * ERROR_ACCESS: refused, or there is no such database. */
int postgres_open(const char *url, int64_t timeout_ms, struct postgres **ret_db,
                  struct error *err);
void postgres_close(struct postgres *db);

/* All answers from now on must have come within `timeout_ms` from now, also
 * those of a server that took the connection and then froze: else ERROR_AWAY,
 * and the session is of no more use.  Without it a session waits for ever. */
void postgres_set_timeout(struct postgres *db, int64_t timeout_ms);

/* Both, for a command that asks the tables of the database: what it asks also
 * ends at the server after `timeout_ms`, with ERROR_AGAIN. */
int postgres_open_in_time(const char *url, int64_t timeout_ms,
                          struct postgres **ret_db, struct error *err);

/* Statements as psql would send them; what they answer is dropped.  In a text
 * of several lines the error says in which. */
int postgres_execute(struct postgres *db, const char *statements,
                     struct error *err);

/* One statement with values ($1 is values[0]; NULL is NULL). */
int postgres_query(struct postgres *db, const char *statement,
                   const char *const *values, size_t values_count,
                   struct postgres_rows **ret_rows, struct error *err);
/* The same with values in PostgreSQL's binary form. */
struct postgres_value {
    const char *data;
    size_t size;
    unsigned type; /* its OID */
};
#define POSTGRES_VALUES_MAX 32
int postgres_query_binary(struct postgres *db, const char *statement,
                          const struct postgres_value *values,
                          size_t values_count, struct postgres_rows **ret_rows,
                          struct error *err);
size_t postgres_rows_count(const struct postgres_rows *rows);
/* Borrowed; NULL for NULL. */
const char *postgres_rows_value(const struct postgres_rows *rows, size_t row,
                                int column);
/* A bigint; 0 for NULL. */
int64_t postgres_rows_number(const struct postgres_rows *rows, size_t row,
                             int column);
void postgres_rows_free(struct postgres_rows *rows);

/* Wait for a notification on a channel that the session LISTENs to, at most
 * `timeout_ms`, and forget all that have come.  0 also where none came; -1 with
 * ERROR_AWAY where the session is lost. */
int postgres_wait(struct postgres *db, int64_t timeout_ms, struct error *err);
