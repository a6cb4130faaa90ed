#include "console/event_source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void init_one(struct event_source *source)
{
    *source = (struct event_source){.generator = NULL};
    buffer_init(&source->body, EVENT_SOURCE_BODY_BYTES_MAX);
}

static void set_id(struct event_source *source, const char *given,
                   const char *made)
{
    snprintf(source->id, sizeof(source->id), "%s",
             given != NULL ? given : made);
}

void event_source_init_load(struct event_source *source,
                            const struct load *load)
{
    *source = (struct event_source){.generator = generator_new(load)};
}

void event_source_init_type(struct event_source *source, uint64_t seed,
                            enum event_type type, const char *id)
{
    char made[PROFILE_ID_BYTES];

    init_one(source);
    generate_one(seed, type, &source->body, made);
    set_id(source, id, made);
}

static int read_all(FILE *file, struct buffer *body)
{
    char chunk[16384];
    size_t size;

    while ((size = fread(chunk, 1, sizeof(chunk), file)) > 0)
        buffer_add(body, chunk, size);
    return ferror(file) ? -1 : 0;
}

int event_source_init_file(struct event_source *source, const char *path,
                           const char *id, struct error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    char made[PROFILE_ID_BYTES];
    int result;

    init_one(source);
    result = file != NULL ? read_all(file, &source->body) : -1;
    if (result != 0)
        error_set(err, ERROR_INPUT,
                  "--file: cannot read %.120s: %s; allowed is a readable file",
                  path, strerror(errno));
    if (file != NULL && !is_stdin)
        fclose(file);
    if (result == 0 && source->body.is_full)
        result = error_set(err, ERROR_INPUT,
                           "--file: %.120s is too long, allowed are %d bytes",
                           path, EVENT_SOURCE_BODY_BYTES_MAX);
    generate_id(buffer_slice(&source->body), made);
    set_id(source, id, made);
    return result;
}

void event_source_release(struct event_source *source)
{
    generator_free(source->generator);
    buffer_release(&source->body);
}

bool event_source_next(struct event_source *source, const char **ret_id,
                       struct slice *ret_body)
{
    struct generated event;

    if (source->is_empty)
        return false;
    *ret_id = source->id;
    *ret_body = buffer_slice(&source->body);
    if (source->generator == NULL) {
        source->is_empty = true;
        return true;
    }
    source->is_empty = !generator_next(source->generator, &event);
    if (source->is_empty)
        return false;
    set_id(source, event.id, NULL);
    *ret_body = event.body;
    return true;
}
