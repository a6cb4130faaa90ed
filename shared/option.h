/* option - a table of environment variables becomes a config struct, --help,
 * --print-config and the README's table.
 *
 * A program has one `static const struct option` table whose rows say where in
 * its config struct each value goes.  Strings in the struct are owned by it:
 * option_release().  Secrets (OPTION_SECRET) may also come from the file that
 * NAME_FILE names (one trailing newline is cut); NAME wins, an alias is asked
 * last.  An empty variable counts as not set, but makes a list empty. */
#pragma once

#include "shared/buffer.h"
#include "shared/error.h"

#include <stddef.h>
#include <stdint.h>

enum option_type {
    OPTION_TEXT,   /* char * */
    OPTION_NUMBER, /* int64_t, between min and max */
    OPTION_LIST,   /* struct option_list, comma-separated, blanks ignored */
    OPTION_LISTEN, /* struct option_listen: host:port or [::1]:port */
    OPTION_CHOICE  /* int, index into choices */
};

enum option_flags { OPTION_SECRET = 1, OPTION_NEEDED = 2 };

struct option_list {
    char **items;
    size_t count;
};

struct option_listen {
    char *host; /* without brackets */
    uint16_t port;
};

struct option {
    const char *name;
    const char *alias; /* also read, after name and NAME_FILE */
    enum option_type type;
    unsigned flags;
    size_t offset;        /* offsetof(struct …_config, field) */
    const char *fallback; /* as it would be written; NULL: none */
    int64_t min, max;
    const char *const *choices; /* NULL-terminated */
    const char *about;          /* one line, for people */
};

/* Where values come from; getenv() in programs, a table in tests. */
typedef const char *option_lookup(const char *name);

/* Fill the zeroed `config`.  -1 with ERROR_INPUT and one line that names the
 * variable, what was given (*** for a secret) and what is allowed. */
int option_load(const struct option *table, size_t count, option_lookup *lookup,
                void *config, struct error *err);
void option_release(const struct option *table, size_t count, void *config);

/* "NAME=value" lines as --print-config shows them, secrets as ***. */
void option_print(const struct option *table, size_t count, const void *config,
                  struct buffer *out);
/* The options as --help shows them, and as rows of a Markdown table. */
void option_help(const struct option *table, size_t count, struct buffer *out);
void option_markdown(const struct option *table, size_t count,
                     struct buffer *out);

/* What every program does with its arguments before anything else: --help,
 * --print-config and --version (they print and end the program with 0),
 * --check-ready (asks the one that runs) or none; anything else is -1 with
 * ERROR_INPUT. */
enum option_request {
    OPTION_RUN,
    OPTION_HELP,
    OPTION_PRINT,
    OPTION_VERSION,
    OPTION_CHECK_READY
};
int option_arguments(int argc, char **argv, enum option_request *ret_request,
                     struct error *err);
