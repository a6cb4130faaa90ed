/* fuzz - what the targets of libFuzzer have in common.
 *
 * A target is one file with LLVMFuzzerTestOneInput(): built by clang with
 * libFuzzer it is given inputs without end (preset fuzz); built like any other
 * test it runs the inputs that it is given as files (replay.c).  What must
 * hold is said with FUZZ_CHECK, which ends the process where it does not. */
#pragma once

#include "shared/memory.h"
#include "shared/slice.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A condition, and what to say where it is not so, as for printf(). */
#define FUZZ_CHECK(condition, ...)                                             \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "not so: %s\n", #condition);                       \
            fprintf(stderr, __VA_ARGS__);                                      \
            fprintf(stderr, "\n");                                             \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* What is left of an input. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

/* 0 at the end. */
static inline unsigned fuzz_byte(struct fuzz_input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

/* The first `size` bytes of it as a new block of just that size: reading past
 * its end is seen. */
static inline struct slice fuzz_take(struct fuzz_input *input, size_t size)
{
    char *block = memory_resize(NULL, size > 0 ? size : 1, 1);

    if (size > 0)
        memcpy(block, input->data, size);
    input->data += size;
    input->size -= size;
    return (struct slice){block, size};
}

/* What is left, as such a block. */
static inline struct slice fuzz_rest(struct fuzz_input *input)
{
    return fuzz_take(input, input->size);
}

/* The same up to the end of the line, or of the input. */
static inline struct slice fuzz_line(struct fuzz_input *input)
{
    const uint8_t *end =
        input->size > 0 ? memchr(input->data, '\n', input->size) : NULL;
    struct slice line;

    if (end == NULL)
        return fuzz_rest(input);
    line = fuzz_take(input, (size_t)(end - input->data));
    fuzz_byte(input);
    return line;
}

static inline void fuzz_free(struct slice block)
{
    free((char *)(uintptr_t)block.data);
}
