/* A long command says how far it is, how fast, and how long it will take. */
#include "console/progress_bar.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_rendered(struct progress_bar bar, size_t width,
                            const char *expected)
{
    struct buffer out;

    buffer_init(&out, 4096);
    progress_bar_render(&bar, 5000, width, &out);
    assert_string_equal(out.data, expected);
    buffer_release(&out);
}

#define BAR(...)                                                               \
    ((struct progress_bar){.title = "replaying",                               \
                           .unit = "events",                                   \
                           .begun_ms = 1000,                                   \
                           __VA_ARGS__})

static void a_bar_shows_share_rate_and_rest(void **state)
{
    (void)state;
    assert_rendered(BAR(.total = 1000, .done = 500), 100,
                    "replaying [##########··········]  50 %  500 of 1000 "
                    "events, 125/s, 4.000 s left");
    assert_rendered(BAR(.total = 1000, .done = 1000), 100,
                    "replaying [####################] 100 %  1000 of 1000 "
                    "events, 250/s");
}

static void without_a_terminal_there_is_no_bar(void **state)
{
    (void)state;
    assert_rendered(BAR(.total = 1000, .done = 500), 0,
                    "replaying  50 %  500 of 1000 events, 125/s, 4.000 s left");
}

static void without_a_total_there_is_no_share(void **state)
{
    (void)state;
    assert_rendered(BAR(.done = 500), 100, "replaying 500 events, 125/s");
    assert_rendered(BAR(.done = 0), 100, "replaying 0 events");
}

static void it_fits_the_window(void **state)
{
    (void)state;
    assert_rendered(BAR(.done = 500), 10, "replaying…");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bar_shows_share_rate_and_rest),
        cmocka_unit_test(without_a_terminal_there_is_no_bar),
        cmocka_unit_test(without_a_total_there_is_no_share),
        cmocka_unit_test(it_fits_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
