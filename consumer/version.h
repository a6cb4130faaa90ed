/* version - which of two things said about an entity is the later one.
 *
 * Compared left to right, larger wins (DESIGN, section "Merge").  Total: two
 * different events never compare equal, since their ids differ. */
#pragma once

#include "shared/slice.h"

#include <stdint.h>

enum version_class { CLASS_GLIMPSE, CLASS_OWN };
enum version_rank { RANK_SNAPSHOT, RANK_CREATED, RANK_UPDATED, RANK_DELETED };

struct version {
    int class;
    int64_t
        t; /* ms: updated_at, else the envelope's, else created_at, else 0 */
    int rank;
    int64_t ts; /* ms: the envelope's timestamp, 0 where absent */
    struct slice id;
};

/* Negative, zero or positive, as a is before, the same as or after b. */
int version_compare(const struct version *a, const struct version *b);
