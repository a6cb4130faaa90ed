#include "consumer/progress.h"

#include "shared/memory.h"

#include <stdlib.h>

void progress_release(struct progress *progress)
{
    free(progress->items);
    *progress = (struct progress){NULL, 0};
}

struct progress_partition *progress_find(struct progress *progress,
                                         enum stream stream, int32_t partition)
{
    for (size_t i = 0; i < progress->count; i++)
        if (progress->items[i].stream == stream &&
            progress->items[i].partition == partition)
            return &progress->items[i];
    return NULL;
}

void progress_add(struct progress *progress, enum stream stream,
                  int32_t partition)
{
    progress_remove(progress, stream, partition);
    progress->items = memory_resize(progress->items, progress->count + 1,
                                    sizeof(*progress->items));
    progress->items[progress->count++] =
        (struct progress_partition){.stream = stream,
                                    .partition = partition,
                                    .next = -1,
                                    .stored = -1,
                                    .committed = -1,
                                    .open = -1};
}

void progress_remove(struct progress *progress, enum stream stream,
                     int32_t partition)
{
    struct progress_partition *found =
        progress_find(progress, stream, partition);

    if (found != NULL)
        *found = progress->items[--progress->count];
}

void progress_close_all(struct progress *progress)
{
    for (size_t i = 0; i < progress->count; i++) {
        progress->items[i].open = -1;
        progress->items[i].is_held = false;
    }
}

void progress_open(struct progress *progress, const struct record *record,
                   bool is_held)
{
    struct progress_partition *found =
        progress_find(progress, record->stream, record->partition);

    if (found == NULL)
        return;
    if (found->open < 0 || record->offset < found->open)
        found->open = record->offset;
    found->is_held = found->is_held || is_held;
}

int64_t progress_done(const struct progress_partition *partition)
{
    bool is_open = partition->open >= 0 && partition->open < partition->next;

    return is_open ? partition->open : partition->next;
}

/* What was the end some time ago is the goal; once it is reached, today's end
 * is the next one. */
int64_t progress_behind_ms(struct progress_partition *partition, int64_t end,
                           int64_t done, int64_t now_ms)
{
    if (done >= end) {
        partition->goal = 0;
        return 0;
    }
    if (done >= partition->goal) {
        partition->goal = end;
        partition->goal_ms = now_ms;
    }
    return now_ms - partition->goal_ms;
}
