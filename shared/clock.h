/* clock - the two clocks, for the files that may look at one.
 *
 * Pure files are given the time by their callers. */
#pragma once

#include <stdint.h>
#include <time.h>

/* Since 1970; may jump. */
static inline int64_t clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* For so long, or until a signal comes. */
static inline void clock_sleep_ms(int64_t ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    if (ms > 0)
        nanosleep(&time, NULL);
}

/* Since some point in the past; never jumps. */
static inline int64_t clock_steady_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int64_t clock_steady_ms(void)
{
    return clock_steady_us() / 1000;
}
