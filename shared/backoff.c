#include "shared/backoff.h"

int64_t backoff_ms(unsigned attempt, int64_t first_ms, int64_t most_ms,
                   uint32_t random)
{
    int64_t delay_ms = first_ms;

    while (attempt-- > 0 && delay_ms < most_ms)
        delay_ms *= 2;
    if (delay_ms > most_ms)
        delay_ms = most_ms;
    delay_ms =
        delay_ms * 8 / 10 + delay_ms * 4 / 10 * (random >> 8) / (1 << 24);
    return delay_ms < most_ms ? delay_ms : most_ms;
}
