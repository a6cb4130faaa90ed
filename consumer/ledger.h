/* ledger - what the batch adds to the table webhook_events.
 *
 * Pure.  One row for each event id.  Coordinates that were seen before are a
 * replay; others are a duplicate: the sender sent it twice.  A row keeps the
 * status it got when its event was first applied. */
#pragma once

#include "consumer/event.h"
#include "shared/arena.h"

/* What the table holds about an event of the batch. */
struct ledger_known {
    bool exists;
    bool is_open; /* its status is failed or retrying: not applied yet */
    bool is_seen; /* these very coordinates */
};

struct ledger_entry {
    const struct event *event; /* the first of this id in the batch */
    enum event_verdict verdict;
    bool exists;        /* update, else insert */
    bool is_settled;    /* status and processed_at are to be written */
    int32_t replays;    /* more of them */
    int32_t duplicates; /* the same */
    struct slice duplicate_offsets; /* array literal of the new ones */
};

struct ledger {
    struct event **events; /* those with an id, sorted by it, then by arrival */
    size_t events_count;
    struct ledger_entry *entries; /* sorted by id */
    size_t count;
};

/* The events that have a place in the ledger, sorted for the question to the
 * table; `entries` is empty. */
struct ledger ledger_of(struct event *const *events, size_t count,
                        struct arena *arena);

/* Fill in the entries; `known` is parallel to ledger->events, whose verdicts
 * are set.  Also says of each event whether a dead letter of it is due: once
 * for an id. */
void ledger_fill(struct ledger *ledger, const struct ledger_known *known,
                 struct arena *arena);
