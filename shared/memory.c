#include "shared/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *memory)
{
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *memory_new(size_t size_bytes)
{
    return or_die(calloc(1, size_bytes > 0 ? size_bytes : 1));
}

void *memory_resize(void *taken, size_t count, size_t size_bytes)
{
    if (count == 0 || size_bytes == 0)
        count = size_bytes = 1;
    return or_die(reallocarray(taken, count, size_bytes));
}

char *memory_copy(const void *data, size_t size_bytes)
{
    char *copy = or_die(malloc(size_bytes + 1));

    if (size_bytes > 0)
        memcpy(copy, data, size_bytes);
    copy[size_bytes] = '\0';
    return copy;
}

char *memory_copy_text(const char *text)
{
    return memory_copy(text, strlen(text));
}

void memory_free_at(void *pointer_to_pointer)
{
    void *memory;

    memcpy(&memory, pointer_to_pointer, sizeof(memory));
    free(memory);
}
