/* When most events would be dead letters, it is us and not them. */
#include "consumer/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void pass(struct guard *guard, bool is_refused, int times)
{
    while (times-- > 0)
        assert_true(guard_pass(guard, is_refused));
}

static void half_of_the_last_hundred_may_be_refused_but_no_more(void **state)
{
    struct guard guard = {.refused = 0};

    (void)state;
    pass(&guard, false, 50);
    pass(&guard, true, 50);
    assert_false(guard_pass(&guard, true));
    assert_false(guard_pass(&guard, true)); /* it stays so */
}

static void the_first_fifty_ever_may_all_be_refused(void **state)
{
    struct guard guard = {.refused = 0};

    (void)state;
    pass(&guard, true, 50);
    assert_false(guard_pass(&guard, true));
}

static void every_second_event_may_be_refused_for_ever(void **state)
{
    struct guard guard = {.refused = 0};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        pass(&guard, true, 1);
        pass(&guard, false, 1);
    }
    assert_int_equal(guard.refused, 50);
}

static void two_of_three_trip_it_soon(void **state)
{
    struct guard guard = {.refused = 0};
    int events = 0;

    (void)state;
    while (guard_pass(&guard, events % 3 != 0))
        events++;
    assert_in_range(events, 74, 76);
}

static void what_is_long_ago_is_forgotten(void **state)
{
    struct guard guard = {.refused = 0};

    (void)state;
    for (int round = 0; round < 5; round++) {
        pass(&guard, true, 50);
        pass(&guard, false, 50);
    }
    assert_int_equal(guard.refused, 50);
    pass(&guard, true, 50); /* each takes the place of a refused one */
    assert_false(guard_pass(&guard, true));
    pass(&guard, false, 100);
    assert_int_equal(guard.refused, 0);
    pass(&guard, true, 50);
    assert_false(guard_pass(&guard, true));
}

static void what_turns_out_later_counts_too(void **state)
{
    struct guard guard = {.refused = 0};

    (void)state;
    pass(&guard, false, 100);
    for (int i = 0; i < 50; i++)
        assert_true(guard_pass_turned(&guard));
    assert_int_equal(guard.refused, 50);
    assert_false(guard_pass_turned(&guard));
    assert_false(guard_pass(&guard, true));
    pass(&guard, false, 50); /* the fifty before those that turned */
    assert_int_equal(guard.refused, 50);
    pass(&guard, false, 50);
    assert_int_equal(guard.refused, 0);
}

static void what_turned_is_the_latest_that_was_sound(void **state)
{
    struct guard guard = {.refused = 0};

    (void)state;
    pass(&guard, false, 99);
    pass(&guard, true, 1);
    assert_true(guard_pass_turned(&guard));
    assert_int_equal(guard.refused, 2);
    pass(&guard, false, 98);
    assert_int_equal(guard.refused, 2);
    pass(&guard, false, 1);
    assert_int_equal(guard.refused, 1);
    pass(&guard, false, 1);
    assert_int_equal(guard.refused, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_of_the_last_hundred_may_be_refused_but_no_more),
        cmocka_unit_test(the_first_fifty_ever_may_all_be_refused),
        cmocka_unit_test(every_second_event_may_be_refused_for_ever),
        cmocka_unit_test(two_of_three_trip_it_soon),
        cmocka_unit_test(what_is_long_ago_is_forgotten),
        cmocka_unit_test(what_turns_out_later_counts_too),
        cmocka_unit_test(what_turned_is_the_latest_that_was_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
