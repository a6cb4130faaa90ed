/* One line per outcome on standard error. */
#include "shared/log.h"

#include "shared/json.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define LINE_BYTES 65536

static int pipe_fds[2];
static int standard_error;
static char line[LINE_BYTES];

static int catch_standard_error(void **state)
{
    (void)state;
    standard_error = dup(STDERR_FILENO);
    return pipe2(pipe_fds, O_NONBLOCK) != 0 ||
           dup2(pipe_fds[1], STDERR_FILENO) < 0;
}

static int give_it_back(void **state)
{
    (void)state;
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    return 0;
}

/* What was written since, without the newline at its end. */
static const char *written(void)
{
    ssize_t size = read(pipe_fds[0], line, sizeof(line) - 1);

    line[size > 0 ? size : 0] = '\0';
    if (size > 0) {
        assert_int_equal(line[size - 1], '\n');
        line[size - 1] = '\0';
    }
    return line;
}

/* "2024-05-28T08:00:00.000Z" */
static void assert_begins_with_a_time(const char *text)
{
    const char *form = "dddd-dd-ddTdd:dd:dd.dddZ";

    for (size_t i = 0; form[i] != '\0'; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        assert_true(form[i] == 'd' ? is_digit : text[i] == form[i]);
    }
}

static void text_is_for_people(void **state)
{
    (void)state;
    log_init("test", LOG_INFO, LOG_TEXT);
    log_warn(log_event("batch"), log_number("events", -12), log_ms("ms", 1500),
             log_text("topic", "clerk.events"), log_text("empty", ""),
             log_text("none", NULL), log_text("pair", "a=b"),
             log_text("quoted", "a \"b\"\\\n=\x7f\xc3\xa9"));
    assert_begins_with_a_time(written());
    assert_string_equal(
        line + 24, " warn  event=batch events=-12 ms=1.500 topic=clerk.events"
                   " empty=\"\" none=\"\" pair=\"a=b\""
                   " quoted=\"a \\\"b\\\"\\\\\\u000a=\\u007f\xc3\xa9\"");
}

static void json_is_for_programs(void **state)
{
    (void)state;
    log_init("test", LOG_INFO, LOG_JSON);
    log_error(log_event("halted"), log_number("n", INT64_MIN),
              log_ms("r", 250007), log_text("t", "plain"),
              log_text("q", "\"\\\n\x01/"));
    assert_memory_equal(written(), "{\"time\":\"", 9);
    assert_begins_with_a_time(line + 9);
    assert_string_equal(
        line + 33,
        "\",\"level\":\"error\",\"program\":\"test\",\"event\":\"halted\","
        "\"n\":-9223372036854775808,\"r\":250.007,\"t\":\"plain\","
        "\"q\":\"\\\"\\\\\\u000a\\u0001/\"}");
}

static void a_line_is_one_line_and_json_whatever_is_in_it(void **state)
{
    struct json_document doc = {.count = 0};
    char value[512];
    struct error err;

    (void)state;
    log_init("test", LOG_DEBUG, LOG_JSON);
    srandom(1);
    for (int i = 0; i < 1000; i++) {
        size_t size = (size_t)random() % sizeof(value);
        for (size_t at = 0; at < size; at++)
            value[at] = (char)random();
        log_debug(log_slice("value", (struct slice){value, size}));
        assert_null(strchr(written(), '\n'));
        assert_int_equal(json_parse(&doc, slice_of(line), &err), 0);
    }
    json_release(&doc);
}

static void what_is_below_the_level_is_not_written(void **state)
{
    (void)state;
    for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
        log_init("test", (enum log_level)level, LOG_TEXT);
        for (int at = LOG_DEBUG; at <= LOG_ERROR; at++) {
            LOG_AT((enum log_level)at, log_event("x"));
            assert_int_equal(written()[0] != '\0', at >= level);
            assert_int_equal(log_is_on((enum log_level)at), at >= level);
        }
    }
}

static void auto_is_json_where_nobody_looks(void **state)
{
    (void)state;
    log_init("test", LOG_INFO, LOG_AUTO);
    log_info(log_event("x"));
    assert_int_equal(written()[0], '{');
}

static void a_line_that_is_too_long_is_cut(void **state)
{
    static char value[LINE_BYTES];

    (void)state;
    memset(value, 'x', sizeof(value) - 1);
    log_init("test", LOG_INFO, LOG_TEXT);
    log_info(log_text("value", value));
    assert_in_range(strlen(written()), 24, 8192);
}

static void spellings_are_those_of_the_options(void **state)
{
    (void)state;
    assert_string_equal(log_level_names[LOG_DEBUG], "debug");
    assert_string_equal(log_level_names[LOG_ERROR], "error");
    assert_null(log_level_names[LOG_ERROR + 1]);
    assert_string_equal(log_format_names[LOG_TEXT], "text");
    assert_string_equal(log_format_names[LOG_JSON], "json");
    assert_string_equal(log_format_names[LOG_AUTO], "auto");
    assert_null(log_format_names[LOG_AUTO + 1]);
}

static void what_is_held_is_written_together(void **state)
{
    (void)state;
    log_init("test", LOG_INFO, LOG_TEXT);
    log_hold();
    log_info(log_event("one"));
    log_info(log_event("two"));
    assert_string_equal(written(), "");
    log_flush();
    assert_string_equal(strchr(written(), '\n') + 25, " info  event=two");
    log_info(log_event("three"));
    assert_string_equal(written() + 24, " info  event=three");
}

static void a_warning_is_not_held_nor_what_was_before_it(void **state)
{
    (void)state;
    log_init("test", LOG_INFO, LOG_TEXT);
    log_hold();
    log_info(log_event("one"));
    log_warn(log_event("two"));
    assert_string_equal(strchr(written(), '\n') + 25, " warn  event=two");
    log_flush();
    assert_string_equal(written(), "");
}

/* Checks the lines of written(), numbered from `from` on; how many they are. */
static int numbered_lines(int from)
{
    char text[64];
    int seen = 0;

    for (const char *at = written(); *at != '\0'; seen++) {
        snprintf(text, sizeof(text), " info  event=line n=%d", from + seen);
        assert_memory_equal(at + 24, text, strlen(text));
        at += 24 + strlen(text);
        at += *at == '\n';
    }
    return seen;
}

/* For which there is no room: in their order, none twice. */
static void many_are_held_one_after_the_other(void **state)
{
    int seen = 0;

    (void)state;
    log_init("test", LOG_INFO, LOG_TEXT);
    log_hold();
    for (int i = 0; i < 3000; i++) {
        log_info(log_event("line"), log_number("n", i));
        seen += numbered_lines(seen);
    }
    assert_in_range(seen, 2000, 2999);
    log_flush();
    assert_int_equal(seen + numbered_lines(seen), 3000);
}

#define EACH(test)                                                             \
    cmocka_unit_test_setup_teardown(test, catch_standard_error, give_it_back)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(text_is_for_people),
        EACH(json_is_for_programs),
        EACH(a_line_is_one_line_and_json_whatever_is_in_it),
        EACH(what_is_below_the_level_is_not_written),
        EACH(auto_is_json_where_nobody_looks),
        EACH(a_line_that_is_too_long_is_cut),
        EACH(spellings_are_those_of_the_options),
        EACH(what_is_held_is_written_together),
        EACH(a_warning_is_not_held_nor_what_was_before_it),
        EACH(many_are_held_one_after_the_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
