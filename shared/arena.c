#include "shared/arena.h"

#include "shared/memory.h"

#include <stdalign.h>
#include <stdlib.h>

#define CHUNK_BYTES 65536

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    size_t used;
    alignas(max_align_t) char bytes[];
};

static struct arena_chunk *chunk_new(struct arena *arena, size_t size_bytes)
{
    size_t size = size_bytes > CHUNK_BYTES ? size_bytes : CHUNK_BYTES;
    struct arena_chunk *chunk = memory_resize(NULL, 1, sizeof(*chunk) + size);

    chunk->next = arena->chunks;
    chunk->size = size;
    chunk->used = 0;
    arena->chunks = chunk;
    return chunk;
}

static void *take(struct arena *arena, size_t size_bytes, size_t alignment)
{
    struct arena_chunk *chunk = arena->chunks;
    size_t start = 0;

    if (chunk != NULL)
        start = (chunk->used + alignment - 1) / alignment * alignment;
    if (chunk == NULL || start > chunk->size ||
        size_bytes > chunk->size - start) {
        chunk = chunk_new(arena, size_bytes);
        start = 0;
    }
    chunk->used = start + size_bytes;
    return chunk->bytes + start;
}

void *arena_get(struct arena *arena, size_t size_bytes)
{
    void *memory = take(arena, size_bytes, alignof(max_align_t));
    return memset(memory, 0, size_bytes);
}

char *arena_bytes(struct arena *arena, size_t size_bytes)
{
    return take(arena, size_bytes, 1);
}

struct slice arena_copy(struct arena *arena, struct slice s)
{
    char *copy = arena_bytes(arena, s.size + 1);

    if (s.size > 0)
        memcpy(copy, s.data, s.size);
    copy[s.size] = '\0';
    return (struct slice){copy, s.size};
}

static void free_chunks(struct arena_chunk *chunk)
{
    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void arena_clear(struct arena *arena)
{
    if (arena->chunks == NULL)
        return;
    free_chunks(arena->chunks->next);
    arena->chunks->next = NULL;
    arena->chunks->used = 0;
    if (arena->chunks->size > CHUNK_BYTES)
        arena_release(arena);
}

void arena_release(struct arena *arena)
{
    free_chunks(arena->chunks);
    arena->chunks = NULL;
}
