/* event_source - where the events that are sent come from: one that is made or
 * read from a file, or a load of them. */
#pragma once

#include "console/generate.h"
#include "shared/buffer.h"
#include "shared/error.h"

#include <stdbool.h>

#define EVENT_SOURCE_ID_BYTES 320
#define EVENT_SOURCE_BODY_BYTES_MAX (64 << 20)

struct event_source {
    struct generator *generator; /* NULL: one event, which is in `body` */
    struct buffer body;
    char id[EVENT_SOURCE_ID_BYTES];
    bool is_empty;
};

void event_source_init_load(struct event_source *source,
                            const struct load *load);
/* `id` NULL: the one that follows from the seed, or from the bytes. */
void event_source_init_type(struct event_source *source, uint64_t seed,
                            enum event_type type, const char *id);
/* "-" is standard input.  -1 with ERROR_INPUT where it cannot be read. */
int event_source_init_file(struct event_source *source, const char *path,
                           const char *id, struct error *err);
void event_source_release(struct event_source *source); /* a zeroed one, too */

/* False at the end.  What is returned is valid until the next call. */
bool event_source_next(struct event_source *source, const char **ret_id,
                       struct slice *ret_body);
