#include "console/world_state.h"

#include "shared/memory.h"

#include <stdlib.h>
#include <string.h>

#define SIGN_UP_MS 23 /* Clerk updates a new user once before telling */
#define FIRST_MS INT64_C(1760000000000) /* 2025-10-09T08:53:20Z */

const char *const event_type_names[] = {
    [USER_CREATED] = "user.created",
    [USER_UPDATED] = "user.updated",
    [USER_DELETED] = "user.deleted",
    [ORGANIZATION_CREATED] = "organization.created",
    [ORGANIZATION_UPDATED] = "organization.updated",
    [ORGANIZATION_DELETED] = "organization.deleted",
    [MEMBERSHIP_CREATED] = "organizationMembership.created",
    [MEMBERSHIP_UPDATED] = "organizationMembership.updated",
    [MEMBERSHIP_DELETED] = "organizationMembership.deleted",
    [EVENT_TYPES] = NULL,
};

/* How often things happen, in percent. */
static const uint8_t shares[EVENT_TYPES] = {
    [USER_CREATED] = 22,        [USER_UPDATED] = 25,
    [USER_DELETED] = 3,         [ORGANIZATION_CREATED] = 6,
    [ORGANIZATION_UPDATED] = 9, [ORGANIZATION_DELETED] = 1,
    [MEMBERSHIP_CREATED] = 18,  [MEMBERSHIP_UPDATED] = 9,
    [MEMBERSHIP_DELETED] = 7,
};

struct world *world_new(uint64_t seed)
{
    struct world *world = memory_new(sizeof(*world));

    world->dice = dice_for(seed, 1);
    world->now_ms = FIRST_MS;
    return world;
}

void world_free(struct world *world)
{
    if (world == NULL)
        return;
    for (uint32_t i = 0; i < world->organizations_count; i++)
        free(world->organizations[i].members);
    free(world->organizations);
    free(world->users);
    free(world->living_users.indexes);
    free(world->living_organizations.indexes);
    free(world);
}

void *world_room(void *items, uint32_t count, size_t size_bytes)
{
    if ((count & (count - 1)) != 0)
        return items;
    return memory_resize(items, count > 0 ? (size_t)count * 2 : 1, size_bytes);
}

static void living_add(struct living *living, uint32_t index)
{
    living->indexes =
        world_room(living->indexes, living->count, sizeof(*living->indexes));
    living->indexes[living->count++] = index;
}

static void living_remove(struct living *living, uint32_t place)
{
    living->indexes[place] = living->indexes[--living->count];
}

/* A place in `living`; false where nobody lives. */
static bool pick_place(struct world *world, const struct living *living,
                       uint32_t *ret_place)
{
    uint32_t recent =
        living->count < WORLD_RECENT ? living->count : WORLD_RECENT;

    if (living->count == 0)
        return false;
    if (dice_percent(&world->dice, 50))
        *ret_place = living->count - 1 - dice_below(&world->dice, recent);
    else
        *ret_place = dice_below(&world->dice, living->count);
    return true;
}

bool world_pick(struct world *world, const struct living *living,
                uint32_t *ret_index)
{
    uint32_t place;

    if (!pick_place(world, living, &place))
        return false;
    *ret_index = living->indexes[place];
    return true;
}

void world_change(struct world *world, uint8_t *facets, uint32_t count,
                  int64_t *updated_ms)
{
    for (uint32_t i = 1 + dice_below(&world->dice, 2); i > 0; i--)
        facets[dice_below(&world->dice, count)]++;
    if (dice_below(&world->dice, 16) != 0)
        *updated_ms = world->now_ms;
}

static bool user_created(struct world *world, struct world_event *event)
{
    struct world_user *user;

    world->users =
        world_room(world->users, world->users_count, sizeof(*world->users));
    user = &world->users[world->users_count];
    *user = (struct world_user){
        .key = dice_roll(&world->dice),
        .created_ms = world->now_ms,
        .updated_ms = world->now_ms + SIGN_UP_MS,
    };
    event->user = user;
    living_add(&world->living_users, world->users_count++);
    return true;
}

static bool user_updated(struct world *world, struct world_event *event)
{
    struct world_user *user;
    uint32_t index;

    if (!world_pick(world, &world->living_users, &index))
        return false;
    user = &world->users[index];
    world_change(world, user->facets, USER_FACETS, &user->updated_ms);
    event->user = user;
    return true;
}

/* Memberships go with the user, without events of their own. */
static bool user_deleted(struct world *world, struct world_event *event)
{
    struct living *living = &world->living_users;
    uint32_t place;

    if (!pick_place(world, living, &place))
        return false;
    event->user = &world->users[living->indexes[place]];
    world->users[living->indexes[place]].is_deleted = true;
    living_remove(living, place);
    return true;
}

static bool organization_created(struct world *world, struct world_event *event)
{
    struct world_organization *organization;
    bool is_small = dice_percent(&world->dice, 80);
    uint32_t founder;

    if (!world_pick(world, &world->living_users, &founder))
        return false;
    world->organizations =
        world_room(world->organizations, world->organizations_count,
                   sizeof(*world->organizations));
    organization = &world->organizations[world->organizations_count];
    *organization = (struct world_organization){
        .key = dice_roll(&world->dice),
        .founder = founder,
        .created_ms = world->now_ms,
        .updated_ms = world->now_ms,
        .members_max = is_small ? 5 : 50,
    };
    event->organization = organization;
    living_add(&world->living_organizations, world->organizations_count++);
    world->has_founder_to_join = true;
    return true;
}

static bool organization_updated(struct world *world, struct world_event *event)
{
    struct world_organization *organization;
    uint32_t index;

    if (!world_pick(world, &world->living_organizations, &index))
        return false;
    organization = &world->organizations[index];
    world_change(world, organization->facets, ORGANIZATION_FACETS,
                 &organization->updated_ms);
    event->organization = organization;
    return true;
}

static bool organization_deleted(struct world *world, struct world_event *event)
{
    struct living *living = &world->living_organizations;
    struct world_organization *organization;
    uint32_t place;

    if (!pick_place(world, living, &place))
        return false;
    organization = &world->organizations[living->indexes[place]];
    organization->is_deleted = true;
    organization->members_count = 0;
    event->organization = organization;
    living_remove(living, place);
    return true;
}

static bool (*const makers[EVENT_TYPES])(struct world *,
                                         struct world_event *) = {
    [USER_CREATED] = user_created,
    [USER_UPDATED] = user_updated,
    [USER_DELETED] = user_deleted,
    [ORGANIZATION_CREATED] = organization_created,
    [ORGANIZATION_UPDATED] = organization_updated,
    [ORGANIZATION_DELETED] = organization_deleted,
    [MEMBERSHIP_CREATED] = world_membership_created,
    [MEMBERSHIP_UPDATED] = world_membership_updated,
    [MEMBERSHIP_DELETED] = world_membership_deleted,
};

bool world_make(struct world *world, enum event_type type,
                struct world_event *ret_event)
{
    struct world_event event = {.type = type};
    int64_t latest_ms;

    world->now_ms += 100 + dice_below(&world->dice, 1500);
    if (!makers[type](world, &event))
        return false;
    /* A new user's updated_at is a little after now. */
    latest_ms = type == USER_CREATED ? event.user->updated_ms : world->now_ms;
    event.timestamp_ms = latest_ms + 1 + dice_below(&world->dice, 29);
    event.key = dice_roll(&world->dice);
    if (event.organization != NULL)
        event.founder = &world->users[event.organization->founder];
    *ret_event = event;
    return true;
}

static enum event_type pick_type(struct world *world)
{
    uint32_t at = dice_below(&world->dice, 100);
    unsigned type = 0;

    while (at >= shares[type])
        at -= shares[type++];
    return (enum event_type)type;
}

void world_next(struct world *world, struct world_event *ret_event)
{
    enum event_type type = pick_type(world);

    if (world->has_founder_to_join)
        type = MEMBERSHIP_CREATED;
    if (!world_make(world, type, ret_event))
        world_make(world, USER_CREATED, ret_event);
}
