#include "console/command.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GIVEN_MAX 60 /* characters of what was given that a line repeats */

static const int exit_codes[ERROR_KINDS] = {
    [ERROR_NONE] = 0,  [ERROR_INPUT] = 2, [ERROR_ACCESS] = 1,
    [ERROR_AGAIN] = 1, [ERROR_AWAY] = 1,  [ERROR_BUG] = 1,
};

int command_exit_code(enum error_kind kind)
{
    return exit_codes[kind];
}

static void *field(const struct flag *flag, void *flags)
{
    return (char *)flags + flag->offset;
}

static int set_number(const struct flag *flag, const char *given,
                      int64_t *ret_number, struct error *err)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(given, &end, 10);
    if (errno != 0 || end == given || *end != '\0' || given[0] == '+' ||
        isspace((unsigned char)given[0]) || number < flag->min ||
        number > flag->max)
        return error_set(err, ERROR_INPUT,
                         "--%s: given \"%.*s\", allowed is a whole number from "
                         "%lld to %lld",
                         flag->name, GIVEN_MAX, given, (long long)flag->min,
                         (long long)flag->max);
    *ret_number = number;
    return 0;
}

static int set_choice(const struct flag *flag, const char *given,
                      int *ret_choice, struct error *err)
{
    struct buffer allowed;

    for (int i = 0; flag->choices[i] != NULL; i++) {
        if (strcmp(flag->choices[i], given) == 0) {
            *ret_choice = i;
            return 0;
        }
    }
    buffer_init(&allowed, sizeof(err->text));
    for (int i = 0; flag->choices[i] != NULL; i++)
        buffer_add_format(&allowed, "%s%s", i > 0 ? ", " : "",
                          flag->choices[i]);
    error_set(err, ERROR_INPUT, "--%s: given \"%.*s\", allowed is %s",
              flag->name, GIVEN_MAX, given, allowed.data);
    buffer_release(&allowed);
    return -1;
}

static int set_text(const struct flag *flag, const char *given,
                    const char **ret_text, struct error *err)
{
    if (given[0] == '\0')
        return error_set(err, ERROR_INPUT,
                         "--%s: given \"\", allowed is %s that is not empty",
                         flag->name, flag->value);
    *ret_text = given;
    return 0;
}

static int set_value(const struct flag *flag, const char *given, void *flags,
                     struct error *err)
{
    switch (flag->type) {
    case FLAG_SWITCH:
        *(bool *)field(flag, flags) = true;
        return 0;
    case FLAG_TEXT:
        return set_text(flag, given, field(flag, flags), err);
    case FLAG_NUMBER:
        return set_number(flag, given, field(flag, flags), err);
    case FLAG_CHOICE:
        return set_choice(flag, given, field(flag, flags), err);
    }
    return error_set(err, ERROR_BUG, "--%s: unknown type", flag->name);
}

static int set_fallbacks(const struct command *command, void *flags,
                         struct error *err)
{
    for (size_t i = 0; i < command->flags_count; i++) {
        const struct flag *flag = &command->flags[i];
        if (flag->type == FLAG_CHOICE)
            *(int *)field(flag, flags) = -1;
        if (flag->fallback != NULL &&
            set_value(flag, flag->fallback, flags, err) != 0)
            return -1;
    }
    return 0;
}

/* The flag that `argument` ("--name" or "--name=value") names, or NULL. */
static const struct flag *find_flag(const struct command *command,
                                    const char *argument)
{
    size_t size;

    if (strncmp(argument, "--", 2) != 0)
        return NULL;
    argument += 2;
    size = strcspn(argument, "=");
    for (size_t i = 0; i < command->flags_count; i++)
        if (strlen(command->flags[i].name) == size &&
            memcmp(command->flags[i].name, argument, size) == 0)
            return &command->flags[i];
    return NULL;
}

static int refuse_argument(const struct command *command, const char *given,
                           struct error *err)
{
    struct buffer allowed;

    buffer_init(&allowed, sizeof(err->text));
    for (size_t i = 0; i < command->flags_count; i++)
        buffer_add_format(&allowed, "--%s, ", command->flags[i].name);
    error_set(err, ERROR_INPUT, "given argument \"%.*s\", allowed is %s--help",
              GIVEN_MAX, given, allowed.data != NULL ? allowed.data : "");
    buffer_release(&allowed);
    return -1;
}

/* The value of `flag`, which stands at argv[*at]; may move `*at` on. */
static int take_value(const struct flag *flag, int argc, char *const *argv,
                      int *at, const char **ret_value, struct error *err)
{
    const char *equals = strchr(argv[*at], '=');

    if (flag->type == FLAG_SWITCH && equals != NULL)
        return error_set(err, ERROR_INPUT,
                         "--%s: given \"%.*s\", allowed is no value",
                         flag->name, GIVEN_MAX, equals + 1);
    *ret_value = "";
    if (flag->type == FLAG_SWITCH)
        return 0;
    if (equals == NULL && *at + 1 == argc)
        return error_set(err, ERROR_INPUT,
                         "--%s: given nothing, allowed is --%s %s", flag->name,
                         flag->name, flag->value);
    *ret_value = equals != NULL ? equals + 1 : argv[++*at];
    return 0;
}

int command_parse(const struct command *command, int argc, char *const *argv,
                  void *ret_flags, bool *ret_is_help, struct error *err)
{
    *ret_is_help = false;
    if (set_fallbacks(command, ret_flags, err) != 0)
        return -1;
    for (int i = 0; i < argc; i++) {
        const struct flag *flag = find_flag(command, argv[i]);
        const char *value;

        if (strcmp(argv[i], "--help") == 0) {
            *ret_is_help = true;
            return 0;
        }
        if (flag == NULL)
            return refuse_argument(command, argv[i], err);
        if (take_value(flag, argc, argv, &i, &value, err) != 0 ||
            set_value(flag, value, ret_flags, err) != 0)
            return -1;
    }
    return 0;
}

static void add_flag_help(const struct flag *flag, struct buffer *out)
{
    buffer_add_format(out, "  --%s", flag->name);
    if (flag->type != FLAG_SWITCH)
        buffer_add_format(out, " %s", flag->value);
    if (flag->fallback != NULL)
        buffer_add_format(out, " (%s)", flag->fallback);
    buffer_add_format(out, "\n      %s\n", flag->about);
    for (size_t i = 0; flag->choices != NULL && flag->choices[i] != NULL; i++)
        buffer_add_format(out, "        %s\n", flag->choices[i]);
}

void command_help(const struct command *command, struct buffer *out)
{
    buffer_add_format(out, "usage: clerkstream %s%s\n\n%s\n", command->name,
                      command->flags_count > 0 ? " [flags]" : "",
                      command->about);
    if (command->detail != NULL)
        buffer_add_format(out, "\n%s\n", command->detail);
    buffer_add_text(out, "\nFlags:\n");
    for (size_t i = 0; i < command->flags_count; i++)
        add_flag_help(&command->flags[i], out);
    buffer_add_text(out, "  --help\n      This text.\n");
    buffer_add_format(out, "\nExample:\n  %s\n", command->example);
}
