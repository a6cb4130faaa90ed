#include "shared/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[ERROR_KINDS] = {
    [ERROR_NONE] = "none",   [ERROR_INPUT] = "input", [ERROR_ACCESS] = "access",
    [ERROR_AGAIN] = "again", [ERROR_AWAY] = "away",   [ERROR_BUG] = "bug",
};

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list arguments;

    err->kind = kind;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof(err->text), format, arguments);
    va_end(arguments);
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
    return -1;
}

const char *error_kind_name(enum error_kind kind)
{
    return kind_names[kind];
}
