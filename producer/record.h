/* record - what of an event goes to Kafka: key, value and headers.
 *
 * The key names the entity that owns the event (a table), so that all events
 * of one entity lie in one partition.  The headers are CloudEvents' in binary
 * mode and the signature as it came.  Pure; slices borrow from the claim, the
 * envelope and the arena. */
#pragma once

#include "shared/arena.h"
#include "shared/envelope.h"
#include "shared/signature.h"

#include <stddef.h>

#define RECORD_HEADERS_MAX 12

struct record_header {
    const char *name;
    struct slice value;
};

struct record {
    struct slice key;
    struct slice value;
    struct record_header headers[RECORD_HEADERS_MAX];
    size_t count;
};

/* The key of the event: never empty. */
struct slice record_key(const struct envelope *env, struct slice id,
                        struct arena *arena);

/* An event, byte for byte; `traceparent` may be empty. */
void record_of_event(const struct signature_claim *claim,
                     const struct envelope *env, struct slice traceparent,
                     struct arena *arena, struct record *ret_record);

/* A signed body that is no event; `reason` is kept. */
void record_of_dead_letter(const struct signature_claim *claim,
                           const char *reason, struct record *ret_record);
