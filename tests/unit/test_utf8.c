/* What is well-formed UTF-8: Unicode, table 3-7. */
#include "shared/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static bool is_surrogate(uint32_t code_point)
{
    return code_point >= 0xd800 && code_point <= 0xdfff;
}

static size_t size_of(uint32_t code_point)
{
    return 1 + (code_point >= 0x80) + (code_point >= 0x800) +
           (code_point >= 0x10000);
}

static void every_character_is_written_and_read_back(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char bytes[4];
        size_t size;
        if (is_surrogate(c))
            continue;
        size = utf8_encode(c, bytes);
        if (size != size_of(c) || utf8_size_at(bytes, size) != size ||
            utf8_size_at(bytes, size - 1) != 0)
            fail_msg("U+%04X", c);
    }
}

/* By the definition: decode, and see whether encoding gives it back. */
static size_t expected_size(const unsigned char *at)
{
    size_t size = at[0] < 0x80   ? 1
                  : at[0] < 0xc0 ? 0
                  : at[0] < 0xe0 ? 2
                  : at[0] < 0xf0 ? 3
                  : at[0] < 0xf8 ? 4
                                 : 0;
    uint32_t c = size > 1 ? at[0] & (0x7fu >> size) : at[0];

    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (at[i] & 0x3f);
    }
    if (is_surrogate(c) || c > 0x10ffff || size_of(c) != size)
        return 0;
    return size;
}

static void every_begin_of_a_text_is_judged_by_the_definition(void **state)
{
    static const unsigned char ends[] = {0x00, 0x7f, 0x80, 0x9f,
                                         0xbf, 0xc0, 0xf0, 0xff};

    (void)state;
    for (int first = 0; first < 256; first++)
        for (int second = 0; second < 256; second++)
            for (size_t i = 0; i < sizeof(ends) * sizeof(ends); i++) {
                const unsigned char bytes[] = {
                    (unsigned char)first, (unsigned char)second,
                    ends[i % sizeof(ends)], ends[i / sizeof(ends)]};
                size_t size = utf8_size_at((const char *)bytes, 4);
                if (size != expected_size(bytes))
                    fail_msg("%02x %02x %02x %02x: %zu", bytes[0], bytes[1],
                             bytes[2], bytes[3], size);
            }
}

static const struct {
    struct slice text;
    bool is_valid;
} texts[] = {
    {{"", 0}, true},
    {{NULL, 0}, true},
    {{"plain", 5}, true},
    {{"a\0b", 3}, true},
    {{"\xc3\xa9\xe2\x82\xac\xf0\x9f\xa6\x89", 9}, true},
    {{"ok\xc3", 3}, false},
    {{"\xe2\x82", 2}, false},
    {{"ok\x80ok", 5}, false},
    {{"\xc0\x80", 2}, false},         /* NUL, too long */
    {{"\xed\xa0\x80", 3}, false},     /* half a surrogate */
    {{"\xf4\x90\x80\x80", 4}, false}, /* above U+10FFFF */
};

static void a_text_is_valid_to_its_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (utf8_is_valid(texts[i].text) != texts[i].is_valid)
            fail_msg("text %zu", i);
    assert_int_equal(utf8_size_at("a", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_written_and_read_back),
        cmocka_unit_test(every_begin_of_a_text_is_judged_by_the_definition),
        cmocka_unit_test(a_text_is_valid_to_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
