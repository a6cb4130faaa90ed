/* backoff - how long to wait before the n-th try: doubling, with jitter, up to
 * a ceiling.  Pure: the caller hands in the randomness. */
#pragma once

#include <stdint.h>

/* `attempt` counts from 0.  Between 80 % and 120 % of first_ms * 2^attempt,
 * where `random` (all of its 32 bits) says where; never above most_ms. */
int64_t backoff_ms(unsigned attempt, int64_t first_ms, int64_t most_ms,
                   uint32_t random);
