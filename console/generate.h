/* generate - the events that `clerkstream send` sends.
 *
 * The same seed gives the same events with the same ids, byte for byte; a
 * longer load begins with the shorter one.  Pure. */
#pragma once

#include "console/profile.h"
#include "console/world.h"
#include "shared/buffer.h"

#include <stdbool.h>
#include <stdint.h>

struct generated {
    char id[PROFILE_ID_BYTES]; /* the svix-id */
    struct slice body;         /* valid until the next one is asked for */
};

struct generator;

struct load {
    uint64_t seed;
    uint32_t count;
    uint32_t duplicates_percent; /* how many are there twice */
    bool is_shuffled;            /* keeps all bodies in memory */
};

struct generator *generator_new(const struct load *load);
void generator_free(struct generator *generator);
bool generator_next(struct generator *generator, struct generated *ret_event);

/* One event of a type: the nine of one seed tell one story, in which a user
 * signs up, founds an organization, changes it, leaves, and all is deleted. */
void generate_one(uint64_t seed, enum event_type type, struct buffer *body,
                  char ret_id[PROFILE_ID_BYTES]);

/* The id of what a file holds: the same bytes, the same id. */
void generate_id(struct slice body, char ret_id[PROFILE_ID_BYTES]);
