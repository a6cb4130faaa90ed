/* buffer - bytes that grow up to a ceiling given at init.
 *
 * Always terminated by a NUL that does not count, so `data` can be read as a
 * C string; `data` is NULL until something was added.  Adding past the ceiling
 * adds nothing and sets `is_full`: callers that may get there look at it once
 * at the end. */
#pragma once

#include "shared/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *data;
    size_t size;
    size_t capacity;
    size_t limit;
    bool is_full;
};

void buffer_init(struct buffer *buf, size_t limit_bytes);
void buffer_release(struct buffer *buf);
/* Empty it and keep the memory. */
void buffer_clear(struct buffer *buf);

void buffer_add(struct buffer *buf, const void *data, size_t size_bytes);
void buffer_add_slice(struct buffer *buf, struct slice s);
void buffer_add_text(struct buffer *buf, const char *text);
void buffer_add_char(struct buffer *buf, char c);
void buffer_add_number(struct buffer *buf, int64_t value);
/* About ten times as dear as the same by the functions above. */
void buffer_add_format(struct buffer *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* `s` as the inside of a JSON string, without the quotes; bytes that are not
 * UTF-8 become U+FFFD. */
void buffer_add_json(struct buffer *buf, struct slice s);
/* Big endian, as PostgreSQL's binary formats and Kafka have them. */
void buffer_add_u32(struct buffer *buf, uint32_t value);
void buffer_add_u64(struct buffer *buf, uint64_t value);

/* Borrowed; valid until the next change. */
struct slice buffer_slice(const struct buffer *buf);
