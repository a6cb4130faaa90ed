/* Bytes that grow up to a ceiling. */
#include "shared/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void nothing_is_there_until_something_was_added(void **state)
{
    struct buffer buf;

    (void)state;
    buffer_init(&buf, 100);
    assert_null(buf.data);
    assert_int_equal(buffer_slice(&buf).size, 0);
    buffer_clear(&buf);
    buffer_add(&buf, NULL, 0);
    assert_string_equal(buf.data, "");
    buffer_release(&buf);
    assert_null(buf.data);
}

static void what_is_added_stands_behind_the_rest(void **state)
{
    struct buffer buf;

    (void)state;
    buffer_init(&buf, 1000);
    buffer_add(&buf, "a\0b", 3);
    buffer_add_slice(&buf, SLICE_EMPTY);
    buffer_add_slice(&buf, slice_of("cd"));
    buffer_add_text(&buf, "");
    buffer_add_text(&buf, "ef");
    buffer_add_char(&buf, 'g');
    buffer_add_format(&buf, "%d-%s", -7, "h");
    assert_int_equal(buf.size, 12);
    assert_memory_equal(buf.data, "a\0bcdefg-7-h", 13);
    buffer_clear(&buf);
    assert_string_equal(buf.data, "");
    assert_int_equal(buf.size, 0);
    buffer_release(&buf);
}

/* Whatever would pass the ceiling is left out whole, and so is all after it. */
static void a_number_is_written_in_decimal_digits(void **state)
{
    static const int64_t numbers[] = {0, 9, -10, INT64_MAX, INT64_MIN};
    struct buffer buf;

    (void)state;
    buffer_init(&buf, 1000);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        buffer_add_number(&buf, numbers[i]);
        buffer_add_char(&buf, ' ');
    }
    assert_string_equal(buf.data, "0 9 -10 9223372036854775807 "
                                  "-9223372036854775808 ");
    buffer_release(&buf);
}

static void past_the_ceiling_nothing_is_added(void **state)
{
    struct buffer buf;

    (void)state;
    for (size_t limit = 0; limit < 300; limit++) {
        buffer_init(&buf, limit);
        while (!buf.is_full)
            buffer_add_text(&buf, "abc");
        assert_int_equal(buf.size, limit / 3 * 3);
        buffer_add_char(&buf, 'd');
        buffer_add_format(&buf, "%s", "");
        assert_int_equal(buf.size, limit / 3 * 3);
        assert_true(buf.size == 0 || buf.data[buf.size] == '\0');
        buffer_clear(&buf);
        assert_false(buf.is_full);
        buffer_release(&buf);
        assert_int_equal(buf.limit, limit);
    }
}

static void the_ceiling_itself_can_be_reached(void **state)
{
    struct buffer buf;

    (void)state;
    buffer_init(&buf, 8);
    buffer_add_u32(&buf, 1);
    buffer_add_format(&buf, "%s", "wxyz");
    assert_false(buf.is_full);
    assert_int_equal(buf.size, 8);
    buffer_add(&buf, "", 0);
    assert_false(buf.is_full);
    buffer_add_char(&buf, '!');
    assert_true(buf.is_full);
    buffer_release(&buf);
}

static void numbers_are_big_endian(void **state)
{
    struct buffer buf;

    (void)state;
    buffer_init(&buf, 100);
    buffer_add_u32(&buf, 0x01020304);
    buffer_add_u64(&buf, 0xfffefdfcfbfaf9f8);
    assert_memory_equal(buf.data,
                        "\x01\x02\x03\x04\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", 12);
    buffer_release(&buf);
}

static const struct {
    struct slice text;
    const char *json;
} texts[] = {
    {{"", 0}, ""},
    {{"plain /'", 8}, "plain /'"},
    {{"\"\\", 2}, "\\\"\\\\"},
    {{"\0\x01\n\r\t\x1f", 6}, "\\u0000\\u0001\\u000a\\u000d\\u0009\\u001f"},
    {{"\x7f", 1}, "\\u007f"},
    {{"\xc3\xa9\xf0\x9f\xa6\x89", 6}, "\xc3\xa9\xf0\x9f\xa6\x89"},
    {{"a\xff\xfe"
      "b",
      4},
     "a\\ufffd\\ufffdb"},
    {{"\xf0\x9f\xa6", 3}, "\\ufffd\\ufffd\\ufffd"},
    {{"\xed\xa0\x80", 3}, "\\ufffd\\ufffd\\ufffd"},
};

static void a_text_is_the_inside_of_a_json_string(void **state)
{
    struct buffer buf;

    (void)state;
    buffer_init(&buf, 1000);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        buffer_clear(&buf);
        buffer_add_json(&buf, texts[i].text);
        assert_true(slice_is(buffer_slice(&buf), texts[i].json));
    }
    buffer_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_there_until_something_was_added),
        cmocka_unit_test(what_is_added_stands_behind_the_rest),
        cmocka_unit_test(a_number_is_written_in_decimal_digits),
        cmocka_unit_test(past_the_ceiling_nothing_is_added),
        cmocka_unit_test(the_ceiling_itself_can_be_reached),
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(a_text_is_the_inside_of_a_json_string),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
