/* pg_array - columns of a batch as PostgreSQL's binary arrays, for unnest().
 *
 * One-dimensional; a NULL is added where the value says so.  Layout: array_recv
 * of PostgreSQL (dimensions, NULL flag, element type, size, lower bound, then
 * each element with its length). */
#pragma once

#include "consumer/identity.h"
#include "shared/buffer.h"
#include "shared/instant.h"

#include <stdbool.h>

enum pg_type {
    PG_TEXT,
    PG_UUID,
    PG_INT8,
    PG_INT4,
    PG_BOOL,
    PG_TIME,
    PG_JSONB,
    PG_JSON
};

struct pg_array {
    struct buffer bytes;
    enum pg_type type;
    uint32_t count;
};

/* `array` may have been used before: its memory is. */
void pg_array_begin(struct pg_array *array, enum pg_type type);
void pg_array_release(struct pg_array *array);

void pg_array_text(struct pg_array *array, struct slice value); /* or JSON */
void pg_array_uuid(struct pg_array *array, const struct uuid *value);
void pg_array_int(struct pg_array *array, int64_t value);
void pg_array_null(struct pg_array *array);
void pg_array_bool(struct pg_array *array, bool value);
void pg_array_time(struct pg_array *array, struct instant value);

/* Write the head; the bytes are then a parameter of the type that
 * pg_array_oid() names. */
void pg_array_end(struct pg_array *array);
unsigned pg_array_oid(enum pg_type type);

/* A JSON array's strings as the literal of a text[]; what is no string is left
 * out.  NULL gives NULL. */
struct slice pg_array_literal(struct slice json_array, struct arena *arena);
