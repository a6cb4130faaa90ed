#include "consumer/decode.h"

#include "consumer/events/events.h"
#include "shared/utf8.h"

const char *const decode_id_headers[DECODE_ID_HEADERS] = {
    "svix-id", "webhook-id", "ce_id"};

static const char no_id[] =
    "no svix-id, webhook-id or ce_id header that can be one";

static bool is_storable_text(struct slice text)
{
    return memchr(text.data, '\0', text.size) == NULL && utf8_is_valid(text);
}

bool decode_is_id(struct slice text)
{
    return text.size > 0 && text.size <= EVENT_ID_BYTES_MAX &&
           is_storable_text(text);
}

/* Forget what the event mentions, but for the user who it is about. */
static void keep_user(struct event *event, enum mention_effect effect)
{
    struct mention own = event->mentions[0];
    bool is_user =
        event->mention_count > 0 && own.kind == ENTITY_USER && own.id.size > 0;

    event->mention_count = 0;
    if (is_user)
        mapping_mention(event, ENTITY_USER, effect, own.id);
}

void decode_refuse(struct event *event, const char *stage,
                   const struct error *reason)
{
    event->fate = EVENT_REFUSE;
    event->stage = stage;
    event->refusal = *reason;
    event->refusal.kind = ERROR_INPUT;
    event->verdict = VERDICT_FAILED;
    keep_user(event, MENTION_FAILED);
}

void decode_retry(struct event *event, const struct error *reason,
                  int64_t retry_at_ms)
{
    event->fate = EVENT_RETRY;
    event->refusal = *reason;
    event->retry_at_ms = retry_at_ms;
    event->verdict = VERDICT_RETRYING;
    keep_user(event, MENTION_TROUBLED);
}

static void refuse(struct event *event, const char *text)
{
    struct error err;

    error_set(&err, ERROR_INPUT, "malformed event: %s", text);
    decode_refuse(event, STAGE_DECODE, &err);
}

static void map_mentions(const struct envelope *env, struct arena *arena,
                         const struct event_type *type, struct event *event)
{
    struct mapping map = {.env = env,
                          .arena = arena,
                          .event_id = event->record.id,
                          .rank = event->record.is_snapshot ? RANK_SNAPSHOT
                                                            : type->rank};

    type->map(&map, event);
    if (!mapping_is_sound(&map))
        decode_refuse(event, STAGE_DECODE, &map.err);
    else if (env->timestamp.state == INSTANT_OUT_OF_RANGE)
        refuse(event, "timestamp is beyond what a timestamp can hold");
    else if (event->record.id.size == 0)
        refuse(event, no_id);
}

static void decode_value(struct json_document *json, struct arena *arena,
                         struct event *event)
{
    const struct event_type *type;
    struct envelope env;
    struct error err;

    if (envelope_parse(event->record.value, json, arena, &env, &err) != 0) {
        refuse(event, err.text);
        if (json->is_whole) /* but no event: its text can be kept */
            event->payload = event->record.value;
        return;
    }
    event->type = env.type;
    event->payload = event->record.value;
    type = event_type_find(env.type);
    event->fate = type != NULL ? EVENT_APPLY : EVENT_IGNORE;
    if (type != NULL)
        map_mentions(&env, arena, type, event);
    else if (event->record.id.size == 0)
        refuse(event, no_id);
}

void decode(const struct record *record, struct json_document *json,
            struct arena *arena, struct event *ret_event)
{
    struct event *event = ret_event;

    *event = (struct event){.record = *record,
                            .attempts = record->attempts + 1,
                            .verdict = VERDICT_IGNORED};
    if (record->key.data != NULL && is_storable_text(record->key))
        event->entity_id = record->key;
    if (record->value.data == NULL)
        refuse(event, "no value: a tombstone is no event");
    else
        decode_value(json, arena, event);
}
