#include "shared/utf8.h"

static bool continues(const unsigned char *at, size_t count)
{
    for (size_t i = 1; i <= count; i++)
        if ((at[i] & 0xc0) != 0x80)
            return false;
    return true;
}

size_t utf8_size_at(const char *data, size_t size_bytes)
{
    const unsigned char *at = (const unsigned char *)data;

    if (size_bytes == 0)
        return 0;
    if (at[0] < 0x80)
        return 1;
    if (at[0] < 0xc2)
        return 0;
    if (at[0] < 0xe0)
        return size_bytes >= 2 && continues(at, 1) ? 2 : 0;
    if (at[0] < 0xf0) {
        if (size_bytes < 3 || !continues(at, 2))
            return 0;
        if (at[0] == 0xe0 && at[1] < 0xa0)
            return 0;
        return at[0] == 0xed && at[1] > 0x9f ? 0 : 3;
    }
    if (at[0] > 0xf4 || size_bytes < 4 || !continues(at, 3))
        return 0;
    if (at[0] == 0xf0 && at[1] < 0x90)
        return 0;
    return at[0] == 0xf4 && at[1] > 0x8f ? 0 : 4;
}

bool utf8_is_valid(struct slice text)
{
    for (size_t i = 0; i < text.size;) {
        size_t size = utf8_size_at(text.data + i, text.size - i);
        if (size == 0)
            return false;
        i += size;
    }
    return true;
}

size_t utf8_encode(uint32_t code_point, char out[4])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xc0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xe0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code_point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code_point & 0x3f));
    return 4;
}
