#include "consumer/ledger.h"

#include <stdio.h>
#include <stdlib.h>

const char *const ledger_letter_names[LETTERS] = {
    [LETTER_WAITING] = "waiting",
    [LETTER_APPLIED] = "applied",
};

struct keyed {
    struct event *event;
    size_t arrival;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *left = a, *right = b;
    int order = slice_compare(left->event->record.id, right->event->record.id);

    if (order != 0)
        return order;
    return left->arrival < right->arrival ? -1 : 1;
}

struct ledger ledger_of(struct event *const *events, size_t count,
                        struct arena *arena)
{
    struct keyed *keyed = arena_get(arena, (count + 1) * sizeof(*keyed));
    struct ledger ledger = {
        .events = arena_get(arena, (count + 1) * sizeof(*ledger.events)),
        .entries = arena_get(arena, (count + 1) * sizeof(*ledger.entries))};

    for (size_t i = 0; i < count; i++) {
        events[i]->is_letter_due = events[i]->fate == EVENT_REFUSE;
        if (events[i]->record.id.size > 0)
            keyed[ledger.events_count++] = (struct keyed){events[i], i};
    }
    qsort(keyed, ledger.events_count, sizeof(*keyed), compare_keyed);
    for (size_t i = 0; i < ledger.events_count; i++)
        ledger.events[i] = keyed[i].event;
    return ledger;
}

void ledger_judge(struct ledger *ledger, const struct ledger_known *known)
{
    for (size_t i = 0; i < ledger->events_count; i++) {
        struct event *event = ledger->events[i];
        event->is_waiting = known[i].is_waiting;
        event->is_repeated = known[i].exists &&
                             known[i].status < VERDICT_RETRYING &&
                             known[i].letter != LETTER_WAITING;
        event->is_stale = event->record.stream == STREAM_RETRIES &&
                          known[i].exists &&
                          !(known[i].is_waiting &&
                            known[i].retry_at_ms == event->record.retry_at_ms);
        event->is_letter_due = event->is_letter_due && !event->is_stale;
    }
}

static bool is_same_place(const struct place *a, const struct place *b)
{
    return a->offset == b->offset && a->partition == b->partition &&
           slice_equal(a->topic, b->topic);
}

/* Neither replays nor duplicates: they have been counted before. */
static bool is_put_back(const struct record *record)
{
    return record->stream == STREAM_RETRIES || record->redrives > 0;
}

/* Whether an event between `first` and `at` lies at the same place. */
static bool is_repeated(struct event *const *first, struct event *const *at)
{
    for (; first < at; first++)
        if (is_same_place(&(*first)->record.origin, &(*at)->record.origin))
            return true;
    return false;
}

static void add_duplicate(struct ledger_entry *entry, const struct place *place,
                          struct arena *arena)
{
    size_t size = entry->duplicate_offsets.size + place->topic.size + 48;
    char *text = arena_bytes(arena, size);
    int inside = entry->duplicate_offsets.size > 2
                     ? (int)entry->duplicate_offsets.size - 2
                     : 0;
    int used = snprintf(text, size, "{%.*s%s%.*s:%d:%lld}", inside,
                        inside > 0 ? entry->duplicate_offsets.data + 1 : "",
                        inside > 0 ? "," : "", SLICE_PRINT(place->topic),
                        place->partition, (long long)place->offset);

    entry->duplicate_offsets = (struct slice){text, (size_t)used};
    entry->duplicates++;
}

static void set_status(struct ledger_entry *entry, const struct event *event)
{
    bool is_new = !entry->exists && !entry->is_status_new;
    bool is_applied = event->verdict < VERDICT_RETRYING;

    entry->attempts += is_new ? event->attempts : 1;
    entry->is_status_new = true;
    entry->status = event->verdict;
    entry->error = is_applied ? SLICE_EMPTY : slice_of(event->refusal.text);
}

/* The event goes to the retry topic, unless it is a second delivery of one that
 * waits there already. */
static void take_retry(struct ledger_entry *entry, struct event *event,
                       bool is_duplicate, bool is_open)
{
    event->is_letter_due = !(is_duplicate && entry->is_waiting);
    if (!event->is_letter_due)
        return;
    entry->is_waiting = true;
    entry->retry_at_ms = event->retry_at_ms;
    if (is_open)
        set_status(entry, event);
}

/* However often an event is read it gets one dead letter.  It gets another one
 * after a redrive, and at the end of its retries. */
static void take_failure(struct ledger_entry *entry, struct event *event,
                         bool is_open)
{
    const struct record *rec = &event->record;

    event->is_letter_due = entry->letter != LETTER_WAITING ||
                           rec->redrives > entry->redrives ||
                           rec->stream == STREAM_RETRIES;
    if (!event->is_letter_due)
        return;
    if (is_open)
        set_status(entry, event);
    entry->letter = LETTER_WAITING;
    entry->is_waiting = false;
    if (rec->redrives > entry->redrives)
        entry->redrives = rec->redrives;
}

static void take(struct ledger_entry *entry, struct event *event,
                 bool is_duplicate)
{
    bool is_new = !entry->exists && !entry->is_status_new;
    bool is_open = is_new || entry->status == VERDICT_RETRYING ||
                   entry->status == VERDICT_FAILED;

    if (event->verdict == VERDICT_RETRYING) {
        take_retry(entry, event, is_duplicate, is_open);
    } else if (event->verdict == VERDICT_FAILED) {
        take_failure(entry, event, is_open);
    } else {
        entry->is_waiting = false;
        if (entry->letter == LETTER_WAITING)
            entry->letter = LETTER_APPLIED;
        if (is_open)
            set_status(entry, event);
    }
}

/* The events first[0..count) share an id; false where none of them counts. */
static bool fill_entry(struct ledger_entry *entry, struct event **first,
                       const struct ledger_known *known, size_t count,
                       struct arena *arena)
{
    *entry = (struct ledger_entry){.exists = known[0].exists,
                                   .status = known[0].status,
                                   .is_waiting = known[0].is_waiting,
                                   .retry_at_ms = known[0].retry_at_ms,
                                   .redrives = known[0].redrives,
                                   .letter = known[0].letter,
                                   .duplicate_offsets = slice_of("{}")};
    for (size_t i = 0; i < count; i++) {
        struct event *event = first[i];
        bool is_first = entry->event == NULL && !entry->exists;
        bool is_replay = known[i].is_seen || is_repeated(first, first + i);
        bool is_duplicate =
            !is_first && !is_replay && !is_put_back(&event->record);
        if (event->is_stale)
            continue;
        if (entry->event == NULL)
            entry->event = event;
        if (is_duplicate)
            add_duplicate(entry, &event->record.origin, arena);
        else if (!is_first && !is_put_back(&event->record))
            entry->replays++;
        take(entry, event, is_duplicate);
    }
    return entry->event != NULL;
}

void ledger_fill(struct ledger *ledger, const struct ledger_known *known,
                 struct arena *arena)
{
    size_t start = 0;

    while (start < ledger->events_count) {
        struct event **first = &ledger->events[start];
        size_t count = 1;
        while (start + count < ledger->events_count &&
               slice_equal(first[count]->record.id, first[0]->record.id))
            count++;
        ledger->count += fill_entry(&ledger->entries[ledger->count], first,
                                    &known[start], count, arena);
        start += count;
    }
}
