/* progress - how far each assigned partition has come.
 *
 * Pure.  A record is held from the moment it could not be applied until it was;
 * everything before the first held record, or up to the last one that is done,
 * may be stored. */
#pragma once

#include "consumer/event.h"

#include <stdbool.h>
#include <stddef.h>

struct progress_partition {
    int32_t partition;
    int64_t next;   /* the offset behind the last record done; -1: none yet */
    int64_t stored; /* the offset last stored; -1: none yet */
    int64_t committed; /* before anything was stored; -1: not known */
    bool is_paused;
};

struct progress {
    struct progress_partition *items;
    size_t count;
};

void progress_release(struct progress *progress);
/* Forgets what was known of the partition before. */
void progress_add(struct progress *progress, int32_t partition);
void progress_remove(struct progress *progress, int32_t partition);
/* NULL where it is not assigned. */
struct progress_partition *progress_find(struct progress *progress,
                                         int32_t partition);

/* The offset before which all is done, given the records that are held; -1
 * where nothing is. */
int64_t progress_done(const struct progress_partition *partition,
                      const struct record *held, size_t count);
bool progress_is_held(int32_t partition, const struct record *held,
                      size_t count);
