/* table - rows under named columns: aligned text, or JSON, of the same cells.
 *
 *     table_init(&table, columns, 2);
 *     table_add_text(&table, "clerk.events");
 *     table_add_number(&table, 12);
 *     table_print(&table, has_colours, out);
 *     table_release(&table);
 *
 * Cells are added row by row, left to right, each copied.  Pure. */
#pragma once

#include "console/json_writer.h"
#include "console/shown.h"
#include "shared/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_column {
    const char *name;  /* in JSON */
    const char *title; /* in text; NULL: only in JSON */
    size_t width_max;  /* in text, longer is cut with "…"; 0: any */
};

struct table_cell;

struct table {
    const struct table_column *columns; /* borrowed */
    size_t columns_count;
    struct table_cell *cells;
    size_t cells_count, cells_capacity;
};

void table_init(struct table *table, const struct table_column *columns,
                size_t columns_count);
void table_release(struct table *table);

void table_add_text(struct table *table, const char *text); /* NULL: null */
void table_add_slice(struct table *table, struct slice text);
void table_add_number(struct table *table, int64_t number);
void table_add_bool(struct table *table, bool value); /* text: yes, no */
void table_add_time(struct table *table, int64_t ms); /* since 1970; RFC 3339 */
void table_add_null(struct table *table);
/* Of the cell that was added last. */
void table_set_mood(struct table *table, enum shown_mood mood);

size_t table_rows(const struct table *table);

/* A line of titles, then one for each row; numbers stand to the right. */
void table_print(const struct table *table, bool has_colours,
                 struct buffer *out);
/* An array of objects. */
void table_write_json(const struct table *table, struct json_writer *w,
                      const char *name);
