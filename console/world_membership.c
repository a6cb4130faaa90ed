/* Who joins an organization, changes in it, and leaves. */
#include "console/world_state.h"

#define TRIES 4

static void forget_deleted_members(const struct world *world,
                                   struct world_organization *organization)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < organization->members_count; i++)
        if (!world->users[organization->members[i].user].is_deleted)
            organization->members[kept++] = organization->members[i];
    organization->members_count = kept;
}

static bool is_member(const struct world_organization *organization,
                      uint32_t user)
{
    for (uint32_t i = 0; i < organization->members_count; i++)
        if (organization->members[i].user == user)
            return true;
    return false;
}

static bool can_join(struct world *world, struct pair pair)
{
    struct world_organization *organization =
        &world->organizations[pair.organization];

    forget_deleted_members(world, organization);
    return !organization->is_deleted && !world->users[pair.user].is_deleted &&
           organization->members_count < organization->members_max &&
           !is_member(organization, pair.user);
}

/* Who joins where: the founder, somebody who left, or anybody. */
static bool pick_pair_to_join(struct world *world, struct pair *ret_pair)
{
    uint32_t last = world->organizations_count - 1;

    if (world->has_founder_to_join) {
        world->has_founder_to_join = false;
        *ret_pair = (struct pair){last, world->organizations[last].founder};
        if (can_join(world, *ret_pair))
            return true;
    }
    if (world->left_count > 0 && dice_percent(&world->dice, 30)) {
        uint32_t count =
            world->left_count < WORLD_RECENT ? world->left_count : WORLD_RECENT;
        *ret_pair = world->left[dice_below(&world->dice, count)];
        if (can_join(world, *ret_pair))
            return true;
    }
    for (int i = 0; i < TRIES; i++)
        if (world_pick(world, &world->living_users, &ret_pair->user) &&
            world_pick(world, &world->living_organizations,
                       &ret_pair->organization) &&
            can_join(world, *ret_pair))
            return true;
    return false;
}

static void point_at(const struct world *world, struct world_event *event,
                     const struct world_organization *organization,
                     const struct world_membership *membership)
{
    event->organization = organization;
    event->membership = *membership;
    event->user = &world->users[membership->user];
}

bool world_membership_created(struct world *world, struct world_event *event)
{
    struct world_organization *organization;
    struct world_membership *membership;
    struct pair pair;

    if (!pick_pair_to_join(world, &pair))
        return false;
    organization = &world->organizations[pair.organization];
    organization->members =
        world_room(organization->members, organization->members_count,
                   sizeof(*organization->members));
    membership = &organization->members[organization->members_count++];
    *membership = (struct world_membership){
        .key = dice_roll(&world->dice),
        .user = pair.user,
        .created_ms = world->now_ms,
        .updated_ms = world->now_ms,
    };
    point_at(world, event, organization, membership);
    return true;
}

static bool pick_membership(struct world *world,
                            struct world_organization **ret_organization,
                            uint32_t *ret_index, uint32_t *ret_place)
{
    for (int i = 0; i < TRIES; i++) {
        struct world_organization *organization;
        if (!world_pick(world, &world->living_organizations, ret_index))
            return false;
        organization = &world->organizations[*ret_index];
        forget_deleted_members(world, organization);
        if (organization->members_count == 0)
            continue;
        *ret_organization = organization;
        *ret_place = dice_below(&world->dice, organization->members_count);
        return true;
    }
    return false;
}

bool world_membership_updated(struct world *world, struct world_event *event)
{
    struct world_organization *organization;
    struct world_membership *membership;
    uint32_t index, place;

    if (!pick_membership(world, &organization, &index, &place))
        return false;
    membership = &organization->members[place];
    world_change(world, membership->facets, MEMBERSHIP_FACETS,
                 &membership->updated_ms);
    point_at(world, event, organization, membership);
    return true;
}

bool world_membership_deleted(struct world *world, struct world_event *event)
{
    struct world_organization *organization;
    struct world_membership gone;
    uint32_t index, place;

    if (!pick_membership(world, &organization, &index, &place))
        return false;
    gone = organization->members[place];
    organization->members[place] =
        organization->members[--organization->members_count];
    point_at(world, event, organization, &gone);
    world->left[world->left_count++ % WORLD_RECENT] =
        (struct pair){index, gone.user};
    return true;
}
