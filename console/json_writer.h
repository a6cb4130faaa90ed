/* json_writer - JSON written member by member, commas taken care of.
 *
 *     json_write_object(w, NULL);
 *     json_write_text(w, "name", "Ada");
 *     json_write_end(w);
 *
 * A name of NULL is for elements of arrays and for the root.  Compact. */
#pragma once

#include "shared/buffer.h"

#include <stdbool.h>
#include <stdint.h>

#define JSON_WRITER_DEPTH 32

struct json_writer {
    struct buffer *out; /* borrowed */
    bool is_begun;      /* a comma is due before the next value */
    unsigned depth;
    char ends[JSON_WRITER_DEPTH];
};

void json_writer_init(struct json_writer *w, struct buffer *out);

void json_write_object(struct json_writer *w, const char *name);
void json_write_array(struct json_writer *w, const char *name);
/* The innermost object or array that is open. */
void json_write_end(struct json_writer *w);

void json_write_text(struct json_writer *w, const char *name,
                     const char *text); /* NULL: null */
void json_write_slice(struct json_writer *w, const char *name, struct slice s);
void json_write_number(struct json_writer *w, const char *name, int64_t number);
void json_write_real(struct json_writer *w, const char *name, double number,
                     int digits); /* after the point */
void json_write_bool(struct json_writer *w, const char *name, bool value);
/* `json` as it stands. */
void json_write_raw(struct json_writer *w, const char *name, const char *json);
