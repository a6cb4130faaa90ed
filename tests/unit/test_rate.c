/* Tokens of the rate limit: bursts of one second's worth, then evenly. */
#include "producer/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND 1000000000LL
#define START (50 * SECOND) /* a clock that does not begin at 0 */

/* How many of `tries` at one moment get through. */
static int taken(struct rate *rate, int64_t now_ns, int tries)
{
    int count = 0;

    for (int i = 0; i < tries; i++)
        count += rate_take(rate, now_ns);
    return count;
}

static void zero_is_no_limit(void **state)
{
    struct rate rate;

    (void)state;
    rate_init(&rate, 0);
    assert_int_equal(taken(&rate, START, 100000), 100000);
}

static void a_burst_is_one_seconds_worth(void **state)
{
    static const int64_t limits[] = {1,   2,    3,      7,      10,
                                     999, 1000, 999999, 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rate rate;
        rate_init(&rate, limits[i]);
        assert_int_equal(taken(&rate, START, (int)limits[i] + 5), limits[i]);
        assert_int_equal(taken(&rate, START, 5), 0);
        assert_int_equal(taken(&rate, START + 2 * SECOND, (int)limits[i] + 5),
                         limits[i]);
    }
}

static void tokens_come_back_one_by_one(void **state)
{
    struct rate rate;

    (void)state;
    rate_init(&rate, 4);
    assert_int_equal(taken(&rate, START, 9), 4);
    assert_int_equal(taken(&rate, START + SECOND / 4 - 1, 9), 0);
    assert_int_equal(taken(&rate, START + SECOND / 4, 9), 1);
    assert_int_equal(taken(&rate, START + SECOND / 4 * 3, 9), 2);
}

static void idle_time_is_not_saved_up(void **state)
{
    struct rate rate;

    (void)state;
    rate_init(&rate, 10);
    assert_int_equal(taken(&rate, START, 1), 1);
    assert_int_equal(taken(&rate, START + 3600 * SECOND, 50), 10);
}

static void over_a_minute_it_is_the_rate(void **state)
{
    struct rate rate;
    int count = 0;

    (void)state;
    rate_init(&rate, 50);
    for (int64_t ms = 0; ms < 60000; ms++)
        count += taken(&rate, START + ms * 1000000, 3);
    assert_in_range(count, 50 * 60, 50 * 61);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_is_no_limit),
        cmocka_unit_test(a_burst_is_one_seconds_worth),
        cmocka_unit_test(tokens_come_back_one_by_one),
        cmocka_unit_test(idle_time_is_not_saved_up),
        cmocka_unit_test(over_a_minute_it_is_the_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
