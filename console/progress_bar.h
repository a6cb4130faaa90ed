/* progress_bar - how far a long command has come, as one line.
 *
 * Zeroed but for its title and its total, where that is known; the command
 * counts `done` up and calls terminal_progress().  Pure. */
#pragma once

#include "shared/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress_bar {
    const char *title; /* "replaying" */
    const char *unit;  /* "events" */
    uint64_t total;    /* 0: not known */
    uint64_t done;
    int64_t begun_ms; /* 0: not yet */
    int64_t drawn_ms; /* when it was shown last */
};

/* "replaying [#####·····]  50 %  500 of 1000 events, 120/s, 4 s left", at most
 * `width` columns; without a bar where `width` is 0. */
void progress_bar_render(const struct progress_bar *bar, int64_t now_ms,
                         size_t width, struct buffer *out);
