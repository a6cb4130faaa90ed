#include "consumer/merge.h"

static bool is_hard_deleted(enum entity_kind kind)
{
    return kind == ENTITY_ORGANIZATION || kind == ENTITY_MEMBERSHIP;
}

/* Superseded: when the event came, its own entity already had a greater
 * version, or was an organization or membership that is already deleted. */
static enum event_verdict judge(const struct mention *own)
{
    const struct entity_register *reg = own->entity;

    if (is_hard_deleted(reg->kind) && reg->is_deleted)
        return VERDICT_SUPERSEDED;
    if (own->effect == MENTION_DATA && reg->has_data &&
        version_compare(&own->version, &reg->version) < 0)
        return VERDICT_SUPERSEDED;
    return VERDICT_COMPLETED;
}

static void merge_data(struct entity_register *reg,
                       const struct mention *mention)
{
    int order =
        reg->has_data ? version_compare(&mention->version, &reg->version) : 1;

    if (order < 0)
        return;
    reg->data = mention; /* an equal version heals a damaged row */
    if (order == 0)
        return;
    reg->has_data = true;
    reg->version = mention->version;
    reg->is_changed = true;
    if (reg->kind != ENTITY_ORGANIZATION)
        return;
    reg->created_ms = mention->created_ms;
    reg->base = mention->row.organization->base;
}

static void merge_deleted(struct entity_register *reg,
                          const struct mention *mention)
{
    const struct instant *at = &mention->deleted_at;

    reg->is_delete_applied = true;
    if (!reg->is_deleted)
        reg->is_deleted = reg->is_changed = true;
    if (at->state != INSTANT_PRESENT)
        return;
    if (reg->deleted_at.state != INSTANT_PRESENT ||
        at->ms > reg->deleted_at.ms) {
        reg->deleted_at = *at;
        reg->is_changed = true;
    }
}

static void merge_seen(struct entity_register *reg,
                       const struct mention *mention)
{
    bool is_newer = reg->newest_id.data == NULL ||
                    mention->created_ms > reg->created_ms ||
                    (mention->created_ms == reg->created_ms &&
                     slice_compare(mention->newest_id, reg->newest_id) > 0);

    if (!is_newer)
        return;
    reg->created_ms = mention->created_ms;
    reg->newest_id = mention->newest_id;
    reg->is_changed = true;
}

static void set_failed(struct entity_register *reg, bool is_failed,
                       struct slice why)
{
    reg->failure = why;
    reg->is_failed = is_failed;
    reg->is_sync_changed = true;
    reg->is_changed = true;
}

static void merge_mention(struct event *event, const struct mention *mention)
{
    struct entity_register *reg = mention->entity;

    switch (mention->effect) {
    case MENTION_DATA:
        merge_data(reg, mention);
        break;
    case MENTION_DELETED:
        merge_deleted(reg, mention);
        break;
    case MENTION_SEEN:
        merge_seen(reg, mention);
        break;
    case MENTION_TROUBLED:
        reg->trouble = slice_of(event->refusal.text);
        break;
    case MENTION_FAILED:
        if (!event->is_aside)
            set_failed(reg, true, slice_of(event->refusal.text));
        break;
    }
}

/* The next event of a user that is applied ends what the row says of a dead
 * letter; a retry that succeeds ends what it says of the tries before. */
static void clear_failure(const struct event *event)
{
    const struct mention *own = &event->mentions[0];

    if (own->kind != ENTITY_USER)
        return;
    if (own->entity->is_failed && !event->is_aside)
        set_failed(own->entity, false, SLICE_EMPTY);
    else if (event->is_waiting)
        own->entity->is_sync_changed = true;
}

static void merge_event(struct event *event)
{
    if (event->is_stale)
        return;
    if (event->fate == EVENT_APPLY) {
        event->verdict = judge(&event->mentions[0]);
        clear_failure(event);
    }
    for (int i = 0; i < event->mention_count; i++)
        merge_mention(event, &event->mentions[i]);
}

void merge(struct event *const *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        merge_event(events[i]);
}
