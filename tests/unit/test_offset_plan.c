/* Where a group goes on after a reset, and how many records that replays. */
#include "console/offset_plan.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BEGIN 10
#define END 110

static struct offset_move plan(enum offset_target target, int64_t value,
                               int64_t committed)
{
    const struct offset_wish wish = {target, value};
    const struct offset_partition partition = {
        .span = {BEGIN, END}, .committed = committed, .at_time = value};

    return offset_plan(&wish, &partition);
}

static void assert_move(struct offset_move move, int64_t from, int64_t to,
                        bool is_clamped)
{
    assert_int_equal(move.from, from);
    assert_int_equal(move.to, to);
    assert_int_equal(move.is_clamped, is_clamped);
    assert_int_equal(move.replayed, from > to ? from - to : 0);
    assert_int_equal(move.skipped, to > from ? to - from : 0);
}

static void both_ends_are_reached(void **state)
{
    (void)state;
    assert_move(plan(OFFSET_TO_EARLIEST, 0, 60), 60, BEGIN, false);
    assert_move(plan(OFFSET_TO_LATEST, 0, 60), 60, END, false);
}

static void an_offset_that_is_not_there_is_clamped(void **state)
{
    (void)state;
    assert_move(plan(OFFSET_TO_OFFSET, 50, 60), 60, 50, false);
    assert_move(plan(OFFSET_TO_OFFSET, 0, 60), 60, BEGIN, true);
    assert_move(plan(OFFSET_TO_OFFSET, END, 60), 60, END, false);
    assert_move(plan(OFFSET_TO_OFFSET, END + 1, 60), 60, END, true);
}

static void a_time_after_all_records_is_their_end(void **state)
{
    (void)state;
    assert_move(plan(OFFSET_TO_TIME, 33, 60), 60, 33, false);
    assert_move(plan(OFFSET_TO_TIME, KAFKA_NO_OFFSET, 60), 60, END, false);
}

static void a_shift_goes_both_ways_and_stays_inside(void **state)
{
    (void)state;
    assert_move(plan(OFFSET_SHIFT_BY, -20, 60), 60, 40, false);
    assert_move(plan(OFFSET_SHIFT_BY, 20, 60), 60, 80, false);
    assert_move(plan(OFFSET_SHIFT_BY, -51, 60), 60, BEGIN, true);
    assert_move(plan(OFFSET_SHIFT_BY, INT64_MAX, 60), 60, END, true);
    assert_move(plan(OFFSET_SHIFT_BY, INT64_MIN, 60), 60, BEGIN, true);
}

/* As the consumer does itself. */
static void without_a_usable_offset_it_goes_on_from_the_first(void **state)
{
    (void)state;
    assert_move(plan(OFFSET_TO_LATEST, 0, KAFKA_NO_OFFSET), BEGIN, END, false);
    assert_move(plan(OFFSET_SHIFT_BY, 5, 3), BEGIN, BEGIN + 5, false);
    assert_move(plan(OFFSET_TO_EARLIEST, 0, END + 1), BEGIN, BEGIN, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_are_reached),
        cmocka_unit_test(an_offset_that_is_not_there_is_clamped),
        cmocka_unit_test(a_time_after_all_records_is_their_end),
        cmocka_unit_test(a_shift_goes_both_ways_and_stays_inside),
        cmocka_unit_test(without_a_usable_offset_it_goes_on_from_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
