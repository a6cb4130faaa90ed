/* floor_postgres - bare libpq: prepared statements sent as a pipeline.
 *
 * Failures end the process, but for those of a transaction that may be done
 * again. */
#pragma once

#include "consumer/pg_array.h"

#include <stdbool.h>

#define FLOOR_ARRAYS_MAX 16

struct pg_conn; /* libpq's PGconn */

struct floor_statement {
    const char *name;
    const char *sql;
    int count;
    enum pg_type types[FLOOR_ARRAYS_MAX];
};

struct pg_conn *floor_postgres_open(const char *url,
                                    const struct floor_statement *statements,
                                    int count);
/* `arrays` are those of the statement; it is sent at floor_postgres_run(). */
void floor_postgres_queue(struct pg_conn *connection,
                          const struct floor_statement *statement,
                          struct pg_array *arrays);
/* One round trip; false where something failed: all is rolled back. */
bool floor_postgres_run(struct pg_conn *connection);
