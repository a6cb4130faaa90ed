/* envelope - what every Clerk event is wrapped in, as both programs know it.
 *
 * An event is a JSON object with a non-empty string `type` and an object
 * `data`; whatever else it has is optional and of no wrong kind: a member of
 * another type counts as absent. */
#pragma once

#include "shared/instant.h"
#include "shared/json.h"

struct envelope {
    const struct json_document *json; /* kept; borrowed from the caller */
    const struct json_node *data;
    struct slice type;
    struct slice instance_id; /* empty: none given */
    struct instant timestamp;
};

/* Parse `body` into `doc` and describe it.  Slices point into `body` or
 * `arena`.  -1 with ERROR_INPUT and a text that says what it is not. */
int envelope_parse(struct slice body, struct json_document *doc,
                   struct arena *arena, struct envelope *ret_env,
                   struct error *err);

/* A member that is a string, decoded; empty where it is absent, of another
 * type or no text (an escaped NUL). */
struct slice envelope_text(const struct envelope *env,
                           const struct json_node *object, const char *name,
                           struct arena *arena);
