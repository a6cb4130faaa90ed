/* pace - so many of something a second, and no more.
 *
 * Pure: the caller sleeps. */
#pragma once

#include <stdint.h>

struct pace {
    int64_t rate;     /* a second; 0: no limit */
    int64_t begun_ms; /* on the steady clock; 0: not yet */
    int64_t done;
};

/* One more: how long to wait before it, in ms. */
static inline int64_t pace_next_ms(struct pace *pace, int64_t now_ms)
{
    int64_t due_ms;

    if (pace->rate == 0)
        return 0;
    if (pace->begun_ms == 0)
        pace->begun_ms = now_ms;
    due_ms = pace->begun_ms + pace->done++ * 1000 / pace->rate;
    return due_ms > now_ms ? due_ms - now_ms : 0;
}
