#include "consumer/events/events.h"
#include "consumer/subdomain.h"

static const struct organization_row *map_row(struct mapping *map,
                                              const struct json_node *object)
{
    struct organization_row *row = arena_get(map->arena, sizeof(*row));

    row->id = mapping_id(map, object, "id");
    row->name = mapping_text(map, object, "name");
    row->slug = mapping_text(map, object, "slug");
    row->image_url = mapping_text(map, object, "image_url");
    row->created_by = mapping_text(map, object, "created_by");
    row->public_metadata =
        mapping_raw(map, object, "public_metadata", JSON_OBJECT);
    row->created_at = mapping_instant(map, object, "created_at");
    row->updated_at = mapping_instant(map, object, "updated_at");
    row->base = subdomain_base(row->slug, map->arena);
    return row;
}

static void mention(struct mapping *map, struct event *event,
                    enum version_class class, const struct json_node *object)
{
    const struct organization_row *row = map_row(map, object);
    struct mention *own =
        mapping_mention(event, ENTITY_ORGANIZATION, MENTION_DATA, row->id);

    own->version =
        mapping_version(map, class, row->updated_at, row->created_at);
    own->created_ms = row->created_at.ms;
    own->row.organization = row;
}

void organization_map(struct mapping *map, struct event *event)
{
    mention(map, event, CLASS_OWN, map->env->data);
}

void organization_map_glimpse(struct mapping *map,
                              const struct json_node *object,
                              struct event *event)
{
    mention(map, event, CLASS_GLIMPSE, object);
}

void organization_map_deleted(struct mapping *map, struct event *event)
{
    mapping_mention(event, ENTITY_ORGANIZATION, MENTION_DELETED,
                    mapping_id(map, map->env->data, "id"));
}
