#include "consumer/events/events.h"
#include "shared/buffer.h"

#include <stdio.h>
#include <stdlib.h>

#define CONTENT_BYTES_MAX (64 * 1024 * 1024)

struct slice membership_pair_id(struct slice organization_id,
                                struct slice user_id, struct arena *arena)
{
    char length[24];
    struct slice id;
    char *bytes;
    /* The length in front: no two pairs share a text, whatever is in the ids.
     */
    size_t size =
        (size_t)snprintf(length, sizeof(length), "%zu:", organization_id.size);

    id.size = size + organization_id.size + user_id.size;
    bytes = arena_bytes(arena, id.size + 1);
    memcpy(bytes, length, size);
    memcpy(bytes + size, organization_id.data, organization_id.size);
    memcpy(bytes + size + organization_id.size, user_id.data, user_id.size);
    id.data = bytes;
    return id;
}

void membership_split_pair(struct slice pair_id, struct slice *ret_organization,
                           struct slice *ret_user)
{
    char *rest;
    size_t size = strtoul(pair_id.data, &rest, 10);
    size_t used = (size_t)(rest + 1 - pair_id.data) + size;

    *ret_organization = (struct slice){rest + 1, size};
    *ret_user = (struct slice){pair_id.data + used, pair_id.size - used};
}

static void map_ids(struct mapping *map, struct membership_row *row)
{
    const struct json_document *json = map->env->json;
    const struct json_node *data = map->env->data;

    row->id = mapping_id(map, data, "id");
    row->organization_id =
        mapping_id(map, json_get(json, data, "organization"), "id");
    row->user_id =
        mapping_id(map, json_get(json, data, "public_user_data"), "user_id");
    row->created_at = mapping_instant(map, data, "created_at");
}

static void map_rest(struct mapping *map, struct membership_row *row)
{
    const struct json_node *data = map->env->data;

    row->clerk_role = mapping_text(map, data, "role");
    row->permissions = mapping_raw(map, data, "permissions", JSON_ARRAY);
    row->public_metadata =
        mapping_raw(map, data, "public_metadata", JSON_OBJECT);
    row->updated_at = mapping_instant(map, data, "updated_at");
}

/* Both parents and the pair: what every membership event tells besides. */
static void mention_others(struct mapping *map, struct event *event,
                           const struct membership_row *row)
{
    const struct json_document *json = map->env->json;
    const struct json_node *data = map->env->data;
    struct mention *pair;

    if (!mapping_is_sound(map))
        return;
    organization_map_glimpse(map, json_get(json, data, "organization"), event);
    user_map_glimpse(map, json_get(json, data, "public_user_data"), event);
    pair = mapping_mention(
        event, ENTITY_PAIR, MENTION_SEEN,
        membership_pair_id(row->organization_id, row->user_id, map->arena));
    pair->created_ms = row->created_at.ms;
    pair->newest_id = row->id;
}

void membership_map(struct mapping *map, struct event *event)
{
    struct membership_row *row = arena_get(map->arena, sizeof(*row));
    struct mention *own;

    map_ids(map, row);
    map_rest(map, row);
    own = mapping_mention(event, ENTITY_MEMBERSHIP, MENTION_DATA, row->id);
    own->version =
        mapping_version(map, CLASS_OWN, row->updated_at, row->created_at);
    own->row.membership = row;
    mention_others(map, event, row);
}

void membership_map_deleted(struct mapping *map, struct event *event)
{
    struct membership_row *row = arena_get(map->arena, sizeof(*row));

    map_ids(map, row);
    mapping_mention(event, ENTITY_MEMBERSHIP, MENTION_DELETED, row->id);
    mention_others(map, event, row);
}

static void add_member(struct buffer *out, const char *name,
                       struct slice raw_json)
{
    if (raw_json.data != NULL)
        buffer_add_format(out, ",\"%s\":%.*s", name, SLICE_PRINT(raw_json));
}

static void add_instant(struct buffer *out, const char *name,
                        struct instant time)
{
    /* Read again by instant.h, to which numbers below 10^11 are seconds. */
    if (time.state == INSTANT_PRESENT && time.ms >= 100000000000)
        buffer_add_format(out, ",\"%s\":%lld", name, (long long)time.ms);
    else if (time.state == INSTANT_PRESENT)
        buffer_add_format(out, ",\"%s\":%lld", name,
                          (long long)(time.ms / 1000));
}

static void add_id(struct buffer *out, const char *before, struct slice id,
                   const char *after)
{
    buffer_add_text(out, before);
    buffer_add_json(out, id);
    buffer_add_text(out, after);
}

struct slice membership_write_content(const struct membership_row *row,
                                      struct arena *arena)
{
    struct buffer out;
    struct slice content;

    buffer_init(&out, CONTENT_BYTES_MAX);
    add_id(&out, "{\"id\":\"", row->id, "\"");
    add_id(&out, ",\"organization\":{\"id\":\"", row->organization_id, "\"}");
    add_id(&out, ",\"public_user_data\":{\"user_id\":\"", row->user_id, "\"}");
    if (row->clerk_role.data != NULL)
        add_id(&out, ",\"role\":\"", row->clerk_role, "\"");
    add_member(&out, "permissions", row->permissions);
    add_member(&out, "public_metadata", row->public_metadata);
    add_instant(&out, "created_at", row->created_at);
    add_instant(&out, "updated_at", row->updated_at);
    buffer_add_char(&out, '}');
    content = arena_copy(arena, buffer_slice(&out));
    buffer_release(&out);
    return content;
}

const struct membership_row *membership_read_content(struct slice content,
                                                     struct arena *arena)
{
    struct membership_row *row = arena_get(arena, sizeof(*row));
    struct json_document json = {.count = 0};
    struct envelope env = {.json = &json};
    struct mapping map = {.env = &env, .arena = arena};
    struct error err;

    if (json_parse(&json, content, &err) != 0)
        abort();
    env.data = &json.nodes[0];
    map_ids(&map, row);
    map_rest(&map, row);
    json_release(&json);
    if (!mapping_is_sound(&map))
        abort();
    return row;
}
