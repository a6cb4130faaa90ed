#include "consumer/pg_array.h"

#include "shared/json.h"

#define LIMIT_BYTES (512 * 1024 * 1024)
#define HEAD_BYTES 20
#define EPOCH_2000_MS 946684800000

static const struct {
    unsigned array;   /* pg_type.oid of the array */
    unsigned element; /* and of its elements */
} oids[] = {
    [PG_TEXT] = {1009, 25},    [PG_UUID] = {2951, 2950},
    [PG_INT8] = {1016, 20},    [PG_INT4] = {1007, 23},
    [PG_BOOL] = {1000, 16},    [PG_TIME] = {1185, 1184},
    [PG_JSONB] = {3807, 3802}, [PG_JSON] = {199, 114},
};

unsigned pg_array_oid(enum pg_type type)
{
    return oids[type].array;
}

void pg_array_begin(struct pg_array *array, enum pg_type type)
{
    static const char head[HEAD_BYTES];

    array->bytes.limit = LIMIT_BYTES;
    buffer_clear(&array->bytes);
    buffer_add(&array->bytes, head, sizeof(head));
    array->type = type;
    array->count = 0;
}

void pg_array_release(struct pg_array *array)
{
    buffer_release(&array->bytes);
}

void pg_array_null(struct pg_array *array)
{
    buffer_add_u32(&array->bytes, UINT32_MAX);
    array->count++;
}

void pg_array_text(struct pg_array *array, struct slice value)
{
    bool is_jsonb = array->type == PG_JSONB;

    if (value.data == NULL) {
        pg_array_null(array);
        return;
    }
    buffer_add_u32(&array->bytes, (uint32_t)value.size + is_jsonb);
    if (is_jsonb)
        buffer_add_char(&array->bytes, 1); /* the version of the format */
    buffer_add_slice(&array->bytes, value);
    array->count++;
}

void pg_array_uuid(struct pg_array *array, const struct uuid *value)
{
    buffer_add_u32(&array->bytes, sizeof(value->bytes));
    buffer_add(&array->bytes, value->bytes, sizeof(value->bytes));
    array->count++;
}

void pg_array_int(struct pg_array *array, int64_t value)
{
    if (array->type == PG_INT4) {
        buffer_add_u32(&array->bytes, 4);
        buffer_add_u32(&array->bytes, (uint32_t)(int32_t)value);
    } else {
        buffer_add_u32(&array->bytes, 8);
        buffer_add_u64(&array->bytes, (uint64_t)value);
    }
    array->count++;
}

void pg_array_bool(struct pg_array *array, bool value)
{
    buffer_add_u32(&array->bytes, 1);
    buffer_add_char(&array->bytes, value ? 1 : 0);
    array->count++;
}

void pg_array_time(struct pg_array *array, struct instant value)
{
    if (value.state != INSTANT_PRESENT) {
        pg_array_null(array);
        return;
    }
    buffer_add_u32(&array->bytes, 8);
    buffer_add_u64(&array->bytes,
                   (uint64_t)((value.ms - EPOCH_2000_MS) * 1000));
    array->count++;
}

void pg_array_end(struct pg_array *array)
{
    const uint32_t head[] = {array->count > 0, 1, oids[array->type].element,
                             array->count, 1};
    struct buffer bytes;

    buffer_init(&bytes, HEAD_BYTES);
    for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
        buffer_add_u32(&bytes, head[i]);
    memcpy(array->bytes.data, bytes.data, HEAD_BYTES);
    if (array->count == 0) /* an empty array is its first three words */
        array->bytes.size = 12;
    buffer_release(&bytes);
}

static void add_quoted(struct buffer *out, struct slice text)
{
    buffer_add_text(out, out->size > 1 ? ",\"" : "\"");
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\')
            buffer_add_char(out, '\\');
        buffer_add_char(out, text.data[i]);
    }
    buffer_add_char(out, '"');
}

struct slice pg_array_literal(struct slice json_array, struct arena *arena)
{
    struct json_document json = {.count = 0};
    struct buffer out;
    struct error err;
    struct slice text;

    if (json_array.data == NULL || json_parse(&json, json_array, &err) != 0) {
        json_release(&json);
        return SLICE_EMPTY;
    }
    buffer_init(&out, LIMIT_BYTES);
    buffer_add_char(&out, '{');
    for (const struct json_node *at = json_first(&json, &json.nodes[0]);
         at != NULL; at = json_next(&json, &json.nodes[0], at))
        if (at->type == JSON_STRING && json_text(&json, at, arena, &text))
            add_quoted(&out, text);
    buffer_add_char(&out, '}');
    text = arena_copy(arena, buffer_slice(&out));
    buffer_release(&out);
    json_release(&json);
    return text;
}
