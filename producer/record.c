#include "producer/record.h"

/* A path of member names from `data`, at most two long. */
struct path {
    const char *names[2];
};

static const struct {
    const char *prefix; /* of the type */
    struct path owner;
} owners[] = {
    {"user.", {{"id"}}},
    {"organization.", {{"id"}}},
    {"organizationMembership.", {{"organization", "id"}}},
    {"organizationInvitation.", {{"organization_id"}}},
    {"organizationDomain.", {{"organization_id"}}},
    {"session.", {{"user_id"}}},
};

/* For all other types, and where the proper owner is missing. */
static const struct path other_owners[] = {
    {{"organization_id"}},  {{"user_id"}}, {{"payer", "organization_id"}},
    {{"payer", "user_id"}}, {{"id"}},
};

/* Empty where there is no such string. */
static struct slice text_at(const struct envelope *env, const struct path *path,
                            struct arena *arena)
{
    const struct json_node *object = env->data;

    if (path->names[1] == NULL)
        return envelope_text(env, object, path->names[0], arena);
    object = json_get(env->json, object, path->names[0]);
    return envelope_text(env, object, path->names[1], arena);
}

struct slice record_key(const struct envelope *env, struct slice id,
                        struct arena *arena)
{
    struct slice key = SLICE_EMPTY;

    for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
        if (slice_starts_with(env->type, owners[i].prefix))
            key = text_at(env, &owners[i].owner, arena);
    for (size_t i = 0; i < sizeof(other_owners) / sizeof(other_owners[0]); i++)
        if (key.size == 0)
            key = text_at(env, &other_owners[i], arena);
    return key.size > 0 ? key : id;
}

static void add(struct record *record, const char *name, struct slice value)
{
    record->headers[record->count++] = (struct record_header){name, value};
}

static void add_signature(struct record *record,
                          const struct signature_claim *claim)
{
    add(record, "svix-id", claim->id);
    add(record, "svix-timestamp", claim->timestamp);
    add(record, "svix-signature", claim->signatures);
}

static struct slice source_of(const struct envelope *env, struct arena *arena)
{
    static const char prefix[] = "clerk/";
    struct slice id = env->instance_id;
    size_t prefix_size = strlen(prefix);
    char *text;

    if (id.size == 0)
        id = slice_of("unknown");
    text = arena_bytes(arena, prefix_size + id.size);
    memcpy(text, prefix, prefix_size);
    memcpy(text + prefix_size, id.data, id.size);
    return (struct slice){text, prefix_size + id.size};
}

/* Empty where the event has no time, or none that RFC 3339 can say. */
static struct slice time_of(const struct envelope *env, struct arena *arena)
{
    char text[INSTANT_TEXT_BYTES];

    if (env->timestamp.state != INSTANT_PRESENT ||
        !instant_format(env->timestamp.ms, text))
        return SLICE_EMPTY;
    return arena_copy(arena, slice_of(text));
}

void record_of_event(const struct signature_claim *claim,
                     const struct envelope *env, struct slice traceparent,
                     struct arena *arena, struct record *ret_record)
{
    struct record record = {.value = claim->body};
    struct slice time = time_of(env, arena);

    record.key = record_key(env, claim->id, arena);
    add(&record, "ce_specversion", slice_of("1.0"));
    add(&record, "ce_id", claim->id);
    add(&record, "ce_type", env->type);
    add(&record, "ce_source", source_of(env, arena));
    add(&record, "ce_subject", record.key);
    if (time.size > 0)
        add(&record, "ce_time", time);
    add(&record, "content-type", slice_of("application/json"));
    add_signature(&record, claim);
    if (traceparent.size > 0)
        add(&record, "traceparent", traceparent);
    *ret_record = record;
}

void record_of_dead_letter(const struct signature_claim *claim,
                           const char *reason, struct record *ret_record)
{
    struct record record = {.key = claim->id, .value = claim->body};

    add_signature(&record, claim);
    add(&record, "clerkstream-reason", slice_of(reason));
    *ret_record = record;
}
