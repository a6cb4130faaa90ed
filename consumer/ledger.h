/* ledger - what the batch adds to the table webhook_events.
 *
 * Pure.  One row for each event id.  Coordinates that were seen before are a
 * replay; others are a duplicate: the sender sent it twice; a retry and what
 * was put back as a dead letter are neither.  A row keeps the status it got
 * when its event was first applied; that a replay of it became a dead letter is
 * kept beside. */
#pragma once

#include "consumer/event.h"
#include "shared/arena.h"

/* An event's newest dead letter: until the event is applied it waits. */
enum ledger_letter { LETTER_NONE, LETTER_WAITING, LETTER_APPLIED, LETTERS };
extern const char *const ledger_letter_names[LETTERS]; /* NULL: none */

/* What the table holds about an event of the batch. */
struct ledger_known {
    bool exists;
    bool is_seen; /* these very coordinates */
    enum event_verdict status;
    bool is_waiting; /* for its next try, due at retry_at_ms */
    int64_t retry_at_ms;
    int64_t redrives; /* those of its last dead letter */
    enum ledger_letter letter;
};

struct ledger_entry {
    const struct event *event; /* the first of this id in the batch */
    bool exists;               /* update, else insert */
    bool is_status_new;        /* status, error and attempts are to be written;
                                  else the first two stay as they are */
    enum event_verdict status;
    struct slice error; /* NULL: none */
    int32_t attempts;   /* more of them */
    bool is_waiting;
    int64_t retry_at_ms;
    int64_t redrives;
    enum ledger_letter letter;
    int32_t replays;                /* more of them */
    int32_t duplicates;             /* the same */
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

/* Say of each event whether it is stale, whether a retry of it waits, and
 * whether it was applied before; before the merge.  `known` is parallel to
 * ledger->events. */
void ledger_judge(struct ledger *ledger, const struct ledger_known *known);

/* Fill in the entries, once the events have their verdicts.  Also says of each
 * event whether a record of it is due on another topic: a dead letter once for
 * an id and each time that it was put back. */
void ledger_fill(struct ledger *ledger, const struct ledger_known *known,
                 struct arena *arena);
