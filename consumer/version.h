/* version - which of two things said about an entity is the later one.
 *
 * Every event that speaks of an entity gives it a version.  The parts are
 * compared in the order in which they stand in the struct, and the larger one
 * wins.  A version is made of what the event says and of nothing else: neither
 * when it came, nor the offset, nor any clock.  The order is total: two
 * different events never compare equal, since their ids differ. */
#pragma once

#include "shared/slice.h"

#include <stdint.h>

/* A glimpse is the entity as it appears inside another entity's event: the
 * organization in a membership's, say.  Whatever its own event says is better.
 */
enum version_class { CLASS_GLIMPSE, CLASS_OWN };

/* By the event's type; RANK_SNAPSHOT for what was read from Clerk's API (see
 * decode.h), so that a webhook of the same moment beats it. */
enum version_rank { RANK_SNAPSHOT, RANK_CREATED, RANK_UPDATED, RANK_DELETED };

struct version {
    int class;
    /* The entity's updated_at in ms; where it has none the envelope's timestamp
     * if that is above 0, else the entity's created_at, else 0. */
    int64_t t;
    int rank;
    int64_t ts;      /* the envelope's timestamp in ms; 0: absent */
    struct slice id; /* the event's svix-id */
};

/* Negative, zero or positive, as a is before, the same as or after b. */
int version_compare(const struct version *a, const struct version *b);
