/* trouble - the entities whose rows somebody has kept locked of late.
 *
 * Pure.  Their events are tried apart from the others, which would have to wait
 * with them; and when one of them has waited in vain, the others of its entity
 * need not wait in that round.  Of bounded size: what is forgotten, or mistaken
 * for something else with the same hash, costs time and nothing else. */
#pragma once

#include "consumer/event.h"

#define TROUBLE_ENTITIES 256
#define TROUBLE_MS 25000 /* longer than any retry waits */

struct trouble_entity {
    uint64_t hash;    /* 0: none */
    int64_t until_ms; /* on the steady clock */
    unsigned round;   /* in which its own event was locked out; 0: none */
};

struct trouble {
    struct trouble_entity entities[TROUBLE_ENTITIES];
    size_t next;      /* to be overwritten */
    int64_t until_ms; /* when all of them are forgotten */
    unsigned round;
};

/* A round begins: all that is tried of one batch. */
void trouble_begin(struct trouble *trouble);

/* An event waited for a lock in vain: whatever it mentions may be locked. */
void trouble_note(struct trouble *trouble, const struct event *event,
                  int64_t now_ms);
/* An event was applied: nothing that it mentions is locked. */
void trouble_forget(struct trouble *trouble, const struct event *event,
                    int64_t now_ms);

/* Whether the event mentions anything that may be locked. */
bool trouble_touches(const struct trouble *trouble, const struct event *event,
                     int64_t now_ms);
/* Whether another event of its own entity was locked out in this round. */
bool trouble_is_locked(const struct trouble *trouble, const struct event *event,
                       int64_t now_ms);
