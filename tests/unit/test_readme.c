/* The README's tables of options and metrics are those of the programs.  With
 * UPDATE_README=1 they are written instead of compared. */
#include "console/config.h"
#include "consumer/config.h"
#include "consumer/meters.h"
#include "producer/config.h"
#include "producer/measure.h"
#include "shared/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define README "README.md" /* tests run in the root of the tree */
#define README_BYTES (256 * 1024)

static const struct {
    const char *program;
    const struct option *table;
    const size_t *count;
} programs[] = {
    {"clerkstream-producer", producer_options, &producer_options_count},
    {"clerkstream-consumer", consumer_options, &consumer_options_count},
    {"clerkstream", console_options, &console_options_count},
};

static const struct {
    const char *program;
    const struct metric *families;
    const size_t *count;
} measured[] = {
    {"clerkstream-producer", measure_families, &measure_families_count},
    {"clerkstream-consumer", meters_families, &meters_families_count},
    {"Both, of their process", metrics_process_families,
     &metrics_process_count},
};

static void render_options(struct buffer *out)
{
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        buffer_add_format(out,
                          "\n### %s\n\n| variable | default | what |\n"
                          "|---|---|---|\n",
                          programs[i].program);
        option_markdown(programs[i].table, *programs[i].count, out);
    }
    buffer_add_char(out, '\n');
}

static void render_metrics(struct buffer *out)
{
    for (size_t i = 0; i < sizeof(measured) / sizeof(measured[0]); i++) {
        buffer_add_format(out,
                          "\n### %s\n\n| metric | labels | type | what |\n"
                          "|---|---|---|---|\n",
                          measured[i].program);
        metrics_markdown(measured[i].families, *measured[i].count, out);
    }
    buffer_add_char(out, '\n');
}

static const struct {
    const char *begin, *end;
    void (*render)(struct buffer *out);
} parts[] = {
    {"<!-- options:", "<!-- end of options -->", render_options},
    {"<!-- metrics:", "<!-- end of metrics -->", render_metrics},
};

static char *read_readme(void)
{
    FILE *file = fopen(README, "re");
    char *text = memory_new(README_BYTES);
    size_t size;

    assert_non_null(file);
    size = fread(text, 1, README_BYTES - 1, file);
    fclose(file);
    text[size] = '\0';
    return text;
}

static void write_readme(const char *text, const char *begin, const char *end,
                         const struct buffer *tables)
{
    FILE *file = fopen(README, "we");

    assert_non_null(file);
    fwrite(text, 1, (size_t)(begin - text), file);
    fwrite(tables->data, 1, tables->size, file);
    fputs(end, file);
    fclose(file);
}

static void check_part(size_t i)
{
    CLEANUP_FREE char *text = read_readme();
    char *begin = strstr(text, parts[i].begin);
    char *end = strstr(text, parts[i].end);
    struct buffer tables;

    assert_non_null(begin);
    assert_non_null(end);
    begin = strchr(begin, '\n') + 1;
    buffer_init(&tables, README_BYTES);
    parts[i].render(&tables);
    if (getenv("UPDATE_README") != NULL) {
        write_readme(text, begin, end, &tables);
    } else {
        *end = '\0';
        assert_string_equal(begin, tables.data);
    }
    buffer_release(&tables);
}

static void the_tables_of_the_readme_are_those_of_the_programs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        check_part(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_of_the_readme_are_those_of_the_programs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
