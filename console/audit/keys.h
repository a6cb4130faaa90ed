/* keys - a set of texts.
 *
 * Filled, then sorted, then asked.  Zeroed before its first use.  Pure. */
#pragma once

#include "shared/slice.h"

struct keys {
    struct slice *items; /* copies */
    size_t count, room;
};

void keys_release(struct keys *keys);
void keys_add(struct keys *keys, struct slice key);
/* Each once; keys_has() may be asked from then on. */
void keys_sort(struct keys *keys);
bool keys_has(const struct keys *keys, struct slice key);
/* Forget what is not in `others`; both are sorted. */
void keys_keep(struct keys *keys, const struct keys *others);
