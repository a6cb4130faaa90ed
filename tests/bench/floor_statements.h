/* floor_statements - the set-based statements of a floor_batch. */
#pragma once

#include "tests/bench/floor_postgres.h"

enum floor_statement_id {
    FLOOR_BEGIN,
    FLOOR_REGISTERS_MAKE,
    FLOOR_REGISTERS_LOCK,
    FLOOR_USERS,
    FLOOR_USER_STUBS,
    FLOOR_WORKSPACES,
    FLOOR_USERS_DELETE,
    FLOOR_USERS_LEAVE,
    FLOOR_ORGANIZATIONS,
    FLOOR_ORGANIZATION_STUBS,
    FLOOR_MEMBERSHIPS_DELETE,
    FLOOR_MEMBERSHIPS,
    FLOOR_ORGANIZATIONS_DELETE,
    FLOOR_REGISTERS,
    FLOOR_LEDGER,
    FLOOR_COMMIT,
    FLOOR_ROLLBACK,
    FLOOR_STATEMENTS
};

extern const struct floor_statement floor_statements[FLOOR_STATEMENTS];
