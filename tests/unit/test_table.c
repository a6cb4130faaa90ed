/* One set of cells is an aligned table for people and JSON for programs. */
#include "console/table.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct table_column columns[] = {
    {.name = "name", .title = "NAME", .width_max = 6},
    {.name = "count", .title = "N"},
    {.name = "secret"},
    {.name = "is_new", .title = "NEW"},
};

static void fill(struct table *table)
{
    table_init(table, columns, 4);
    table_add_text(table, "Zoë");
    table_add_number(table, 7);
    table_add_number(table, 125);
    table_add_bool(table, true);
    table_add_text(table, "\033[31mred");
    table_set_mood(table, MOOD_BAD);
    table_add_number(table, 1234);
    table_add_time(table, 0);
    table_add_null(table);
}

static void text_is_aligned_and_cut(void **state)
{
    struct table table;
    struct buffer out;

    (void)state;
    fill(&table);
    buffer_init(&out, 4096);
    assert_int_equal(table_rows(&table), 2);
    table_print(&table, false, &out);
    assert_string_equal(out.data, "NAME       N  NEW\n"
                                  "Zoë        7  yes\n"
                                  "?[31m…  1234  -\n");
    buffer_release(&out);
    table_release(&table);
}

static void colours_are_only_where_they_are_wanted(void **state)
{
    struct table table;
    struct buffer out;

    (void)state;
    fill(&table);
    buffer_init(&out, 4096);
    table_print(&table, true, &out);
    assert_non_null(strstr(out.data, "\033[31m?[31m…\033[0m  1234"));
    assert_non_null(strstr(out.data, "\033[1mNAME\033[0m"));
    buffer_release(&out);
    table_release(&table);
}

static void json_has_the_types_and_the_whole_text(void **state)
{
    struct json_writer w;
    struct table table;
    struct buffer out;

    (void)state;
    fill(&table);
    buffer_init(&out, 4096);
    json_writer_init(&w, &out);
    table_write_json(&table, &w, NULL);
    assert_string_equal(
        out.data,
        "[{\"name\":\"Zoë\",\"count\":7,\"secret\":125,\"is_new\":true},"
        "{\"name\":\"\\u001b[31mred\",\"count\":1234,"
        "\"secret\":\"1970-01-01T00:00:00.000Z\",\"is_new\":null}]");
    buffer_release(&out);
    table_release(&table);
}

static void a_table_without_rows_has_its_titles(void **state)
{
    struct table table;
    struct buffer out;

    (void)state;
    table_init(&table, columns, 4);
    buffer_init(&out, 4096);
    table_print(&table, false, &out);
    assert_string_equal(out.data, "NAME  N  NEW\n");
    buffer_release(&out);
    table_release(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_aligned_and_cut),
        cmocka_unit_test(colours_are_only_where_they_are_wanted),
        cmocka_unit_test(json_has_the_types_and_the_whole_text),
        cmocka_unit_test(a_table_without_rows_has_its_titles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
