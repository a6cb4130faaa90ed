/* log - one line per outcome on standard error, as JSON or as text.
 *
 *     log_info(log_event("listening"), log_text("address", address));
 *
 * Thread-safe: a line is written as a whole.  Values are escaped; never pass a
 * body, a secret, an e-mail address or an IP address. */
#pragma once

#include "shared/slice.h"

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON, LOG_AUTO };

/* The spellings of LOG_LEVEL and LOG_FORMAT, for the option tables. */
extern const char *const log_level_names[];
extern const char *const log_format_names[];

enum log_field_type { LOG_END, LOG_IS_SLICE, LOG_IS_NUMBER, LOG_IS_MS };

struct log_field {
    enum log_field_type type;
    const char *name;
    struct slice slice;
    int64_t number;
};

/* `program` is kept. Text on a terminal, else JSON, where format is AUTO. */
void log_init(const char *program, enum log_level level,
              enum log_format format);
int log_is_on(enum log_level level);
/* Between the two the lines of this thread are kept, to be written together:
 * for many at once, between which nothing waits.  A warning or an error is
 * written at once, and what was kept before it. */
void log_hold(void);
void log_flush(void);
/* A line; `fields` ends with a LOG_END.  Use the macros below. */
void log_write(enum log_level level, const struct log_field *fields);

static inline struct log_field log_slice(const char *name, struct slice value)
{
    return (struct log_field){LOG_IS_SLICE, name, value, 0};
}
static inline struct log_field log_text(const char *name, const char *value)
{
    return log_slice(name, slice_of(value));
}
static inline struct log_field log_event(const char *what)
{
    return log_text("event", what);
}
static inline struct log_field log_number(const char *name, int64_t value)
{
    return (struct log_field){LOG_IS_NUMBER, name, SLICE_EMPTY, value};
}
/* Shown in milliseconds with three decimals; not negative. */
static inline struct log_field log_ms(const char *name, int64_t us)
{
    return (struct log_field){LOG_IS_MS, name, SLICE_EMPTY, us};
}

#define LOG_AT(level, ...)                                                     \
    do {                                                                       \
        if (log_is_on(level))                                                  \
            log_write(level, (const struct log_field[]){__VA_ARGS__,           \
                                                        {.type = LOG_END}});   \
    } while (0)
#define log_debug(...) LOG_AT(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) LOG_AT(LOG_INFO, __VA_ARGS__)
#define log_warn(...) LOG_AT(LOG_WARN, __VA_ARGS__)
#define log_error(...) LOG_AT(LOG_ERROR, __VA_ARGS__)
