/* commands - every command of the program, sorted by name.
 *
 * A command is one file, which defines its struct, and one line of the list in
 * commands.c. */
#pragma once

#include "console/command.h"

extern const struct command command_migrate;
extern const struct command command_send;
extern const struct command command_topics;

extern const struct command *const commands[];
extern const size_t commands_count;

/* The command called `name`, or NULL. */
const struct command *commands_find(const char *name);

/* "migrate, send, topics" */
void commands_list(struct buffer *out);
/* What `clerkstream --help` says. */
void commands_help(struct buffer *out);
