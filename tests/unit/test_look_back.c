/* The windows cover all of time, each moment once, and soon are long. */
#include "console/look_back.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BASE_MS 1760000000000

static void windows_lie_end_to_end_and_cover_all_of_time(void **state)
{
    struct look_back look;
    int64_t before_ms = LOOK_BACK_OPEN;
    int count = 0;

    (void)state;
    look_back_init(&look, BASE_MS, LOOK_BACK_OPEN);
    for (; look_back_next(&look); count++) {
        assert_true(look.end_ms == before_ms);
        before_ms = look.begin_ms;
    }
    assert_true(before_ms == LOOK_BACK_OPEN);
    assert_in_range(count, 3, 10);
    assert_false(look_back_next(&look));
}

static void nothing_is_looked_for_before_the_begin(void **state)
{
    struct look_back look;

    (void)state;
    look_back_init(&look, BASE_MS, BASE_MS - 20000);
    assert_true(look_back_next(&look));
    assert_true(look.end_ms == LOOK_BACK_OPEN);
    assert_true(look.begin_ms == BASE_MS - 10000);
    assert_true(look_back_next(&look));
    assert_true(look.end_ms == BASE_MS - 10000);
    assert_true(look.begin_ms == BASE_MS - 20000);
    assert_false(look_back_next(&look));
}

static void a_begin_that_is_later_than_the_base_is_kept(void **state)
{
    struct look_back look;

    (void)state;
    look_back_init(&look, BASE_MS, BASE_MS + 5000);
    assert_true(look_back_next(&look));
    assert_true(look.begin_ms == BASE_MS + 5000);
    assert_true(look.end_ms == LOOK_BACK_OPEN);
    assert_false(look_back_next(&look));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_lie_end_to_end_and_cover_all_of_time),
        cmocka_unit_test(nothing_is_looked_for_before_the_begin),
        cmocka_unit_test(a_begin_that_is_later_than_the_base_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
