/* rebuild_tables - the tables that a rebuild empties, and the ids in them. */
#pragma once

#include "shared/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct postgres;

enum rebuilt_table {
    REBUILT_MEMBERSHIPS,
    REBUILT_ORGANIZATIONS,
    REBUILT_USERS,
    REBUILT_WORKSPACES,
    REBUILT_TABLES
};
extern const char *const rebuilt_names[REBUILT_TABLES];

/* The ids of each table's rows; release with rebuilt_ids_release(). */
struct rebuilt_ids {
    struct postgres_rows *rows[REBUILT_TABLES];
};
int rebuilt_ids_read(struct postgres *db, struct rebuilt_ids *ret_ids,
                     struct error *err);
void rebuilt_ids_release(struct rebuilt_ids *ids);

size_t rebuilt_ids_count(const struct rebuilt_ids *ids,
                         enum rebuilt_table table);
/* How many of them are what the log would give these rows again. */
size_t rebuilt_ids_count_lasting(const struct rebuilt_ids *ids,
                                 enum rebuilt_table table);
/* How many are in both. */
size_t rebuilt_ids_count_same(const struct rebuilt_ids *a,
                              const struct rebuilt_ids *b,
                              enum rebuilt_table table);

/* -1 with ERROR_ACCESS where other tables refer to one that is to be emptied,
 * each named on standard error. */
int rebuilt_check_references(struct postgres *db, bool keeps_rows,
                             struct error *err);

/* In the transaction that is open. */
int rebuilt_empty(struct postgres *db, bool keeps_rows, struct error *err);
