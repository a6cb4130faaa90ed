/* isolate - apply a batch, and find those of its events that spoil it.
 *
 * What a failed transaction means for its events is one table in the file: the
 * environment holds all of them; one that can never be applied is refused; one
 * whose entity cannot be written now goes to the retry topic, and at the end of
 * its tries is refused too.  All others are applied. */
#pragma once

#include "consumer/worker.h"

#include <stddef.h>

/* Why an event is put off that was not even tried. */
#define ISOLATE_LOCKED_TEXT "another event of this entity found a row locked"

#define ISOLATE_LOCK_TIMEOUT_MS 100 /* for what is known to be in trouble */

/* Apply the events, or send them where they belong; re-orders them.  What is
 * not is_done afterwards must be held.  0: at most single events that can be
 * neither applied nor sent elsewhere.  -1: nothing can be written now, so it is
 * all that was left.  `lock_timeout_ms` is how long the first try waits for a
 * locked row. */
int isolate(struct worker *worker, struct event **events, size_t count,
            int64_t lock_timeout_ms);

/* Take no more: what waits is held until somebody has looked. */
void isolate_halt(struct worker *worker);
