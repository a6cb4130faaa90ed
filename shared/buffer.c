#include "shared/buffer.h"

#include "shared/memory.h"
#include "shared/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BYTES 256

void buffer_init(struct buffer *buf, size_t limit_bytes)
{
    *buf = (struct buffer){.limit = limit_bytes};
}

void buffer_release(struct buffer *buf)
{
    free(buf->data);
    buffer_init(buf, buf->limit);
}

void buffer_clear(struct buffer *buf)
{
    buf->size = 0;
    buf->is_full = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

/* Room for `more` bytes and the NUL; false past the ceiling. */
static bool reserve(struct buffer *buf, size_t more)
{
    size_t capacity = buf->capacity > 0 ? buf->capacity : FIRST_BYTES;

    if (buf->is_full || more > buf->limit - buf->size) {
        buf->is_full = true;
        return false;
    }
    while (capacity < buf->size + more + 1)
        capacity *= 2;
    if (capacity != buf->capacity) {
        buf->data = memory_resize(buf->data, capacity, 1);
        buf->capacity = capacity;
    }
    return true;
}

void buffer_add(struct buffer *buf, const void *data, size_t size_bytes)
{
    if (!reserve(buf, size_bytes))
        return;
    if (size_bytes > 0)
        memcpy(buf->data + buf->size, data, size_bytes);
    buf->size += size_bytes;
    buf->data[buf->size] = '\0';
}

void buffer_add_slice(struct buffer *buf, struct slice s)
{
    buffer_add(buf, s.data, s.size);
}

void buffer_add_text(struct buffer *buf, const char *text)
{
    buffer_add(buf, text, strlen(text));
}

void buffer_add_char(struct buffer *buf, char c)
{
    buffer_add(buf, &c, 1);
}

void buffer_add_number(struct buffer *buf, int64_t value)
{
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char digits[20];
    size_t at = sizeof(digits);

    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        digits[--at] = '-';
    buffer_add(buf, digits + at, sizeof(digits) - at);
}

void buffer_add_format(struct buffer *buf, const char *format, ...)
{
    va_list arguments;
    size_t more = 0;

    while (reserve(buf, more)) {
        size_t room = buf->capacity - buf->size;
        int size;
        va_start(arguments, format);
        size = vsnprintf(buf->data + buf->size, room, format, arguments);
        va_end(arguments);
        more = size > 0 ? (size_t)size : 0;
        if (more < room && more <= buf->limit - buf->size) {
            buf->size += more;
            return;
        }
        buf->data[buf->size] = '\0';
    }
}

/* How many bytes from `i` on stand for themselves in a JSON string. */
static size_t plain_at(struct slice s, size_t i)
{
    size_t end = i;

    while (end < s.size && s.data[end] >= 0x20 && s.data[end] < 0x7f &&
           s.data[end] != '"' && s.data[end] != '\\')
        end++;
    return end - i;
}

void buffer_add_json(struct buffer *buf, struct slice s)
{
    for (size_t i = 0; i < s.size;) {
        size_t plain = plain_at(s, i), size = 1;
        if (plain > 0) {
            buffer_add(buf, s.data + i, size = plain);
        } else if (s.data[i] == '"' || s.data[i] == '\\') {
            buffer_add_format(buf, "\\%c", s.data[i]);
        } else if ((s.data[i] & 0x80) == 0) {
            buffer_add_format(buf, "\\u%04x", (unsigned)s.data[i]);
        } else if ((size = utf8_size_at(s.data + i, s.size - i)) > 0) {
            buffer_add(buf, s.data + i, size);
        } else {
            buffer_add_text(buf, "\\ufffd");
            size = 1;
        }
        i += size;
    }
}

void buffer_add_u32(struct buffer *buf, uint32_t value)
{
    unsigned char bytes[4] = {
        (unsigned char)(value >> 24), (unsigned char)(value >> 16),
        (unsigned char)(value >> 8), (unsigned char)value};
    buffer_add(buf, bytes, sizeof(bytes));
}

void buffer_add_u64(struct buffer *buf, uint64_t value)
{
    buffer_add_u32(buf, (uint32_t)(value >> 32));
    buffer_add_u32(buf, (uint32_t)value);
}

struct slice buffer_slice(const struct buffer *buf)
{
    return (struct slice){buf->data, buf->size};
}
