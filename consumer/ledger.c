#include "consumer/ledger.h"

#include <stdio.h>
#include <stdlib.h>

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
        events[i]->is_dead_letter_due = events[i]->fate == EVENT_REFUSE;
        if (events[i]->record.id.size > 0)
            keyed[ledger.events_count++] = (struct keyed){events[i], i};
    }
    qsort(keyed, ledger.events_count, sizeof(*keyed), compare_keyed);
    for (size_t i = 0; i < ledger.events_count; i++)
        ledger.events[i] = keyed[i].event;
    return ledger;
}

static bool is_same_place(const struct record *a, const struct record *b)
{
    return a->offset == b->offset && a->partition == b->partition &&
           slice_equal(a->topic, b->topic);
}

/* Whether an event between `first` and `at` lies at the same place. */
static bool is_repeated(struct event *const *first, struct event *const *at)
{
    for (; first < at; first++)
        if (is_same_place(&(*first)->record, &(*at)->record))
            return true;
    return false;
}

static void add_duplicate(struct ledger_entry *entry,
                          const struct record *record, struct arena *arena)
{
    size_t size = entry->duplicate_offsets.size + record->topic.size + 48;
    char *text = arena_bytes(arena, size);
    int inside = entry->duplicate_offsets.size > 2
                     ? (int)entry->duplicate_offsets.size - 2
                     : 0;
    int used = snprintf(text, size, "{%.*s%s%.*s:%d:%lld}", inside,
                        inside > 0 ? entry->duplicate_offsets.data + 1 : "",
                        inside > 0 ? "," : "", SLICE_PRINT(record->topic),
                        record->partition, (long long)record->offset);

    entry->duplicate_offsets = (struct slice){text, (size_t)used};
    entry->duplicates++;
}

/* The first of an id decides, but anything is better than a failure. */
static void settle(struct ledger_entry *entry, const struct event *event,
                   bool is_open)
{
    if (event->verdict == VERDICT_FAILED || (entry->exists && !is_open))
        return;
    if (entry->is_settled && entry->verdict != VERDICT_FAILED)
        return;
    entry->verdict = event->verdict;
    entry->is_settled = true;
}

/* The events first[0..count) share an id. */
static void fill_entry(struct ledger_entry *entry, struct event **first,
                       const struct ledger_known *known, size_t count,
                       struct arena *arena)
{
    bool is_dead_lettered = known[0].exists && known[0].is_open;

    *entry = (struct ledger_entry){.event = first[0],
                                   .verdict = first[0]->verdict,
                                   .exists = known[0].exists,
                                   .is_settled = !known[0].exists,
                                   .duplicate_offsets = slice_of("{}")};
    for (size_t i = 0; i < count; i++) {
        settle(entry, first[i], known[i].is_open);
        if (first[i]->is_dead_letter_due) {
            first[i]->is_dead_letter_due = !is_dead_lettered;
            is_dead_lettered = true;
        }
        if (i == 0 && !entry->exists)
            continue;
        if (known[i].is_seen || is_repeated(first, first + i))
            entry->replays++;
        else
            add_duplicate(entry, &first[i]->record, arena);
    }
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
        fill_entry(&ledger->entries[ledger->count++], first, &known[start],
                   count, arena);
        start += count;
    }
}
