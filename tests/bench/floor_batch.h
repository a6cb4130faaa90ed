/* floor_batch - a batch of events as rows, in one transaction of two round
 * trips: the registers are made and locked; then everything is written.
 *
 * Sets of rows, each once, sorted: the same tables and columns as the consumer
 * writes.  What it leaves out is what makes any order right: versions are not
 * compared, subdomains not handed on, nothing is put off. */
#pragma once

#include "tests/bench/floor_event.h"
#include "tests/bench/floor_postgres.h"

struct floor_batch;

/* locks_registers: read them under a lock first, as a merge must. */
struct floor_batch *floor_batch_new(const char *url, bool locks_registers);
void floor_batch_free(struct floor_batch *batch);

/* Again until it is committed; returns how often it had to be done again. */
unsigned floor_batch_apply(struct floor_batch *batch,
                           const struct floor_event *events, size_t count);
