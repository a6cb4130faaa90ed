/* commands - every command of the program, sorted by name.
 *
 * A command is one file, which defines its struct, and one line of the list in
 * commands.c.  Those of a family ("dlq list", "dlq show") have its name first
 * and may share a file. */
#pragma once

#include "console/command.h"

extern const struct command command_audit;
extern const struct command command_dlq_discard;
extern const struct command command_dlq_list;
extern const struct command command_dlq_redrive;
extern const struct command command_dlq_show;
extern const struct command command_events;
extern const struct command command_explain;
extern const struct command command_migrate;
extern const struct command command_prune;
extern const struct command command_rebuild;
extern const struct command command_replay;
extern const struct command command_send;
extern const struct command command_status;
extern const struct command command_topics;
extern const struct command command_wait;

extern const struct command *const commands[];
extern const size_t commands_count;

/* The command that the words begin with, of which it has `ret_words`; NULL
 * where it is none. */
const struct command *commands_find(int argc, char *const *argv,
                                    int *ret_words);
/* Whether `word` is the first of commands with two. */
bool commands_is_family(const char *word);

/* What the program can be asked for without a command. */
enum request {
    REQUEST_HELP,
    REQUEST_VERSION,
    REQUEST_CONFIG,
    REQUEST_COMPLETION,
    REQUEST_MANUAL,
    REQUESTS
};
extern const struct request_row {
    const char *name;
    const char *about;
} requests[REQUESTS];

/* What may follow: "dlq, events, migrate", or of a family "list, show". */
void commands_list(const char *family, const char *separator,
                   struct buffer *out);
/* What `clerkstream --help` says, or `clerkstream <family> --help`. */
void commands_help(const char *family, struct buffer *out);
