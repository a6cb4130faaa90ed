/* look_back - windows of time, from the newest back, each longer than the last.
 *
 * For a table whose only order on disk is that of time: what is asked for is
 * mostly recent, so short windows come first; and since each is eight times as
 * long as the one before, all of them together cost hardly more than the last.
 * The first has no end, the last has no begin (but `from_ms`).  Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LOOK_BACK_OPEN INT64_MIN /* no bound */

struct look_back {
    int64_t base_ms; /* where the first window ends, if it has an end */
    int64_t from_ms; /* nothing before it is asked for; or LOOK_BACK_OPEN */
    int64_t width_ms;
    bool is_done;
    /* The window, with its begin and without its end. */
    int64_t begin_ms, end_ms; /* or LOOK_BACK_OPEN */
};

void look_back_init(struct look_back *look, int64_t base_ms, int64_t from_ms);

/* The next window; false where there is none. */
bool look_back_next(struct look_back *look);
