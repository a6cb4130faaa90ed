/* statement - the SQL of a batch: one table of set-based statements.
 *
 * Each can be pasted into psql.  All rules are in merge.c and rows.c: what is
 * here writes what it is told, in the order of this table. */
#pragma once

#include "consumer/pg_array.h"

#define STATEMENT_ARRAYS_MAX 20

enum statement_id {
    /* first round trip */
    STATEMENT_BEGIN,
    STATEMENT_BY_INDEX,
    STATEMENT_LIMIT_WAITS, /* where it is needed */
    STATEMENT_REGISTERS_MAKE,
    STATEMENT_REGISTERS_LOCK,
    STATEMENT_LEDGER_LOCK,
    /* between, where organizations are written */
    STATEMENT_BASES_MAKE,
    STATEMENT_BASES_LOCK,
    STATEMENT_CLAIMS,
    /* last round trip */
    STATEMENT_CASCADE_LOCK,
    STATEMENT_MEMBERSHIPS_REMOVE,
    STATEMENT_MEMBERSHIPS_OF_USERS,
    STATEMENT_ORGANIZATIONS_REMOVE,
    STATEMENT_USERS,
    STATEMENT_TOMBSTONES,
    STATEMENT_SYNCS,
    STATEMENT_TROUBLES,
    STATEMENT_WORKSPACES,
    STATEMENT_SUBDOMAINS_FREE,
    STATEMENT_ORGANIZATIONS,
    STATEMENT_SUBDOMAINS_GIVE,
    STATEMENT_MEMBERSHIPS,
    STATEMENT_REGISTERS,
    STATEMENT_LEDGER_INSERT,
    STATEMENT_LEDGER_UPDATE,
    STATEMENT_NOTIFY,
    STATEMENT_COMMIT,
    /* by themselves */
    STATEMENT_CHECK_DEFERRED,
    STATEMENT_UNMARKED,
    STATEMENT_MARK_FAILED,
    STATEMENT_TABLE_LOCKS,
    STATEMENTS
};

struct statement {
    const char *name; /* of the prepared statement */
    const char *sql;
    int count; /* of parameters */
    enum pg_type types[STATEMENT_ARRAYS_MAX];
};

extern const struct statement statements[STATEMENTS];
