/* small_history - events merged into tables, and what must come of it: verdicts
 * as the events before say, rows as all of them say.
 *
 *     history_begin();        with the events of the small world, or
 *     history_add(event);     with others
 *     why = history_merge(&tables, history_set(before, 2), batch, 3);
 *     why = history_difference(&tables, all, 5);
 *     history_end();          or history_clear() and another history
 *
 * Both return NULL, or in words what is not as it must be.  There is one
 * history at a time; an event is its place in it. */
#pragma once

#include "tests/unit/decoded.h"
#include "tests/unit/expected_rows.h"
#include "tests/unit/small_world.h"
#include "tests/unit/transaction.h"

#include <stdio.h>

#define HISTORY_MAX 64 /* events: a set of them is a mask of bits */
#define BATCH_MAX (4 * HISTORY_MAX)

static struct event *history_events[HISTORY_MAX];
static int history_count;
/* Which events, merged before this one, make its verdict superseded. */
static uint64_t history_superseding[HISTORY_MAX];
static size_t history_merges, history_events_merged;
static struct arena history_arena, history_batch_arena;

static inline uint64_t history_set(const int *list, int count)
{
    uint64_t set = 0;

    for (int i = 0; i < count; i++)
        set |= 1ULL << list[i];
    return set;
}

/* "superseded = when it came its own entity already had a greater version, or
 * was an organization or membership already deleted". */
static inline bool history_is_superseded(const struct event *event,
                                         const struct event *before)
{
    const struct mention *own = &event->mentions[0];
    const struct mention *other = &before->mentions[0];

    if (event->mention_count == 0 || before->mention_count == 0 ||
        own->kind != other->kind || !slice_equal(own->id, other->id))
        return false;
    if (other->effect == MENTION_DELETED)
        return own->kind != ENTITY_USER;
    return own->effect == MENTION_DATA &&
           version_compare(&other->version, &own->version) > 0;
}

static inline void history_add(struct event *event)
{
    int place = history_count++;

    if (place == HISTORY_MAX || event->fate == EVENT_REFUSE)
        abort();
    history_events[place] = event;
    history_superseding[place] = 0;
    for (int i = 0; i < place; i++) {
        if (history_is_superseded(event, history_events[i]))
            history_superseding[place] |= 1ULL << i;
        if (history_is_superseded(history_events[i], event))
            history_superseding[i] |= 1ULL << place;
    }
    if (history_is_superseded(event, event))
        history_superseding[place] |= 1ULL << place;
}

_Static_assert(WORLD <= HISTORY_MAX && WORLD % 7 != 0, "ids differ");

static inline void history_begin(void)
{
    char id[16];

    for (int i = 0; i < WORLD; i++) {
        snprintf(id, sizeof(id), "msg_%02d", i * 7 % WORLD);
        history_add((world_is_snapshot[i] ? snapshot_of : event_of)(
            &history_arena, id, world[i].text));
    }
}

/* Nothing is left, but the memory for the next one. */
static inline void history_clear(void)
{
    arena_clear(&history_arena);
    arena_clear(&history_batch_arena);
    history_count = 0;
}

static inline void history_end(void)
{
    history_clear();
    arena_release(&history_arena);
    arena_release(&history_batch_arena);
}

static inline enum event_verdict history_verdict(uint64_t before, int event)
{
    if (history_events[event]->fate == EVENT_IGNORE)
        return VERDICT_IGNORED;
    return history_superseding[event] & before ? VERDICT_SUPERSEDED
                                               : VERDICT_COMPLETED;
}

/* Merge a batch into the tables of the events of the set `before`. */
static inline const char *history_merge(struct tables *t, uint64_t before,
                                        const int *batch, int count)
{
    struct event *picked[BATCH_MAX];
    enum event_verdict expected[HISTORY_MAX];

    for (int i = 0; i < count; i++) {
        picked[i] = history_events[batch[i]];
        picked[i]->verdict =
            picked[i]->fate == EVENT_IGNORE ? VERDICT_IGNORED : VERDICT_FAILED;
        expected[batch[i]] = history_verdict(before, batch[i]);
        before |= 1ULL << batch[i];
    }
    arena_clear(&history_batch_arena);
    tables_apply(t, picked, (size_t)count, &history_batch_arena);
    history_merges++;
    history_events_merged += (size_t)count;
    for (int i = 0; i < count; i++)
        if (picked[i]->verdict != expected[batch[i]])
            return "a verdict";
    return t->violation;
}

/* Whether the rows are what follows from these events, whatever their order. */
static inline const char *history_difference(const struct tables *found,
                                             const int *list, int count)
{
    static struct tables expected;
    struct event *said[HISTORY_MAX];
    const struct facts facts = {said, (size_t)count, &history_batch_arena};

    for (int i = 0; i < count; i++)
        said[i] = history_events[list[i]];
    arena_clear(&history_batch_arena);
    expected_rows(&facts, &expected);
    return found->violation != NULL ? found->violation
                                    : rows_difference(found, &expected);
}
