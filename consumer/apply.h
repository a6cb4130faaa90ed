/* apply - a batch of events in one transaction.
 *
 * THE STEPS: lock the registers and the ledger's rows → merge → where
 * organizations are written, lock their subdomains → dead letters out and
 * acknowledged → write → commit.  Two round trips to the database, three with
 * organizations.  Applying twice is harmless. */
#pragma once

#include "consumer/bind.h"
#include "consumer/kafka_sink.h"
#include "consumer/postgres.h"

struct apply {
    struct postgres *db;
    struct sink *sink; /* NULL: nothing is sent; what would have to be sent is
                          not applied, with ERROR_INPUT */
    const struct role_map *roles;
    int64_t lock_timeout_ms; /* for rows that somebody else holds */
    struct arena *arena;
    struct bind_arrays arrays;
};

void apply_release(struct apply *apply);

/* 0: committed, and every event has its verdict.  -1: nothing was written; the
 * kind is postgres.h's (or ERROR_AWAY where the dead letters cannot be sent).
 * Records that were dead-lettered all the same know it. */
int apply(struct apply *apply, struct event *const *events, size_t count,
          struct error *err);
