#include "console/audit/keys.h"

#include "shared/memory.h"

#include <stdlib.h>

void keys_release(struct keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        memory_free_at(&keys->items[i].data);
    free(keys->items);
    *keys = (struct keys){.count = 0};
}

void keys_add(struct keys *keys, struct slice key)
{
    if (keys->count == keys->room) {
        keys->room = keys->room > 0 ? 2 * keys->room : 64;
        keys->items =
            memory_resize(keys->items, keys->room, sizeof(*keys->items));
    }
    keys->items[keys->count++] =
        (struct slice){memory_copy(key.data, key.size), key.size};
}

static int compare(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

void keys_sort(struct keys *keys)
{
    size_t used = 0;

    if (keys->count > 0)
        qsort(keys->items, keys->count, sizeof(*keys->items), compare);
    for (size_t i = 0; i < keys->count; i++) {
        if (used > 0 && slice_equal(keys->items[used - 1], keys->items[i]))
            memory_free_at(&keys->items[i].data);
        else
            keys->items[used++] = keys->items[i];
    }
    keys->count = used;
}

bool keys_has(const struct keys *keys, struct slice key)
{
    return keys->count > 0 && bsearch(&key, keys->items, keys->count,
                                      sizeof(key), compare) != NULL;
}

void keys_keep(struct keys *keys, const struct keys *others)
{
    size_t used = 0;

    for (size_t i = 0; i < keys->count; i++) {
        if (keys_has(others, keys->items[i]))
            keys->items[used++] = keys->items[i];
        else
            memory_free_at(&keys->items[i].data);
    }
    keys->count = used;
}
