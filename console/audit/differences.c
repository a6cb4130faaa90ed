#include "console/audit/differences.h"

#include "shared/memory.h"

#include <inttypes.h>
#include <stdlib.h>

#define COLUMNS 5
#define COLUMNS_WITH_VALUES 7
#define VALUE_WIDTH_MAX 40

static const struct table_column columns[COLUMNS_WITH_VALUES] = {
    {.name = "kind", .title = "KIND"},
    {.name = "id", .title = "ID"},
    {.name = "table", .title = "TABLE"},
    {.name = "column", .title = "COLUMN"},
    {.name = "what", .title = "WHAT"},
    {.name = "expected", .title = "EXPECTED", .width_max = VALUE_WIDTH_MAX},
    {.name = "found", .title = "FOUND", .width_max = VALUE_WIDTH_MAX},
};

static const char *const words[] = {
    [DIFFERENCE_VALUE] = "differs",
    [DIFFERENCE_MISSING] = "missing",
    [DIFFERENCE_UNEXPECTED] = "unexpected",
    [DIFFERENCE_STRANGER] = "stranger",
};

static struct slice copy(struct slice text)
{
    if (text.data == NULL)
        return SLICE_EMPTY;
    return (struct slice){memory_copy(text.data, text.size), text.size};
}

void differences_release(struct differences *list)
{
    for (size_t i = 0; i < list->count; i++) {
        memory_free_at(&list->items[i].id.data);
        memory_free_at(&list->items[i].column.data);
        memory_free_at(&list->items[i].expected.data);
        memory_free_at(&list->items[i].found.data);
    }
    free(list->items);
    list->items = NULL;
    list->count = list->room = list->total = 0;
}

void differences_add(struct differences *list, const struct difference *one)
{
    struct difference *kept;

    list->total++;
    if (list->count == list->limit)
        return;
    if (list->count == list->room) {
        list->room = list->room > 0 ? 2 * list->room : 64;
        list->items =
            memory_resize(list->items, list->room, sizeof(*list->items));
    }
    kept = &list->items[list->count++];
    *kept = *one;
    kept->id = copy(one->id);
    kept->column = copy(one->column);
    kept->expected = list->has_values ? copy(one->expected) : SLICE_EMPTY;
    kept->found = list->has_values ? copy(one->found) : SLICE_EMPTY;
}

static void fill(const struct differences *list, struct table *table)
{
    table_init(table, columns,
               list->has_values ? COLUMNS_WITH_VALUES : COLUMNS);
    for (size_t i = 0; i < list->count; i++) {
        const struct difference *one = &list->items[i];
        table_add_text(table, entity_kind_names[one->kind]);
        table_add_slice(table, one->id);
        table_add_text(table, one->table);
        table_add_slice(table, one->column);
        table_add_text(table, words[one->what]);
        table_set_mood(table, MOOD_BAD);
        if (!list->has_values)
            continue;
        table_add_slice(table, one->expected);
        table_add_slice(table, one->found);
    }
}

void differences_print(const struct differences *list, bool has_colours,
                       struct buffer *out)
{
    struct table table;

    if (list->count == 0)
        return;
    fill(list, &table);
    table_print(&table, has_colours, out);
    table_release(&table);
    if (list->total > list->count)
        buffer_add_format(out, "and %" PRIu64 " more\n",
                          list->total - list->count);
}

void differences_write_json(const struct differences *list,
                            struct json_writer *w, const char *name)
{
    struct table table;

    fill(list, &table);
    table_write_json(&table, w, name);
    table_release(&table);
}
