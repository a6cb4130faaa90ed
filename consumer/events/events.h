/* events - the event types that change something, each a row of one table.
 *
 * To add one: a row here, and its mapping in the file of its family. */
#pragma once

#include "consumer/mapping.h"

struct event_type {
    const char *name;
    enum version_rank rank;
    /* Fill the mentions of `event`, the own entity first; what is wrong with
     * the payload is left in map->err. */
    void (*map)(struct mapping *map, struct event *event);
};

extern const struct event_type event_types[]; /* sorted by name */
extern const size_t event_types_count;

/* NULL: a type that is recorded and otherwise ignored. */
const struct event_type *event_type_find(struct slice name);

void user_map(struct mapping *map, struct event *event);
void user_map_deleted(struct mapping *map, struct event *event);
void organization_map(struct mapping *map, struct event *event);
void organization_map_deleted(struct mapping *map, struct event *event);
void membership_map(struct mapping *map, struct event *event);
void membership_map_deleted(struct mapping *map, struct event *event);

/* What a membership event shows of its parents. */
void user_map_glimpse(struct mapping *map, const struct json_node *object,
                      struct event *event);
void organization_map_glimpse(struct mapping *map,
                              const struct json_node *object,
                              struct event *event);

/* A membership as its register keeps it, and back.  The text is a JSON object
 * of the shape of Clerk's; reading what we wrote cannot fail. */
struct slice membership_write_content(const struct membership_row *row,
                                      struct arena *arena);
const struct membership_row *membership_read_content(struct slice content,
                                                     struct arena *arena);
/* The id of the pair of an organization and a user, and back. */
struct slice membership_pair_id(struct slice organization_id,
                                struct slice user_id, struct arena *arena);
void membership_split_pair(struct slice pair_id, struct slice *ret_organization,
                           struct slice *ret_user);
