/* Times as Clerk writes them, and as we do. */
#include "shared/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ABSENT INSTANT_ABSENT, 0
#define PRESENT INSTANT_PRESENT
#define BEYOND INSTANT_OUT_OF_RANGE, 0

#define ZEROS_20 "00000000000000000000"
#define ZEROS_100 ZEROS_20 ZEROS_20 ZEROS_20 ZEROS_20 ZEROS_20

static const struct {
    const char *json;
    enum instant_state state;
    int64_t ms;
} times[] = {
    /* milliseconds, and below 10^11 seconds */
    {"1654012591835", PRESENT, 1654012591835},
    {"100000000000", PRESENT, 100000000000},
    {"99999999999", PRESENT, 99999999999000},
    {"1716883200", PRESENT, 1716883200000},
    {"1", PRESENT, 1000},
    {"0", PRESENT, 0},
    {"-0", PRESENT, 0},
    {"-1", PRESENT, -1000},
    {"-100000000000", PRESENT, -100000000000000},
    /* other spellings of whole numbers */
    {"1.6e12", PRESENT, 1600000000000},
    {"1.6E+12", PRESENT, 1600000000000},
    {"16e11", PRESENT, 1600000000000},
    {"1654012591835.0", PRESENT, 1654012591835},
    {"1654012591835.000e0", PRESENT, 1654012591835},
    {"165401259183500e-2", PRESENT, 1654012591835},
    {"0.001654012591835e15", PRESENT, 1654012591835},
    {"1.50e1", PRESENT, 15000},
    {"100e-2", PRESENT, 1000},
    {"1e0", PRESENT, 1000},
    {"-1.5e2", PRESENT, -150000},
    {"1" ZEROS_100 "e-100", PRESENT, 1000},
    {"0." ZEROS_100 "1e101", PRESENT, 1000},
    {"0e999999999999999999999", PRESENT, 0},
    {"0.000", PRESENT, 0},
    {"0e-5", PRESENT, 0},
    {"0"
     ".0" ZEROS_100,
     PRESENT, 0},
    /* fractions are no times */
    {"1.5", ABSENT},
    {"-0.5", ABSENT},
    {"1654012591835.5", ABSENT},
    {"1e-1", ABSENT},
    {"1e-400", ABSENT},
    {"1e-999999999999999999999999", ABSENT},
    {"0." ZEROS_100 "1", ABSENT},
    {"1654012591835.00000000000000000000000000001", ABSENT},
    {"12345678901234567890123.5", ABSENT},
    /* whole numbers, but no times that can be stored */
    {"1e400", BEYOND},
    {"-1e400", BEYOND},
    {"1e999999999999999999999999", BEYOND},
    {"1" ZEROS_100, BEYOND},
    {"9223372036854775807", BEYOND},
    {"9223372036854775808", BEYOND},
    {"18446744073709551617", BEYOND},
    {"123456789012345678", BEYOND},
    {"99999999999999999", BEYOND},
    {"9200000000000000", PRESENT, INSTANT_MAX},
    {"9200000000000001", BEYOND},
    {"-210000000000", PRESENT, INSTANT_MIN},
    {"-210000000001", BEYOND},
    {"-99999999999999999", BEYOND},
    /* no numbers */
    {"null", ABSENT},
    {"true", ABSENT},
    {"\"1654012591835\"", ABSENT},
    {"[1654012591835]", ABSENT},
    {"{}", ABSENT},
};

static void a_time_is_a_whole_number(void **state)
{
    struct json_document doc = {.count = 0};
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct instant found;
        assert_int_equal(json_parse(&doc, slice_of(times[i].json), &err), 0);
        found = instant_of(&doc, &doc.nodes[0]);
        if (found.state != times[i].state || found.ms != times[i].ms)
            fail_msg("%s: %d, %lld", times[i].json, found.state,
                     (long long)found.ms);
    }
    json_release(&doc);
}

static void what_is_not_there_is_absent(void **state)
{
    struct json_document doc = {.count = 0};

    (void)state;
    assert_int_equal(instant_of(&doc, NULL).state, INSTANT_ABSENT);
    assert_int_equal(instant_of(&doc, NULL).ms, 0);
}

/* Each digit is looked at once. */
static void a_number_may_be_long(void **state)
{
    const size_t size = 1000000;
    char *digits = malloc(size);
    struct json_document doc = {.count = 0};
    struct error err;

    (void)state;
    assert_non_null(digits);
    memset(digits, '7', size);
    assert_int_equal(json_parse(&doc, (struct slice){digits, size}, &err), 0);
    assert_int_equal(instant_of(&doc, &doc.nodes[0]).state,
                     INSTANT_OUT_OF_RANGE);
    json_release(&doc);
    free(digits);
}

static const struct {
    int64_t ms;
    const char *text;
} texts[] = {
    {0, "1970-01-01T00:00:00.000Z"},
    {1716883200000, "2024-05-28T08:00:00.000Z"},
    {1716883200007, "2024-05-28T08:00:00.007Z"},
    {1709164799999, "2024-02-28T23:59:59.999Z"},
    {1709164800000, "2024-02-29T00:00:00.000Z"},
    {-1, "1969-12-31T23:59:59.999Z"},
    {-1000, "1969-12-31T23:59:59.000Z"},
    {-1001, "1969-12-31T23:59:58.999Z"},
    {-30610224000000, "1000-01-01T00:00:00.000Z"},
    {-30610224000001, ""},
    {253402300799999, "9999-12-31T23:59:59.999Z"},
    {253402300800000, ""},
    {INSTANT_MAX, ""},
    {INSTANT_MIN, ""},
    {INT64_MAX, ""},
    {INT64_MIN, ""},
};

static void a_time_is_written_in_utc_with_milliseconds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char text[INSTANT_TEXT_BYTES] = "x";
        bool is_written = instant_format(texts[i].ms, text);
        assert_string_equal(text, texts[i].text);
        assert_int_equal(is_written, texts[i].text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_a_whole_number),
        cmocka_unit_test(what_is_not_there_is_absent),
        cmocka_unit_test(a_number_may_be_long),
        cmocka_unit_test(a_time_is_written_in_utc_with_milliseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
