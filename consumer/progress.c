#include "consumer/progress.h"

#include "shared/memory.h"

#include <stdlib.h>

void progress_release(struct progress *progress)
{
    free(progress->items);
    *progress = (struct progress){NULL, 0};
}

struct progress_partition *progress_find(struct progress *progress,
                                         int32_t partition)
{
    for (size_t i = 0; i < progress->count; i++)
        if (progress->items[i].partition == partition)
            return &progress->items[i];
    return NULL;
}

void progress_add(struct progress *progress, int32_t partition)
{
    progress_remove(progress, partition);
    progress->items = memory_resize(progress->items, progress->count + 1,
                                    sizeof(*progress->items));
    progress->items[progress->count++] = (struct progress_partition){
        .partition = partition, .next = -1, .stored = -1, .committed = -1};
}

void progress_remove(struct progress *progress, int32_t partition)
{
    struct progress_partition *found = progress_find(progress, partition);

    if (found != NULL)
        *found = progress->items[--progress->count];
}

bool progress_is_held(int32_t partition, const struct record *held,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (held[i].partition == partition)
            return true;
    return false;
}

int64_t progress_done(const struct progress_partition *partition,
                      const struct record *held, size_t count)
{
    int64_t done = partition->next;

    for (size_t i = 0; i < count; i++)
        if (held[i].partition == partition->partition && held[i].offset < done)
            done = held[i].offset;
    return done;
}
