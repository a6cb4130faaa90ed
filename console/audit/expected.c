#include "console/audit/expected.h"

#include "consumer/claim.h"
#include "consumer/events/events.h"
#include "consumer/merge.h"
#include "shared/memory.h"

#include <stdlib.h>

void expected_release(struct expected *expected)
{
    known_release(&expected->known);
    arena_release(&expected->batch);
    arena_release(&expected->arena);
    keys_release(&expected->bases);
    free(expected->sorted);
    *expected = (struct expected){.sorted = NULL};
}

/* Whoever has it, or is next in line for it, may change. */
static void note_base(struct expected *expected, struct slice base)
{
    if (base.size > 0)
        keys_add(&expected->bases, base);
}

static void load(const struct expected *expected, struct entity_register *reg)
{
    const struct known *known =
        known_find(&expected->known, reg->kind, reg->id);

    if (known == NULL)
        return;
    *reg = *known->reg;
    reg->stored_base = reg->base;
}

static void store(struct expected *expected, const struct entity_register *reg,
                  bool is_in_flight)
{
    struct known *known = known_make(&expected->known, reg->kind, reg->id);

    if (is_in_flight && !known->is_in_flight)
        note_base(expected, reg->stored_base);
    if (is_in_flight && (!known->is_in_flight || reg->is_changed))
        note_base(expected, reg->base);
    known->is_in_flight |= is_in_flight;
    if (!reg->is_changed)
        return;
    known_set_register(known, reg);
    if (reg->data != NULL)
        known_set_row(known, reg->data);
}

void expected_add(struct expected *expected, struct event *event,
                  bool is_in_flight)
{
    struct registers regs = registers_of(&event, 1, &expected->batch);

    for (size_t i = 0; i < regs.count; i++)
        load(expected, &regs.items[i]);
    merge(&event, 1);
    for (size_t i = 0; i < regs.count; i++)
        store(expected, &regs.items[i], is_in_flight);
    arena_clear(&expected->batch);
}

static int compare_known(const void *a, const void *b)
{
    const struct entity_register *left = (*(struct known *const *)a)->reg;
    const struct entity_register *right = (*(struct known *const *)b)->reg;

    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    return slice_compare(left->id, right->id);
}

/* Of an entity whose data is not known any more: nothing but the id. */
static struct mention bare_mention(const struct known *known,
                                   struct arena *arena)
{
    struct mention data = known_mention(known);

    if (data.kind == ENTITY_USER) {
        struct user_row *row = arena_get(arena, sizeof(*row));
        row->id = data.id;
        data.row.user = row;
    } else {
        struct organization_row *row = arena_get(arena, sizeof(*row));
        row->id = data.id;
        row->base = known->reg->base;
        data.row.organization = row;
    }
    return data;
}

/* As if all data and all deletions came in one batch. */
static void fill_register(struct entity_register *reg,
                          const struct known *known, struct arena *arena)
{
    struct mention *data;

    *reg = *known->reg;
    reg->is_delete_applied = reg->is_deleted;
    if (!reg->has_data ||
        (known->row == NULL && reg->kind == ENTITY_MEMBERSHIP))
        return;
    data = arena_get(arena, sizeof(*data));
    *data =
        known->row != NULL ? known_mention(known) : bare_mention(known, arena);
    reg->data = data;
}

static void make_registers(struct expected *expected)
{
    size_t count = expected->known.count;

    expected->sorted = memory_new((count + 1) * sizeof(*expected->sorted));
    for (size_t i = 0; i < count; i++)
        expected->sorted[i] = expected->known.items[i];
    qsort(expected->sorted, count, sizeof(*expected->sorted), compare_known);
    expected->regs.count = count;
    expected->regs.items = arena_get(
        &expected->arena, (count + 1) * sizeof(*expected->regs.items));
    for (size_t i = 0; i < count; i++)
        fill_register(&expected->regs.items[i], expected->sorted[i],
                      &expected->arena);
}

static int compare_slices(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static int compare_bases(const void *a, const void *b)
{
    const struct organization_write *left = a, *right = b;

    return slice_compare(left->entity->base, right->entity->base);
}

/* All organizations with one base are decided together. */
static void give_subdomains(struct rows *rows, struct arena *arena)
{
    size_t count;

    qsort(rows->organizations, rows->organizations_count,
          sizeof(*rows->organizations), compare_bases);
    for (size_t i = 0; i < rows->organizations_count; i += count) {
        struct slice base = rows->organizations[i].entity->base;
        struct rows group = {.organizations = &rows->organizations[i],
                             .bases = &base,
                             .bases_count =
                                 bsearch(&base, rows->bases, rows->bases_count,
                                         sizeof(base), compare_slices) != NULL};
        count = 1;
        while (i + count < rows->organizations_count &&
               slice_equal(rows->organizations[i + count].entity->base, base))
            count++;
        group.organizations_count = count;
        claim_subdomains(&group, NULL, 0, arena);
    }
}

struct known *expected_known(const struct expected *expected,
                             const struct entity_register *reg)
{
    return expected->sorted[reg - expected->regs.items];
}

/* A user who was deleted and of whom nothing else is known has no data that
 * could be unknown. */
static bool is_whole(const struct expected *expected,
                     const struct entity_register *reg)
{
    return reg->data == NULL || expected_known(expected, reg)->row != NULL;
}

static size_t put_whole_users_first(struct expected *expected)
{
    struct rows *rows = &expected->rows;
    size_t whole = 0;

    for (size_t i = 0; i < rows->users_count; i++) {
        struct entity_register *reg = rows->users[i];
        if (!is_whole(expected, reg))
            continue;
        rows->users[i] = rows->users[whole];
        rows->users[whole++] = reg;
    }
    return whole;
}

static size_t put_whole_organizations_first(struct expected *expected)
{
    struct rows *rows = &expected->rows;
    size_t whole = 0;

    for (size_t i = 0; i < rows->organizations_count; i++) {
        struct organization_write org = rows->organizations[i];
        if (!is_whole(expected, org.entity))
            continue;
        rows->organizations[i] = rows->organizations[whole];
        rows->organizations[whole++] = org;
    }
    return whole;
}

static void note_due_rows(const struct expected *expected)
{
    const struct rows *rows = &expected->rows;

    for (size_t i = 0; i < rows->users_count; i++) {
        struct known *known = expected_known(expected, rows->users[i]);
        known->is_row_due = true;
        known->is_workspace_due = rows->users[i]->data != NULL;
    }
    for (size_t i = 0; i < rows->organizations_count; i++)
        expected_known(expected, rows->organizations[i].entity)->is_row_due =
            true;
    for (size_t i = 0; i < rows->memberships_count; i++)
        known_find(&expected->known, ENTITY_MEMBERSHIP,
                   rows->memberships[i]->id)
            ->is_row_due = true;
}

void expected_finish(struct expected *expected)
{
    make_registers(expected);
    rows_of(&expected->regs, &expected->arena, &expected->rows);
    give_subdomains(&expected->rows, &expected->arena);
    expected->whole_users = put_whole_users_first(expected);
    expected->whole_organizations = put_whole_organizations_first(expected);
    note_due_rows(expected);
    keys_sort(&expected->bases);
}

static bool flies(const struct expected *expected, enum entity_kind kind,
                  struct slice id)
{
    const struct known *known = known_find(&expected->known, kind, id);

    return known != NULL && known->is_in_flight;
}

static bool is_membership_in_flight(const struct expected *expected,
                                    const struct membership_row *row)
{
    struct arena arena = {.chunks = NULL};
    struct slice pair =
        membership_pair_id(row->organization_id, row->user_id, &arena);
    bool result = flies(expected, ENTITY_PAIR, pair) ||
                  flies(expected, ENTITY_ORGANIZATION, row->organization_id) ||
                  flies(expected, ENTITY_USER, row->user_id);

    arena_release(&arena);
    return result;
}

bool expected_is_in_flight(const struct expected *expected,
                           const struct known *known)
{
    const struct entity_register *reg = known->reg;

    if (known->is_in_flight)
        return true;
    if (reg->kind == ENTITY_MEMBERSHIP && known->row != NULL)
        return is_membership_in_flight(expected, known->row);
    return reg->kind == ENTITY_ORGANIZATION &&
           keys_has(&expected->bases, reg->base);
}

bool expected_mends(const struct expected *expected, const struct event *event)
{
    for (int i = 0; i < event->mention_count; i++) {
        const struct mention *mention = &event->mentions[i];
        const struct known *known =
            known_find(&expected->known, mention->kind, mention->id);
        if (known == NULL || !known->is_wrong)
            continue;
        /* Data that is older than what is known would change nothing. */
        if (mention->effect != MENTION_DATA ||
            version_compare(&mention->version, &known->reg->version) >= 0)
            return true;
    }
    return false;
}
