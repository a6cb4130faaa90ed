/* Bytes that somebody else owns. */
#include "shared/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Ascending, as PostgreSQL's COLLATE "C" has them. */
static const struct slice ascending[] = {
    {"", 0},  {"\0", 1},   {"\0\0", 2},     {" ", 1},    {"A", 1},
    {"Z", 1}, {"a", 1},    {"a\0", 2},      {"aa", 2},   {"ab", 2},
    {"b", 1}, {"\x7f", 1}, {"\xc3\xa9", 2}, {"\xff", 1},
};
#define COUNT (int)(sizeof(ascending) / sizeof(ascending[0]))

static void texts_are_ordered_by_their_bytes(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            int order = slice_compare(ascending[i], ascending[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(slice_equal(ascending[i], ascending[j]), i == j);
        }
    }
    assert_int_equal(slice_compare(SLICE_EMPTY, ascending[0]), 0);
    assert_true(slice_equal(SLICE_EMPTY, ascending[0]));
}

static void a_text_of_c_is_a_slice(void **state)
{
    (void)state;
    assert_int_equal(slice_of("abc").size, 3);
    assert_int_equal(slice_of("").size, 0);
    assert_non_null(slice_of("").data);
    assert_null(slice_of(NULL).data);
    assert_true(slice_is(slice_of("abc"), "abc"));
    assert_false(slice_is(slice_of("abc"), "ab"));
    assert_false(slice_is((struct slice){"ab\0", 3}, "ab"));
    assert_true(slice_starts_with(slice_of("user.created"), "user."));
    assert_true(slice_starts_with(slice_of("user."), ""));
    assert_false(slice_starts_with(slice_of("user"), "user."));
}

static void blanks_at_both_ends_are_cut(void **state)
{
    static const struct {
        const char *text, *trimmed;
    } texts[] = {{"", ""},          {" \t ", ""},    {"a", "a"},
                 {" a b\t", "a b"}, {"\na ", "\na"}, {"\t a", "a"}};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_true(
            slice_is(slice_trim(slice_of(texts[i].text)), texts[i].trimmed));
    assert_int_equal(slice_trim(SLICE_EMPTY).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_ordered_by_their_bytes),
        cmocka_unit_test(a_text_of_c_is_a_slice),
        cmocka_unit_test(blanks_at_both_ends_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
