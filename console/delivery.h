/* delivery - one event on its way, from the first try to its last answer.
 *
 * As Svix does: each try has the same id and bytes, and a timestamp and a
 * signature of its own.  What may pass (no answer, 408, 429, 5xx) is tried
 * again, later each time and not before Retry-After.  Pure: the caller passes
 * the time. */
#pragma once

#include "shared/buffer.h"
#include "shared/signature.h"

#include <stdbool.h>
#include <stdint.h>

#define DELIVERY_ID_BYTES 320

enum delivery_state {
    DELIVERY_FREE,
    DELIVERY_WAITING, /* for its due time */
    DELIVERY_SENT
};

struct delivery {
    enum delivery_state state;
    unsigned tries;
    int64_t due_ms;
    char id[DELIVERY_ID_BYTES];
    struct buffer body;
};

/* Take an event: due at once.  The delivery is zeroed before its first. */
void delivery_start(struct delivery *delivery, const char *id,
                    struct slice body);
void delivery_release(struct delivery *delivery);

/* What a try at `now_s` says in its headers. */
struct delivery_signature {
    char timestamp[24];
    char value[64];
};
/* `verifier` NULL: well-formed, and nobody's. */
void delivery_sign(const struct delivery *delivery,
                   struct signature_verifier *verifier, int64_t now_s,
                   struct delivery_signature *ret_signature);

/* Decide after an answer (status 0: none came): true where it is to be tried
 * again, at due_ms; false where this was the last.  `retry_after_s` is -1 where
 * none was given, `random` says where in the jitter. */
bool delivery_is_again(struct delivery *delivery, int status,
                       int64_t retry_after_s, unsigned retries_max,
                       int64_t now_ms, uint32_t random);
