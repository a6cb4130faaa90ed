/* rate - so many a second, with bursts of one second's worth.
 *
 * A token bucket kept as one number, the time at which the bucket would be
 * full again, so that threads share it without a lock.  Pure: the caller hands
 * in the time, which must not run backwards. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct rate {
    int64_t interval_ns; /* between two; 0: no limit */
    int64_t burst_ns;
    _Atomic int64_t full_at_ns;
};

/* `per_second` 0: every rate_take() succeeds. */
void rate_init(struct rate *rate, int64_t per_second);
/* False: too many. */
bool rate_take(struct rate *rate, int64_t now_ns);
