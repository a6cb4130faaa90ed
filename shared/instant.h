/* instant - a point in time as Clerk writes it: a JSON number.
 *
 * Milliseconds since 1970, UTC.  Numbers below 10^11 are seconds (official
 * examples have such).  1.6e12 and 1654012591835.0 count, 1.5 does not. */
#pragma once

#include "shared/json.h"

#include <stdbool.h>
#include <stdint.h>

/* What PostgreSQL's timestamptz holds, in ms, rounded inwards. */
#define INSTANT_MIN (-210000000000000)
#define INSTANT_MAX 9200000000000000

enum instant_state {
    INSTANT_ABSENT, /* no number, or one with a fraction */
    INSTANT_PRESENT,
    INSTANT_OUT_OF_RANGE /* a number, but no time that can be stored */
};

struct instant {
    enum instant_state state;
    int64_t ms; /* 0 unless present */
};

/* `node` may be NULL. */
struct instant instant_of(const struct json_document *doc,
                          const struct json_node *node);

/* "2024-05-28T08:00:00.000Z" into `out`; false (and "") where the year is not
 * between 1000 and 9999. */
#define INSTANT_TEXT_BYTES 32
bool instant_format(int64_t ms, char out[INSTANT_TEXT_BYTES]);
