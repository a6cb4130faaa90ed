#include "shared/json_escape.h"

#include "shared/utf8.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The 16 bits of "\uXXXX" at `at`, or -1 where it is none. */
static int32_t unicode_escape(const char *at, size_t size)
{
    int32_t value = 0;

    if (size < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

bool json_is_unicode(const char *at, size_t size)
{
    return unicode_escape(at, size) >= 0;
}

int32_t json_unicode(const char *at, size_t size, size_t *ret_size)
{
    int32_t high = unicode_escape(at, size);
    int32_t low;

    *ret_size = 6;
    if (high == 0)
        return -1;
    if (high < 0xd800 || high > 0xdfff)
        return high;
    if (high > 0xdbff)
        return -1;
    low = unicode_escape(at + 6, size - 6);
    if (low < 0xdc00 || low > 0xdfff)
        return -1;
    *ret_size = 12;
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static char *put_escape(const char *at, size_t size, size_t *ret_size,
                        char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int32_t code_point;

    if (at[1] != 'u') {
        *out++ = to[strchr(from, at[1]) - from];
        *ret_size = 2;
        return out;
    }
    code_point = json_unicode(at, size, ret_size);
    if (code_point < 0)
        return NULL;
    return out + utf8_encode((uint32_t)code_point, out);
}

bool json_unescape(struct slice raw, struct arena *arena,
                   struct slice *ret_text)
{
    char *start = arena_bytes(arena, raw.size);
    char *out = start;

    for (size_t i = 0; i < raw.size;) {
        size_t taken = 1;
        if (raw.data[i] == '\\') {
            out = put_escape(raw.data + i, raw.size - i, &taken, out);
            if (out == NULL)
                return false;
        } else {
            *out++ = raw.data[i];
        }
        i += taken;
    }
    *ret_text = (struct slice){start, (size_t)(out - start)};
    return true;
}
