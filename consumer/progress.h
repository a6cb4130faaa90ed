/* progress - how far each assigned partition has come.
 *
 * Pure.  A record is open from the moment it could not be applied until it was,
 * or until it is on another topic; everything before the first open record, or
 * up to the last one that is done, may be stored. */
#pragma once

#include "consumer/event.h"

#include <stdbool.h>
#include <stddef.h>

struct progress_partition {
    enum stream stream;
    int32_t partition;
    int64_t next;   /* the offset behind the last record done; -1: none yet */
    int64_t stored; /* the offset last stored; -1: none yet */
    int64_t committed; /* before anything was stored; -1: not known */
    int64_t open;      /* the offset of the first open record; -1: none is */
    bool is_held;      /* by one of them */
    int64_t goal;      /* an end of the partition, seen at goal_ms */
    int64_t goal_ms;
    bool is_paused;
};

struct progress {
    struct progress_partition *items;
    size_t count;
};

void progress_release(struct progress *progress);
/* Forgets what was known of the partition before. */
void progress_add(struct progress *progress, enum stream stream,
                  int32_t partition);
void progress_remove(struct progress *progress, enum stream stream,
                     int32_t partition);
/* NULL where it is not assigned. */
struct progress_partition *progress_find(struct progress *progress,
                                         enum stream stream, int32_t partition);

/* Which records are open: forget all, then tell one after the other. */
void progress_close_all(struct progress *progress);
void progress_open(struct progress *progress, const struct record *record,
                   bool is_held);

/* The offset before which all is done; -1 where nothing is. */
int64_t progress_done(const struct progress_partition *partition);

/* For how long, at least, a record is known that is not done yet, of a
 * partition that ends at `end` and is done up to `done`; 0 where all is done.
 * To be asked again and again. */
int64_t progress_behind_ms(struct progress_partition *partition, int64_t end,
                           int64_t done, int64_t now_ms);
