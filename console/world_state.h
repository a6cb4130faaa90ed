/* world_state - the inside of a world, for the files that let things happen in
 * it. */
#pragma once

#include "console/world.h"

/* Who signed up lately is busier than the others. */
#define WORLD_RECENT 64

/* Indexes of those who live, in no order. */
struct living {
    uint32_t *indexes;
    uint32_t count;
};

struct pair {
    uint32_t organization;
    uint32_t user;
};

struct world {
    struct dice dice;
    int64_t now_ms;
    struct world_user *users;
    uint32_t users_count;
    struct world_organization *organizations;
    uint32_t organizations_count;
    struct living living_users;
    struct living living_organizations;
    struct pair left[WORLD_RECENT]; /* who left last, and may come again */
    uint32_t left_count;
    bool has_founder_to_join; /* the last organization's */
};

/* Room for one more of `items`, which are taken: doubled at each power of two.
 */
void *world_room(void *items, uint32_t count, size_t size_bytes);

/* Somebody who lives; false where nobody does. */
bool world_pick(struct world *world, const struct living *living,
                uint32_t *ret_index);

/* Change one or two facets.  One update in sixteen leaves updated_at as it
 * was: a second change within one of Clerk's milliseconds. */
void world_change(struct world *world, uint8_t *facets, uint32_t count,
                  int64_t *updated_ms);

/* Let it happen, and say to whom; false where there is nobody for it. */
bool world_membership_created(struct world *world, struct world_event *event);
bool world_membership_updated(struct world *world, struct world_event *event);
bool world_membership_deleted(struct world *world, struct world_event *event);
