/* mapping - the words in which the families of events/ read a payload.
 *
 * A field that is absent, null or of the wrong JSON type is NULL; ids are not
 * so forgiving.  What can be read but never stored (a NUL, half a surrogate, a
 * time beyond PostgreSQL's) makes the event malformed: the first such finding
 * stays in `err`, and mapping_is_sound() is false from then on. */
#pragma once

#include "consumer/event.h"
#include "shared/envelope.h"

struct mapping {
    const struct envelope *env;
    struct arena *arena;
    struct slice event_id;
    enum version_rank rank;
    struct error err;
};

bool mapping_is_sound(const struct mapping *map);

/* A non-empty string of at most EVENT_ID_BYTES_MAX bytes, else malformed. */
struct slice mapping_id(struct mapping *map, const struct json_node *object,
                        const char *name);
struct slice mapping_text(struct mapping *map, const struct json_node *object,
                          const char *name);
struct instant mapping_instant(struct mapping *map,
                               const struct json_node *object,
                               const char *name);
/* The raw text of a member of this type. */
struct slice mapping_raw(struct mapping *map, const struct json_node *object,
                         const char *name, enum json_type type);

/* The version of what `object` says about an entity of which it tells
 * `updated_at` and `created_at`. */
struct version mapping_version(const struct mapping *map,
                               enum version_class class,
                               struct instant updated_at,
                               struct instant created_at);

/* The next mention of the event, zeroed but for these. */
struct mention *mapping_mention(struct event *event, enum entity_kind kind,
                                enum mention_effect effect, struct slice id);
