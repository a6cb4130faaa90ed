/* Arrays as PostgreSQL's array_recv() reads them, byte by byte. */
#include "consumer/pg_array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define ONE(oid) "00000001 00000001 " oid " 00000001 00000001 "
#define TWO(oid) "00000001 00000001 " oid " 00000002 00000001 "

static struct pg_array array;

/* The bytes in hexadecimal digits against those expected, blanks aside. */
static void assert_bytes(const char *expected)
{
    size_t at = 0;

    pg_array_end(&array);
    for (; *expected != '\0'; expected += 2) {
        char digits[3];
        if (*expected == ' ') {
            expected--;
            continue;
        }
        assert_in_range(at, 0, array.bytes.size - 1);
        snprintf(digits, sizeof(digits), "%02x",
                 (unsigned char)array.bytes.data[at++]);
        if (strncmp(digits, expected, 2) != 0)
            fail_msg("byte %zu is %s, not %.2s", at - 1, digits, expected);
    }
    assert_int_equal(at, array.bytes.size);
}

static void an_empty_array_has_no_dimension(void **state)
{
    (void)state;
    pg_array_begin(&array, PG_TEXT);
    assert_bytes("00000000 00000001 00000019");
    pg_array_begin(&array, PG_JSONB);
    assert_bytes("00000000 00000001 00000eda");
}

static void texts_are_their_bytes(void **state)
{
    (void)state;
    pg_array_begin(&array, PG_TEXT);
    pg_array_text(&array, slice_of("a\xc3\xa9"));
    pg_array_text(&array, slice_of(""));
    assert_bytes(TWO("00000019") "00000003 61c3a9 00000000");
}

static void a_text_that_is_not_there_is_null(void **state)
{
    (void)state;
    pg_array_begin(&array, PG_TEXT);
    pg_array_text(&array, SLICE_EMPTY);
    pg_array_null(&array);
    assert_bytes(TWO("00000019") "ffffffff ffffffff");
}

static void json_is_text_and_jsonb_has_a_version(void **state)
{
    (void)state;
    pg_array_begin(&array, PG_JSON);
    pg_array_text(&array, slice_of("{}"));
    assert_bytes(ONE("00000072") "00000002 7b7d");
    pg_array_begin(&array, PG_JSONB);
    pg_array_text(&array, slice_of("{}"));
    pg_array_text(&array, SLICE_EMPTY);
    assert_bytes(TWO("00000eda") "00000003 017b7d ffffffff");
}

static void numbers_are_big_endian(void **state)
{
    (void)state;
    pg_array_begin(&array, PG_INT8);
    pg_array_int(&array, 0x0123456789abcdef);
    pg_array_int(&array, -2);
    assert_bytes(TWO("00000014") "00000008 0123456789abcdef "
                                 "00000008 fffffffffffffffe");
    pg_array_begin(&array, PG_INT4);
    pg_array_int(&array, 258);
    pg_array_int(&array, -1);
    assert_bytes(TWO("00000017") "00000004 00000102 00000004 ffffffff");
}

static void truths_are_one_byte(void **state)
{
    (void)state;
    pg_array_begin(&array, PG_BOOL);
    pg_array_bool(&array, true);
    pg_array_bool(&array, false);
    assert_bytes(TWO("00000010") "00000001 01 00000001 00");
}

static void ids_are_sixteen_bytes(void **state)
{
    const struct uuid id = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}};

    (void)state;
    pg_array_begin(&array, PG_UUID);
    pg_array_uuid(&array, &id);
    assert_bytes(ONE("00000b86") "00000010 000102030405060708090a0b0c0d0eff");
}

static void times_count_microseconds_from_2000(void **state)
{
    const struct {
        struct instant time;
        const char *expected;
    } times[] = {
        {{INSTANT_PRESENT, 946684800000}, "00000008 0000000000000000"},
        {{INSTANT_PRESENT, 946684800001}, "00000008 00000000000003e8"},
        {{INSTANT_PRESENT, 946684799999}, "00000008 fffffffffffffc18"},
        {{INSTANT_PRESENT, 1716883200123}, "00000008 0002bc7dca0bc078"},
        {{INSTANT_PRESENT, INSTANT_MAX}, "00000008 7fa99a4062602000"},
        {{INSTANT_PRESENT, INSTANT_MIN}, "00000008 fd12911b99f32000"},
        {{INSTANT_ABSENT, 0}, "ffffffff"},
        {{INSTANT_OUT_OF_RANGE, 0}, "ffffffff"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char expected[128];
        snprintf(expected, sizeof(expected), ONE("000004a0") "%s",
                 times[i].expected);
        pg_array_begin(&array, PG_TIME);
        pg_array_time(&array, times[i].time);
        assert_bytes(expected);
    }
}

static void an_array_has_the_type_of_its_elements(void **state)
{
    /* From pg_type: the array's oid and its element's. */
    const struct {
        enum pg_type type;
        unsigned array;
    } oids[] = {
        {PG_TEXT, 1009}, {PG_UUID, 2951}, {PG_INT8, 1016},  {PG_INT4, 1007},
        {PG_BOOL, 1000}, {PG_TIME, 1185}, {PG_JSONB, 3807}, {PG_JSON, 199},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++)
        assert_int_equal(pg_array_oid(oids[i].type), oids[i].array);
}

/* Lists of strings in JSON, as what text[] is written like. */
static const struct {
    const char *json;
    const char *literal;
} lists[] = {
    {NULL, NULL},
    {"[]", "{}"},
    {"[\"a\"]", "{\"a\"}"},
    {"[\"a\",\"b\"]", "{\"a\",\"b\"}"},
    {"[\"\"]", "{\"\"}"},
    {"[\"\",\"\"]", "{\"\",\"\"}"},
    {"[\"NULL\"]", "{\"NULL\"}"},
    {"[\"a b\",\"c,d\",\"{}\"]", "{\"a b\",\"c,d\",\"{}\"}"},
    {"[\"\\\"\"]", "{\"\\\"\"}"},
    {"[\"\\\\\"]", "{\"\\\\\"}"},
    {"[\"\\\\\\\"\\n\\t\"]", "{\"\\\\\\\"\n\t\"}"},
    {"[\"\\u00e9\xc3\xa9\\ud83e\\udd89\"]",
     "{\"\xc3\xa9\xc3\xa9\xf0\x9f\xa6\x89\"}"},
    {"[\"'\",\"$1\"]", "{\"'\",\"$1\"}"},
    {"[1,\"a\",null,{\"b\":\"c\"},[\"d\"],\"e\",true]", "{\"a\",\"e\"}"},
    {"[1]", "{}"},
};

static void a_list_is_a_literal_with_all_in_quotes(void **state)
{
    struct arena arena = {NULL};

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct slice literal =
            pg_array_literal(slice_of(lists[i].json), &arena);
        if (!slice_is(literal, lists[i].literal))
            fail_msg("%s: %.*s", lists[i].json, SLICE_PRINT(literal));
        assert_int_equal(literal.data == NULL, lists[i].literal == NULL);
    }
    arena_release(&arena);
}

static int release(void **state)
{
    (void)state;
    pg_array_release(&array);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_array_has_no_dimension),
        cmocka_unit_test(texts_are_their_bytes),
        cmocka_unit_test(a_text_that_is_not_there_is_null),
        cmocka_unit_test(json_is_text_and_jsonb_has_a_version),
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(truths_are_one_byte),
        cmocka_unit_test(ids_are_sixteen_bytes),
        cmocka_unit_test(times_count_microseconds_from_2000),
        cmocka_unit_test(an_array_has_the_type_of_its_elements),
        cmocka_unit_test(a_list_is_a_literal_with_all_in_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
