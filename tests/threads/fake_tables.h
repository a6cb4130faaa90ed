/* fake_tables - statements of a batch on the tables of a fake_world.
 *
 * What was bound comes as PostgreSQL's binary arrays; a cell is one element,
 * its data NULL for NULL.  The locks are the caller's. */
#pragma once

#include "consumer/postgres.h"
#include "tests/threads/fake_consumer.h"

/* A statement that was queued; `bytes` is owned. */
struct fake_sent {
    enum statement_id id;
    postgres_reader *reader;
    void *context;
    size_t rows; /* of the first array */
    char *bytes; /* all arrays, one behind the other */
    size_t at[STATEMENT_ARRAYS_MAX];
};

struct fake_sent fake_sent_copy(enum statement_id id,
                                const struct bind_arrays *arrays,
                                postgres_reader *reader, void *context);
void fake_sent_release(struct fake_sent *sent);
struct slice fake_sent_cell(const struct fake_sent *sent, int column,
                            size_t row);
/* Of a row for the ledger: whether it says that its event was applied. */
bool fake_sent_is_applied(const struct fake_sent *sent, size_t row);

/* A result: as many columns as the widest that is read. */
struct postgres_rows {
    size_t count;
    struct fake_cell (*cells)[FAKE_COLUMNS]; /* the caller's, free() */
};

void fake_tables_read(const struct fake_sent *sent,
                      struct postgres_rows *ret_rows);
void fake_tables_write(const struct fake_sent *sent);
