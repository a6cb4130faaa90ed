/* dead_letter - the headers that a dead letter gets besides its own.
 *
 * Kafka Connect's names, so that the tools that know those understand ours, and
 * clerkstream's.  Pure. */
#pragma once

#include "consumer/letter.h"

#define DEAD_LETTER_HEADERS 11

/* `now_ms` since 1970; values are in `arena` or point into the event. */
void dead_letter_headers(const struct event *event, int64_t now_ms,
                         struct arena *arena,
                         struct letter_header out[DEAD_LETTER_HEADERS]);
