/* merge - the events of a batch into the registers of what they mention.
 *
 * Pure, and the reason why any order of the same events gives the same tables:
 * every register is the greatest of what was said about its entity, so that
 * merging is commutative, associative and idempotent.  What "greater" means is
 * said in version.h; which rows follow from the registers, in rows.h. */
#pragma once

#include "consumer/registers.h"

/* Merge the events in the order given, and give each its verdict.  The only
 * thing that the order decides is which of them is `superseded`. */
void merge(struct event *const *events, size_t count);
