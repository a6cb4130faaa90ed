/* json_as_jansson - a text read by our JSON parser and by jansson: whether both
 * take it, and whether it says the same to both.
 *
 * Include it before "shared/json.h": the enumerators of the two have the same
 * names, and those of jansson get others here. */
#pragma once

#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_INTEGER JANSSON_INTEGER
#define JSON_REAL JANSSON_REAL
#define JSON_TRUE JANSSON_TRUE
#define JSON_FALSE JANSSON_FALSE
#define JSON_NULL JANSSON_NULL
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_INTEGER
#undef JSON_REAL
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL

#include "shared/json.h"
#include "shared/memory.h"

#include <stdlib.h>

enum agreement {
    AGREE_TAKEN,
    AGREE_REFUSED,
    AGREE_KNOWN, /* they differ on purpose */
    AGREE_NOT
};

/* Where the two differ on purpose: jansson refuses lone surrogates, NULs in
 * names and numbers too large for it. */
static inline bool is_known_difference(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_numeric_overflow:
    case json_error_null_byte_in_key:
        return true;
    case json_error_invalid_syntax:
        return strstr(error->text, "invalid Unicode") != NULL;
    default:
        return false;
    }
}

static inline bool is_same(const struct json_document *doc,
                           const struct json_node *node, const json_t *other);

static inline bool is_same_text(const struct json_document *doc,
                                const struct json_node *node,
                                const json_t *other)
{
    const char *data = json_string_value(other);
    size_t size = json_string_length(other);
    struct arena arena = {NULL};
    struct slice text;
    bool is_so;

    if (json_text(doc, node, &arena, &text))
        is_so = slice_equal(text, (struct slice){data, size});
    else
        is_so =
            memchr(data, '\0', size) != NULL && !json_is_storable(doc, node);
    arena_release(&arena);
    return is_so;
}

static inline bool is_same_object(const struct json_document *doc,
                                  const struct json_node *node, json_t *other)
{
    const char *name;
    json_t *value;

    json_object_foreach(other, name, value)
    {
        if (!is_same(doc, json_get(doc, node, name), value))
            return false;
    }
    return json_get(doc, node, "no such member") == NULL ||
           json_object_get(other, "no such member") != NULL;
}

static inline bool is_same_array(const struct json_document *doc,
                                 const struct json_node *node,
                                 const json_t *other)
{
    const struct json_node *element = json_first(doc, node);

    for (size_t i = 0; i < json_array_size(other); i++) {
        if (!is_same(doc, element, json_array_get(other, i)))
            return false;
        element = json_next(doc, node, element);
    }
    return element == NULL;
}

static inline bool is_same_number(const struct json_document *doc,
                                  const struct json_node *node,
                                  const json_t *other)
{
    struct slice raw = json_raw(doc, node);
    char *text = memory_copy(raw.data, raw.size);
    char *end;
    bool is_so = strtod(text, &end) == json_number_value(other);

    is_so = is_so && *end == '\0';
    free(text);
    return is_so;
}

static inline bool is_same(const struct json_document *doc,
                           const struct json_node *node, const json_t *other)
{
    if (node == NULL)
        return false;
    switch (json_typeof(other)) {
    case JANSSON_OBJECT:
        return node->type == JSON_OBJECT &&
               is_same_object(doc, node, (json_t *)(uintptr_t)other);
    case JANSSON_ARRAY:
        return node->type == JSON_ARRAY && is_same_array(doc, node, other);
    case JANSSON_STRING:
        return node->type == JSON_STRING && is_same_text(doc, node, other);
    case JANSSON_INTEGER:
    case JANSSON_REAL:
        return node->type == JSON_NUMBER && is_same_number(doc, node, other);
    case JANSSON_TRUE:
        return node->type == JSON_TRUE;
    case JANSSON_FALSE:
        return node->type == JSON_FALSE;
    case JANSSON_NULL:
        return node->type == JSON_NULL;
    }
    return false;
}

/* The text is left in `doc`, which is released by the caller; it must lie in a
 * block of just its size, so that reading past it is seen. */
static inline enum agreement json_agreement(struct slice text,
                                            struct json_document *doc)
{
    json_error_t error;
    json_t *other = json_loadb(text.data, text.size,
                               JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    struct error err;
    bool is_taken = json_parse(doc, text, &err) == 0;
    enum agreement agreement = AGREE_NOT;

    if (!is_taken && err.kind != ERROR_INPUT)
        agreement = AGREE_NOT;
    else if (memchr(text.data, '\0', text.size) != NULL)
        agreement = is_taken ? AGREE_NOT : AGREE_KNOWN; /* behind a number
                                                           jansson takes it */
    else if (other == NULL && is_known_difference(&error))
        agreement = AGREE_KNOWN;
    else if (other == NULL && !is_taken)
        agreement = AGREE_REFUSED;
    else if (other != NULL && is_taken && is_same(doc, &doc->nodes[0], other))
        agreement = AGREE_TAKEN;
    json_decref(other);
    return agreement;
}
