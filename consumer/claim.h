/* claim - which organization gets which subdomain, within a batch.
 *
 * Pure.  Of the live organizations with one base the earliest has it.  The
 * batch knows those it writes; of all others only the first in line matters. */
#pragma once

#include "consumer/rows.h"

/* Of the organizations with a base that the batch does not write, the one that
 * is first in line for it. */
struct claim {
    struct slice base;
    struct slice organization_id;
    int64_t created_ms;
    struct slice subdomain; /* which it has now; NULL: none */
};

/* Fill in the subdomains of rows->organizations, and who else gains or loses
 * one.  `claims` holds at most one for each of rows->bases. */
void claim_subdomains(struct rows *rows, const struct claim *claims,
                      size_t count, struct arena *arena);
