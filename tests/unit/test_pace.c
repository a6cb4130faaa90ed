/* So many a second: never sooner, and what was late is not held up further. */
#include "console/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void without_a_rate_nothing_waits(void **state)
{
    struct pace pace = {.rate = 0};

    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(pace_next_ms(&pace, 5), 0);
}

static void the_first_goes_at_once_the_others_in_their_turn(void **state)
{
    struct pace pace = {.rate = 4};

    (void)state;
    assert_int_equal(pace_next_ms(&pace, 1000), 0);
    assert_int_equal(pace_next_ms(&pace, 1000), 250);
    assert_int_equal(pace_next_ms(&pace, 1250), 250);
}

static void what_is_late_goes_at_once(void **state)
{
    struct pace pace = {.rate = 4};

    (void)state;
    pace_next_ms(&pace, 1000);
    assert_int_equal(pace_next_ms(&pace, 1400), 0);
    assert_int_equal(pace_next_ms(&pace, 1400), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_rate_nothing_waits),
        cmocka_unit_test(the_first_goes_at_once_the_others_in_their_turn),
        cmocka_unit_test(what_is_late_goes_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
