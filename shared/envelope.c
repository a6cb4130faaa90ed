#include "shared/envelope.h"

struct slice envelope_text(const struct envelope *env,
                           const struct json_node *object, const char *name,
                           struct arena *arena)
{
    const struct json_node *node =
        json_get_typed(env->json, object, name, JSON_STRING);
    struct slice text;

    if (node == NULL || !json_text(env->json, node, arena, &text))
        return SLICE_EMPTY;
    return text;
}

int envelope_parse(struct slice body, struct json_document *doc,
                   struct arena *arena, struct envelope *ret_env,
                   struct error *err)
{
    struct envelope env = {.json = doc};
    const struct json_node *root;

    if (json_parse(doc, body, err) != 0)
        return -1;
    root = &doc->nodes[0];
    if (root->type != JSON_OBJECT)
        return error_set(err, ERROR_INPUT, "not a JSON object");
    env.type = envelope_text(&env, root, "type", arena);
    if (env.type.size == 0)
        return error_set(err, ERROR_INPUT, "no non-empty string \"type\"");
    env.data = json_get_typed(doc, root, "data", JSON_OBJECT);
    if (env.data == NULL)
        return error_set(err, ERROR_INPUT, "no object \"data\"");
    env.instance_id = envelope_text(&env, root, "instance_id", arena);
    env.timestamp = instant_of(doc, json_get(doc, root, "timestamp"));
    *ret_env = env;
    return 0;
}
