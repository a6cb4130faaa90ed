#include "console/command.h"

#include "console/moment.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
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

static int refuse_value(const struct flag *flag, const char *given,
                        const char *allowed, struct error *err)
{
    return error_set(err, ERROR_INPUT, "%s%s: given \"%.*s\", allowed is %s",
                     flag->is_argument ? "" : "--",
                     flag->is_argument ? flag->value : flag->name, GIVEN_MAX,
                     given, allowed);
}

static int set_number(const struct flag *flag, const char *given,
                      int64_t *ret_number, struct error *err)
{
    char allowed[80];
    char *end;
    long long number;

    errno = 0;
    number = strtoll(given, &end, 10);
    if (errno == 0 && end != given && *end == '\0' && given[0] != '+' &&
        !isspace((unsigned char)given[0]) && number >= flag->min &&
        number <= flag->max) {
        *ret_number = number;
        return 0;
    }
    snprintf(allowed, sizeof(allowed), "a whole number from %lld to %lld",
             (long long)flag->min, (long long)flag->max);
    return refuse_value(flag, given, allowed, err);
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
    refuse_value(flag, given, allowed.data, err);
    buffer_release(&allowed);
    return -1;
}

static int set_time(const struct flag *flag, const char *given, int64_t *ret_ms,
                    struct error *err)
{
    if (moment_parse_time(given, ret_ms))
        return 0;
    return refuse_value(flag, given,
                        "RFC 3339 with a zone, 2026-01-31T08:00:00Z or "
                        "2026-01-31T08:00:00.5+01:00",
                        err);
}

static int set_duration(const struct flag *flag, const char *given,
                        int64_t *ret_ms, struct error *err)
{
    if (moment_parse_duration(given, ret_ms))
        return 0;
    return refuse_value(flag, given,
                        "ISO 8601 without years and months, PT1H or P1DT12H, "
                        "or a number with its unit, 90d 12h 30m 45s",
                        err);
}

static int set_text(const struct flag *flag, const char *given,
                    const char **ret_text, struct error *err)
{
    char allowed[80];

    if (given[0] != '\0') {
        *ret_text = given;
        return 0;
    }
    snprintf(allowed, sizeof(allowed), "%s that is not empty", flag->value);
    return refuse_value(flag, given, allowed, err);
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
    case FLAG_TIME:
        return set_time(flag, given, field(flag, flags), err);
    case FLAG_DURATION:
        return set_duration(flag, given, field(flag, flags), err);
    }
    return error_set(err, ERROR_BUG, "%s: unknown type", flag->name);
}

/* What is there where nothing is given, if zeroes do not say it. */
static void set_none(const struct flag *flag, void *flags)
{
    if (flag->type == FLAG_CHOICE)
        *(int *)field(flag, flags) = -1;
    else if (flag->type == FLAG_TIME || flag->is_maybe_none)
        *(int64_t *)field(flag, flags) = FLAG_TIME_NONE;
    else if (flag->type == FLAG_DURATION)
        *(int64_t *)field(flag, flags) = FLAG_DURATION_NONE;
}

static int set_fallbacks(const struct command *command, void *flags,
                         struct error *err)
{
    for (size_t i = 0; i < command->flags_count; i++) {
        const struct flag *flag = &command->flags[i];
        set_none(flag, flags);
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
        if (!command->flags[i].is_argument &&
            strlen(command->flags[i].name) == size &&
            memcmp(command->flags[i].name, argument, size) == 0)
            return &command->flags[i];
    return NULL;
}

/* The argument that takes the place `at` (0 is the first), or NULL. */
static const struct flag *find_argument(const struct command *command,
                                        size_t at)
{
    for (size_t i = 0; i < command->flags_count; i++)
        if (command->flags[i].is_argument && at-- == 0)
            return &command->flags[i];
    return NULL;
}

static int refuse_argument(const struct command *command, const char *given,
                           struct error *err)
{
    struct buffer allowed;

    buffer_init(&allowed, sizeof(err->text) - GIVEN_MAX - 64);
    for (size_t i = 0; i < command->flags_count; i++)
        if (!command->flags[i].is_argument)
            buffer_add_format(&allowed, "--%s, ", command->flags[i].name);
    if (allowed.is_full)
        error_set(err, ERROR_INPUT,
                  "given argument \"%.*s\", allowed is what clerkstream %s "
                  "--help lists",
                  GIVEN_MAX, given, command->name);
    else
        error_set(err, ERROR_INPUT,
                  "given argument \"%.*s\", allowed is %s--help", GIVEN_MAX,
                  given, allowed.data != NULL ? allowed.data : "");
    buffer_release(&allowed);
    return -1;
}

static int take_argument(const struct command *command, const char *given,
                         size_t at, void *flags, struct error *err)
{
    const struct flag *argument = find_argument(command, at);

    if (argument == NULL)
        return refuse_argument(command, given, err);
    return set_value(argument, given, flags, err);
}

static int check_needed(const struct command *command, size_t given,
                        struct error *err)
{
    const struct flag *argument = find_argument(command, given);

    if (argument == NULL || !argument->is_needed)
        return 0;
    return error_set(err, ERROR_INPUT,
                     "given nothing, allowed is clerkstream %s %s",
                     command->name, argument->value);
}

/* Whether the value of a flag that may be bare follows: it is a number. */
static bool is_value(const char *word)
{
    return word != NULL && isdigit((unsigned char)word[0]);
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
    if (equals == NULL && flag->bare != NULL &&
        !is_value(*at + 1 < argc ? argv[*at + 1] : NULL)) {
        *ret_value = flag->bare;
        return 0;
    }
    if (equals == NULL && *at + 1 == argc)
        return error_set(err, ERROR_INPUT,
                         "--%s: given nothing, allowed is --%s %s", flag->name,
                         flag->name, flag->value);
    *ret_value = equals != NULL ? equals + 1 : argv[++*at];
    return 0;
}

/* One of the words after the command's name; may move `*at` on. */
static int take_flag(const struct command *command, int argc, char *const *argv,
                     int *at, void *flags, struct error *err)
{
    const struct flag *flag = find_flag(command, argv[*at]);
    const char *value;

    if (flag == NULL)
        return refuse_argument(command, argv[*at], err);
    if (take_value(flag, argc, argv, at, &value, err) != 0)
        return -1;
    return set_value(flag, value, flags, err);
}

int command_parse(const struct command *command, int argc, char *const *argv,
                  void *ret_flags, bool *ret_is_help, struct error *err)
{
    size_t arguments = 0;
    bool has_flags = true;
    int result;

    *ret_is_help = false;
    if (set_fallbacks(command, ret_flags, err) != 0)
        return -1;
    for (int i = 0; i < argc; i++) {
        if (has_flags && strcmp(argv[i], "--help") == 0) {
            *ret_is_help = true;
            return 0;
        }
        if (has_flags && strcmp(argv[i], "--") == 0) {
            has_flags = false;
            continue;
        }
        if (has_flags && strncmp(argv[i], "--", 2) == 0)
            result = take_flag(command, argc, argv, &i, ret_flags, err);
        else
            result =
                take_argument(command, argv[i], arguments++, ret_flags, err);
        if (result != 0)
            return -1;
    }
    return check_needed(command, arguments, err);
}

static void add_usage(const struct command *command, struct buffer *out)
{
    bool has_flags = false;

    buffer_add_format(out, "usage: clerkstream %s", command->name);
    for (size_t i = 0; i < command->flags_count; i++) {
        const struct flag *flag = &command->flags[i];
        if (flag->is_argument)
            buffer_add_format(out, flag->is_needed ? " %s" : " [%s]",
                              flag->value);
        else
            has_flags = true;
    }
    buffer_add_text(out, has_flags ? " [flags]\n" : "\n");
}

static void add_flag_help(const struct flag *flag, struct buffer *out)
{
    if (flag->is_argument)
        buffer_add_format(out, "  %s", flag->value);
    else
        buffer_add_format(out, "  --%s", flag->name);
    if (flag->type != FLAG_SWITCH && !flag->is_argument)
        buffer_add_format(out, flag->bare != NULL ? " [%s]" : " %s",
                          flag->value);
    if (flag->fallback != NULL)
        buffer_add_format(out, " (%s)", flag->fallback);
    buffer_add_format(out, "\n      %s\n", flag->about);
    for (size_t i = 0; flag->choices != NULL && flag->choices[i] != NULL; i++)
        buffer_add_format(out, "        %s\n", flag->choices[i]);
}

static void add_example(const char *lines, struct buffer *out)
{
    buffer_add_text(out, "  ");
    for (; *lines != '\0'; lines++)
        buffer_add_format(out, *lines == '\n' ? "%c  " : "%c", *lines);
    buffer_add_char(out, '\n');
}

void command_help(const struct command *command, struct buffer *out)
{
    add_usage(command, out);
    buffer_add_format(out, "\n%s\n", command->about);
    if (command->detail != NULL)
        buffer_add_format(out, "\n%s\n", command->detail);
    buffer_add_text(out, "\nFlags:\n");
    for (size_t i = 0; i < command->flags_count; i++)
        add_flag_help(&command->flags[i], out);
    buffer_add_text(out, "  --help\n      This text.\n");
    buffer_add_text(out, "\nExample:\n");
    add_example(command->example, out);
}
