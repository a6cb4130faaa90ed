/* world - a make-believe Clerk instance: users sign up and change their
 * profiles, found organizations, join, leave, join again and are deleted.
 *
 * What happens follows from the seed alone.  Time runs from a fixed day in
 * 2025, so that two runs give the same events.  Holds about 60 bytes for
 * everybody who ever signed up.  Pure. */
#pragma once

#include "console/dice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_type {
    USER_CREATED,
    USER_UPDATED,
    USER_DELETED,
    ORGANIZATION_CREATED,
    ORGANIZATION_UPDATED,
    ORGANIZATION_DELETED,
    MEMBERSHIP_CREATED,
    MEMBERSHIP_UPDATED,
    MEMBERSHIP_DELETED,
    EVENT_TYPES
};

/* Clerk's words for them, with a NULL behind. */
extern const char *const event_type_names[];

/* The sides of somebody that an update changes, one or two at a time; how often
 * each was changed says, with the key, what it is now. */
enum user_facet {
    USER_NAME,
    USER_EMAILS,
    USER_USERNAME,
    USER_PHONE,
    USER_IMAGE,
    USER_METADATA,
    USER_FACETS
};
enum organization_facet {
    ORGANIZATION_NAME,
    ORGANIZATION_SLUG,
    ORGANIZATION_IMAGE,
    ORGANIZATION_METADATA,
    ORGANIZATION_FACETS
};
enum membership_facet {
    MEMBERSHIP_ROLE,
    MEMBERSHIP_METADATA,
    MEMBERSHIP_FACETS
};

struct world_user {
    uint64_t key; /* the id, and all that never changes, follow from it */
    int64_t created_ms;
    int64_t updated_ms;
    uint8_t facets[USER_FACETS];
    bool is_deleted;
};

struct world_membership {
    uint64_t key;
    uint32_t user; /* index */
    int64_t created_ms;
    int64_t updated_ms;
    uint8_t facets[MEMBERSHIP_FACETS];
};

struct world_organization {
    uint64_t key;
    uint32_t founder; /* a user's index */
    int64_t created_ms;
    int64_t updated_ms;
    uint8_t facets[ORGANIZATION_FACETS];
    bool is_deleted;
    struct world_membership *members; /* owned; users may be deleted since */
    uint32_t members_count;
    uint32_t members_max;
};

/* Something happened: whom it concerns, as they are after it. */
struct world_event {
    enum event_type type;
    int64_t timestamp_ms;
    uint64_t key;                                  /* of this event alone */
    const struct world_user *user;                 /* NULL where none is */
    const struct world_organization *organization; /* the same */
    const struct world_user *founder;              /* of the organization */
    struct world_membership membership;            /* of the two */
};

struct world;

struct world *world_new(uint64_t seed);
void world_free(struct world *world);

/* What happens next.  The pointers in it are valid until the next call. */
void world_next(struct world *world, struct world_event *ret_event);

/* Let an event of this type happen; false where there is nobody for it yet. */
bool world_make(struct world *world, enum event_type type,
                struct world_event *ret_event);
