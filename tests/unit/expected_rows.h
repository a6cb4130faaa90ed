/* expected_rows - the rows that a set of events must lead to.
 *
 * Knows no order and no registers: each row is derived from all that the events
 * say at once, by the rules of the design one after the other.  Registers are
 * left out. */
#pragma once

#include "consumer/events/events.h"
#include "consumer/subdomain.h"
#include "tests/unit/tables.h"

struct facts {
    struct event *const *events;
    size_t count;
    struct arena *arena;
};

/* Walk all mentions of one kind and effect, of one entity or (NULL) of all. */
#define FACTS_EACH(facts, at, of_kind, of_effect, of_id)                       \
    for (size_t i_ = 0; i_ < (facts)->count * EVENT_MENTIONS_MAX; i_++)        \
        if ((at = facts_mention(facts, i_, of_kind, of_effect, of_id)) != NULL)

static inline const struct mention *
facts_mention(const struct facts *facts, size_t index, enum entity_kind kind,
              enum mention_effect effect, struct slice id)
{
    const struct event *event = facts->events[index / EVENT_MENTIONS_MAX];
    int place = (int)(index % EVENT_MENTIONS_MAX);
    const struct mention *at = &event->mentions[place];

    return place < event->mention_count && at->kind == kind &&
                   at->effect == effect &&
                   (id.data == NULL || slice_equal(at->id, id))
               ? at
               : NULL;
}

static inline const struct mention *
newest_data(const struct facts *facts, enum entity_kind kind, struct slice id)
{
    const struct mention *at, *newest = NULL;

    FACTS_EACH(facts, at, kind, MENTION_DATA, id)
    {
        if (newest == NULL ||
            version_compare(&at->version, &newest->version) > 0)
            newest = at;
    }
    return newest;
}

static inline bool is_ever_deleted(const struct facts *facts,
                                   enum entity_kind kind, struct slice id)
{
    const struct mention *at;

    FACTS_EACH(facts, at, kind, MENTION_DELETED, id)
    {
        return true;
    }
    return false;
}

static inline void expect_user(const struct facts *facts, struct slice id,
                               struct tables *t)
{
    const struct mention *data = newest_data(facts, ENTITY_USER, id), *at;
    struct user_line *user =
        line_make(t->users, &t->users_count, sizeof(t->users[0]), id, true);

    if (data != NULL)
        user->data = user->workspace = data->row.user;
    user->sync_status = "synced";
    FACTS_EACH(facts, at, ENTITY_USER, MENTION_DELETED, id)
    {
        user->is_deleted = true;
        if (at->deleted_at.state == INSTANT_PRESENT &&
            (user->deleted_at.state != INSTANT_PRESENT ||
             at->deleted_at.ms > user->deleted_at.ms))
            user->deleted_at = at->deleted_at;
    }
    if (!user->is_deleted && data->version.class == CLASS_GLIMPSE)
        user->sync_status = "pending";
}

/* Whether `data` is the first in line for its base. */
static inline bool is_earliest(const struct facts *facts,
                               const struct mention *data)
{
    struct slice base = data->row.organization->base;
    const struct mention *at;

    FACTS_EACH(facts, at, ENTITY_ORGANIZATION, MENTION_DATA, SLICE_EMPTY)
    {
        if (at == newest_data(facts, ENTITY_ORGANIZATION, at->id) &&
            !is_ever_deleted(facts, ENTITY_ORGANIZATION, at->id) &&
            slice_equal(at->row.organization->base, base) &&
            (at->created_ms < data->created_ms ||
             (at->created_ms == data->created_ms &&
              slice_compare(at->id, data->id) < 0)))
            return false;
    }
    return true;
}

static inline void expect_organization(const struct facts *facts,
                                       struct slice id, struct tables *t)
{
    const struct mention *data = newest_data(facts, ENTITY_ORGANIZATION, id);
    struct slice base = data->row.organization->base;
    bool is_base;
    struct organization_line *org;

    if (is_ever_deleted(facts, ENTITY_ORGANIZATION, id))
        return;
    org = line_make(t->organizations, &t->organizations_count, sizeof(*org), id,
                    true);
    org->data = data->row.organization;
    org->sync_status =
        data->version.class == CLASS_GLIMPSE ? "pending" : "synced";
    is_base = base.size > 0 && !subdomain_is_reserved(base) &&
              is_earliest(facts, data);
    org->subdomain =
        is_base ? base
                : subdomain_with_suffix(base, &org->key.uuid, facts->arena);
}

static inline bool is_newest_of_pair(const struct facts *facts,
                                     const struct membership_row *row)
{
    struct slice pair =
        membership_pair_id(row->organization_id, row->user_id, facts->arena);
    const struct mention *at, *newest = NULL;

    FACTS_EACH(facts, at, ENTITY_PAIR, MENTION_SEEN, pair)
    {
        if (newest == NULL || at->created_ms > newest->created_ms ||
            (at->created_ms == newest->created_ms &&
             slice_compare(at->newest_id, newest->newest_id) > 0))
            newest = at;
    }
    return slice_equal(newest->newest_id, row->id);
}

static inline void expect_membership(const struct facts *facts, struct slice id,
                                     struct tables *t)
{
    const struct membership_row *data =
        newest_data(facts, ENTITY_MEMBERSHIP, id)->row.membership;
    struct membership_line *row;

    if (is_ever_deleted(facts, ENTITY_MEMBERSHIP, id) ||
        is_ever_deleted(facts, ENTITY_ORGANIZATION, data->organization_id) ||
        is_ever_deleted(facts, ENTITY_USER, data->user_id) ||
        !is_newest_of_pair(facts, data))
        return;
    row = line_make(t->memberships, &t->memberships_count, sizeof(*row), id,
                    true);
    row->organization_id = identity_of(data->organization_id);
    row->user_id = identity_of(data->user_id);
    row->content = membership_write_content(data, facts->arena);
}

static inline void expected_rows(const struct facts *facts, struct tables *t)
{
    const struct mention *at;

    memset(t, 0, sizeof(*t));
    FACTS_EACH(facts, at, ENTITY_USER, MENTION_DATA, SLICE_EMPTY)
    {
        expect_user(facts, at->id, t);
    }
    FACTS_EACH(facts, at, ENTITY_USER, MENTION_DELETED, SLICE_EMPTY)
    {
        expect_user(facts, at->id, t);
    }
    FACTS_EACH(facts, at, ENTITY_ORGANIZATION, MENTION_DATA, SLICE_EMPTY)
    {
        expect_organization(facts, at->id, t);
    }
    FACTS_EACH(facts, at, ENTITY_MEMBERSHIP, MENTION_DATA, SLICE_EMPTY)
    {
        expect_membership(facts, at->id, t);
    }
}
