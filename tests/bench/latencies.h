/* latencies - how often which latency was seen, to one part in 64.
 *
 * Microseconds up to 2^32; no memory beyond this struct. */
#pragma once

#include <stdint.h>

#define LATENCIES_STEPS 64 /* between two powers of two */
#define LATENCIES_POWERS 33

struct latencies {
    uint64_t counts[LATENCIES_POWERS * LATENCIES_STEPS];
    uint64_t total;
    uint64_t most_us;
};

static inline unsigned latencies_place(uint64_t us)
{
    unsigned power = 0;

    if (us < LATENCIES_STEPS)
        return (unsigned)us;
    if (us > UINT32_MAX)
        us = UINT32_MAX;
    while (us >> power >= (uint64_t)LATENCIES_STEPS * 2)
        power++;
    return (power + 1) * LATENCIES_STEPS +
           (unsigned)((us >> power) - LATENCIES_STEPS);
}

static inline void latencies_add(struct latencies *latencies, int64_t us)
{
    uint64_t value = us > 0 ? (uint64_t)us : 0;

    latencies->counts[latencies_place(value)]++;
    latencies->total++;
    if (value > latencies->most_us)
        latencies->most_us = value;
}

/* The latency that `share` (0.99, say) of all did not exceed. */
static inline uint64_t latencies_at(const struct latencies *latencies,
                                    double share)
{
    uint64_t wanted = (uint64_t)((double)latencies->total * share);
    uint64_t seen = 0;
    unsigned place = 0;

    if (latencies->total == 0)
        return 0;
    while ((seen += latencies->counts[place]) <= wanted &&
           place + 1 < LATENCIES_POWERS * LATENCIES_STEPS)
        place++;
    if (place < LATENCIES_STEPS)
        return place;
    return (uint64_t)(LATENCIES_STEPS + place % LATENCIES_STEPS)
           << (place / LATENCIES_STEPS - 1);
}
