/* retry - when an event is tried again, and what its record says of that.
 *
 * An event whose entity cannot be written now waits on the retry topic, up to
 * five times.  Its record says where the event came from, how often it was
 * tried and when it is due; the ledger has the same time.  A record of another
 * time no longer counts: what was applied or sent again meanwhile is passed
 * over, so records may be read any number of times.  Pure. */
#pragma once

#include "consumer/letter.h"

#define RETRY_TRIES 6 /* the first one included */

/* Headers that a record may bring. */
enum retry_header {
    RETRY_HEADER_ATTEMPTS,
    RETRY_HEADER_AT,
    RETRY_HEADER_ORIGIN,
    RETRY_HEADER_CREATED_AT,
    RETRY_HEADER_REDRIVES,
    RETRY_HEADERS_READ
};
extern const char *const retry_header_names[RETRY_HEADERS_READ];

/* Take from the headers what `record` (stream, place and time are set) says of
 * its past; `values` has NULL for those it lacks.  Only a retry has one, and
 * what was put back as a dead letter; of nonsense nothing is believed. */
void retry_read(const struct slice values[RETRY_HEADERS_READ],
                struct record *record);

/* How long to wait after so many tries: 1, 2, 4, 8, 16 s, 20 % more or less. */
int64_t retry_delay_ms(int attempts, uint32_t random);
/* How long this record has to wait from `now_ms` on; never longer than the
 * longest delay, whatever it says and wherever the clock has jumped. */
int64_t retry_wait_ms(const struct record *record, int64_t now_ms);

/* What a record on the retry topic gets besides its own headers. */
#define RETRY_HEADERS 5
void retry_headers(const struct event *event, struct arena *arena,
                   struct letter_header out[RETRY_HEADERS]);
