/* postgres - one session, and the statements of a batch sent as a pipeline.
 *
 * Statements are queued, then run in one round trip; each is prepared once per
 * session.  Nothing here blocks for longer than POSTGRES_ANSWER_MS, or than a
 * few seconds once a stop is asked.  A failure tells by its kind what it means
 * for the batch:
 *
 *   ERROR_AWAY    no database, a deadlock, no room…: the same batch, later
 *   ERROR_ACCESS  schema, rights, read-only: the same, and somebody must act
 *   ERROR_AGAIN   this entity's row, in a way that may pass
 *   ERROR_INPUT   these rows, for ever
 *
 * After the first two the session is closed; the next use opens another. */
#pragma once

#include "consumer/bind.h"
#include "shared/arena.h"
#include "shared/error.h"

#define POSTGRES_ANSWER_MS 35000
/* How an error's text begins that came from the server. */
#define POSTGRES_STATE_BYTES (sizeof("PostgreSQL: SQLSTATE 00000") - 1)

struct postgres;
struct postgres_rows; /* of one statement's result; valid in its reader */

/* What reads a result; `context` is what was queued with the statement. */
typedef void postgres_reader(const struct postgres_rows *rows, void *context);

/* Whether libpq can read `url` at all; -1 with ERROR_INPUT, without it. */
int postgres_check_url(const char *url, struct error *err);
struct postgres *postgres_new(const char *url); /* kept; not yet connected */
void postgres_free(struct postgres *db);

/* Open a session where there is none: 0, or -1 with ERROR_AWAY or _ACCESS. */
int postgres_connect(struct postgres *db, struct error *err);
bool postgres_is_open(const struct postgres *db);
/* Ask a connected one whether it answers. */
int postgres_check(struct postgres *db, struct error *err);

/* Queue a statement; `reader` may be NULL. */
void postgres_queue(struct postgres *db, enum statement_id id,
                    const struct bind_arrays *arrays, postgres_reader *reader,
                    void *context);
/* Send what is queued and read all answers.  On failure the transaction is
 * rolled back. */
int postgres_run(struct postgres *db, struct error *err);
/* End the transaction that is open, without writing. */
void postgres_rollback(struct postgres *db);

/* What a reader is given: rows and columns count from 0. */
size_t postgres_count(const struct postgres_rows *rows);
bool postgres_is_null(const struct postgres_rows *rows, size_t row, int column);
/* NULL gives a slice whose data is NULL. */
struct slice postgres_text(const struct postgres_rows *rows, size_t row,
                           int column, struct arena *arena);
int64_t postgres_int(const struct postgres_rows *rows, size_t row, int column);
bool postgres_bool(const struct postgres_rows *rows, size_t row, int column);

/* What a SQLSTATE means; for the test that walks them.  `constraint` may be
 * NULL. */
enum error_kind postgres_kind(const char *sqlstate, const char *constraint);

/* Whether it is that somebody has locked a row for too long. */
bool postgres_is_locked_out(const struct error *err);
