/* json - one strict pass over a JSON text, and its values as slices.
 *
 * Accepts exactly RFC 8259 in UTF-8 (no byte order mark, nothing after the
 * value), nested at most JSON_DEPTH_MAX deep.  Escapes of NUL and lone
 * surrogates are grammatical and accepted; json_text() refuses to decode them.
 * The nodes lie in one array in the order of the text; nothing is copied, so
 * the text must outlive the document.  Of members with one name the last one
 * counts, as in PostgreSQL's jsonb. */
#pragma once

#include "shared/arena.h"
#include "shared/error.h"
#include "shared/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 1000

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_node {
    uint32_t start; /* of the value in the text; a string's without quotes */
    uint32_t end;
    uint32_t next; /* index of the node after this one and all inside it */
    uint8_t type;
    bool is_escaped; /* a string with a backslash in it */
};

struct json_document {
    struct slice text;
    struct json_node *nodes; /* [0] is the root */
    uint32_t count;
    uint32_t capacity;
    bool is_whole;       /* the text was JSON, to its end */
    bool has_unstorable; /* an escaped NUL or a lone surrogate somewhere */
};

/* Returns 0, or -1 with ERROR_INPUT (where and what); `doc` (zeroed before its
 * first use) keeps its memory for the next text. */
int json_parse(struct json_document *doc, struct slice text, struct error *err);
void json_release(struct json_document *doc);

/* A member of `object`; NULL where there is none, `object` is NULL or is no
 * object.  json_get_typed(): NULL also where it is of another type. */
const struct json_node *json_get(const struct json_document *doc,
                                 const struct json_node *object,
                                 const char *name);
const struct json_node *json_get_typed(const struct json_document *doc,
                                       const struct json_node *object,
                                       const char *name, enum json_type type);

/* The first element of an array or the first name of an object, and what
 * follows `node` inside `parent`; NULL at the end.  (In an object names and
 * values alternate.) */
const struct json_node *json_first(const struct json_document *doc,
                                   const struct json_node *parent);
const struct json_node *json_next(const struct json_document *doc,
                                  const struct json_node *parent,
                                  const struct json_node *node);

/* The value as it stands in the text, a string without its quotes. */
struct slice json_raw(const struct json_document *doc,
                      const struct json_node *node);

/* The characters of a string; points into the text where nothing is escaped,
 * else into `arena`.  False where it has a NUL or a lone surrogate. */
bool json_text(const struct json_document *doc, const struct json_node *node,
               struct arena *arena, struct slice *ret_text);

/* False where the raw value holds an escaped NUL or lone surrogate, which
 * PostgreSQL's jsonb cannot. */
bool json_is_storable(const struct json_document *doc,
                      const struct json_node *node);
