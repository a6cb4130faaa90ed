/* A command's table of flags is what its arguments are read by. */
#include "console/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct flags {
    bool is_loud;
    const char *name;
    int64_t size;
    int64_t unset;
    int colour;
    int taste;
    int64_t when;
    int64_t window;
    const char *canvas;
    int64_t coats;
    int64_t again;
};

static const char *const colours[] = {"red", "green", NULL};

static const struct flag table[] = {
    {.name = "loud",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct flags, is_loud),
     .about = "Be loud."},
    {.name = "name",
     .type = FLAG_TEXT,
     .offset = offsetof(struct flags, name),
     .value = "NAME",
     .fallback = "nobody",
     .about = "A name."},
    {.name = "size",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct flags, size),
     .value = "N",
     .fallback = "7",
     .min = -5,
     .max = 10,
     .about = "A size."},
    {.name = "unset",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct flags, unset),
     .value = "N",
     .min = 1,
     .max = 2,
     .about = "Has no fallback."},
    {.name = "colour",
     .type = FLAG_CHOICE,
     .offset = offsetof(struct flags, colour),
     .value = "COLOUR",
     .fallback = "green",
     .choices = colours,
     .about = "A colour."},
    {.name = "taste",
     .type = FLAG_CHOICE,
     .offset = offsetof(struct flags, taste),
     .value = "COLOUR",
     .choices = colours,
     .about = "Has no fallback."},
    {.name = "when",
     .type = FLAG_TIME,
     .offset = offsetof(struct flags, when),
     .value = "TIME",
     .about = "A time."},
    {.name = "window",
     .type = FLAG_DURATION,
     .offset = offsetof(struct flags, window),
     .value = "DURATION",
     .fallback = "PT1H",
     .about = "A duration."},
    {.name = "again",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct flags, again),
     .value = "TIMES",
     .bare = "2",
     .min = 1,
     .max = 9,
     .about = "How often again."},
};

static const struct flag arguments[] = {
    {.name = "canvas",
     .type = FLAG_TEXT,
     .is_argument = true,
     .is_needed = true,
     .offset = offsetof(struct flags, canvas),
     .value = "CANVAS",
     .about = "What to paint on."},
    {.name = "loud",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct flags, is_loud),
     .about = "Be loud."},
    {.name = "coats",
     .type = FLAG_NUMBER,
     .is_argument = true,
     .offset = offsetof(struct flags, coats),
     .value = "COATS",
     .fallback = "2",
     .min = 1,
     .max = 9,
     .about = "How often."},
};

static const struct command command = {
    .name = "paint",
    .about = "Paint something.",
    .detail = "More of it.",
    .example = "clerkstream paint --loud",
    .flags = table,
    .flags_count = sizeof(table) / sizeof(table[0]),
    .flags_bytes = sizeof(struct flags),
};

static const struct command wall = {
    .name = "paint wall",
    .about = "Paint a wall.",
    .example = "clerkstream paint wall north",
    .flags = arguments,
    .flags_count = sizeof(arguments) / sizeof(arguments[0]),
    .flags_bytes = sizeof(struct flags),
};

#define ARGUMENTS_MAX 8

/* Arguments with a NULL behind. */
static int parse_as(const struct command *as, const char *const *given,
                    struct flags *ret_flags, bool *ret_is_help,
                    struct error *err)
{
    char *argv[ARGUMENTS_MAX];
    int argc = 0;

    for (; given[argc] != NULL; argc++)
        argv[argc] = (char *)(uintptr_t)given[argc];
    memset(ret_flags, 0, sizeof(*ret_flags));
    err->kind = ERROR_NONE;
    return command_parse(as, argc, argv, ret_flags, ret_is_help, err);
}

static int parse(const char *const *given, struct flags *ret_flags,
                 bool *ret_is_help, struct error *err)
{
    return parse_as(&command, given, ret_flags, ret_is_help, err);
}

static struct flags parsed(const char *const *given)
{
    struct flags flags;
    struct error err;
    bool is_help;

    if (parse(given, &flags, &is_help, &err) != 0)
        fail_msg("%s", err.text);
    assert_false(is_help);
    return flags;
}

#define GIVEN(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NOTHING ((const char *const[]){NULL})

static void fallbacks_hold_where_nothing_is_given(void **state)
{
    struct flags flags = parsed(NOTHING);

    (void)state;
    assert_false(flags.is_loud);
    assert_string_equal(flags.name, "nobody");
    assert_int_equal(flags.size, 7);
    assert_int_equal(flags.unset, 0);
    assert_int_equal(flags.colour, 1);
    assert_int_equal(flags.taste, -1);
    assert_true(flags.when == FLAG_TIME_NONE);
    assert_int_equal(flags.window, 3600000);
}

static void times_and_durations_are_milliseconds(void **state)
{
    struct flags flags =
        parsed(GIVEN("--when", "1970-01-01T00:00:01Z", "--window=2d"));

    (void)state;
    assert_int_equal(flags.when, 1000);
    assert_int_equal(flags.window, 172800000);
}

static void a_flag_that_may_be_bare_takes_a_number_that_follows(void **state)
{
    (void)state;
    assert_int_equal(parsed(NOTHING).again, 0);
    assert_int_equal(parsed(GIVEN("--again")).again, 2);
    assert_int_equal(parsed(GIVEN("--again", "--loud")).again, 2);
    assert_int_equal(parsed(GIVEN("--again", "5", "--loud")).again, 5);
    assert_int_equal(parsed(GIVEN("--again=7")).again, 7);
}

static void what_is_no_flag_fills_the_arguments(void **state)
{
    struct flags flags;
    struct error err;
    bool is_help;

    (void)state;
    assert_int_equal(
        parse_as(&wall, GIVEN("-north", "--loud", "3"), &flags, &is_help, &err),
        0);
    assert_string_equal(flags.canvas, "-north");
    assert_true(flags.is_loud);
    assert_int_equal(flags.coats, 3);
    assert_int_equal(
        parse_as(&wall, GIVEN("--", "--loud"), &flags, &is_help, &err), 0);
    assert_string_equal(flags.canvas, "--loud");
    assert_false(flags.is_loud);
    assert_int_equal(flags.coats, 2);
}

static void an_argument_that_is_wrong_is_said_in_one_line(void **state)
{
    static const struct {
        const char *given[4];
        const char *said;
    } lines[] = {
        {{NULL}, "given nothing, allowed is clerkstream paint wall CANVAS"},
        {{"--loud"}, "given nothing, allowed is clerkstream paint wall CANVAS"},
        {{""}, "CANVAS: given \"\", allowed is CANVAS that is not empty"},
        {{"a", "10"},
         "COATS: given \"10\", allowed is a whole number from 1 to 9"},
        {{"a", "1", "b"}, "given argument \"b\", allowed is --loud, --help"},
        {{"--canvas", "a"},
         "given argument \"--canvas\", allowed is --loud, --help"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct flags flags;
        struct error err;
        bool is_help;
        assert_int_equal(
            parse_as(&wall, lines[i].given, &flags, &is_help, &err), -1);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_string_equal(err.text, lines[i].said);
    }
}

static void usage_names_the_arguments(void **state)
{
    struct buffer text;

    (void)state;
    buffer_init(&text, 1 << 16);
    command_help(&wall, &text);
    assert_non_null(strstr(text.data, "usage: clerkstream paint wall CANVAS "
                                      "[COATS] [flags]\n"));
    assert_non_null(strstr(text.data, "  CANVAS\n      What to paint on.\n"));
    buffer_release(&text);
}

static void a_value_follows_or_stands_behind_an_equals_sign(void **state)
{
    struct flags flags =
        parsed(GIVEN("--name", "a=b", "--size=-5", "--loud", "--colour=red"));

    (void)state;
    assert_true(flags.is_loud);
    assert_string_equal(flags.name, "a=b");
    assert_int_equal(flags.size, -5);
    assert_int_equal(flags.colour, 0);
    assert_string_equal(parsed(GIVEN("--name=a=b")).name, "a=b");
    assert_string_equal(parsed(GIVEN("--name", "--loud")).name, "--loud");
}

static void of_a_flag_given_twice_the_last_counts(void **state)
{
    (void)state;
    assert_int_equal(parsed(GIVEN("--size", "1", "--size=2")).size, 2);
}

static void help_ends_the_reading(void **state)
{
    struct flags flags;
    struct error err;
    bool is_help = false;

    (void)state;
    assert_int_equal(parse(GIVEN("--size", "3", "--help", "--nonsense"), &flags,
                           &is_help, &err),
                     0);
    assert_true(is_help);
}

static const struct {
    const char *given[3];
    const char *said;
} refused[] = {
    {{"--size", "11"},
     "--size: given \"11\", allowed is a whole number from -5 to 10"},
    {{"--size=-6"},
     "--size: given \"-6\", allowed is a whole number from -5 to 10"},
    {{"--size", "1x"},
     "--size: given \"1x\", allowed is a whole number from -5 to 10"},
    {{"--size", " 1"},
     "--size: given \" 1\", allowed is a whole number from -5 to 10"},
    {{"--size", "+1"},
     "--size: given \"+1\", allowed is a whole number from -5 to 10"},
    {{"--size="},
     "--size: given \"\", allowed is a whole number from -5 to 10"},
    {{"--size", "99999999999999999999"},
     "--size: given \"99999999999999999999\", allowed is a whole number from "
     "-5 to 10"},
    {{"--size"}, "--size: given nothing, allowed is --size N"},
    {{"--name="}, "--name: given \"\", allowed is NAME that is not empty"},
    {{"--colour", "blue"}, "--colour: given \"blue\", allowed is red, green"},
    {{"--when", "2026-01-31T08:00:00"},
     "--when: given \"2026-01-31T08:00:00\", allowed is RFC 3339 with a zone, "
     "2026-01-31T08:00:00Z or 2026-01-31T08:00:00.5+01:00"},
    {{"--window", "P1M"},
     "--window: given \"P1M\", allowed is ISO 8601 without years and months, "
     "PT1H or P1DT12H, or a number with its unit, 90d 12h 30m 45s"},
    {{"--loud=yes"}, "--loud: given \"yes\", allowed is no value"},
    {{"--lou"},
     "given argument \"--lou\", allowed is --loud, --name, --size, --unset, "
     "--colour, --taste, --when, --window, --again, --help"},
    {{"loud"},
     "given argument \"loud\", allowed is --loud, --name, --size, --unset, "
     "--colour, --taste, --when, --window, --again, --help"},
    {{"-s", "1"},
     "given argument \"-s\", allowed is --loud, --name, --size, --unset, "
     "--colour, --taste, --when, --window, --again, --help"},
};

static void what_is_wrong_is_said_in_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct flags flags;
        struct error err;
        bool is_help;
        assert_int_equal(parse(refused[i].given, &flags, &is_help, &err), -1);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_string_equal(err.text, refused[i].said);
    }
}

static void help_shows_every_flag_and_the_example(void **state)
{
    struct buffer text;

    (void)state;
    buffer_init(&text, 1 << 16);
    command_help(&command, &text);
    for (size_t i = 0; i < command.flags_count; i++) {
        assert_non_null(strstr(text.data, table[i].name));
        assert_non_null(strstr(text.data, table[i].about));
    }
    assert_non_null(strstr(text.data, "  --size N (7)\n      A size.\n"));
    assert_non_null(strstr(text.data, "        red\n        green\n"));
    assert_non_null(strstr(text.data, "  --help\n"));
    assert_non_null(strstr(text.data, "Example:\n  clerkstream paint --loud"));
    buffer_release(&text);
}

static void every_kind_of_error_has_its_exit_code(void **state)
{
    (void)state;
    assert_int_equal(command_exit_code(ERROR_NONE), 0);
    for (int kind = ERROR_INPUT; kind < ERROR_KINDS; kind++)
        assert_int_equal(command_exit_code((enum error_kind)kind),
                         kind == ERROR_INPUT ? 2 : 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fallbacks_hold_where_nothing_is_given),
        cmocka_unit_test(a_value_follows_or_stands_behind_an_equals_sign),
        cmocka_unit_test(times_and_durations_are_milliseconds),
        cmocka_unit_test(a_flag_that_may_be_bare_takes_a_number_that_follows),
        cmocka_unit_test(what_is_no_flag_fills_the_arguments),
        cmocka_unit_test(an_argument_that_is_wrong_is_said_in_one_line),
        cmocka_unit_test(usage_names_the_arguments),
        cmocka_unit_test(of_a_flag_given_twice_the_last_counts),
        cmocka_unit_test(help_ends_the_reading),
        cmocka_unit_test(what_is_wrong_is_said_in_one_line),
        cmocka_unit_test(help_shows_every_flag_and_the_example),
        cmocka_unit_test(every_kind_of_error_has_its_exit_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
