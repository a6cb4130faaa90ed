#include "console/completion.h"

#include "console/commands.h"
#include "shared/memory.h"

#include <string.h>

static const char head[] =
    "# clerkstream - completion for bash, as clerkstream --completion prints "
    "it.\n"
    "\n"
    "# What may stand behind a command, \"events\", or behind a flag of it "
    "that\n"
    "# takes a value, \"events:--status\"; false where it is neither.\n"
    "_clerkstream_words() {\n"
    "    case $1 in\n";

/* Readline makes a word of its own of the "=" in --status=failed. */
static const char tail[] =
    "    *) return 1 ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_clerkstream() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} command last words\n"
    "    local before=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n"
    "    COMPREPLY=()\n"
    "    last=${before[*]: -1}\n"
    "    if [[ $word == = ]]; then\n"
    "        word=''\n"
    "    elif [[ $last == = ]]; then\n"
    "        last=${before[*]: -2:1}\n"
    "    fi\n"
    "    command=${before[0]-}\n"
    "    if _clerkstream_words \"$command ${before[1]-}\" >/dev/null; then\n"
    "        command+=\" ${before[1]}\"\n"
    "    fi\n"
    "    words=$(_clerkstream_words \"$command:$last\" ||\n"
    "        _clerkstream_words \"$command\") || return 0\n"
    "    if [[ $words == PATH ]]; then\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
    "    else\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
    "    fi\n"
    "}\n"
    "\n"
    "complete -F _clerkstream clerkstream\n";

static void begin_line(const char *name, const char *flag, struct buffer *out)
{
    buffer_add_format(out, "    '%s%s%s') echo '", name,
                      flag != NULL ? ":--" : "", flag != NULL ? flag : "");
}

static void end_line(struct buffer *out)
{
    buffer_add_text(out, "' ;;\n");
}

/* The words that come after the name of a family, or the first. */
static void add_names(const char *family, struct buffer *out)
{
    begin_line(family != NULL ? family : "", NULL, out);
    commands_list(family, " ", out);
    buffer_add_text(out, " --help");
    for (int i = 0; family == NULL && i < REQUESTS; i++)
        if (i != REQUEST_HELP)
            buffer_add_format(out, " %s", requests[i].name);
    end_line(out);
}

static void add_flags(const struct command *command, struct buffer *out)
{
    begin_line(command->name, NULL, out);
    for (size_t i = 0; i < command->flags_count; i++)
        if (!command->flags[i].is_argument)
            buffer_add_format(out, "--%s ", command->flags[i].name);
    buffer_add_text(out, "--help");
    end_line(out);
}

/* Nothing where the value can be anything. */
static void add_values(const struct command *command, const struct flag *flag,
                       struct buffer *out)
{
    begin_line(command->name, flag->name, out);
    if (strcmp(flag->value, "PATH") == 0)
        buffer_add_text(out, flag->value);
    for (int i = 0; flag->choices != NULL && flag->choices[i] != NULL; i++)
        buffer_add_format(out, "%s%s", i > 0 ? " " : "", flag->choices[i]);
    end_line(out);
}

static void add_command(const struct command *command, struct buffer *out)
{
    add_flags(command, out);
    for (size_t i = 0; i < command->flags_count; i++) {
        const struct flag *flag = &command->flags[i];
        if (!flag->is_argument && flag->type != FLAG_SWITCH &&
            flag->bare == NULL)
            add_values(command, flag, out);
    }
}

void completion_bash(struct buffer *out)
{
    struct slice family = SLICE_EMPTY;

    buffer_add_text(out, head);
    add_names(NULL, out);
    for (size_t i = 0; i < commands_count; i++) {
        const char *name = commands[i]->name;
        struct slice first = {name, strcspn(name, " ")};
        if (name[first.size] != '\0' && !slice_equal(first, family)) {
            CLEANUP_FREE char *word = memory_copy(first.data, first.size);
            add_names(word, out);
            family = first;
        }
        add_command(commands[i], out);
    }
    buffer_add_text(out, tail);
}
