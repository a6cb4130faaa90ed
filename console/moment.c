#include "console/moment.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define WEEK_MS (7 * DAY_MS)
#define AMOUNT_MAX INT64_C(1000000000000) /* of one unit; times a week fits */

/* Days since 1970 of a date of the Gregorian calendar (Howard Hinnant,
 * chrono-compatible low-level date algorithms). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t era, of_era, of_year;

    year -= month <= 2;
    era = year / 400;
    of_era = year - era * 400;
    of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

static int64_t days_in(int64_t year, int64_t month)
{
    if (month == 12)
        return 31;
    return days_of(year, month + 1, 1) - days_of(year, month, 1);
}

/* `count` digits at `*at`, which is moved behind them. */
static bool take_digits(const char **at, int count, int64_t *ret_number)
{
    int64_t number = 0;

    for (int i = 0; i < count; i++, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        number = number * 10 + (**at - '0');
    }
    *ret_number = number;
    return true;
}

static bool take_char(const char **at, char wanted)
{
    if (**at != wanted)
        return false;
    (*at)++;
    return true;
}

/* ".123456" in ms; no fraction is 0. */
static bool take_fraction(const char **at, int64_t *ret_ms)
{
    int64_t weight = 100;

    *ret_ms = 0;
    if (**at != '.' && **at != ',')
        return true;
    (*at)++;
    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at); (*at)++, weight /= 10)
        *ret_ms += (**at - '0') * weight;
    return true;
}

static bool take_date(const char **at, int64_t *ret_ms)
{
    int64_t year, month, day;

    if (!take_digits(at, 4, &year) || !take_char(at, '-') ||
        !take_digits(at, 2, &month) || !take_char(at, '-') ||
        !take_digits(at, 2, &day) || month < 1 || month > 12 || day < 1 ||
        day > days_in(year, month))
        return false;
    *ret_ms = days_of(year, month, day) * DAY_MS;
    return true;
}

static bool take_clock(const char **at, int64_t *ret_ms)
{
    int64_t hour, minute, second, fraction_ms;

    if (!take_digits(at, 2, &hour) || !take_char(at, ':') ||
        !take_digits(at, 2, &minute) || !take_char(at, ':') ||
        !take_digits(at, 2, &second) || !take_fraction(at, &fraction_ms) ||
        hour > 23 || minute > 59 || second > 60) /* 60: a leap second */
        return false;
    *ret_ms =
        hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + fraction_ms;
    return true;
}

/* "Z", "+01:00": what the local clock is ahead of UTC. */
static bool take_zone(const char **at, int64_t *ret_ms)
{
    int64_t hour, minute, sign = **at == '-' ? -1 : 1;

    *ret_ms = 0;
    if (take_char(at, 'Z') || take_char(at, 'z'))
        return true;
    if ((!take_char(at, '+') && !take_char(at, '-')) ||
        !take_digits(at, 2, &hour) || !take_char(at, ':') ||
        !take_digits(at, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *ret_ms = sign * (hour * HOUR_MS + minute * MINUTE_MS);
    return true;
}

bool moment_parse_time(const char *text, int64_t *ret_ms)
{
    int64_t date_ms, clock_ms, zone_ms;

    if (!take_date(&text, &date_ms) ||
        (!take_char(&text, 'T') && !take_char(&text, 't') &&
         !take_char(&text, ' ')) ||
        !take_clock(&text, &clock_ms) || !take_zone(&text, &zone_ms) ||
        *text != '\0')
        return false;
    *ret_ms = date_ms + clock_ms - zone_ms;
    return true;
}

/* In the order in which ISO 8601 wants them. */
static const struct unit {
    char letter;     /* of ISO 8601 */
    char short_form; /* of "90d" */
    bool is_of_day;  /* stands behind the T */
    int64_t ms;
} units[] = {
    {'W', 'w', false, WEEK_MS},  {'D', 'd', false, DAY_MS},
    {'H', 'h', true, HOUR_MS},   {'M', 'm', true, MINUTE_MS},
    {'S', 's', true, SECOND_MS},
};
#define UNITS (sizeof(units) / sizeof(units[0]))

static bool take_amount(const char **at, int64_t *ret_amount)
{
    int64_t amount = 0;

    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at); (*at)++) {
        amount = amount * 10 + (**at - '0');
        if (amount > AMOUNT_MAX)
            return false;
    }
    *ret_amount = amount;
    return true;
}

static bool is_short_enough(int64_t amount, const struct unit *unit)
{
    return amount <= MOMENT_DURATION_MAX_MS / unit->ms;
}

/* One part of a duration, as "12H" is; `*next` is the first unit that may
 * still come.  A fraction is for seconds only. */
static bool take_part(const char **at, bool is_of_day, size_t *next,
                      int64_t *sum_ms)
{
    int64_t amount, fraction_ms;
    bool has_fraction;

    if (!take_amount(at, &amount))
        return false;
    has_fraction = **at == '.' || **at == ',';
    if (!take_fraction(at, &fraction_ms))
        return false;
    for (size_t i = *next; i < UNITS; i++) {
        if (units[i].letter != **at || units[i].is_of_day != is_of_day)
            continue;
        if ((has_fraction && units[i].letter != 'S') ||
            !is_short_enough(amount, &units[i]))
            return false;
        *sum_ms += amount * units[i].ms + fraction_ms;
        *next = i + 1;
        (*at)++;
        return true;
    }
    return false;
}

/* What stands behind the P. */
static bool parse_parts(const char *at, int64_t *ret_ms)
{
    int64_t sum_ms = 0;
    size_t next = 0;
    bool is_of_day = false;

    if (*at == '\0')
        return false;
    while (*at != '\0') {
        if (!is_of_day && take_char(&at, 'T'))
            is_of_day = true;
        if (!take_part(&at, is_of_day, &next, &sum_ms))
            return false;
    }
    if (sum_ms > MOMENT_DURATION_MAX_MS)
        return false;
    *ret_ms = sum_ms;
    return true;
}

bool moment_parse_duration(const char *text, int64_t *ret_ms)
{
    int64_t amount;

    if (take_char(&text, 'P'))
        return parse_parts(text, ret_ms);
    if (!take_amount(&text, &amount))
        return false;
    for (size_t i = 0; i < UNITS; i++) {
        if (text[0] != units[i].short_form || text[1] != '\0')
            continue;
        if (!is_short_enough(amount, &units[i]))
            return false;
        *ret_ms = amount * units[i].ms;
        return true;
    }
    return false;
}

void moment_format_age(int64_t ms, char out[MOMENT_AGE_BYTES])
{
    static const struct {
        int64_t below_ms, unit_ms;
        const char *unit;
    } steps[] = {
        {2 * MINUTE_MS, SECOND_MS, "s"},
        {2 * HOUR_MS, MINUTE_MS, "min"},
        {2 * DAY_MS, HOUR_MS, "h"},
        {INT64_MAX, DAY_MS, "d"},
    };
    size_t i = 0;

    if (ms < 10 * SECOND_MS) {
        snprintf(out, MOMENT_AGE_BYTES, "%.3f s", (double)ms / 1000);
        return;
    }
    while (ms >= steps[i].below_ms)
        i++;
    snprintf(out, MOMENT_AGE_BYTES, "%" PRId64 " %s", ms / steps[i].unit_ms,
             steps[i].unit);
}
