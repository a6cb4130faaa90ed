/* memory - allocation that does not fail, and locals that free themselves.
 *
 * Out of memory ends the process: what was not acknowledged is sent or read
 * again, so dying is safe and saves a branch after every allocation.  Hence
 * whatever a stranger can grow has a ceiling checked before it gets here. */
#pragma once

#include <stddef.h>

#define CLEANUP(function) __attribute__((cleanup(function)))
#define CLEANUP_FREE CLEANUP(memory_free_at)

/* New memory, owned by the caller; aborts when there is none. */
void *memory_new(size_t size_bytes); /* zeroed */
void *memory_resize(void *taken, size_t count, size_t size_bytes);
char *memory_copy_text(const char *text);
char *memory_copy(const void *data, size_t size_bytes); /* adds a NUL */

void memory_free_at(void *pointer_to_pointer); /* for CLEANUP_FREE */
