#include "shared/log.h"

#include "shared/buffer.h"
#include "shared/instant.h"

#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES (256 * 1024)
#define VALUE_BYTES 2048 /* what is longer is cut */
#define HELD_BYTES 16384

const char *const log_level_names[] = {"debug", "info", "warn", "error", NULL};
const char *const log_format_names[] = {"text", "json", "auto", NULL};

static struct {
    const char *program;
    enum log_level level;
    enum log_format format;
} state = {.program = "clerkstream", .level = LOG_INFO, .format = LOG_TEXT};

static _Thread_local struct {
    char lines[HELD_BYTES];
    size_t size;
    bool is_on;
} held;

void log_init(const char *program, enum log_level level, enum log_format format)
{
    state.program = program;
    state.level = level;
    if (format == LOG_AUTO)
        format = isatty(STDERR_FILENO) ? LOG_TEXT : LOG_JSON;
    state.format = format;
}

int log_is_on(enum log_level level)
{
    return level >= state.level;
}

static void add_time(struct buffer *line)
{
    struct timespec now;
    char text[INSTANT_TEXT_BYTES];

    clock_gettime(CLOCK_REALTIME, &now);
    instant_format((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, text);
    buffer_add_text(line, text);
}

static bool is_bare(struct slice s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] <= ' ' || s.data[i] == '"' || s.data[i] == '=' ||
            s.data[i] == '\\' || s.data[i] >= 0x7f)
            return false;
    return s.size > 0;
}

static void add_ms(struct buffer *line, int64_t us)
{
    const char decimals[] = {'.', (char)('0' + us / 100 % 10),
                             (char)('0' + us / 10 % 10), (char)('0' + us % 10)};

    buffer_add_number(line, us / 1000);
    buffer_add(line, decimals, sizeof(decimals));
}

static void add_value(struct buffer *line, const struct log_field *field)
{
    bool is_json = state.format == LOG_JSON;
    struct slice value = field->slice;

    if (value.size > VALUE_BYTES)
        value.size = VALUE_BYTES;
    if (field->type == LOG_IS_NUMBER) {
        buffer_add_number(line, field->number);
    } else if (field->type == LOG_IS_MS) {
        add_ms(line, field->number);
    } else if (!is_json && is_bare(value)) {
        buffer_add_slice(line, value);
    } else {
        buffer_add_char(line, '"');
        buffer_add_json(line, value);
        buffer_add_char(line, '"');
    }
}

static void add_json(struct buffer *line, enum log_level level,
                     const struct log_field *fields)
{
    buffer_add_text(line, "{\"time\":\"");
    add_time(line);
    buffer_add_text(line, "\",\"level\":\"");
    buffer_add_text(line, log_level_names[level]);
    buffer_add_text(line, "\",\"program\":\"");
    buffer_add_text(line, state.program);
    buffer_add_char(line, '"');
    for (; fields->type != LOG_END; fields++) {
        buffer_add_text(line, ",\"");
        buffer_add_text(line, fields->name);
        buffer_add_text(line, "\":");
        add_value(line, fields);
    }
    buffer_add_text(line, "}");
}

static void add_plain(struct buffer *line, enum log_level level,
                      const struct log_field *fields)
{
    add_time(line);
    buffer_add_format(line, " %-5s", log_level_names[level]);
    for (; fields->type != LOG_END; fields++) {
        buffer_add_format(line, " %s=", fields->name);
        add_value(line, fields);
    }
}

static void write_out(const char *data, size_t size)
{
    ssize_t ignored = write(STDERR_FILENO, data, size);

    (void)ignored;
}

static void write_held(void)
{
    if (held.size > 0)
        write_out(held.lines, held.size);
    held.size = 0;
}

void log_hold(void)
{
    held.is_on = true;
}

void log_flush(void)
{
    write_held();
    held.is_on = false;
}

void log_write(enum log_level level, const struct log_field *fields)
{
    struct buffer line;

    buffer_init(&line, LINE_BYTES);
    if (state.format == LOG_JSON)
        add_json(&line, level, fields);
    else
        add_plain(&line, level, fields);
    line.limit++;
    line.is_full = false;
    buffer_add_char(&line, '\n');
    if (line.size > sizeof(held.lines) - held.size)
        write_held();
    if (held.is_on && line.size <= sizeof(held.lines)) {
        memcpy(held.lines + held.size, line.data, line.size);
        held.size += line.size;
    } else {
        write_out(line.data, line.size);
    }
    if (level >= LOG_WARN)
        write_held();
    buffer_release(&line);
}
