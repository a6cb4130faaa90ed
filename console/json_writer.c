#include "console/json_writer.h"

#include <stdlib.h>

void json_writer_init(struct json_writer *w, struct buffer *out)
{
    *w = (struct json_writer){.out = out};
}

static void begin_value(struct json_writer *w, const char *name)
{
    if (w->is_begun)
        buffer_add_char(w->out, ',');
    w->is_begun = true;
    if (name == NULL)
        return;
    buffer_add_char(w->out, '"');
    buffer_add_json(w->out, slice_of(name));
    buffer_add_text(w->out, "\":");
}

static void open_nested(struct json_writer *w, const char *name, char begin,
                        char end)
{
    if (w->depth == JSON_WRITER_DEPTH)
        abort();
    begin_value(w, name);
    buffer_add_char(w->out, begin);
    w->ends[w->depth++] = end;
    w->is_begun = false;
}

void json_write_object(struct json_writer *w, const char *name)
{
    open_nested(w, name, '{', '}');
}

void json_write_array(struct json_writer *w, const char *name)
{
    open_nested(w, name, '[', ']');
}

void json_write_end(struct json_writer *w)
{
    if (w->depth == 0)
        abort();
    buffer_add_char(w->out, w->ends[--w->depth]);
    w->is_begun = true;
}

void json_write_slice(struct json_writer *w, const char *name, struct slice s)
{
    begin_value(w, name);
    buffer_add_char(w->out, '"');
    buffer_add_json(w->out, s);
    buffer_add_char(w->out, '"');
}

void json_write_text(struct json_writer *w, const char *name, const char *text)
{
    if (text != NULL)
        json_write_slice(w, name, slice_of(text));
    else
        json_write_raw(w, name, "null");
}

void json_write_number(struct json_writer *w, const char *name, int64_t number)
{
    begin_value(w, name);
    buffer_add_format(w->out, "%lld", (long long)number);
}

void json_write_real(struct json_writer *w, const char *name, double number,
                     int digits)
{
    begin_value(w, name);
    buffer_add_format(w->out, "%.*f", digits, number);
}

void json_write_bool(struct json_writer *w, const char *name, bool value)
{
    json_write_raw(w, name, value ? "true" : "false");
}

void json_write_raw(struct json_writer *w, const char *name, const char *json)
{
    begin_value(w, name);
    buffer_add_text(w->out, json);
}
