/* How long to wait before the n-th try. */
#include "shared/backoff.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    unsigned attempt;
    int64_t first_ms, most_ms;
    int64_t least, middle, greatest;
} cases[] = {
    {0, 1000, 30000, 800, 1000, 1200},
    {1, 1000, 30000, 1600, 2000, 2400},
    {2, 1000, 30000, 3200, 4000, 4800},
    {3, 1000, 30000, 6400, 8000, 9600},
    {4, 1000, 30000, 12800, 16000, 19200},
    {5, 1000, 30000, 24000, 30000, 30000}, /* no longer than the ceiling */
    {6, 1000, 30000, 24000, 30000, 30000},
    {UINT_MAX, 1000, 30000, 24000, 30000, 30000},
    {0, 100, 100, 80, 100, 100},
    {9, 1, 100, 80, 100, 100},
    {0, 500, 100, 80, 100, 100},
};

static void a_wait_doubles_up_to_a_ceiling_give_or_take_a_fifth(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t found[3];
        const uint32_t randoms[] = {0, UINT32_C(1) << 31, UINT32_MAX};
        for (int r = 0; r < 3; r++)
            found[r] = backoff_ms(cases[i].attempt, cases[i].first_ms,
                                  cases[i].most_ms, randoms[r]);
        assert_int_equal(found[0], cases[i].least);
        assert_in_range(found[1], cases[i].middle - 1, cases[i].middle);
        assert_in_range(found[2], cases[i].greatest - 2, cases[i].greatest);
    }
}

static void more_randomness_is_never_a_shorter_wait(void **state)
{
    int64_t before = 0;

    (void)state;
    for (uint64_t random = 0; random <= UINT32_MAX; random += 99991) {
        int64_t wait = backoff_ms(3, 1000, 30000, (uint32_t)random);
        assert_true(wait >= before && wait >= 6400 && wait <= 9600);
        before = wait;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_doubles_up_to_a_ceiling_give_or_take_a_fifth),
        cmocka_unit_test(more_randomness_is_never_a_shorter_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
