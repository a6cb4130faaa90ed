/* No text that came from outside can steer a terminal. */
#include "console/shown.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_shown(const char *text, size_t width_max,
                         const char *expected)
{
    struct buffer out;

    buffer_init(&out, 4096);
    shown_add(&out, slice_of(text), width_max);
    assert_string_equal(out.data != NULL ? out.data : "", expected);
    buffer_release(&out);
}

static void what_steers_a_terminal_becomes_a_question_mark(void **state)
{
    (void)state;
    assert_shown("a\033[2Jb\r\n\tc\x7f", 0, "a?[2Jb???c?");
    assert_shown("\xc2\x9b"
                 "31m",
                 0, "?31m");
    assert_shown("\xff\xc3(", 0,
                 "?"
                 "?(");
    assert_shown("Zoë 李 🦉", 0, "Zoë 李 🦉");
}

static void long_text_is_cut_between_characters(void **state)
{
    (void)state;
    assert_shown("Zoë", 3, "Zoë");
    assert_shown("Zoëy", 3, "Zo…");
    assert_shown("ëëë", 2, "ë…");
    assert_shown("ab", 1, "…");
    assert_shown("", 1, "");
    assert_int_equal(shown_width(slice_of("Zoë 🦉")), 5);
}

static void colours_stand_around_the_text(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 4096);
    for (int mood = MOOD_PLAIN; mood <= MOOD_TITLE; mood++) {
        shown_begin(&out, false, (enum shown_mood)mood);
        shown_end(&out, false, (enum shown_mood)mood);
    }
    assert_int_equal(out.size, 0);
    shown_begin(&out, true, MOOD_GOOD);
    shown_end(&out, true, MOOD_GOOD);
    assert_string_equal(out.data, "\033[32m\033[0m");
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_steers_a_terminal_becomes_a_question_mark),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(colours_stand_around_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
