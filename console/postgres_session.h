/* postgres_session - what the files of this folder that ask PostgreSQL share.
 */
#pragma once

#include "console/postgres.h"

#include <stdbool.h>

struct pg_conn; /* libpq's PGconn */

struct postgres {
    struct pg_conn *connection;
    int64_t timeout_ms;
    int64_t deadline_ms;  /* 0: none */
    int64_t statement_ms; /* the server's statement_timeout; 0: none is set */
};

/* By a table: what a SQLSTATE means. */
enum error_kind postgres_kind_of_state(const char *state);

/* Wait for the socket; -1 where `deadline_ms` comes first. */
int postgres_poll(struct pg_conn *connection, bool is_reading,
                  int64_t deadline_ms);

/* Let the server end a statement a little before the deadline, so that it can
 * say so itself; does nothing in a session without statement_ms. */
int postgres_limit_statement(struct postgres *db, struct error *err);

/* What is said then; returns -1. */
int postgres_no_answer(struct pg_conn *connection, int64_t timeout_ms,
                       struct error *err);
