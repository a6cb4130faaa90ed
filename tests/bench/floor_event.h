/* floor_event - what a row needs of an event, found by searching for names.
 *
 * Good for the events of console/generate.h alone: their JSON is compact and
 * their ids say what they are.  Pure. */
#pragma once

#include "shared/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum floor_kind {
    FLOOR_USER,
    FLOOR_ORGANIZATION,
    FLOOR_MEMBERSHIP,
    FLOOR_KINDS
};

struct floor_event {
    struct slice svix_id;
    struct slice value;
    struct slice key;
    int32_t partition;
    int64_t offset;
    int64_t created_ms; /* of the record */

    enum floor_kind kind;
    bool is_deleted;
    struct slice type;
    struct slice id;                       /* of its own entity */
    struct slice user_id, organization_id; /* a membership's parents */
    struct slice text[6]; /* the columns, in the order of their statement */
    struct slice metadata;
    int64_t created_at_ms, updated_at_ms;
};

/* Fills all that follows `created_ms` from `value`. */
void floor_event_read(struct floor_event *event);
