/* tally - what became of the events that were sent, and how long it took.
 *
 * Latencies go into a histogram, so memory does not grow with their number; a
 * percentile is at most 3 % too high.  Pure. */
#pragma once

#include "shared/buffer.h"
#include "shared/slice.h"

#include <stddef.h>
#include <stdint.h>

#define TALLY_STATUSES 600
#define TALLY_BUCKETS 1920

enum tally_outcome {
    TALLY_ACCEPTED,
    TALLY_IGNORED,
    TALLY_DEAD_LETTERED,
    TALLY_OTHER,      /* a 2xx that is not the producer's */
    TALLY_REFUSED,    /* any other status; counted by code too */
    TALLY_UNANSWERED, /* no status came */
    TALLY_OUTCOMES
};

struct tally {
    uint64_t outcomes[TALLY_OUTCOMES];
    uint64_t refused[TALLY_STATUSES];
    uint64_t latencies[TALLY_BUCKETS]; /* of events that got a status */
    uint64_t retries;
};

/* The outcome that an answer means. */
enum tally_outcome tally_outcome_of(int status, struct slice body);

/* Count the last answer to one event; `took_us` is not looked at where none
 * came. */
void tally_add(struct tally *tally, int status, struct slice body,
               int64_t took_us);

uint64_t tally_count(const struct tally *tally);
/* Events that were not answered 2xx. */
uint64_t tally_failed(const struct tally *tally);

/* 0 where nothing was answered; `percent` is 1 to 100. */
int64_t tally_percentile_us(const struct tally *tally, unsigned percent);

/* One line for people, and the same as a JSON object. */
void tally_print(const struct tally *tally, int64_t elapsed_us,
                 struct buffer *out);
void tally_print_json(const struct tally *tally, int64_t elapsed_us,
                      struct buffer *out);
