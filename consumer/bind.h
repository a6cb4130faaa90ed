/* bind - the rows of a batch as the parameters of its statements.
 *
 * Pure.  Every parameter is an array; what belongs to one row stands at one
 * index in all arrays of a statement. */
#pragma once

#include "consumer/claim.h"
#include "consumer/ledger.h"
#include "consumer/role_map.h"
#include "consumer/statement.h"

/* The parameters of one statement; memory is kept from one to the next. */
struct bind_arrays {
    struct pg_array arrays[STATEMENT_ARRAYS_MAX];
    int count;
};

struct bind_input {
    const struct registers *regs;
    const struct rows *rows;
    const struct ledger *ledger;
    const struct role_map *roles;
    struct arena *arena;
    int64_t lock_timeout_ms;
    struct slice user_id; /* to be marked, or the one before */
};

/* Fill `out` (zeroed before its first use).  False where there is nothing to
 * do: the statement need not be sent. */
bool bind_statement(struct bind_arrays *out, enum statement_id id,
                    const struct bind_input *input);

void bind_release(struct bind_arrays *arrays);
