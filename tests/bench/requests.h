/* requests - the webhooks of a make-believe Clerk as HTTP requests, signed
 * beforehand: sending one is a copy of its bytes.
 *
 * The same seed gives the same events; the signatures are of now, so they are
 * good for five minutes. */
#pragma once

#include "console/profile.h"
#include "shared/arena.h"
#include "shared/error.h"
#include "shared/slice.h"

#include <stdint.h>

struct request_bytes {
    struct slice bytes;
    char id[PROFILE_ID_BYTES]; /* the svix-id */
};

struct requests {
    struct arena arena;
    struct request_bytes *items;
    uint32_t count;
};

struct requests_plan {
    const char *host; /* "127.0.0.1:8788" */
    const char *path;
    const char *secret; /* whsec_… */
    uint64_t seed;
    uint32_t skip; /* so many of the seed's events are left out first */
    uint32_t count;
};

/* -1 with ERROR_INPUT where the secret is none. */
int requests_make(const struct requests_plan *plan,
                  struct requests *ret_requests, struct error *err);
void requests_release(struct requests *requests);
