#include "consumer/events/events.h"

#define FALLBACK_CHARACTERS 8

static bool has_text(const struct mapping *map, const struct json_node *object,
                     const char *name, const struct json_node *wanted)
{
    const struct json_node *node =
        json_get_typed(map->env->json, object, name, JSON_STRING);
    struct slice a, b;

    return node != NULL && json_text(map->env->json, node, map->arena, &a) &&
           json_text(map->env->json, wanted, map->arena, &b) &&
           slice_equal(a, b);
}

/* The address that has the primary id; the first one where no address has it;
 * NULL where that id is null or there are no addresses. */
static struct slice primary(struct mapping *map, const struct json_node *data,
                            const char *id_name, const char *list_name,
                            const char *value_name)
{
    const struct json_document *json = map->env->json;
    const struct json_node *id =
        json_get_typed(json, data, id_name, JSON_STRING);
    const struct json_node *list =
        json_get_typed(json, data, list_name, JSON_ARRAY);
    const struct json_node *chosen = NULL;

    if (id == NULL || list == NULL)
        return SLICE_EMPTY;
    for (const struct json_node *at = json_first(json, list); at != NULL;
         at = json_next(json, list, at)) {
        if (at->type != JSON_OBJECT)
            continue;
        if (chosen == NULL)
            chosen = at;
        if (has_text(map, at, "id", id)) {
            chosen = at;
            break;
        }
    }
    return chosen != NULL ? mapping_text(map, chosen, value_name) : SLICE_EMPTY;
}

static struct slice local_part(struct slice email)
{
    const char *at =
        email.size > 0 ? memrchr(email.data, '@', email.size) : NULL;

    if (at != NULL)
        email.size = (size_t)(at - email.data);
    return email;
}

/* The last 8 characters of the id in ASCII lower case. */
static struct slice short_id(struct slice id, struct arena *arena)
{
    size_t start = id.size;
    struct slice text;
    char *bytes;

    if (id.data == NULL)
        return SLICE_EMPTY; /* malformed: nothing of it will be written */
    for (int count = 0; start > 0 && count < FALLBACK_CHARACTERS; count++) {
        start--;
        while (start > 0 && ((unsigned char)id.data[start] & 0xc0) == 0x80)
            start--;
    }
    text = (struct slice){id.data + start, id.size - start};
    bytes = arena_bytes(arena, text.size);
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bytes[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return (struct slice){bytes, text.size};
}

static struct slice username(struct mapping *map, const struct json_node *data,
                             const struct user_row *row)
{
    struct slice given = mapping_text(map, data, "username");
    struct slice local = local_part(row->email);

    if (given.size > 0)
        return given;
    return local.size > 0 ? local : short_id(row->id, map->arena);
}

static void mention(struct mapping *map, struct event *event,
                    enum version_class class, const struct user_row *row)
{
    struct mention *own =
        mapping_mention(event, ENTITY_USER, MENTION_DATA, row->id);

    own->version =
        mapping_version(map, class, row->updated_at, row->created_at);
    own->row.user = row;
}

void user_map(struct mapping *map, struct event *event)
{
    const struct json_node *data = map->env->data;
    struct user_row *row = arena_get(map->arena, sizeof(*row));

    row->id = mapping_id(map, data, "id");
    row->email = primary(map, data, "primary_email_address_id",
                         "email_addresses", "email_address");
    row->phone = primary(map, data, "primary_phone_number_id", "phone_numbers",
                         "phone_number");
    row->username = username(map, data, row);
    row->first_name = mapping_text(map, data, "first_name");
    row->last_name = mapping_text(map, data, "last_name");
    row->avatar_url = mapping_text(map, data, "image_url");
    row->external_id = mapping_text(map, data, "external_id");
    row->public_metadata =
        mapping_raw(map, data, "public_metadata", JSON_OBJECT);
    row->created_at = mapping_instant(map, data, "created_at");
    row->updated_at = mapping_instant(map, data, "updated_at");
    mention(map, event, CLASS_OWN, row);
}

void user_map_deleted(struct mapping *map, struct event *event)
{
    struct mention *own =
        mapping_mention(event, ENTITY_USER, MENTION_DELETED,
                        mapping_id(map, map->env->data, "id"));

    own->deleted_at = map->env->timestamp;
}

/* The row of a user of whom only glimpses were seen has first_name, last_name
 * and avatar_url, and NULL elsewhere.  So its times count for the version, and
 * are then forgotten. */
void user_map_glimpse(struct mapping *map, const struct json_node *object,
                      struct event *event)
{
    struct user_row *row = arena_get(map->arena, sizeof(*row));

    row->id = mapping_id(map, object, "user_id");
    row->first_name = mapping_text(map, object, "first_name");
    row->last_name = mapping_text(map, object, "last_name");
    row->avatar_url = mapping_text(map, object, "image_url");
    row->created_at = mapping_instant(map, object, "created_at");
    row->updated_at = mapping_instant(map, object, "updated_at");
    mention(map, event, CLASS_GLIMPSE, row);
    row->created_at = row->updated_at = (struct instant){INSTANT_ABSENT, 0};
}
