/* The retries that are not due yet. */
#include "consumer/waiting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void add(struct waiting *waiting, int32_t partition, int64_t due_ms)
{
    const struct record record = {
        .stream = STREAM_RETRIES, .partition = partition, .offset = due_ms};

    waiting_add(waiting, &record, due_ms);
}

/* Whatever the order in which they came. */
static void they_come_in_the_order_in_which_they_are_due(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 50; round++) {
        struct waiting waiting = {.count = 0};
        struct record record;
        int64_t last = -1;
        for (int i = 0; i < 200; i++) {
            seed = seed * 1664525 + 1013904223;
            add(&waiting, i % 3, (seed >> 8) % 100);
        }
        assert_false(waiting_take(&waiting, -1, &record));
        while (waiting_take_of(&waiting, 1, &record))
            assert_int_equal(record.partition, 1);
        for (int i = 0; i < 133; i++) {
            assert_true(waiting_take(&waiting, 99, &record));
            assert_int_not_equal(record.partition, 1);
            assert_true(record.offset >= last);
            last = record.offset;
        }
        assert_false(waiting_take(&waiting, INT64_MAX, &record));
        assert_int_equal(waiting.size_bytes, 0);
        waiting_release(&waiting);
    }
}

static void none_comes_before_it_is_due(void **state)
{
    struct waiting waiting = {.count = 0};
    struct record record;

    (void)state;
    assert_int_equal(waiting_left_ms(&waiting, 1000, 200), 200);
    add(&waiting, 0, 1500);
    add(&waiting, 0, 1100);
    assert_int_equal(waiting_left_ms(&waiting, 1000, 200), 100);
    assert_int_equal(waiting_left_ms(&waiting, 800, 200), 200);
    assert_int_equal(waiting_left_ms(&waiting, 1100, 200), 0);
    assert_int_equal(waiting_left_ms(&waiting, 9999, 200), 0);
    assert_false(waiting_take(&waiting, 1099, &record));
    assert_true(waiting_take(&waiting, 1100, &record));
    assert_int_equal(record.offset, 1100);
    assert_false(waiting_take(&waiting, 1100, &record));
    assert_int_equal(waiting_left_ms(&waiting, 1400, 200), 100);
    waiting_release(&waiting);
}

/* Full is full until half of it is gone. */
static void there_is_a_ceiling_for_their_number(void **state)
{
    struct waiting waiting = {.count = 0};
    struct record record;

    (void)state;
    for (int i = 0; i < WAITING_RECORDS_MAX; i++) {
        assert_false(waiting.is_full);
        add(&waiting, 0, i);
    }
    assert_true(waiting.is_full);
    for (int i = 0; i < WAITING_RECORDS_MAX / 2; i++) {
        assert_true(waiting.is_full);
        assert_true(waiting_take(&waiting, INT64_MAX, &record));
    }
    assert_false(waiting.is_full);
    waiting_release(&waiting);
}

static void there_is_a_ceiling_for_their_size(void **state)
{
    const struct record large = {.stream = STREAM_RETRIES,
                                 .value = {"", 1024 * 1024}};
    struct waiting waiting = {.count = 0};
    struct record record;

    (void)state;
    while (!waiting.is_full)
        waiting_add(&waiting, &large, 0);
    assert_in_range(waiting.count, 15, 16);
    while (waiting.is_full)
        assert_true(waiting_take(&waiting, 0, &record));
    assert_in_range(waiting.count, 7, 8);
    waiting_release(&waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_come_in_the_order_in_which_they_are_due),
        cmocka_unit_test(none_comes_before_it_is_due),
        cmocka_unit_test(there_is_a_ceiling_for_their_number),
        cmocka_unit_test(there_is_a_ceiling_for_their_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
