/* arena - memory that is handed out in pieces and given back all at once.
 *
 * Pieces stay where they are until arena_clear() or arena_release().  Grows by
 * chunks; one chunk is kept over a clear, so a steady load allocates nothing.
 */
#pragma once

#include "shared/slice.h"

#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
};

void *arena_get(struct arena *arena, size_t size_bytes);   /* aligned, zeroed */
char *arena_bytes(struct arena *arena, size_t size_bytes); /* neither */
/* `s` copied, with a NUL behind it. */
struct slice arena_copy(struct arena *arena, struct slice s);
void arena_clear(struct arena *arena);
void arena_release(struct arena *arena);
