/* When an event is tried again, and what its record says of that. */
#include "consumer/decode.h"
#include "consumer/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;

#define NAME_83                                                                \
    "0123456789012345678901234567890123456789012345678901234567890123456789"   \
    "0123456789012"
#define NAME_249 NAME_83 NAME_83 NAME_83

static void delays_double_give_or_take_a_fifth(void **state)
{
    static const int64_t delays_ms[] = {1000, 2000, 4000, 8000, 16000};

    (void)state;
    for (int tries = 1; tries < RETRY_TRIES; tries++) {
        int64_t delay_ms = delays_ms[tries - 1];
        assert_int_equal(retry_delay_ms(tries, 0), delay_ms * 8 / 10);
        assert_in_range(retry_delay_ms(tries, UINT32_MAX), delay_ms * 119 / 100,
                        delay_ms * 12 / 10);
        assert_in_range(retry_delay_ms(tries, UINT32_MAX / 2),
                        delay_ms * 99 / 100, delay_ms * 101 / 100);
    }
}

static void a_record_waits_until_it_is_due_and_no_longer_than_ever(void **state)
{
    static const struct {
        int64_t at_ms, wait_ms;
    } cases[] = {
        {500000, 0},        {499999, 0},     {0, 0},
        {500001, 1},        {519200, 19200}, {519201, 19200},
        {INT64_MAX, 19200},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct record record = {.retry_at_ms = cases[i].at_ms};
        assert_int_equal(retry_wait_ms(&record, 500000), cases[i].wait_ms);
    }
}

/* Headers in the order of enum retry_header; what they make of a record that
 * lies at log:7:70 since the time 5. */
static const struct {
    enum stream stream;
    const char *headers[RETRY_HEADERS_READ];
    const char *origin;
    int attempts;
    int64_t retry_at_ms, created_ms, redrives;
} records[] = {
    {STREAM_EVENTS, {NULL}, "log:7:70", 0, 0, 5, 0},
    {STREAM_EVENTS, {"4", "99", "t:1:2", "3", NULL}, "log:7:70", 0, 0, 5, 0},
    {STREAM_EVENTS, {"4", "99", "t:1:2", "3", "0"}, "log:7:70", 0, 0, 5, 0},
    {STREAM_EVENTS, {"6", "99", "t:1:2", "3", "2"}, "t:1:2", 0, 0, 5, 2},
    {STREAM_EVENTS, {NULL, NULL, NULL, NULL, "1"}, "log:7:70", 0, 0, 5, 1},
    {STREAM_EVENTS, {NULL, NULL, "t:1:2", NULL, "-1"}, "log:7:70", 0, 0, 5, 0},
    {STREAM_EVENTS, {NULL, NULL, "t:1:2", NULL, "x"}, "log:7:70", 0, 0, 5, 0},
    {STREAM_RETRIES, {NULL}, "log:7:70", 1, 0, 5, 0},
    {STREAM_RETRIES, {"1", "99", "t:1:2", "3", NULL}, "t:1:2", 1, 99, 3, 0},
    {STREAM_RETRIES, {"5", "99", "t:1:2", "3", "2"}, "t:1:2", 5, 99, 3, 2},
    {STREAM_RETRIES, {"6", "99", "t:1:2", "3", NULL}, "t:1:2", 5, 99, 3, 0},
    {STREAM_RETRIES, {"0", "99", "t:1:2", "3", NULL}, "t:1:2", 0, 99, 3, 0},
    {STREAM_RETRIES, {"", "", "", "", ""}, "log:7:70", 1, 0, 5, 0},
    {STREAM_RETRIES, {" 1", "9x", "t:1", "-3", "1.0"}, "log:7:70", 1, 0, 5, 0},
    {STREAM_RETRIES,
     {"99999999999999999999", "99999999999999999999", "t:4294967296:1", "+3",
      "99999999999"},
     "log:7:70",
     1,
     0,
     5,
     1000000},
    /* Numbers, but no times; a place, but of no topic. */
    {STREAM_RETRIES,
     {"1", "9200000000000001", "a b:1:2", "9223372036854775807", NULL},
     "log:7:70",
     1,
     0,
     5,
     0},
};

static void a_record_says_what_became_of_it_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        struct record record = {.stream = records[i].stream,
                                .origin = {slice_of("log"), 7, 70},
                                .created_ms = 5};
        struct slice values[RETRY_HEADERS_READ];
        for (int h = 0; h < RETRY_HEADERS_READ; h++)
            values[h] = slice_of(records[i].headers[h]);
        retry_read(values, &record);
        if (!slice_is(letter_place(&record.origin, &arena),
                      records[i].origin) ||
            record.attempts != records[i].attempts ||
            record.retry_at_ms != records[i].retry_at_ms ||
            record.created_ms != records[i].created_ms ||
            record.redrives != records[i].redrives)
            fail_msg("record %zu: %.*s %d %lld %lld %lld", i,
                     SLICE_PRINT(letter_place(&record.origin, &arena)),
                     record.attempts, (long long)record.retry_at_ms,
                     (long long)record.created_ms, (long long)record.redrives);
    }
}

/* What is written is what is read. */
static void headers_bring_an_event_back_as_it_was(void **state)
{
    struct event event = {.record = {.origin = {slice_of("a.b-c"), 11, 4711},
                                     .created_ms = 1700000000123},
                          .attempts = 3,
                          .retry_at_ms = 1700000004567};
    struct record back = {.stream = STREAM_RETRIES};
    struct letter_header headers[RETRY_HEADERS];
    struct slice values[RETRY_HEADERS_READ] = {{0}};
    int found = 0;

    (void)state;
    error_set(&event.refusal, ERROR_AGAIN, "locked");
    retry_headers(&event, &arena, headers);
    for (int i = 0; i < RETRY_HEADERS; i++) {
        for (int h = 0; h < RETRY_HEADERS_READ; h++)
            if (strcmp(headers[i].name, retry_header_names[h]) == 0)
                values[h] = headers[i].value, found++;
        if (strcmp(headers[i].name, "clerkstream-reason") == 0)
            assert_true(slice_is(headers[i].value, "locked"));
    }
    assert_int_equal(found, RETRY_HEADERS - 1);
    retry_read(values, &back);
    assert_int_equal(back.attempts, 3);
    assert_int_equal(back.retry_at_ms, 1700000004567);
    assert_int_equal(back.created_ms, 1700000000123);
    assert_true(slice_is(letter_place(&back.origin, &arena), "a.b-c:11:4711"));
}

static void only_whole_numbers_are_numbers(void **state)
{
    static const char *const bad[] = {"",   "-1",  "+1", " 1",
                                      "1 ", "1.0", "0x", "9223372036854775808"};
    int64_t number = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(letter_read_number(slice_of(bad[i]), &number));
    assert_int_equal(number, 77);
    assert_true(letter_read_number(slice_of("9223372036854775807"), &number));
    assert_int_equal(number, INT64_MAX);
    assert_true(letter_read_number(slice_of("007"), &number));
    assert_int_equal(number, 7);
}

static void only_three_parts_are_a_place(void **state)
{
    static const char *const bad[] = {
        "",
        "t",
        "t:1",
        ":1:2",
        "t::2",
        "t:1:",
        "t:1:x",
        "t:-1:2",
        "t:2147483648:1",
        "t:1:9223372036854775808",
        "a:b:1:2",
        "a b:1:2",
        "\xff:1:2",
        "a/b:1:2",
        NAME_249 "x:1:2",
    };
    static const char nul[] = "a\0b:1:2";
    struct place place = {.offset = 77};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (letter_read_place(slice_of(bad[i]), &place))
            fail_msg("%s", bad[i]);
    assert_int_equal(place.offset, 77);
    assert_true(letter_read_place(
        slice_of("A.b-c_9:2147483647:9223372036854775807"), &place));
    assert_true(slice_is(place.topic, "A.b-c_9"));
    assert_int_equal(place.partition, INT32_MAX);
    assert_int_equal(place.offset, INT64_MAX);
    assert_true(letter_read_place(slice_of(NAME_249 ":1:2"), &place));
    assert_false(
        letter_read_place((struct slice){nul, sizeof(nul) - 1}, &place));
}

static void a_time_can_be_stored(void **state)
{
    int64_t ms = 77;

    (void)state;
    assert_false(letter_read_time(slice_of("9200000000000001"), &ms));
    assert_false(letter_read_time(slice_of("-1"), &ms));
    assert_int_equal(ms, 77);
    assert_true(letter_read_time(slice_of("9200000000000000"), &ms));
    assert_int_equal(ms, INSTANT_MAX);
}

static int forget(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_double_give_or_take_a_fifth),
        cmocka_unit_test(
            a_record_waits_until_it_is_due_and_no_longer_than_ever),
        cmocka_unit_test(a_record_says_what_became_of_it_before),
        cmocka_unit_test(headers_bring_an_event_back_as_it_was),
        cmocka_unit_test(only_whole_numbers_are_numbers),
        cmocka_unit_test(only_three_parts_are_a_place),
        cmocka_unit_test(a_time_can_be_stored),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
