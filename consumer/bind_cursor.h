/* bind_cursor - fill the arrays of a statement row by row: each value goes to
 * the next array, and behind the last one comes the first again. */
#pragma once

#include "consumer/bind.h"

struct bind_cursor {
    struct bind_arrays *out;
    int at;
};

static inline struct pg_array *bind_next(struct bind_cursor *row)
{
    struct pg_array *array = &row->out->arrays[row->at];

    row->at = (row->at + 1) % row->out->count;
    return array;
}

static inline void bind_text(struct bind_cursor *row, struct slice value)
{
    pg_array_text(bind_next(row), value);
}

static inline void bind_word(struct bind_cursor *row, const char *value)
{
    pg_array_text(bind_next(row), slice_of(value));
}

static inline void bind_uuid(struct bind_cursor *row, const struct uuid *value)
{
    pg_array_uuid(bind_next(row), value);
}

static inline void bind_id_of(struct bind_cursor *row, struct slice clerk_id)
{
    struct uuid id = identity_of(clerk_id);

    pg_array_uuid(bind_next(row), &id);
}

static inline void bind_number(struct bind_cursor *row, int64_t value)
{
    pg_array_int(bind_next(row), value);
}

static inline void bind_number_if(struct bind_cursor *row, bool is_given,
                                  int64_t value)
{
    if (is_given)
        pg_array_int(bind_next(row), value);
    else
        pg_array_null(bind_next(row));
}

static inline void bind_truth(struct bind_cursor *row, bool value)
{
    pg_array_bool(bind_next(row), value);
}

static inline void bind_moment(struct bind_cursor *row, struct instant value)
{
    pg_array_time(bind_next(row), value);
}
