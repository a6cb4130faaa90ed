/* transaction - what a batch does to the database, done to tables in memory.
 *
 * The steps of apply(), and the statements in the order of consumer/statement.h
 * under the constraints of the real tables.  The one that is violated first is
 * left in `violation`; nothing is undone. */
#pragma once

#include "consumer/claim.h"
#include "consumer/events/events.h"
#include "consumer/merge.h"
#include "tests/unit/tables.h"

static inline void tables_violate(struct tables *t, const char *constraint)
{
    if (t->violation == NULL)
        t->violation = constraint;
}

static inline void remove_membership_at(struct tables *t, size_t at)
{
    line_remove(t->memberships, &t->memberships_count,
                sizeof(t->memberships[0]), at);
}

/* Whichever its pair is, or only where the row is of this pair. */
static inline bool is_meant(const struct membership_line *row,
                            const struct membership_removal *gone)
{
    struct slice organization, user;

    if (!slice_equal(row->key.id, gone->id))
        return false;
    if (gone->pair_id.data == NULL)
        return true;
    membership_split_pair(gone->pair_id, &organization, &user);
    return uuid_equal(row->organization_id, tables_identity(organization)) &&
           uuid_equal(row->user_id, tables_identity(user));
}

static inline void memberships_remove(struct tables *t, const struct rows *rows)
{
    for (size_t i = 0; i < rows->memberships_removed_count; i++)
        for (size_t at = t->memberships_count; at-- > 0;)
            if (is_meant(&t->memberships[at], &rows->memberships_removed[i]))
                remove_membership_at(t, at);
}

/* Those of an organization or of a user. */
static inline void memberships_cascade(struct tables *t, struct uuid parent)
{
    for (size_t i = t->memberships_count; i-- > 0;)
        if (uuid_equal(t->memberships[i].organization_id, parent) ||
            uuid_equal(t->memberships[i].user_id, parent))
            remove_membership_at(t, i);
}

static inline void organizations_remove(struct tables *t,
                                        const struct rows *rows)
{
    for (size_t i = 0; i < rows->organizations_removed_count; i++) {
        bool is_there;
        size_t at = line_place(t->organizations, t->organizations_count,
                               sizeof(t->organizations[0]),
                               rows->organizations_removed[i]->id, &is_there);
        if (!is_there)
            continue;
        memberships_cascade(t, t->organizations[at].key.uuid);
        line_remove(t->organizations, &t->organizations_count,
                    sizeof(t->organizations[0]), at);
    }
}

static inline struct user_line *user_line(struct tables *t, struct slice id)
{
    return line_make(t->users, &t->users_count, sizeof(t->users[0]), id, true);
}

static inline void users_write(struct tables *t, const struct rows *rows)
{
    for (size_t i = 0; i < rows->users_count; i++) {
        const struct entity_register *reg = rows->users[i];
        struct user_line *user = user_line(t, reg->id);
        user->data = reg->data != NULL ? reg->data->row.user : NULL;
        user->is_deleted = reg->is_deleted;
        user->deleted_at = reg->deleted_at;
        user->sync_status = rows_sync_status(reg);
        user->sync_error = tables_keep(reg->failure);
        if (reg->data != NULL)
            user->workspace = user->data;
    }
    for (size_t i = 0; i < rows->tombstones_count; i++) {
        const struct entity_register *reg = rows->tombstones[i];
        struct user_line *user = user_line(t, reg->id);
        user->is_deleted = true;
        user->deleted_at = reg->deleted_at;
        user->sync_status = rows_sync_status(reg);
        user->sync_error = tables_keep(reg->failure);
    }
    for (size_t i = 0; i < rows->syncs_count; i++) {
        struct user_line *user = line_find(
            t->users, t->users_count, sizeof(t->users[0]), rows->syncs[i]->id);
        if (user == NULL)
            continue;
        user->sync_status = rows_sync_status(rows->syncs[i]);
        user->sync_error = tables_keep(rows->syncs[i]->failure);
    }
    for (size_t i = 0; i < rows->troubles_count; i++) {
        const struct entity_register *reg = rows->troubles[i];
        struct user_line *user =
            line_find(t->users, t->users_count, sizeof(t->users[0]), reg->id);
        if (user == NULL)
            continue;
        if (reg->is_failed)
            user->sync_status = "failed";
        user->sync_error =
            tables_keep(reg->is_failed ? reg->failure : reg->trouble);
    }
}

static inline void give_subdomain(struct tables *t, struct uuid id,
                                  struct slice subdomain)
{
    for (size_t i = 0; i < t->organizations_count; i++) {
        struct organization_line *org = &t->organizations[i];
        if (uuid_equal(org->key.uuid, id))
            org->subdomain = tables_keep(subdomain);
        else if (slice_equal(org->subdomain, subdomain))
            tables_violate(t, "organizations_subdomain_key");
    }
}

static inline void subdomains_free(struct tables *t, const struct rows *rows)
{
    for (size_t i = 0; i < rows->organizations_count; i++) {
        const struct organization_write *write = &rows->organizations[i];
        const struct organization_line *org =
            line_find(t->organizations, t->organizations_count, sizeof(*org),
                      write->entity->id);
        if (org != NULL && !slice_equal(org->subdomain, write->subdomain))
            give_subdomain(t, write->id, write->interim);
    }
    for (size_t i = 0; i < rows->losers_count; i++)
        give_subdomain(t, rows->losers[i].organization_id,
                       rows->losers[i].subdomain);
}

static inline void organizations_write(struct tables *t,
                                       const struct rows *rows)
{
    for (size_t i = 0; i < rows->organizations_count; i++) {
        const struct organization_write *write = &rows->organizations[i];
        struct organization_line *org =
            line_make(t->organizations, &t->organizations_count, sizeof(*org),
                      write->entity->id, true);
        org->data = write->entity->data->row.organization;
        org->sync_status = rows_sync_status(write->entity);
        give_subdomain(t, write->id, write->subdomain);
    }
    for (size_t i = 0; i < rows->winners_count; i++)
        give_subdomain(t, rows->winners[i].organization_id,
                       rows->winners[i].subdomain);
}

static inline void check_parents(struct tables *t,
                                 const struct membership_line *row)
{
    bool has_organization = false, has_user = false;

    for (size_t i = 0; i < t->organizations_count; i++)
        has_organization |=
            uuid_equal(t->organizations[i].key.uuid, row->organization_id);
    for (size_t i = 0; i < t->users_count; i++)
        has_user |= uuid_equal(t->users[i].key.uuid, row->user_id);
    if (!has_organization || !has_user)
        tables_violate(t, "a foreign key of organization_memberships");
    for (size_t i = 0; i < t->memberships_count; i++) {
        const struct membership_line *other = &t->memberships[i];
        if (other != row &&
            uuid_equal(other->organization_id, row->organization_id) &&
            uuid_equal(other->user_id, row->user_id))
            tables_violate(t, "organization_memberships (organization, user)");
    }
}

static inline void memberships_write(struct tables *t, const struct rows *rows,
                                     struct arena *arena)
{
    for (size_t i = 0; i < rows->memberships_count; i++) {
        const struct membership_row *data = rows->memberships[i];
        struct membership_line *row =
            line_make(t->memberships, &t->memberships_count, sizeof(*row),
                      data->id, true);
        row->organization_id = tables_identity(data->organization_id);
        row->user_id = tables_identity(data->user_id);
        row->content = tables_keep(membership_write_content(data, arena));
        check_parents(t, row);
    }
}

static inline struct entity_register *
register_of(struct tables *t, enum entity_kind kind, struct slice id)
{
    struct register_line *line =
        line_make(t->registers[kind], &t->registers_count[kind], sizeof(*line),
                  id, false);

    return &line->reg;
}

static inline void registers_write(struct tables *t, const struct rows *rows)
{
    for (size_t i = 0; i < rows->changed_count; i++) {
        const struct entity_register *reg = rows->changed[i];
        *register_of(t, reg->kind, reg->id) =
            (struct entity_register){.kind = reg->kind,
                                     .id = tables_keep(reg->id),
                                     .has_data = reg->has_data,
                                     .version = reg->version,
                                     .is_deleted = reg->is_deleted,
                                     .deleted_at = reg->deleted_at,
                                     .is_failed = reg->is_failed,
                                     .failure = tables_keep(reg->failure),
                                     .created_ms = reg->created_ms,
                                     .base = tables_keep(reg->base),
                                     .newest_id = tables_keep(reg->newest_id),
                                     .content = tables_keep(reg->content)};
    }
}

/* What apply() reads before it merges: each register, made where it is new. */
static inline void registers_read(struct tables *t, struct registers *regs)
{
    for (size_t i = 0; i < regs->count; i++) {
        struct entity_register *reg = &regs->items[i];
        struct entity_register *stored = register_of(t, reg->kind, reg->id);
        stored->kind = reg->kind;
        stored->id = tables_keep(reg->id);
        *reg = *stored;
        reg->stored_base = reg->base;
        reg->stored_newest = reg->newest_id;
    }
}

static inline bool is_decided_here(const struct rows *rows, struct slice id)
{
    for (size_t i = 0; i < rows->organizations_count; i++)
        if (slice_equal(rows->organizations[i].entity->id, id))
            return true;
    for (size_t i = 0; i < rows->organizations_removed_count; i++)
        if (slice_equal(rows->organizations_removed[i]->id, id))
            return true;
    return false;
}

/* The first in line for a base of those that the batch does not decide; false
 * where there is none. */
static inline bool claim_read(struct tables *t, const struct rows *rows,
                              struct slice base, struct claim *ret_claim)
{
    const struct entity_register *first = NULL;
    const struct organization_line *org;

    for (size_t i = 0; i < t->registers_count[ENTITY_ORGANIZATION]; i++) {
        const struct entity_register *reg =
            &t->registers[ENTITY_ORGANIZATION][i].reg;
        if (reg->base.data == NULL || !slice_equal(reg->base, base) ||
            reg->is_deleted || is_decided_here(rows, reg->id))
            continue;
        if (first == NULL || reg->created_ms < first->created_ms)
            first = reg; /* they lie in the order of their ids */
    }
    if (first == NULL)
        return false;
    org = line_find(t->organizations, t->organizations_count, sizeof(*org),
                    first->id);
    if (org == NULL)
        return false;
    *ret_claim =
        (struct claim){base, first->id, first->created_ms, org->subdomain};
    return true;
}

static inline void claims_read(struct tables *t, struct rows *rows,
                               struct arena *arena)
{
    struct claim *claims =
        arena_get(arena, (rows->bases_count + 1) * sizeof(*claims));
    size_t count = 0;

    for (size_t i = 0; i < rows->bases_count; i++)
        count += claim_read(t, rows, rows->bases[i], &claims[count]);
    claim_subdomains(rows, claims, count, arena);
}

static inline void tables_apply(struct tables *t, struct event *const *events,
                                size_t count, struct arena *arena)
{
    struct registers regs = registers_of(events, count, arena);
    struct rows rows;

    registers_read(t, &regs);
    merge(events, count);
    rows_of(&regs, arena, &rows);
    claims_read(t, &rows, arena);
    memberships_remove(t, &rows);
    for (size_t i = 0; i < rows.users_deleted_count; i++)
        memberships_cascade(t, rows.users_deleted[i]);
    organizations_remove(t, &rows);
    users_write(t, &rows);
    subdomains_free(t, &rows);
    organizations_write(t, &rows);
    memberships_write(t, &rows, arena);
    registers_write(t, &rows);
}
