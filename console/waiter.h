/* waiter - wait until consumers have applied something.
 *
 * While there is a row in clerkstream_waiters the consumers send a notification
 * with each commit (schemas/postgres/0004_retries.sql).  To use it: enter, look
 * at the tables, and look again after each waiter_wait(). */
#pragma once

#include "shared/error.h"

#include <stdint.h>

#define WAITER_ID_BYTES 40

struct waiter {
    char id[WAITER_ID_BYTES];
};

struct postgres;

/* Be told of commits from here on, for `timeout_s` and a little. */
int waiter_enter(struct postgres *db, int64_t timeout_s,
                 struct waiter *ret_waiter, struct error *err);
/* Wait for a commit, or until it is time to look again in any case, at most
 * `left_ms`. */
int waiter_wait(struct postgres *db, int64_t left_ms, struct error *err);
void waiter_leave(struct postgres *db, const struct waiter *waiter);
