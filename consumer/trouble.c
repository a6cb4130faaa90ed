#include "consumer/trouble.h"

/* FNV-1a. */
static uint64_t hash_of(const struct mention *mention)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) + mention->kind;

    for (size_t i = 0; i < mention->id.size; i++)
        hash = (hash ^ (unsigned char)mention->id.data[i]) *
               UINT64_C(0x100000001b3);
    return hash != 0 ? hash : 1;
}

static const struct trouble_entity *find(const struct trouble *trouble,
                                         const struct mention *mention)
{
    uint64_t hash = hash_of(mention);

    for (size_t i = 0; i < TROUBLE_ENTITIES; i++)
        if (trouble->entities[i].hash == hash)
            return &trouble->entities[i];
    return NULL;
}

static struct trouble_entity *find_or_make(struct trouble *trouble,
                                           const struct mention *mention)
{
    const struct trouble_entity *found = find(trouble, mention);
    struct trouble_entity *entity;

    if (found != NULL)
        return &trouble->entities[found - trouble->entities];
    entity = &trouble->entities[trouble->next];
    trouble->next = (trouble->next + 1) % TROUBLE_ENTITIES;
    *entity = (struct trouble_entity){.hash = hash_of(mention)};
    return entity;
}

void trouble_begin(struct trouble *trouble)
{
    if (++trouble->round == 0)
        trouble->round = 1;
}

void trouble_note(struct trouble *trouble, const struct event *event,
                  int64_t now_ms)
{
    trouble->until_ms = now_ms + TROUBLE_MS;
    for (int i = 0; i < event->mention_count; i++) {
        struct trouble_entity *entity =
            find_or_make(trouble, &event->mentions[i]);
        entity->until_ms = trouble->until_ms;
        if (i == 0)
            entity->round = trouble->round;
    }
}

void trouble_forget(struct trouble *trouble, const struct event *event,
                    int64_t now_ms)
{
    if (now_ms >= trouble->until_ms)
        return;
    for (int i = 0; i < event->mention_count; i++) {
        const struct trouble_entity *found = find(trouble, &event->mentions[i]);
        if (found != NULL)
            trouble->entities[found - trouble->entities] =
                (struct trouble_entity){.hash = 0};
    }
}

bool trouble_touches(const struct trouble *trouble, const struct event *event,
                     int64_t now_ms)
{
    if (now_ms >= trouble->until_ms)
        return false;
    for (int i = 0; i < event->mention_count; i++) {
        const struct trouble_entity *found = find(trouble, &event->mentions[i]);
        if (found != NULL && now_ms < found->until_ms)
            return true;
    }
    return false;
}

bool trouble_is_locked(const struct trouble *trouble, const struct event *event,
                       int64_t now_ms)
{
    const struct trouble_entity *found;

    if (now_ms >= trouble->until_ms || event->mention_count == 0)
        return false;
    found = find(trouble, &event->mentions[0]);
    return found != NULL && found->round == trouble->round;
}
