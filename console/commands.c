#include "console/commands.h"

#include <string.h>

/* One on a line, so that adding one is one line. */
/* clang-format off */
const struct command *const commands[] = {
    &command_audit,
    &command_dlq_discard,
    &command_dlq_list,
    &command_dlq_redrive,
    &command_dlq_show,
    &command_events,
    &command_explain,
    &command_migrate,
    &command_prune,
    &command_rebuild,
    &command_replay,
    &command_send,
    &command_status,
    &command_topics,
    &command_wait,
};
/* clang-format on */
const size_t commands_count = sizeof(commands) / sizeof(commands[0]);

const struct request_row requests[REQUESTS] = {
    [REQUEST_HELP] = {"--help", "What there is; of a command: what it takes."},
    [REQUEST_VERSION] = {"--version", "The version."},
    [REQUEST_CONFIG] = {"--print-config",
                        "The environment as it is read, secrets as ***."},
    [REQUEST_COMPLETION] = {"--completion",
                            "A script for bash: source <(clerkstream "
                            "--completion)."},
    [REQUEST_MANUAL] = {"--man", "The manual page: clerkstream --man | man -l "
                                 "-."},
};

/* How many of the words the name takes; 0 where they are others. */
static int match(const char *name, int argc, char *const *argv)
{
    size_t first = strcspn(name, " ");

    if (argc == 0 || strlen(argv[0]) != first ||
        memcmp(argv[0], name, first) != 0)
        return 0;
    if (name[first] == '\0')
        return 1;
    return argc > 1 && strcmp(argv[1], name + first + 1) == 0 ? 2 : 0;
}

const struct command *commands_find(int argc, char *const *argv, int *ret_words)
{
    for (size_t i = 0; i < commands_count; i++) {
        int words = match(commands[i]->name, argc, argv);
        if (words == 0)
            continue;
        *ret_words = words;
        return commands[i];
    }
    return NULL;
}

/* NULL: any. */
static bool is_of(const struct command *command, const char *family)
{
    size_t size = family != NULL ? strlen(family) : 0;

    return family == NULL || (strncmp(command->name, family, size) == 0 &&
                              command->name[size] == ' ');
}

bool commands_is_family(const char *word)
{
    for (size_t i = 0; i < commands_count; i++)
        if (is_of(commands[i], word))
            return true;
    return false;
}

/* The word of the name that is wanted next. */
static struct slice next_word(const struct command *command, const char *family)
{
    const char *word = command->name;

    if (family != NULL)
        word += strlen(family) + 1;
    return (struct slice){word, strcspn(word, " ")};
}

void commands_list(const char *family, const char *separator,
                   struct buffer *out)
{
    struct slice last = SLICE_EMPTY; /* a family is named once */

    for (size_t i = 0; i < commands_count; i++) {
        struct slice word;
        if (!is_of(commands[i], family))
            continue;
        word = next_word(commands[i], family);
        if (slice_equal(word, last))
            continue;
        buffer_add_format(out, "%s%.*s", last.size > 0 ? separator : "",
                          SLICE_PRINT(word));
        last = word;
    }
}

static int longest_name(void)
{
    size_t longest = 0;

    for (size_t i = 0; i < commands_count; i++)
        if (strlen(commands[i]->name) > longest)
            longest = strlen(commands[i]->name);
    return (int)longest;
}

static void add_usage(const char *family, struct buffer *out)
{
    const char *blank = family != NULL ? " " : "";

    family = family != NULL ? family : "";
    buffer_add_format(out,
                      "usage: clerkstream %s%s<command> [flags]\n"
                      "       clerkstream %s%s<command> --help\n",
                      family, blank, family, blank);
    if (blank[0] == '\0')
        buffer_add_text(out, "\nThe operator's console of clerkstream: Clerk's "
                             "webhooks through Kafka into PostgreSQL.\n");
}

void commands_help(const char *family, struct buffer *out)
{
    add_usage(family, out);
    buffer_add_text(out, "\nCommands:\n");
    for (size_t i = 0; i < commands_count; i++)
        if (is_of(commands[i], family))
            buffer_add_format(out, "  %-*s  %s\n", longest_name(),
                              commands[i]->name, commands[i]->about);
    if (family != NULL)
        return;
    buffer_add_text(out, "\nOr:\n");
    for (int i = 0; i < REQUESTS; i++)
        buffer_add_format(out, "  %-*s  %s\n", longest_name(), requests[i].name,
                          requests[i].about);
    buffer_add_text(out, "\nEnvironment:\n");
    option_help(console_options, console_options_count, out);
    buffer_add_text(out, "\nExit codes: 0 done, 1 failed, 2 wrong use or "
                         "configuration.\n");
}
