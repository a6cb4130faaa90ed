/* shown - text as a terminal may show it: cut, aligned, coloured.
 *
 * Control characters and bytes that are not UTF-8 become '?', so that no event
 * can steer the terminal.  Every character counts as one column.  Pure. */
#pragma once

#include "shared/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* What a person should feel about it. */
enum shown_mood {
    MOOD_PLAIN,
    MOOD_GOOD,
    MOOD_WARNING,
    MOOD_BAD,
    MOOD_FAINT,
    MOOD_TITLE
};

/* Columns that `text` takes. */
size_t shown_width(struct slice text);

/* Add `text`; with more than `width_max` characters (0: any) cut, with "…" for
 * the last of them. */
void shown_add(struct buffer *out, struct slice text, size_t width_max);

/* What is added between the two is in the colour of the mood. */
void shown_begin(struct buffer *out, bool has_colours, enum shown_mood mood);
void shown_end(struct buffer *out, bool has_colours, enum shown_mood mood);
