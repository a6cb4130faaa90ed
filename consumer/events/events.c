#include "consumer/events/events.h"

const struct event_type event_types[] = {
    {"organization.created", RANK_CREATED, organization_map},
    {"organization.deleted", RANK_DELETED, organization_map_deleted},
    {"organization.updated", RANK_UPDATED, organization_map},
    {"organizationMembership.created", RANK_CREATED, membership_map},
    {"organizationMembership.deleted", RANK_DELETED, membership_map_deleted},
    {"organizationMembership.updated", RANK_UPDATED, membership_map},
    {"user.created", RANK_CREATED, user_map},
    {"user.deleted", RANK_DELETED, user_map_deleted},
    {"user.updated", RANK_UPDATED, user_map},
};
const size_t event_types_count = sizeof(event_types) / sizeof(event_types[0]);

const struct event_type *event_type_find(struct slice name)
{
    for (size_t i = 0; i < event_types_count; i++)
        if (slice_is(name, event_types[i].name))
            return &event_types[i];
    return NULL;
}
