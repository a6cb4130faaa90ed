/* migrations - which of the program's migrations a database still lacks.
 *
 * The table is made from schemas/postgres/ when the program is built, in the
 * order of the files' names.  A database remembers name and SHA-256 of what was
 * applied.  Pure. */
#pragma once

#include "shared/error.h"

#include <stddef.h>

struct migration {
    const char *name; /* of the file */
    const char *sql;  /* terminated by a NUL that does not count */
    size_t size;
};

extern const struct migration migrations[];
extern const size_t migrations_count;

#define MIGRATION_CHECKSUM_BYTES 65 /* lower-case hexadecimal and a NUL */

void migration_checksum(const struct migration *migration,
                        char out[MIGRATION_CHECKSUM_BYTES]);

/* What a database remembers of one migration. */
struct migration_record {
    const char *name;
    const char *checksum;
};

/* How many of `table` were applied: always the first ones, `records` being all
 * that the database remembers, sorted by name.  -1 with ERROR_ACCESS, and what
 * is wrong, where a file changed after it was applied, one was left out, or
 * the database knows one that the table does not. */
int migrations_check(const struct migration *table, size_t count,
                     const struct migration_record *records,
                     size_t records_count, size_t *ret_applied,
                     struct error *err);
