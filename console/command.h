/* command - a command as data: one table of flags is what the parser, --help
 * and the tests read, as shared/option does for variables.
 *
 * `--name value` and `--name=value` mean the same; a switch takes no value; of
 * a flag given twice the last one counts.  What does not begin with "--" fills
 * the command's arguments in their order; after a lone "--" everything does.
 * A name may be two words ("dlq list").  Pure: nothing is printed or read. */
#pragma once

#include "console/config.h"
#include "shared/buffer.h"
#include "shared/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum flag_type {
    FLAG_SWITCH,  /* bool */
    FLAG_TEXT,    /* const char *, borrowed from the arguments; not empty */
    FLAG_NUMBER,  /* int64_t, between min and max */
    FLAG_CHOICE,  /* int, index into choices */
    FLAG_TIME,    /* int64_t, ms since 1970; see console/moment.h */
    FLAG_DURATION /* int64_t, ms */
};

#define FLAG_TIME_NONE INT64_MIN
#define FLAG_NUMBER_NONE FLAG_TIME_NONE
#define FLAG_DURATION_NONE (-1)

struct flag {
    const char *name; /* without the dashes */
    enum flag_type type;
    bool is_argument;     /* given by its place, without a name */
    bool is_needed;       /* arguments only */
    bool is_maybe_none;   /* a number that need not be: FLAG_NUMBER_NONE */
    size_t offset;        /* offsetof(struct …_flags, field) */
    const char *value;    /* what --help calls the value: SECONDS */
    const char *bare;     /* the value where none follows; NULL: one must */
    const char *fallback; /* as it would be given; NULL: none (-1 for a choice,
                             0 for a number, NULL for a text, …_NONE) */
    int64_t min, max;
    const char *const *choices; /* NULL-terminated */
    const char *about;          /* for people */
};

/* Rows that many commands have; `flags` is the struct that they fill. */
#define FLAG_JSON(flags)                                                       \
    {                                                                          \
        .name = "json", .type = FLAG_SWITCH,                                   \
        .offset = offsetof(flags, is_json),                                    \
        .about = "Print JSON instead of a table.",                             \
    }
#define FLAG_TIMEOUT(flags, seconds)                                           \
    {                                                                          \
        .name = "timeout", .type = FLAG_NUMBER,                                \
        .offset = offsetof(flags, timeout_s), .value = "SECONDS",              \
        .fallback = (seconds), .min = 1, .max = 86400,                         \
        .about = "How long to wait for the database and the brokers.",         \
    }

struct command {
    const char *name;
    const char *about;   /* one line */
    const char *detail;  /* what else --help says; may be NULL */
    const char *example; /* a command line, or several, one on a line */
    const struct flag *flags;
    size_t flags_count;
    size_t flags_bytes; /* of the struct that the flags fill */
    /* 0, or -1 with one line for standard error.  ERROR_INPUT is a wrong use
     * (exit 2), all else a failure (exit 1). */
    int (*run)(const struct console_config *config, const void *flags,
               struct error *err);
};

/* Fill `ret_flags` (flags_bytes, zeroed) from what stands after the command's
 * name.  `--help` among them ends the reading.  -1 with ERROR_INPUT and one
 * line: what was given and what is allowed. */
int command_parse(const struct command *command, int argc, char *const *argv,
                  void *ret_flags, bool *ret_is_help, struct error *err);

void command_help(const struct command *command, struct buffer *out);

/* The process's exit code for a kind of error. */
int command_exit_code(enum error_kind kind);
