/* clerkstream - the operator's console: one program, one table of commands. */
#include "console/commands.h"
#include "console/completion.h"
#include "console/manual.h"
#include "shared/kafka_config.h"
#include "shared/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_BYTES (1 << 20)

/* One line, whatever was given. */
static int fail(const char *command, const struct error *err)
{
    fprintf(stderr, "clerkstream%s%s: ", command[0] != '\0' ? " " : "",
            command);
    for (const char *c = err->text; *c != '\0'; c++)
        fputc(iscntrl((unsigned char)*c) ? ' ' : *c, stderr);
    fputc('\n', stderr);
    return command_exit_code(err->kind);
}

static const char *environment(const char *name)
{
    return getenv(name);
}

/* What was printed must have arrived: a full disk is a failure. */
static int done(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    perror("clerkstream: standard output");
    return 1;
}

/* `text` is taken. */
static int print(struct buffer *text)
{
    if (text->size > 0)
        fputs(text->data, stdout);
    buffer_release(text);
    return done();
}

static void release_config(struct console_config *config)
{
    option_release(console_options, console_options_count, config);
}

static int load_config(struct console_config *config, struct error *err)
{
    *config = (struct console_config){.database_url = NULL};
    if (option_load(console_options, console_options_count, environment, config,
                    err) != 0 ||
        settings_check(&config->common, err) != 0) {
        release_config(config);
        return -1;
    }
    log_init("clerkstream", (enum log_level)config->common.log_level,
             (enum log_format)config->common.log_format);
    return 0;
}

static int print_config(void)
{
    const struct kafka_settings no_settings = {NULL, 0};
    struct console_config config;
    struct error err;
    struct buffer text;

    if (load_config(&config, &err) != 0)
        return fail("", &err);
    if (kafka_config_check(&config.common, &no_settings, &err) != 0) {
        release_config(&config);
        return fail("", &err);
    }
    buffer_init(&text, OUTPUT_BYTES);
    option_print(console_options, console_options_count, &config, &text);
    kafka_config_print(&text);
    release_config(&config);
    return print(&text);
}

static int run(const struct command *command, const void *flags)
{
    struct console_config config;
    struct error err = {.kind = ERROR_NONE};
    int result;

    if (load_config(&config, &err) != 0)
        return fail(command->name, &err);
    result = command->run(&config, flags, &err);
    release_config(&config);
    if (result == 0)
        return done();
    fflush(stdout);
    return fail(command->name, &err);
}

static int run_command(const struct command *command, int argc, char **argv)
{
    CLEANUP_FREE void *flags = memory_new(command->flags_bytes);
    struct error err;
    struct buffer text;
    bool is_help;

    if (command_parse(command, argc, argv, flags, &is_help, &err) != 0)
        return fail(command->name, &err);
    if (!is_help)
        return run(command, flags);
    buffer_init(&text, OUTPUT_BYTES);
    command_help(command, &text);
    return print(&text);
}

/* Of all commands (NULL), or of those of a family. */
static int print_help(const char *family)
{
    struct buffer text;

    buffer_init(&text, OUTPUT_BYTES);
    commands_help(family, &text);
    return print(&text);
}

static int print_version(void)
{
    puts("clerkstream " CLERKSTREAM_VERSION);
    return done();
}

static int print_all_help(void)
{
    return print_help(NULL);
}

static int print_completion(void)
{
    struct buffer text;

    buffer_init(&text, OUTPUT_BYTES);
    completion_bash(&text);
    return print(&text);
}

static int print_manual(void)
{
    struct buffer text;

    buffer_init(&text, OUTPUT_BYTES);
    manual_page(&text);
    return print(&text);
}

static int (*const answers[REQUESTS])(void) = {
    [REQUEST_HELP] = print_all_help, [REQUEST_VERSION] = print_version,
    [REQUEST_CONFIG] = print_config, [REQUEST_COMPLETION] = print_completion,
    [REQUEST_MANUAL] = print_manual,
};

static int refuse(const char *family, const char *given)
{
    struct error err;
    struct buffer allowed;

    buffer_init(&allowed, OUTPUT_BYTES);
    commands_list(family, ", ", &allowed);
    for (int i = 0; i < (family != NULL ? 1 : REQUESTS); i++)
        buffer_add_format(&allowed, ", %s", requests[i].name);
    error_set(&err, ERROR_INPUT, "given %s%.60s%s, allowed is one of %s",
              given != NULL ? "\"" : "no command", given != NULL ? given : "",
              given != NULL ? "\"" : "", allowed.data);
    buffer_release(&allowed);
    return fail(family != NULL ? family : "", &err);
}

/* `clerkstream dlq …`, where no command is named. */
static int run_family(const char *family, int argc, char **argv)
{
    if (argc == 1 && strcmp(argv[0], "--help") == 0)
        return print_help(family);
    return refuse(family, argc > 0 ? argv[0] : NULL);
}

int main(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : NULL;
    const struct command *command;
    int words;

    if (first == NULL)
        return refuse(NULL, NULL);
    command = commands_find(argc - 1, argv + 1, &words);
    if (command != NULL)
        return run_command(command, argc - 1 - words, argv + 1 + words);
    if (commands_is_family(first))
        return run_family(first, argc - 2, argv + 2);
    if (argc > 2)
        return refuse(NULL, first[0] == '-' ? argv[2] : first);
    for (int i = 0; i < REQUESTS; i++)
        if (strcmp(first, requests[i].name) == 0)
            return answers[i]();
    return refuse(NULL, first);
}
