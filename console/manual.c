#include "console/manual.h"

#include "console/commands.h"

#include <string.h>

/* The text as it is: roff sees a command in a dot or a quote that begins a
 * line, an escape in a backslash, and in a dash a hyphen, to break a line at.
 */
static void add(struct slice text, struct buffer *out)
{
    if (text.size > 0 && (text.data[0] == '.' || text.data[0] == '\''))
        buffer_add_text(out, "\\&");
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '\\')
            buffer_add_text(out, "\\e");
        else if (text.data[i] == '-')
            buffer_add_text(out, "\\-");
        else
            buffer_add_char(out, text.data[i]);
}

/* Lines, and paragraphs where one is empty. */
static void add_text(const char *text, struct buffer *out)
{
    while (*text != '\0') {
        struct slice line = {text, strcspn(text, "\n")};
        if (line.size > 0)
            add(line, out);
        else
            buffer_add_text(out, ".PP");
        buffer_add_char(out, '\n');
        text += line.size + (text[line.size] == '\n' ? 1 : 0);
    }
}

/* What is explained next, its value and what holds where none is given. */
static void add_tag(const char *name, const char *value, const char *fallback,
                    struct buffer *out)
{
    buffer_add_text(out, ".TP\n\\fB");
    add(slice_of(name), out);
    buffer_add_text(out, "\\fR");
    if (value != NULL)
        buffer_add_format(out, " \\fI%s\\fR", value);
    if (fallback != NULL) {
        buffer_add_text(out, " (");
        add(slice_of(fallback), out);
        buffer_add_char(out, ')');
    }
    buffer_add_char(out, '\n');
}

static void add_flag(const struct flag *flag, struct buffer *out)
{
    char name[64] = "--";

    if (flag->is_argument) {
        add_tag(flag->value, NULL, flag->fallback, out);
    } else {
        strncat(name, flag->name, sizeof(name) - sizeof("--"));
        add_tag(name, flag->value, flag->fallback, out);
    }
    add_text(flag->about, out);
    if (flag->choices == NULL)
        return;
    buffer_add_text(out, "One of");
    for (int i = 0; flag->choices[i] != NULL; i++)
        buffer_add_format(out, "%s %s", i > 0 ? "," : "", flag->choices[i]);
    buffer_add_text(out, ".\n");
}

static void add_command(const struct command *command, struct buffer *out)
{
    buffer_add_format(out, ".SS \"%s", command->name);
    for (size_t i = 0; i < command->flags_count; i++)
        if (command->flags[i].is_argument)
            buffer_add_format(out,
                              command->flags[i].is_needed ? " %s" : " [%s]",
                              command->flags[i].value);
    buffer_add_text(out, "\"\n");
    add_text(command->about, out);
    if (command->detail != NULL) {
        buffer_add_text(out, ".PP\n");
        add_text(command->detail, out);
    }
    for (size_t i = 0; i < command->flags_count; i++)
        add_flag(&command->flags[i], out);
    buffer_add_text(out, ".PP\nExample:\n.PP\n.RS 4\n.EX\n");
    add_text(command->example, out);
    buffer_add_text(out, ".EE\n.RE\n");
}

static void add_environment(struct buffer *out)
{
    for (size_t i = 0; i < console_options_count; i++) {
        const struct option *option = &console_options[i];
        add_tag(option->name, NULL, option->fallback, out);
        add_text(option->about, out);
        if (option->alias != NULL)
            buffer_add_format(out, "Also read: %s.\n", option->alias);
        if (option->flags & OPTION_SECRET)
            buffer_add_format(out, "Or a file: %s_FILE.\n", option->name);
    }
}

void manual_page(struct buffer *out)
{
    buffer_add_text(
        out, ".TH CLERKSTREAM 1 \"\" \"clerkstream " CLERKSTREAM_VERSION "\"\n"
             ".nh\n.ad l\n"
             ".SH NAME\nclerkstream \\- the operator's console of clerkstream: "
             "Clerk's webhooks through Kafka into PostgreSQL\n"
             ".SH SYNOPSIS\n"
             ".B clerkstream\n.I command\n.RI [ flags ]\n.br\n"
             ".B clerkstream\n.I command\n.B \\-\\-help\n"
             ".SH OPTIONS\n");
    for (int i = 0; i < REQUESTS; i++) {
        add_tag(requests[i].name, NULL, NULL, out);
        add_text(requests[i].about, out);
    }
    buffer_add_text(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < commands_count; i++)
        add_command(commands[i], out);
    buffer_add_text(out, ".SH ENVIRONMENT\n");
    add_environment(out);
    buffer_add_text(out, ".SH EXIT STATUS\n"
                         ".TP\n0\nDone.\n"
                         ".TP\n1\nFailed; one line on standard error says "
                         "why.\n"
                         ".TP\n2\nWrong use or configuration.\n");
}
