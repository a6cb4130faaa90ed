/* apply - a batch of events in one transaction.
 *
 * THE STEPS: lock the registers and the ledger's rows → merge → where
 * organizations are written, lock their subdomains → write → where events are
 * to be retried or refused, their records out and acknowledged → commit.  Two
 * round trips to the database, one more with organizations, one more with such
 * records.  Applying twice is harmless. */
#pragma once

#include "consumer/bind.h"
#include "consumer/kafka_sink.h"
#include "consumer/postgres.h"

/* What one batch spends its time with: the first round trip, with waiting for
 * other workers' locks; deciding; what is made ready to be written, with the
 * bases' locks and the records that are sent elsewhere; the round trip in which
 * the server writes it all and commits. */
enum apply_phase {
    APPLY_LOCK,
    APPLY_MERGE,
    APPLY_WRITE,
    APPLY_COMMIT,
    APPLY_PHASES
};

struct apply {
    struct postgres *db;
    struct sink *sink; /* NULL: nothing is sent; what would have to be sent is
                          not applied, with ERROR_INPUT */
    const struct role_map *roles;
    int64_t lock_timeout_ms; /* for rows that somebody else holds */
    bool leaves_troubles;    /* users' rows do not say what went wrong */
    struct arena *arena;
    struct bind_arrays arrays;
    char marked[EVENT_ID_BYTES_MAX]; /* the user who was marked last */
    size_t marked_size;
    int64_t spent_us[APPLY_PHASES]; /* added up; whoever reads it clears it */
};

void apply_release(struct apply *apply);

/* 0: committed, and every event has its verdict.  -1: nothing was written; the
 * kind is postgres.h's (or ERROR_AWAY where a record cannot be sent).  Records
 * that were dead-lettered all the same know it. */
int apply(struct apply *apply, struct event *const *events, size_t count,
          struct error *err);

/* Mark one user as failed whose row was locked, or refused to be written, when
 * a dead letter said so; `ret_is_marked`: there may be more.  -1: that row
 * still is; the next call goes on with another one. */
int apply_mark_failed(struct apply *apply, bool *ret_is_marked,
                      struct error *err);

/* Whether a lock on a whole table keeps us from writing, as somebody's change
 * of the schema does, and not one on a row. */
bool apply_tables_are_locked(struct apply *apply);
