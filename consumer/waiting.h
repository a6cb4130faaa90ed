/* waiting - the retries of a worker that are not due yet.
 *
 * Pure.  A heap, the next one due on top, with a ceiling: at it the worker
 * reads no more of them until it is half empty.  Times are those of the steady
 * clock. */
#pragma once

#include "consumer/event.h"

#define WAITING_RECORDS_MAX 4096
#define WAITING_BYTES_MAX ((size_t)16 * 1024 * 1024)

struct waiting_record {
    struct record record; /* owned, detached */
    int64_t due_ms;
};

struct waiting {
    struct waiting_record *items;
    size_t count, room;
    size_t size_bytes;
    bool is_full; /* until it is half empty */
};

void waiting_release(struct waiting *waiting); /* which holds none any more */

/* `record` is taken, also past the ceiling. */
void waiting_add(struct waiting *waiting, const struct record *record,
                 int64_t due_ms);
/* How long until the next one is due, at most `most_ms`; 0: one is. */
int64_t waiting_left_ms(const struct waiting *waiting, int64_t now_ms,
                        int64_t most_ms);
/* The next one that is due, which is the caller's; false where none is. */
bool waiting_take(struct waiting *waiting, int64_t now_ms,
                  struct record *ret_record);
/* Any one of this partition, due or not: the same. */
bool waiting_take_of(struct waiting *waiting, int32_t partition,
                     struct record *ret_record);
