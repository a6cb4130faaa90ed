#include "consumer/waiting.h"

#include "shared/memory.h"

#include <stdlib.h>

void waiting_release(struct waiting *waiting)
{
    free(waiting->items);
    *waiting = (struct waiting){.items = NULL};
}

/* What it costs to keep. */
static size_t size_of(const struct record *record)
{
    return sizeof(struct waiting_record) + record->key.size +
           record->value.size;
}

static void measure(struct waiting *waiting)
{
    if (waiting->count >= WAITING_RECORDS_MAX ||
        waiting->size_bytes >= WAITING_BYTES_MAX)
        waiting->is_full = true;
    else if (waiting->count <= WAITING_RECORDS_MAX / 2 &&
             waiting->size_bytes <= WAITING_BYTES_MAX / 2)
        waiting->is_full = false;
}

static void swap(struct waiting_record *a, struct waiting_record *b)
{
    struct waiting_record kept = *a;

    *a = *b;
    *b = kept;
}

static void rise(struct waiting *waiting, size_t at)
{
    struct waiting_record *items = waiting->items;

    while (at > 0 && items[at].due_ms < items[(at - 1) / 2].due_ms) {
        swap(&items[at], &items[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static void sink(struct waiting *waiting, size_t at)
{
    struct waiting_record *items = waiting->items;

    for (;;) {
        size_t next = 2 * at + 1;
        if (next + 1 < waiting->count &&
            items[next + 1].due_ms < items[next].due_ms)
            next++;
        if (next >= waiting->count || items[at].due_ms <= items[next].due_ms)
            return;
        swap(&items[at], &items[next]);
        at = next;
    }
}

void waiting_add(struct waiting *waiting, const struct record *record,
                 int64_t due_ms)
{
    if (waiting->count == waiting->room) {
        waiting->room = waiting->room > 0 ? waiting->room * 2 : 64;
        waiting->items = memory_resize(waiting->items, waiting->room,
                                       sizeof(*waiting->items));
    }
    waiting->items[waiting->count++] = (struct waiting_record){*record, due_ms};
    waiting->size_bytes += size_of(record);
    rise(waiting, waiting->count - 1);
    measure(waiting);
}

int64_t waiting_left_ms(const struct waiting *waiting, int64_t now_ms,
                        int64_t most_ms)
{
    int64_t left_ms =
        waiting->count > 0 ? waiting->items[0].due_ms - now_ms : most_ms;

    if (left_ms < 0)
        return 0;
    return left_ms < most_ms ? left_ms : most_ms;
}

static struct record take_at(struct waiting *waiting, size_t at)
{
    struct record record = waiting->items[at].record;

    waiting->items[at] = waiting->items[--waiting->count];
    waiting->size_bytes -= size_of(&record);
    if (at < waiting->count) {
        sink(waiting, at);
        rise(waiting, at);
    }
    measure(waiting);
    return record;
}

bool waiting_take(struct waiting *waiting, int64_t now_ms,
                  struct record *ret_record)
{
    if (waiting->count == 0 || waiting->items[0].due_ms > now_ms)
        return false;
    *ret_record = take_at(waiting, 0);
    return true;
}

bool waiting_take_of(struct waiting *waiting, int32_t partition,
                     struct record *ret_record)
{
    for (size_t i = 0; i < waiting->count; i++) {
        if (waiting->items[i].record.partition != partition)
            continue;
        *ret_record = take_at(waiting, i);
        return true;
    }
    return false;
}
