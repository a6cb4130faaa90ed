#include "console/table.h"

#include "shared/instant.h"
#include "shared/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NULL_SHOWN "-"

struct table_cell {
    char *text; /* NULL: null */
    size_t size;
    bool is_json; /* `text` is a JSON value: a number, true, false */
    bool is_number;
    enum shown_mood mood;
};

void table_init(struct table *table, const struct table_column *columns,
                size_t columns_count)
{
    *table = (struct table){.columns = columns, .columns_count = columns_count};
}

void table_release(struct table *table)
{
    for (size_t i = 0; i < table->cells_count; i++)
        free(table->cells[i].text);
    free(table->cells);
    table_init(table, table->columns, table->columns_count);
}

/* A cell with a text of its own, copied. */
static struct table_cell *add(struct table *table, struct slice text)
{
    struct table_cell *cell;

    if (table->cells_count == table->cells_capacity) {
        table->cells_capacity = table->cells_capacity * 2 + 64;
        table->cells = memory_resize(table->cells, table->cells_capacity,
                                     sizeof(*table->cells));
    }
    cell = &table->cells[table->cells_count++];
    *cell = (struct table_cell){.size = text.size};
    if (text.data != NULL)
        cell->text = memory_copy(text.data, text.size);
    return cell;
}

void table_add_slice(struct table *table, struct slice text)
{
    add(table, text);
}

void table_add_text(struct table *table, const char *text)
{
    add(table, slice_of(text));
}

void table_add_null(struct table *table)
{
    add(table, SLICE_EMPTY);
}

void table_add_number(struct table *table, int64_t number)
{
    char text[32];
    struct table_cell *cell;

    snprintf(text, sizeof(text), "%" PRId64, number);
    cell = add(table, slice_of(text));
    cell->is_json = cell->is_number = true;
}

void table_add_bool(struct table *table, bool value)
{
    add(table, slice_of(value ? "true" : "false"))->is_json = true;
}

void table_add_time(struct table *table, int64_t ms)
{
    char text[INSTANT_TEXT_BYTES];

    if (instant_format(ms, text))
        table_add_text(table, text);
    else
        table_add_null(table);
}

void table_set_mood(struct table *table, enum shown_mood mood)
{
    table->cells[table->cells_count - 1].mood = mood;
}

size_t table_rows(const struct table *table)
{
    return table->cells_count / table->columns_count;
}

/* What text shows of a cell. */
static struct slice shown_of(const struct table_cell *cell)
{
    if (cell->text == NULL)
        return slice_of(NULL_SHOWN);
    if (cell->is_json && !cell->is_number)
        return slice_of(cell->text[0] == 't' ? "yes" : "no");
    return (struct slice){cell->text, cell->size};
}

static const struct table_cell *cell_at(const struct table *table, size_t row,
                                        size_t column)
{
    return &table->cells[row * table->columns_count + column];
}

static size_t column_width(const struct table *table, size_t column)
{
    const struct table_column *is = &table->columns[column];
    size_t width = shown_width(slice_of(is->title));

    for (size_t row = 0; row < table_rows(table); row++) {
        size_t one = shown_width(shown_of(cell_at(table, row, column)));
        if (is->width_max > 0 && one > is->width_max)
            one = is->width_max;
        width = one > width ? one : width;
    }
    return width;
}

static bool is_last_shown(const struct table *table, size_t column)
{
    while (++column < table->columns_count)
        if (table->columns[column].title != NULL)
            return false;
    return true;
}

static void add_blanks(struct buffer *out, size_t count)
{
    while (count-- > 0)
        buffer_add_char(out, ' ');
}

struct place {
    size_t width;
    bool is_right;
    bool is_last; /* no blanks behind it */
};

static void add_shown(struct buffer *out, struct slice text,
                      const struct place *place, bool has_colours,
                      enum shown_mood mood)
{
    size_t width = shown_width(text);
    size_t blanks = width < place->width ? place->width - width : 0;

    if (place->is_right)
        add_blanks(out, blanks);
    shown_begin(out, has_colours, mood);
    shown_add(out, text, place->width);
    shown_end(out, has_colours, mood);
    if (place->is_last)
        buffer_add_char(out, '\n');
    else
        add_blanks(out, 2 + (place->is_right ? 0 : blanks));
}

/* A column of numbers stands to the right, its title too. */
static bool is_right(const struct table *table, size_t column)
{
    for (size_t row = 0; row < table_rows(table); row++)
        if (cell_at(table, row, column)->text != NULL)
            return cell_at(table, row, column)->is_number;
    return false;
}

static void measure(const struct table *table, struct place *ret_places)
{
    for (size_t i = 0; i < table->columns_count; i++)
        ret_places[i] = (struct place){
            .width = column_width(table, i),
            .is_right = is_right(table, i),
            .is_last = is_last_shown(table, i),
        };
}

void table_print(const struct table *table, bool has_colours,
                 struct buffer *out)
{
    CLEANUP_FREE struct place *places =
        memory_new(table->columns_count * sizeof(*places));

    measure(table, places);
    for (size_t i = 0; i < table->columns_count; i++)
        if (table->columns[i].title != NULL)
            add_shown(out, slice_of(table->columns[i].title), &places[i],
                      has_colours, MOOD_TITLE);
    for (size_t row = 0; row < table_rows(table); row++) {
        for (size_t i = 0; i < table->columns_count; i++) {
            const struct table_cell *cell = cell_at(table, row, i);
            if (table->columns[i].title != NULL)
                add_shown(out, shown_of(cell), &places[i], has_colours,
                          cell->mood);
        }
    }
}

static void write_cell(const struct table_cell *cell, const char *name,
                       struct json_writer *w)
{
    if (cell->text == NULL)
        json_write_raw(w, name, "null");
    else if (cell->is_json)
        json_write_raw(w, name, cell->text);
    else
        json_write_slice(w, name, (struct slice){cell->text, cell->size});
}

void table_write_json(const struct table *table, struct json_writer *w,
                      const char *name)
{
    json_write_array(w, name);
    for (size_t row = 0; row < table_rows(table); row++) {
        json_write_object(w, NULL);
        for (size_t i = 0; i < table->columns_count; i++)
            write_cell(cell_at(table, row, i), table->columns[i].name, w);
        json_write_end(w);
    }
    json_write_end(w);
}
