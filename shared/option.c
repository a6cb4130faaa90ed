#include "shared/option.h"

#include "shared/memory.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SECRET_FILE_BYTES 65536

static void *field(const struct option *opt, void *config)
{
    return (char *)config + opt->offset;
}

static const void *field_const(const struct option *opt, const void *config)
{
    return (const char *)config + opt->offset;
}

static const char *shown(const struct option *opt, const char *given)
{
    return opt->flags & OPTION_SECRET ? "***" : given;
}

static int set_number(const struct option *opt, const char *given,
                      int64_t *ret_number, struct error *err)
{
    char *end;
    long long value;

    errno = 0;
    value = strtoll(given, &end, 10);
    if (errno != 0 || end == given || *end != '\0' ||
        isspace((unsigned char)given[0]) || given[0] == '+' ||
        value < opt->min || value > opt->max)
        return error_set(err, ERROR_INPUT,
                         "%s: given \"%s\", allowed is a whole number from "
                         "%lld to %lld",
                         opt->name, shown(opt, given), (long long)opt->min,
                         (long long)opt->max);
    *ret_number = value;
    return 0;
}

static void list_add(struct option_list *list, struct slice item)
{
    list->items =
        memory_resize(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = memory_copy(item.data, item.size);
}

static void set_list(const char *given, struct option_list *list)
{
    while (*given != '\0') {
        size_t size = strcspn(given, ",");
        struct slice item = slice_trim((struct slice){given, size});
        if (item.size > 0)
            list_add(list, item);
        given += size + (given[size] == ',');
    }
}

static int set_listen(const struct option *opt, const char *given,
                      struct option_listen *listen, struct error *err)
{
    const char *colon = strrchr(given, ':');
    const struct option port = {.name = opt->name, .min = 0, .max = 65535};
    struct slice host;
    int64_t number;

    if (colon == NULL || colon == given || !isdigit((unsigned char)colon[1]) ||
        set_number(&port, colon + 1, &number, err) != 0)
        goto refuse;
    host = (struct slice){given, (size_t)(colon - given)};
    if (host.data[0] == '[') {
        if (host.size < 3 || host.data[host.size - 1] != ']')
            goto refuse;
        host = (struct slice){host.data + 1, host.size - 2};
    } else if (memchr(host.data, ':', host.size) != NULL) {
        goto refuse;
    }
    listen->host = memory_copy(host.data, host.size);
    listen->port = (uint16_t)number;
    return 0;
refuse:
    return error_set(err, ERROR_INPUT,
                     "%s: given \"%s\", allowed is address:port, such as "
                     "127.0.0.1:8788 or [::1]:8788",
                     opt->name, shown(opt, given));
}

static int set_choice(const struct option *opt, const char *given,
                      int *ret_choice, struct error *err)
{
    char allowed[128] = "";
    size_t used = 0;

    for (int i = 0; opt->choices[i] != NULL; i++) {
        if (strcmp(opt->choices[i], given) == 0) {
            *ret_choice = i;
            return 0;
        }
        used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, "%s%s",
                                 i > 0 ? ", " : "", opt->choices[i]);
    }
    return error_set(err, ERROR_INPUT, "%s: given \"%s\", allowed is one of %s",
                     opt->name, shown(opt, given), allowed);
}

static int set_value(const struct option *opt, const char *given, void *config,
                     struct error *err)
{
    switch (opt->type) {
    case OPTION_TEXT:
        *(char **)field(opt, config) = memory_copy_text(given);
        return 0;
    case OPTION_NUMBER:
        return set_number(opt, given, field(opt, config), err);
    case OPTION_LIST:
        set_list(given, field(opt, config));
        return 0;
    case OPTION_LISTEN:
        return set_listen(opt, given, field(opt, config), err);
    case OPTION_CHOICE:
        return set_choice(opt, given, field(opt, config), err);
    }
    return error_set(err, ERROR_BUG, "%s: unknown type", opt->name);
}

static const char *lookup_set(option_lookup *lookup, const char *name)
{
    const char *value = name != NULL ? lookup(name) : NULL;
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The first line of the file that NAME_FILE names, new; NULL where there is no
 * such variable. */
static int read_secret_file(const char *name, option_lookup *lookup,
                            char **ret_secret, struct error *err)
{
    char variable[128];
    const char *path;
    char *text;
    size_t size;
    FILE *file;

    *ret_secret = NULL;
    snprintf(variable, sizeof(variable), "%s_FILE", name);
    path = lookup_set(lookup, variable);
    if (path == NULL)
        return 0;
    file = fopen(path, "re");
    if (file == NULL)
        return error_set(err, ERROR_INPUT,
                         "%s: cannot read %s: %s; allowed is a readable file",
                         variable, path, strerror(errno));
    text = memory_new(SECRET_FILE_BYTES);
    size = fread(text, 1, SECRET_FILE_BYTES - 1, file);
    fclose(file);
    if (size > 0 && text[size - 1] == '\n')
        size--;
    if (size > 0 && text[size - 1] == '\r')
        size--;
    text[size] = '\0';
    if (size == 0) {
        free(text);
        return error_set(err, ERROR_INPUT,
                         "%s: %s is empty; allowed is a file with the secret",
                         variable, path);
    }
    *ret_secret = text;
    return 0;
}

static int load_one(const struct option *opt, option_lookup *lookup,
                    void *config, struct error *err)
{
    CLEANUP_FREE char *secret = NULL;
    CLEANUP_FREE char *alias_secret = NULL;
    const char *given = opt->type == OPTION_LIST
                            ? lookup(opt->name)
                            : lookup_set(lookup, opt->name);

    if (given == NULL && opt->flags & OPTION_SECRET) {
        if (read_secret_file(opt->name, lookup, &secret, err) != 0)
            return -1;
        given = secret;
    }
    if (given == NULL)
        given = lookup_set(lookup, opt->alias);
    if (given == NULL && opt->alias != NULL && opt->flags & OPTION_SECRET) {
        if (read_secret_file(opt->alias, lookup, &alias_secret, err) != 0)
            return -1;
        given = alias_secret;
    }
    if (given == NULL)
        given = opt->fallback;
    if (given == NULL && opt->flags & OPTION_NEEDED)
        return error_set(err, ERROR_INPUT,
                         "%s: given nothing, but it is needed: %s", opt->name,
                         opt->about);
    return given != NULL ? set_value(opt, given, config, err) : 0;
}

int option_load(const struct option *table, size_t count, option_lookup *lookup,
                void *config, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (load_one(&table[i], lookup, config, err) != 0)
            return -1;
    return 0;
}

static void release_list(struct option_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct option_list){NULL, 0};
}

static void release_text(const struct option *opt, char **text)
{
    if (*text != NULL && opt->flags & OPTION_SECRET)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

void option_release(const struct option *table, size_t count, void *config)
{
    for (size_t i = 0; i < count; i++) {
        const struct option *opt = &table[i];
        if (opt->type == OPTION_TEXT)
            release_text(opt, field(opt, config));
        else if (opt->type == OPTION_LIST)
            release_list(field(opt, config));
        else if (opt->type == OPTION_LISTEN)
            release_text(opt,
                         &((struct option_listen *)field(opt, config))->host);
    }
}

static void print_list(const struct option_list *list, struct buffer *out)
{
    for (size_t i = 0; i < list->count; i++)
        buffer_add_format(out, "%s%s", i > 0 ? "," : "", list->items[i]);
}

static void print_listen(const struct option_listen *listen, struct buffer *out)
{
    bool is_ipv6 = strchr(listen->host, ':') != NULL;

    buffer_add_format(out, "%s%s%s:%u", is_ipv6 ? "[" : "", listen->host,
                      is_ipv6 ? "]" : "", listen->port);
}

/* A secret is shown as ***; the default in the table is no secret. */
static bool is_masked(const struct option *opt, const char *text)
{
    return opt->flags & OPTION_SECRET && text != NULL &&
           (opt->fallback == NULL || strcmp(text, opt->fallback) != 0);
}

static void print_value(const struct option *opt, const void *config,
                        struct buffer *out)
{
    const void *value = field_const(opt, config);
    const char *text;

    switch (opt->type) {
    case OPTION_TEXT:
        text = *(char *const *)value;
        if (text != NULL)
            buffer_add_text(out, is_masked(opt, text) ? "***" : text);
        break;
    case OPTION_NUMBER:
        buffer_add_format(out, "%lld", (long long)*(const int64_t *)value);
        break;
    case OPTION_LIST:
        print_list(value, out);
        break;
    case OPTION_LISTEN:
        print_listen(value, out);
        break;
    case OPTION_CHOICE:
        buffer_add_text(out, opt->choices[*(const int *)value]);
        break;
    }
}

void option_print(const struct option *table, size_t count, const void *config,
                  struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        buffer_add_format(out, "%s=", table[i].name);
        print_value(&table[i], config, out);
        buffer_add_char(out, '\n');
    }
}

static const char *default_of(const struct option *opt)
{
    if (opt->fallback != NULL)
        return opt->fallback[0] != '\0' ? opt->fallback : "none";
    return opt->flags & OPTION_NEEDED ? "needed" : "none";
}

void option_help(const struct option *table, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct option *opt = &table[i];
        buffer_add_format(out, "  %s (%s)\n      %s", opt->name,
                          default_of(opt), opt->about);
        if (opt->alias != NULL)
            buffer_add_format(out, " Also read: %s.", opt->alias);
        if (opt->flags & OPTION_SECRET)
            buffer_add_format(out, " Or a file: %s_FILE.", opt->name);
        buffer_add_char(out, '\n');
    }
}

void option_markdown(const struct option *table, size_t count,
                     struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct option *opt = &table[i];
        buffer_add_format(out, "| `%s` | %s%s%s | %s%s%s%s |\n", opt->name,
                          opt->fallback != NULL ? "`" : "", default_of(opt),
                          opt->fallback != NULL ? "`" : "", opt->about,
                          opt->alias != NULL ? " Also read: `" : "",
                          opt->alias != NULL ? opt->alias : "",
                          opt->alias != NULL ? "`." : "");
    }
}

int option_arguments(int argc, char **argv, enum option_request *ret_request,
                     struct error *err)
{
    static const char *const names[] = {"", "--help", "--print-config",
                                        "--version", "--check-ready"};

    *ret_request = OPTION_RUN;
    if (argc <= 1)
        return 0;
    for (int i = OPTION_HELP; i <= OPTION_CHECK_READY; i++) {
        if (argc == 2 && strcmp(argv[1], names[i]) == 0) {
            *ret_request = (enum option_request)i;
            return 0;
        }
    }
    return error_set(err, ERROR_INPUT,
                     "given argument \"%s\", allowed is one of --help, "
                     "--print-config, --version, --check-ready, or none: "
                     "everything else is set by environment variables",
                     argv[argc > 2 ? 2 : 1]);
}
