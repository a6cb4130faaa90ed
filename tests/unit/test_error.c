/* Why something failed. */
#include "shared/error.h"

#include "shared/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[ERROR_KINDS] = {
    [ERROR_NONE] = "none",   [ERROR_INPUT] = "input", [ERROR_ACCESS] = "access",
    [ERROR_AGAIN] = "again", [ERROR_AWAY] = "away",   [ERROR_BUG] = "bug",
};

static void every_kind_has_a_name(void **state)
{
    (void)state;
    for (int kind = ERROR_NONE; kind < ERROR_KINDS; kind++)
        assert_string_equal(error_kind_name((enum error_kind)kind),
                            names[kind]);
}

static void a_failure_is_one_line(void **state)
{
    (void)state;
    for (int kind = ERROR_INPUT; kind < ERROR_KINDS; kind++) {
        struct error err;
        assert_int_equal(
            error_set(&err, (enum error_kind)kind, "%s: %d", "offset", 7), -1);
        assert_int_equal(err.kind, kind);
        assert_string_equal(err.text, "offset: 7");
        assert_int_equal(error_wrap(&err, "partition %d", 3), -1);
        assert_int_equal(err.kind, kind);
        assert_string_equal(err.text, "partition 3: offset: 7");
    }
}

/* `count` times the letter. */
static const char *repeated(char letter, size_t count, char *text)
{
    memset(text, letter, count);
    text[count] = '\0';
    return text;
}

static void a_text_that_is_too_long_is_cut(void **state)
{
    char what[512], why[512];

    (void)state;
    for (size_t size = 0; size < 400; size++) {
        struct error err;
        size_t kept = sizeof(err.text) - 1;
        error_set(&err, ERROR_AWAY, "%s", repeated('y', size, why));
        assert_int_equal(strlen(err.text), size < kept ? size : kept);
        error_wrap(&err, "%s", repeated('t', size, what));
        assert_in_range(strlen(err.text), size < kept ? size : kept, kept);
        assert_int_equal(err.kind, ERROR_AWAY);
        if (2 * size + 2 <= kept)
            assert_int_equal(strlen(err.text), 2 * size + 2);
    }
}

/* Half of one cannot be stored. */
static void a_text_is_not_cut_inside_a_character(void **state)
{
    static const char *const characters[] = {"\xc3\xbc", "\xe2\x82\xac",
                                             "\xf0\x9f\xa6\x89"};
    char text[600], what[8];

    (void)state;
    for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
        size_t size = strlen(characters[i]);
        for (size_t before = 0; before < 5; before++) {
            struct error err;
            repeated('y', before, text);
            for (size_t at = before; at + size < sizeof(text); at += size)
                memcpy(text + at, characters[i], size + 1);
            error_set(&err, ERROR_INPUT, "%s", text);
            assert_true(utf8_is_valid(slice_of(err.text)));
            assert_in_range(strlen(err.text), sizeof(err.text) - size,
                            sizeof(err.text) - 1);
            assert_memory_equal(err.text, text, strlen(err.text));
            error_wrap(&err, "%s", repeated('w', before, what));
            assert_true(utf8_is_valid(slice_of(err.text)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_name),
        cmocka_unit_test(a_failure_is_one_line),
        cmocka_unit_test(a_text_that_is_too_long_is_cut),
        cmocka_unit_test(a_text_is_not_cut_inside_a_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
