/* Option tables: parsing, printing, help, arguments. */
#include "shared/option.h"

#include "shared/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct sample {
    char *text;
    char *secret;
    int64_t number;
    struct option_list list;
    struct option_listen listen;
    int choice;
};

static const char *const colours[] = {"red", "green", NULL};

static const struct option table[] = {
    {.name = "TEXT",
     .type = OPTION_TEXT,
     .offset = offsetof(struct sample, text),
     .about = "A text."},
    {.name = "SECRET",
     .alias = "OLD_SECRET",
     .type = OPTION_TEXT,
     .flags = OPTION_SECRET | OPTION_NEEDED,
     .offset = offsetof(struct sample, secret),
     .about = "What nobody may see."},
    {.name = "NUMBER",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct sample, number),
     .fallback = "7",
     .min = -5,
     .max = 100,
     .about = "A number."},
    {.name = "LIST",
     .type = OPTION_LIST,
     .offset = offsetof(struct sample, list),
     .fallback = "a,b",
     .about = "Some words."},
    {.name = "LISTEN",
     .type = OPTION_LISTEN,
     .offset = offsetof(struct sample, listen),
     .fallback = "0.0.0.0:80",
     .about = "Where."},
    {.name = "COLOUR",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct sample, choice),
     .fallback = "green",
     .choices = colours,
     .about = "Which."},
};

/* The environment of one row: at most two variables. */
static struct {
    const char *name, *value;
} variables[3];

static const char *lookup(const char *name)
{
    for (size_t i = 0; i < COUNT(variables); i++)
        if (variables[i].name != NULL && strcmp(variables[i].name, name) == 0)
            return variables[i].value;
    return NULL;
}

static void set(const char *name, const char *value, const char *name2,
                const char *value2)
{
    bool needs_secret = name == NULL || strstr(name, "SECRET") == NULL;

    variables[0].name = name;
    variables[0].value = value;
    variables[1].name = name2;
    variables[1].value = value2;
    variables[2].name = needs_secret ? "SECRET" : NULL;
    variables[2].value = "s3cret";
}

static int load(struct sample *sample, struct error *err)
{
    *sample = (struct sample){.text = NULL};
    return option_load(table, COUNT(table), lookup, sample, err);
}

static void release(struct sample *sample)
{
    option_release(table, COUNT(table), sample);
}

static const struct {
    const char *name, *value;
    const char *printed; /* NULL: refused */
} values[] = {
    {NULL, NULL, "NUMBER=7\nLIST=a,b\nLISTEN=0.0.0.0:80\nCOLOUR=green\n"},
    {"TEXT", "x y", "TEXT=x y\n"},
    {"TEXT", "", "TEXT=\n"},
    {"SECRET", "x", "SECRET=***\n"},
    {"OLD_SECRET", "x", "SECRET=***\n"},
    {"SECRET", NULL, NULL},
    {"SECRET", "", NULL},
    {"NUMBER", "-5", "NUMBER=-5\n"},
    {"NUMBER", "100", "NUMBER=100\n"},
    {"NUMBER", "007", "NUMBER=7\n"},
    {"NUMBER", "", "NUMBER=7\n"},
    {"NUMBER", "-6", NULL},
    {"NUMBER", "101", NULL},
    {"NUMBER", "x", NULL},
    {"NUMBER", "1x", NULL},
    {"NUMBER", "1.5", NULL},
    {"NUMBER", "1e1", NULL},
    {"NUMBER", "0x10", NULL},
    {"NUMBER", " 1", NULL},
    {"NUMBER", "1 ", NULL},
    {"NUMBER", "+1", NULL},
    {"NUMBER", "-", NULL},
    {"NUMBER", "99999999999999999999", NULL},
    {"LIST", "x", "LIST=x\n"},
    {"LIST", " x , y z,,\tw ", "LIST=x,y z,w\n"},
    {"LIST", ",", "LIST=\n"},
    {"LISTEN", "127.0.0.1:8788", "LISTEN=127.0.0.1:8788\n"},
    {"LISTEN", "[::1]:80", "LISTEN=[::1]:80\n"},
    {"LISTEN", "[::]:0", "LISTEN=[::]:0\n"},
    {"LISTEN", "localhost:65535", "LISTEN=localhost:65535\n"},
    {"LISTEN", "8788", NULL},
    {"LISTEN", ":8788", NULL},
    {"LISTEN", "host:", NULL},
    {"LISTEN", "host:x", NULL},
    {"LISTEN", "host:65536", NULL},
    {"LISTEN", "host:-1", NULL},
    {"LISTEN", "host:+1", NULL},
    {"LISTEN", "::1:80", NULL},
    {"LISTEN", "[]:80", NULL},
    {"LISTEN", "[::1:80", NULL},
    {"LISTEN", "[::1]80", NULL},
    {"COLOUR", "red", "COLOUR=red\n"},
    {"COLOUR", "RED", NULL},
    {"COLOUR", "blue", NULL},
};

static void values_of_every_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        struct sample sample;
        struct error err;
        struct buffer shown;
        int result;
        set(values[i].name, values[i].value, NULL, NULL);
        result = load(&sample, &err);
        if ((result == 0) != (values[i].printed != NULL))
            fail_msg("%s=%s: %d", values[i].name, values[i].value, result);
        buffer_init(&shown, 1000);
        if (result == 0)
            option_print(table, COUNT(table), &sample, &shown);
        if (result == 0 && strstr(shown.data, values[i].printed) == NULL)
            fail_msg("%s=%s: %s", values[i].name, values[i].value, shown.data);
        buffer_release(&shown);
        release(&sample);
    }
}

static void a_refusal_names_variable_value_and_what_is_allowed(void **state)
{
    static const struct {
        const char *name, *value, *text;
    } rows[] = {
        {"NUMBER", "x",
         "NUMBER: given \"x\", allowed is a whole number from -5 to 100"},
        {"COLOUR", "blue",
         "COLOUR: given \"blue\", allowed is one of red, green"},
        {"LISTEN", "x",
         "LISTEN: given \"x\", allowed is address:port, such as "
         "127.0.0.1:8788 or [::1]:8788"},
        {"SECRET", "",
         "SECRET: given nothing, but it is needed: What nobody may see."},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sample sample;
        struct error err;
        set(rows[i].name, rows[i].value, NULL, NULL);
        assert_int_equal(load(&sample, &err), -1);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_string_equal(err.text, rows[i].text);
        release(&sample);
    }
}

static char *file_with(const char *text)
{
    static char path[] = "/tmp/test_option_XXXXXX";
    int fd;

    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    return path;
}

static void secrets_from_files(void **state)
{
    static const struct {
        const char *content, *secret; /* NULL: refused */
    } rows[] = {
        {"abc", "abc"},       {"abc\n", "abc"}, {"abc\r\n", "abc"},
        {"abc\n\n", "abc\n"}, {"a b ", "a b "}, {"", NULL},
        {"\n", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *path = file_with(rows[i].content);
        struct sample sample;
        struct error err;
        set("SECRET_FILE", path, NULL, NULL);
        if (rows[i].secret == NULL) {
            assert_int_equal(load(&sample, &err), -1);
            assert_non_null(strstr(err.text, "SECRET_FILE"));
        } else {
            assert_int_equal(load(&sample, &err), 0);
            assert_string_equal(sample.secret, rows[i].secret);
        }
        release(&sample);
        unlink(path);
    }
}

static void which_name_wins(void **state)
{
    char *path = file_with("from a file");
    const struct {
        const char *name, *value, *name2, *value2, *secret;
    } rows[] = {
        {"SECRET", "itself", "SECRET_FILE", path, "itself"},
        {"SECRET", "itself", "OLD_SECRET", "the alias", "itself"},
        {"SECRET_FILE", path, "OLD_SECRET", "the alias", "from a file"},
        {"OLD_SECRET", "the alias", "OLD_SECRET_FILE", path, "the alias"},
        {"OLD_SECRET_FILE", path, NULL, NULL, "from a file"},
        {"SECRET", "", "OLD_SECRET", "the alias", "the alias"},
        {"SECRET", "itself", "SECRET_FILE", "/no/such/file", "itself"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sample sample;
        struct error err;
        set(rows[i].name, rows[i].value, rows[i].name2, rows[i].value2);
        assert_int_equal(load(&sample, &err), 0);
        assert_string_equal(sample.secret, rows[i].secret);
        release(&sample);
    }
    unlink(path);
}

static void only_secrets_are_read_from_files(void **state)
{
    char *path = file_with("x");
    struct sample sample;
    struct error err;

    (void)state;
    set("TEXT_FILE", path, NULL, NULL);
    assert_int_equal(load(&sample, &err), 0);
    assert_null(sample.text);
    release(&sample);
    unlink(path);
}

static void help_and_markdown_have_every_row(void **state)
{
    struct buffer help, rows;

    (void)state;
    buffer_init(&help, 10000);
    buffer_init(&rows, 10000);
    option_help(table, COUNT(table), &help);
    option_markdown(table, COUNT(table), &rows);
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_non_null(strstr(help.data, table[i].name));
        assert_non_null(strstr(help.data, table[i].about));
        assert_non_null(strstr(rows.data, table[i].name));
        assert_non_null(strstr(rows.data, table[i].about));
    }
    assert_non_null(strstr(help.data, "OLD_SECRET"));
    assert_non_null(strstr(help.data, "SECRET_FILE"));
    buffer_release(&help);
    buffer_release(&rows);
}

static void arguments(void **state)
{
    static char program[] = "program", help[] = "--help",
                print[] = "--print-config", version[] = "--version",
                ready[] = "--check-ready", other[] = "--other", empty[] = "";
    static const struct {
        char *words[3];
        int request; /* -1: refused */
    } rows[] = {
        {{program}, OPTION_RUN},
        {{program, help}, OPTION_HELP},
        {{program, print}, OPTION_PRINT},
        {{program, version}, OPTION_VERSION},
        {{program, ready}, OPTION_CHECK_READY},
        {{program, other}, -1},
        {{program, empty}, -1},
        {{program, help, help}, -1},
        {{program, help, other}, -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum option_request request;
        struct error err;
        int count = 1, result;
        while (count < 3 && rows[i].words[count] != NULL)
            count++;
        result = option_arguments(count, (char **)(uintptr_t)rows[i].words,
                                  &request, &err);
        assert_int_equal(result, rows[i].request < 0 ? -1 : 0);
        if (result == 0)
            assert_int_equal(request, rows[i].request);
        else
            assert_int_equal(err.kind, ERROR_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_type),
        cmocka_unit_test(a_refusal_names_variable_value_and_what_is_allowed),
        cmocka_unit_test(secrets_from_files),
        cmocka_unit_test(which_name_wins),
        cmocka_unit_test(only_secrets_are_read_from_files),
        cmocka_unit_test(help_and_markdown_have_every_row),
        cmocka_unit_test(arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
