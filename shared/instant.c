#include "shared/instant.h"

#include <time.h>

#define SECONDS_BELOW 100000000000 /* 10^11 */
#define DIGITS_MAX 17

/* A number's digits without leading and trailing zeros, and the power of ten
 * that belongs behind them. */
struct decimal {
    bool is_negative;
    char digits[DIGITS_MAX + 1];
    int count;
    bool is_long; /* more digits than fit: beyond any time */
    long exponent;
};

static void add_digit(struct decimal *d, char c, bool is_fraction, int *zeros)
{
    if (is_fraction)
        d->exponent--;
    if (c == '0') {
        if (d->count > 0)
            ++*zeros;
        return;
    }
    for (; *zeros > 0; --*zeros) {
        if (d->count < DIGITS_MAX)
            d->digits[d->count++] = '0';
        else
            d->is_long = true;
    }
    if (d->count < DIGITS_MAX)
        d->digits[d->count++] = c;
    else
        d->is_long = true;
}

/* Beyond a million all exponents are equally far out. */
static long exponent_of(const char *at, size_t size)
{
    long value = 0;

    for (size_t i = 0; i < size; i++)
        if (at[i] >= '0' && at[i] <= '9' && value < 1000000)
            value = value * 10 + (at[i] - '0');
    return at[0] == '-' ? -value : value;
}

static struct decimal decimal_of(struct slice number)
{
    struct decimal d = {.is_negative = number.data[0] == '-'};
    bool is_fraction = false;
    int zeros = 0;

    for (size_t i = d.is_negative; i < number.size; i++) {
        char c = number.data[i];
        if (c == '.') {
            is_fraction = true;
        } else if (c == 'e' || c == 'E') {
            d.exponent += exponent_of(number.data + i + 1, number.size - i - 1);
            break;
        } else {
            add_digit(&d, c, is_fraction, &zeros);
        }
    }
    d.exponent += zeros;
    return d;
}

static struct instant out_of_range(void)
{
    return (struct instant){.state = INSTANT_OUT_OF_RANGE};
}

struct instant instant_of(const struct json_document *doc,
                          const struct json_node *node)
{
    struct decimal d;
    int64_t value = 0;

    if (node == NULL || node->type != JSON_NUMBER)
        return (struct instant){.state = INSTANT_ABSENT};
    d = decimal_of(json_raw(doc, node));
    if (d.count > 0 && d.exponent < 0)
        return (struct instant){.state = INSTANT_ABSENT};
    if (d.count > 0 && (d.is_long || d.count + d.exponent > DIGITS_MAX))
        return out_of_range();
    for (int i = 0; i < d.count; i++)
        value = value * 10 + (d.digits[i] - '0');
    for (long i = 0; d.count > 0 && i < d.exponent; i++)
        value *= 10;
    if (d.is_negative)
        value = -value;
    if (value < SECONDS_BELOW) {
        if (value < INSTANT_MIN / 1000)
            return out_of_range();
        value *= 1000;
    }
    if (value > INSTANT_MAX)
        return out_of_range();
    return (struct instant){.state = INSTANT_PRESENT, .ms = value};
}

static void put(char *out, int digits, int value)
{
    for (; digits-- > 0; value /= 10)
        out[digits] = (char)('0' + value % 10);
}

bool instant_format(int64_t ms, char out[INSTANT_TEXT_BYTES])
{
    static const char form[] = "yyyy-mm-ddThh:mm:ss.mmmZ";
    int64_t fraction = ms % 1000;
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    if (fraction < 0) {
        fraction += 1000;
        seconds--;
    }
    out[0] = '\0';
    if (gmtime_r(&seconds, &tm) == NULL || tm.tm_year < 1000 - 1900 ||
        tm.tm_year > 9999 - 1900)
        return false;
    memcpy(out, form, sizeof(form));
    put(out, 4, tm.tm_year + 1900);
    put(out + 5, 2, tm.tm_mon + 1);
    put(out + 8, 2, tm.tm_mday);
    put(out + 11, 2, tm.tm_hour);
    put(out + 14, 2, tm.tm_min);
    put(out + 17, 2, tm.tm_sec);
    put(out + 20, 3, (int)fraction);
    return true;
}
