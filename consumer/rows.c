#include "consumer/rows.h"

#include "consumer/events/events.h"
#include "consumer/subdomain.h"

#include <stdlib.h>

const char *rows_sync_status(const struct entity_register *reg)
{
    bool is_stub = !reg->is_deleted && reg->has_data &&
                   reg->version.class == CLASS_GLIMPSE;

    if (reg->is_failed)
        return "failed";
    return is_stub ? "pending" : "synced";
}

static void user_rows(struct entity_register *reg, struct rows *rows)
{
    bool is_bare = reg->is_delete_applied && !reg->has_data;

    if (reg->data != NULL || is_bare)
        rows->users[rows->users_count++] = reg;
    else if (reg->is_delete_applied)
        rows->tombstones[rows->tombstones_count++] = reg;
    if (reg->trouble.data != NULL || (reg->is_sync_changed && reg->is_failed))
        rows->troubles[rows->troubles_count++] = reg;
    else if (reg->is_sync_changed)
        rows->syncs[rows->syncs_count++] = reg;
    if (reg->is_delete_applied)
        rows->users_deleted[rows->users_deleted_count++] = identity_of(reg->id);
}

static void add_base(struct slice base, struct rows *rows)
{
    if (base.size > 0 && !subdomain_is_reserved(base))
        rows->bases[rows->bases_count++] = base;
}

static void organization_rows(struct entity_register *reg, struct rows *rows)
{
    if (reg->is_deleted) {
        if (!reg->is_delete_applied)
            return;
        rows->organizations_removed[rows->organizations_removed_count++] = reg;
    } else {
        if (reg->data == NULL)
            return;
        rows->organizations[rows->organizations_count++] =
            (struct organization_write){.entity = reg,
                                        .id = identity_of(reg->id)};
        add_base(reg->base, rows);
    }
    add_base(reg->stored_base, rows);
}

static void remove_membership(struct rows *rows, struct slice id,
                              struct slice pair_id)
{
    rows->memberships_removed[rows->memberships_removed_count++] =
        (struct membership_removal){id, pair_id};
}

/* The data of a membership as a row, from this batch or from its register. */
static const struct membership_row *
membership_data(const struct entity_register *reg, struct arena *arena)
{
    if (reg->data != NULL)
        return reg->data->row.membership;
    return reg->content.data != NULL
               ? membership_read_content(reg->content, arena)
               : NULL;
}

/* A membership has a row if and only if neither its own id nor its organization
 * nor its user is deleted, and it is the newest generation of its pair.  (A
 * newer generation that was deleted is the newest all the same.)  Data that
 * came in this batch always has all four registers here; where one is not, the
 * row belongs to another pair and stays as it is. */
static void membership_row(struct entity_register *reg, bool is_pair_changed,
                           const struct registers *regs, struct arena *arena,
                           struct rows *rows)
{
    const struct membership_row *row;
    const struct entity_register *organization, *user, *pair;

    if (reg->data == NULL && !is_pair_changed)
        return;
    row = membership_data(reg, arena);
    if (row == NULL)
        return;
    organization =
        registers_find(regs, ENTITY_ORGANIZATION, row->organization_id);
    user = registers_find(regs, ENTITY_USER, row->user_id);
    pair = registers_find(
        regs, ENTITY_PAIR,
        membership_pair_id(row->organization_id, row->user_id, arena));
    if (organization == NULL || user == NULL || pair == NULL)
        return;
    if (!organization->is_deleted && !user->is_deleted &&
        slice_equal(pair->newest_id, reg->id))
        rows->memberships[rows->memberships_count++] = row;
    else
        remove_membership(rows, reg->id, SLICE_EMPTY);
}

static bool is_newly_newest(const struct registers *regs, struct slice id)
{
    for (size_t i = 0; i < regs->count; i++) {
        const struct entity_register *reg = &regs->items[i];
        if (reg->kind == ENTITY_PAIR && reg->is_changed &&
            slice_equal(reg->newest_id, id))
            return true;
    }
    return false;
}

static void membership_rows(struct entity_register *reg,
                            const struct registers *regs, struct arena *arena,
                            struct rows *rows)
{
    if (reg->is_deleted) {
        if (reg->is_delete_applied)
            remove_membership(rows, reg->id, SLICE_EMPTY);
        return;
    }
    membership_row(reg, reg->data == NULL && is_newly_newest(regs, reg->id),
                   regs, arena, rows);
}

/* The generation that was the newest of its pair gives way. */
static void pair_rows(const struct entity_register *reg, struct rows *rows)
{
    if (reg->stored_newest.data != NULL &&
        !slice_equal(reg->stored_newest, reg->newest_id))
        remove_membership(rows, reg->stored_newest, reg->id);
}

static int compare_slices(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static size_t sort_unique(struct slice *items, size_t count)
{
    size_t used = 0;

    qsort(items, count, sizeof(*items), compare_slices);
    for (size_t i = 0; i < count; i++)
        if (used == 0 || !slice_equal(items[used - 1], items[i]))
            items[used++] = items[i];
    return used;
}

/* By organization, then user: the order in which foreign keys are checked. */
static int compare_memberships(const void *a, const void *b)
{
    const struct membership_row *left =
        *(const struct membership_row *const *)a;
    const struct membership_row *right =
        *(const struct membership_row *const *)b;
    struct uuid left_id = identity_of(left->organization_id);
    struct uuid right_id = identity_of(right->organization_id);
    int order = memcmp(&left_id, &right_id, sizeof(left_id));

    return order != 0 ? order : slice_compare(left->user_id, right->user_id);
}

static void make_room(struct rows *rows, size_t count, struct arena *arena)
{
    size_t pointers = (count + 1) * sizeof(void *);

    *rows = (struct rows){.users_count = 0};
    rows->users = arena_get(arena, pointers);
    rows->tombstones = arena_get(arena, pointers);
    rows->syncs = arena_get(arena, pointers);
    rows->troubles = arena_get(arena, pointers);
    rows->users_deleted = arena_get(arena, (count + 1) * sizeof(struct uuid));
    rows->organizations =
        arena_get(arena, (count + 1) * sizeof(*rows->organizations));
    rows->organizations_removed = arena_get(arena, pointers);
    rows->bases = arena_get(arena, 2 * (count + 1) * sizeof(*rows->bases));
    rows->memberships = arena_get(arena, pointers);
    rows->memberships_removed =
        arena_get(arena, 2 * (count + 1) * sizeof(*rows->memberships_removed));
    rows->changed = arena_get(arena, pointers);
}

static void register_rows(struct entity_register *reg,
                          const struct registers *regs, struct arena *arena,
                          struct rows *rows)
{
    switch (reg->kind) {
    case ENTITY_USER:
        user_rows(reg, rows);
        break;
    case ENTITY_ORGANIZATION:
        organization_rows(reg, rows);
        break;
    case ENTITY_MEMBERSHIP:
        membership_rows(reg, regs, arena, rows);
        if (reg->data != NULL && reg->is_changed)
            reg->content =
                membership_write_content(reg->data->row.membership, arena);
        break;
    case ENTITY_PAIR:
        pair_rows(reg, rows);
        break;
    case ENTITY_SUBDOMAIN:
        break;
    }
    if (reg->is_changed)
        rows->changed[rows->changed_count++] = reg;
}

void rows_of(const struct registers *regs, struct arena *arena,
             struct rows *ret_rows)
{
    struct rows *rows = ret_rows;

    make_room(rows, regs->count, arena);
    for (size_t i = 0; i < regs->count; i++)
        register_rows(&regs->items[i], regs, arena, rows);
    rows->bases_count = sort_unique(rows->bases, rows->bases_count);
    qsort(rows->memberships, rows->memberships_count,
          sizeof(*rows->memberships), compare_memberships);
}
