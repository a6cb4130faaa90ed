#include "console/commands.h"

#include <string.h>

const struct command *const commands[] = {
    &command_migrate,
    &command_send,
    &command_topics,
};
const size_t commands_count = sizeof(commands) / sizeof(commands[0]);

const struct command *commands_find(const char *name)
{
    for (size_t i = 0; i < commands_count; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

void commands_list(struct buffer *out)
{
    for (size_t i = 0; i < commands_count; i++)
        buffer_add_format(out, "%s%s", i > 0 ? ", " : "", commands[i]->name);
}

void commands_help(struct buffer *out)
{
    buffer_add_text(out, "usage: clerkstream <command> [flags]\n"
                         "       clerkstream <command> --help\n"
                         "       clerkstream --help | --version | "
                         "--print-config\n\n"
                         "The operator's desk of clerkstream: Clerk's webhooks "
                         "through Kafka into PostgreSQL.\n\n"
                         "Commands:\n");
    for (size_t i = 0; i < commands_count; i++)
        buffer_add_format(out, "  %-10s %s\n", commands[i]->name,
                          commands[i]->about);
    buffer_add_text(out, "\nEnvironment:\n");
    option_help(console_options, console_options_count, out);
    buffer_add_text(out, "\nExit codes: 0 done, 1 failed, 2 wrong use or "
                         "configuration.\n");
}
