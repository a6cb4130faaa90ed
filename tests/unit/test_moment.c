/* Times have a zone, durations a fixed length; all else is refused. */
#include "console/moment.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
    const char *text;
    int64_t ms;
} times[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01t00:00:00z", 0},
    {"1970-01-01 00:00:01Z", 1000},
    {"2024-02-29T23:59:60.5Z", 1709251200500},
    {"2026-01-31T08:00:00+01:00", 1769842800000},
    {"2026-01-31T08:00:00-00:30", 1769848200000},
    {"2026-01-31T07:00:00.123456Z", 1769842800123},
    {"2000-03-01T00:00:00.05Z", 951868800050},
    {"1969-12-31T23:59:59.999Z", -1},
    {"0001-01-01T00:00:00Z", -62135596800000},
    {"9999-12-31T23:59:59Z", 253402300799000},
};

static const char *const no_times[] = {
    "",
    "now",
    "2026-01-31",
    "2026-01-31T08:00:00",
    "2026-01-31T08:00Z",
    "2026-02-29T08:00:00Z",
    "1900-02-29T08:00:00Z",
    "2026-13-01T08:00:00Z",
    "2026-00-01T08:00:00Z",
    "2026-04-31T08:00:00Z",
    "2026-01-00T08:00:00Z",
    "2026-01-31T24:00:00Z",
    "2026-01-31T08:60:00Z",
    "2026-01-31T08:00:61Z",
    "2026-01-31T08:00:00.Z",
    "2026-01-31T08:00:00+0100",
    "2026-01-31T08:00:00+24:00",
    "2026-01-31T08:00:00Z ",
    " 2026-01-31T08:00:00Z",
    "1769842800",
};

static const struct {
    const char *text;
    int64_t ms;
} durations[] = {
    {"PT1H", 3600000},
    {"P1D", 86400000},
    {"P1DT12H", 129600000},
    {"P2W", 1209600000},
    {"PT1H2M3.25S", 3723250},
    {"PT0S", 0},
    {"PT36H", 129600000},
    {"90d", 7776000000},
    {"12h", 43200000},
    {"30m", 1800000},
    {"45s", 45000},
    {"2w", 1209600000},
    {"P3650000D", MOMENT_DURATION_MAX_MS},
};

static const char *const no_durations[] = {
    "",       "P",        "PT",           "1",
    "1H",     "P1",       "PT1",          "P1H",
    "PT1D",   "P1M",      "P1Y",          "PT1.5H",
    "PT1M1H", "PT1H1H",   "-PT1H",        "PT-1H",
    "P1DT",   "1h30m",    "1.5h",         "d",
    " 1d",    "3650001d", "P3650000DT1S", "99999999999999999999d",
};

static void a_time_is_milliseconds_since_1970(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        int64_t ms;
        if (!moment_parse_time(times[i].text, &ms) || ms != times[i].ms)
            fail_msg("%s", times[i].text);
    }
}

static void what_has_no_zone_or_no_such_day_is_no_time(void **state)
{
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof(no_times) / sizeof(no_times[0]); i++)
        if (moment_parse_time(no_times[i], &ms))
            fail_msg("%s", no_times[i]);
}

static void a_duration_is_milliseconds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        int64_t ms;
        if (!moment_parse_duration(durations[i].text, &ms) ||
            ms != durations[i].ms)
            fail_msg("%s", durations[i].text);
    }
}

static void what_has_no_fixed_length_is_no_duration(void **state)
{
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof(no_durations) / sizeof(no_durations[0]); i++)
        if (moment_parse_duration(no_durations[i], &ms))
            fail_msg("%s", no_durations[i]);
}

static void an_age_is_said_in_the_unit_that_fits(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } ages[] = {
        {0, "0.000 s"},     {412, "0.412 s"},        {17999, "17 s"},
        {119999, "119 s"},  {120000, "2 min"},       {7200000, "2 h"},
        {172800000, "2 d"}, {86400000000, "1000 d"},
    };
    char text[MOMENT_AGE_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
        moment_format_age(ages[i].ms, text);
        assert_string_equal(text, ages[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_milliseconds_since_1970),
        cmocka_unit_test(what_has_no_zone_or_no_such_day_is_no_time),
        cmocka_unit_test(a_duration_is_milliseconds),
        cmocka_unit_test(what_has_no_fixed_length_is_no_duration),
        cmocka_unit_test(an_age_is_said_in_the_unit_that_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
