#include "shared/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[ERROR_KINDS] = {
    [ERROR_NONE] = "none",   [ERROR_INPUT] = "input", [ERROR_ACCESS] = "access",
    [ERROR_AGAIN] = "again", [ERROR_AWAY] = "away",   [ERROR_BUG] = "bug",
};

/* Where the text was cut, a character of UTF-8 may have been cut in two; what
 * is left of it would make the text one that cannot be stored. */
static void drop_half_character(char *text)
{
    size_t size = strlen(text), start = size;
    unsigned char lead;

    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return;
    lead = (unsigned char)text[--start];
    if (size - start < (lead < 0xc0   ? 1U
                        : lead < 0xe0 ? 2U
                        : lead < 0xf0 ? 3U
                                      : 4U))
        text[start] = '\0';
}

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list arguments;

    err->kind = kind;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof(err->text), format, arguments);
    va_end(arguments);
    drop_half_character(err->text);
    return -1;
}

int error_wrap(struct error *err, const char *format, ...)
{
    char cause[sizeof(err->text)];
    va_list arguments;
    size_t size;

    memcpy(cause, err->text, sizeof(cause));
    va_start(arguments, format);
    vsnprintf(err->text, sizeof(err->text), format, arguments);
    va_end(arguments);
    size = strlen(err->text);
    if (size + 2 < sizeof(err->text)) {
        memcpy(err->text + size, ": ", 3);
        size += 2;
        memccpy(err->text + size, cause, '\0', sizeof(err->text) - size);
        err->text[sizeof(err->text) - 1] = '\0';
    }
    drop_half_character(err->text);
    return -1;
}

const char *error_kind_name(enum error_kind kind)
{
    return kind_names[kind];
}
