/* waiter - somebody who waits for events to be applied.
 *
 * The consumer says on a channel that it has applied something while somebody
 * waits; the table clerkstream_waiters is where that is said, and its migration
 * tells how: enter, look, and look again whenever woken. */
#pragma once

#include "shared/error.h"

#include <stdint.h>

#define WAITER_ID_BYTES 40

struct waiter {
    char id[WAITER_ID_BYTES];
};

struct postgres;

/* The consumer is told, for at most `timeout_s` and a little. */
int waiter_enter(struct postgres *db, int64_t timeout_s,
                 struct waiter *ret_waiter, struct error *err);
/* Until something was applied, or it is time to look again in any case; at
 * most `left_ms`. */
int waiter_wait(struct postgres *db, int64_t left_ms, struct error *err);
void waiter_leave(struct postgres *db, const struct waiter *waiter);
