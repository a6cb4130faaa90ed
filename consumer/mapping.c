#include "consumer/mapping.h"

bool mapping_is_sound(const struct mapping *map)
{
    return map->err.kind == ERROR_NONE;
}

static void malformed(struct mapping *map, const char *name, const char *what)
{
    if (mapping_is_sound(map))
        error_set(&map->err, ERROR_INPUT, "malformed event: %s %s", name, what);
}

struct slice mapping_id(struct mapping *map, const struct json_node *object,
                        const char *name)
{
    const struct json_node *node =
        json_get_typed(map->env->json, object, name, JSON_STRING);
    struct slice id = SLICE_EMPTY;

    if (node == NULL)
        malformed(map, name, "is no string");
    else if (!json_text(map->env->json, node, map->arena, &id))
        malformed(map, name, "holds a NUL or half a surrogate");
    else if (id.size == 0)
        malformed(map, name, "is empty");
    else if (id.size > EVENT_ID_BYTES_MAX)
        malformed(map, name, "is longer than 256 bytes");
    return mapping_is_sound(map) ? id : SLICE_EMPTY;
}

struct slice mapping_text(struct mapping *map, const struct json_node *object,
                          const char *name)
{
    const struct json_node *node =
        json_get_typed(map->env->json, object, name, JSON_STRING);
    struct slice text;

    if (node == NULL)
        return SLICE_EMPTY;
    if (json_text(map->env->json, node, map->arena, &text))
        return text;
    malformed(map, name, "holds a NUL or half a surrogate");
    return SLICE_EMPTY;
}

struct instant mapping_instant(struct mapping *map,
                               const struct json_node *object, const char *name)
{
    struct instant time =
        instant_of(map->env->json, json_get(map->env->json, object, name));

    if (time.state == INSTANT_OUT_OF_RANGE)
        malformed(map, name, "is beyond what a timestamp can hold");
    return time;
}

struct slice mapping_raw(struct mapping *map, const struct json_node *object,
                         const char *name, enum json_type type)
{
    const struct json_node *node =
        json_get_typed(map->env->json, object, name, type);

    if (node == NULL)
        return SLICE_EMPTY;
    if (json_is_storable(map->env->json, node))
        return json_raw(map->env->json, node);
    malformed(map, name, "holds a NUL or half a surrogate");
    return SLICE_EMPTY;
}

struct version mapping_version(const struct mapping *map,
                               enum version_class class,
                               struct instant updated_at,
                               struct instant created_at)
{
    struct version version = {.class = class,
                              .rank = (int)map->rank,
                              .ts = map->env->timestamp.ms,
                              .id = map->event_id};

    if (updated_at.state == INSTANT_PRESENT)
        version.t = updated_at.ms;
    else if (map->env->timestamp.ms > 0)
        version.t = map->env->timestamp.ms;
    else
        version.t = created_at.ms;
    return version;
}

struct mention *mapping_mention(struct event *event, enum entity_kind kind,
                                enum mention_effect effect, struct slice id)
{
    struct mention *mention = &event->mentions[event->mention_count++];

    *mention = (struct mention){.kind = kind, .effect = effect, .id = id};
    return mention;
}
