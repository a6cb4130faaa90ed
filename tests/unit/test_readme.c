/* The README's option tables are those of the programs.  With UPDATE_README=1
 * they are written instead of compared. */
#include "console/config.h"
#include "consumer/config.h"
#include "producer/config.h"
#include "shared/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define README "README.md" /* tests run in the root of the tree */
#define BEGIN_MARK "<!-- options:"
#define END_MARK "<!-- end of options -->"
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

static void render_tables(struct buffer *out)
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

static void the_tables_of_the_readme_are_those_of_the_programs(void **state)
{
    CLEANUP_FREE char *text = read_readme();
    char *begin = strstr(text, BEGIN_MARK), *end = strstr(text, END_MARK);
    struct buffer tables;

    (void)state;
    assert_non_null(begin);
    assert_non_null(end);
    begin = strchr(begin, '\n') + 1;
    buffer_init(&tables, README_BYTES);
    render_tables(&tables);
    if (getenv("UPDATE_README") != NULL) {
        write_readme(text, begin, end, &tables);
    } else {
        *end = '\0';
        assert_string_equal(begin, tables.data);
    }
    buffer_release(&tables);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_of_the_readme_are_those_of_the_programs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
