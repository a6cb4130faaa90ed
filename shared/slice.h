/* slice - bytes that somebody else owns.
 *
 * Not terminated; may hold NUL.  Valid as long as what it points into. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data;
    size_t size;
};

#define SLICE_EMPTY ((struct slice){NULL, 0})
/* For printf's "%.*s". */
#define SLICE_PRINT(s) (int)(s).size, (s).data != NULL ? (s).data : ""

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text != NULL ? strlen(text) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size &&
           (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool slice_is(struct slice s, const char *text)
{
    return slice_equal(s, slice_of(text));
}

static inline bool slice_starts_with(struct slice s, const char *prefix)
{
    size_t size = strlen(prefix);
    return s.size >= size && memcmp(s.data, prefix, size) == 0;
}

/* Order by bytes, a prefix before what it begins: PostgreSQL's COLLATE "C". */
static inline int slice_compare(struct slice a, struct slice b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size == 0 ? 0 : memcmp(a.data, b.data, size);
    if (order != 0)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

/* Without the blanks and tabs at both ends. */
static inline struct slice slice_trim(struct slice s)
{
    while (s.size > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
        s.data++, s.size--;
    while (s.size > 0 &&
           (s.data[s.size - 1] == ' ' || s.data[s.size - 1] == '\t'))
        s.size--;
    return s;
}
