#include "console/waiter.h"

#include "console/postgres.h"

#include <inttypes.h>
#include <stdio.h>

#define LOOK_AGAIN_MS 1000
#define NUMBER_BYTES 24

static const char enter_query[] =
    "insert into clerkstream_waiters (expires_at)\n"
    "values (now() + ($1::bigint + 1) * interval '1 second') returning id";

static const char leave_query[] =
    "delete from clerkstream_waiters where id = $1::uuid";

int waiter_enter(struct postgres *db, int64_t timeout_s,
                 struct waiter *ret_waiter, struct error *err)
{
    char seconds[NUMBER_BYTES];
    const char *const values[] = {seconds};
    struct postgres_rows *row;

    snprintf(seconds, sizeof(seconds), "%" PRId64, timeout_s);
    if (postgres_execute(db, "listen clerkstream_applied", err) != 0 ||
        postgres_query(db, enter_query, values, 1, &row, err) != 0)
        return -1;
    snprintf(ret_waiter->id, sizeof(ret_waiter->id), "%s",
             postgres_rows_value(row, 0, 0));
    postgres_rows_free(row);
    return 0;
}

int waiter_wait(struct postgres *db, int64_t left_ms, struct error *err)
{
    return postgres_wait(db, left_ms < LOOK_AGAIN_MS ? left_ms : LOOK_AGAIN_MS,
                         err);
}

void waiter_leave(struct postgres *db, const struct waiter *waiter)
{
    const char *const values[] = {waiter->id};
    struct postgres_rows *none;
    struct error ignored;

    if (postgres_query(db, leave_query, values, 1, &none, &ignored) == 0)
        postgres_rows_free(none);
}
