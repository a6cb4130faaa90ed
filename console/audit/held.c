#include "console/audit/held.h"

#include "console/audit/finding.h"
#include "console/audit/meeting.h"
#include "console/audit/own_id.h"
#include "shared/memory.h"

#include <stdio.h>
#include <string.h>

#define FETCH "fetch 2000 from found"

static const char registers_statement[] =
    "declare found no scroll cursor for\n"
    "select kind, id, class, t, rank, ts, event_id, is_deleted, deleted_ms,\n"
    "       failure, created_ms, base, newest_id, content, xmin, ctid\n"
    "from entity_versions where kind <> 'subdomain'";

/* Clerk's id and the row's; null where no row can have a wrong one that stands
 * in the way of the right one. */
static const struct keys_of {
    enum entity_kind kind;
    const char *table;
    const char *statement;
    bool is_workspace;
} keys_of[] = {
    {ENTITY_USER, "users",
     "declare found no scroll cursor for select clerk_user_id, id from users",
     false},
    {ENTITY_USER, "workspaces",
     "declare found no scroll cursor for\n"
     "select u.clerk_user_id, null\n"
     "from workspaces w join users u on u.id = w.user_id",
     true},
    {ENTITY_ORGANIZATION, "organizations",
     "declare found no scroll cursor for\n"
     "select clerk_organization_id, id from organizations",
     false},
    {ENTITY_MEMBERSHIP, "organization_memberships",
     "declare found no scroll cursor for\n"
     "select clerk_membership_id, id from organization_memberships",
     false},
};

/* What is done with each row that a cursor gives. */
typedef void visit_row(struct audit *audit, const struct postgres_rows *rows,
                       size_t row, const struct keys_of *keys);

static int visit_all(struct audit *audit, const char *statement,
                     visit_row *visit, const struct keys_of *keys,
                     struct error *err)
{
    struct postgres_rows *rows;
    size_t count;

    if (audit_execute(audit, statement, err) != 0)
        return -1;
    do {
        if (audit_query(audit, FETCH, NULL, 0, &rows, err) != 0)
            return -1;
        count = postgres_rows_count(rows);
        for (size_t i = 0; i < count; i++)
            visit(audit, rows, i, keys);
        postgres_rows_free(rows);
    } while (count > 0);
    return audit_execute(audit, "close found", err);
}

static struct slice text_at(const struct postgres_rows *rows, size_t row,
                            int column)
{
    return slice_of(postgres_rows_value(rows, row, column));
}

static struct entity_register read_register(const struct postgres_rows *rows,
                                            size_t row)
{
    const char *is_deleted = postgres_rows_value(rows, row, 7);
    struct entity_register reg = {
        .id = text_at(rows, row, 1),
        .has_data = postgres_rows_value(rows, row, 2) != NULL,
        .version = {.class = (int)postgres_rows_number(rows, row, 2),
                    .t = postgres_rows_number(rows, row, 3),
                    .rank = (int)postgres_rows_number(rows, row, 4),
                    .ts = postgres_rows_number(rows, row, 5),
                    .id = text_at(rows, row, 6)},
        .is_deleted = is_deleted != NULL && is_deleted[0] == 't',
        .failure = text_at(rows, row, 9),
        .created_ms = postgres_rows_number(rows, row, 10),
        .base = text_at(rows, row, 11),
        .newest_id = text_at(rows, row, 12),
        .content = text_at(rows, row, 13)};

    if (postgres_rows_value(rows, row, 8) != NULL)
        reg.deleted_at = (struct instant){INSTANT_PRESENT,
                                          postgres_rows_number(rows, row, 8)};
    reg.is_failed = reg.failure.data != NULL;
    for (int kind = 0; kind < AUDIT_KINDS; kind++)
        if (slice_is(text_at(rows, row, 0), entity_kind_names[kind]))
            reg.kind = (enum entity_kind)kind;
    return reg;
}

/* From here on `known` is what the tables say, too. */
static void take(struct known *known, const struct entity_register *reg,
                 const struct entity_register *found, bool is_row_known,
                 struct arena *arena)
{
    struct mention data;

    known_set_register(known, reg);
    if (is_row_known)
        return;
    known_set_row(known, found->kind == ENTITY_MEMBERSHIP &&
                                 meeting_read_content(found, arena, &data)
                             ? &data
                             : NULL);
}

static void take_unknown(struct audit *audit,
                         const struct entity_register *found,
                         struct arena *arena)
{
    struct known *known =
        known_make(&audit->pass.expected.known, found->kind, found->id);

    take(known, found, found, false, arena);
    known->is_register_found = true;
    if (found->has_data || found->is_deleted || found->newest_id.data != NULL)
        audit->pass.only_in_tables[found->kind]++;
}

/* Whether an event failed is not in the log. */
static void take_failure(struct known *known,
                         const struct entity_register *found)
{
    struct entity_register reg = *known->reg;

    reg.is_failed = found->is_failed;
    reg.failure = found->failure;
    known_set_register(known, &reg);
}

static void tell_columns(struct audit *audit, struct known *known,
                         const struct meeting *meeting,
                         const struct entity_register *found,
                         struct arena *arena)
{
    for (int i = 0; i < MEETING_COLUMNS; i++)
        if (!meeting_is_same(&meeting->expected, found, i))
            finding_add(
                audit, known,
                &(struct difference){
                    .what = DIFFERENCE_VALUE,
                    .table = "entity_versions",
                    .column = slice_of(meeting_columns[i]),
                    .expected = meeting_value(&meeting->expected, i, arena),
                    .found = meeting_value(found, i, arena)});
}

/* Merging the log once more heals a register that lacks something, not one
 * that says too much or contradicts itself. */
static void note_spoiled(struct audit_pass *pass, struct known *known,
                         const char *xmin, const char *ctid)
{
    struct audit_spoiled *spoiled;

    if (pass->spoiled_count == pass->spoiled_room) {
        pass->spoiled_room =
            pass->spoiled_room > 0 ? 2 * pass->spoiled_room : 64;
        pass->spoiled = memory_resize(pass->spoiled, pass->spoiled_room,
                                      sizeof(*pass->spoiled));
    }
    spoiled = &pass->spoiled[pass->spoiled_count++];
    spoiled->known = known;
    snprintf(spoiled->xmin, sizeof(spoiled->xmin), "%s", xmin);
    snprintf(spoiled->ctid, sizeof(spoiled->ctid), "%s", ctid);
}

/* Where the log has lost its begin the tables may know more than it. */
static bool is_fine(const struct audit_pass *pass,
                    const struct meeting *meeting)
{
    return meeting->is_equal ||
           (!pass->is_log_whole && meeting->is_ahead && !meeting->is_behind);
}

static void meet(struct audit *audit, struct known *known,
                 const struct entity_register *found,
                 const struct postgres_rows *rows, size_t row,
                 struct arena *arena)
{
    struct audit_pass *pass = &audit->pass;
    struct meeting meeting;

    meeting_of(known, found, arena, &meeting);
    if (!is_fine(pass, &meeting)) {
        tell_columns(audit, known, &meeting, found, arena);
        if (known->is_wrong && (meeting.is_ahead || !meeting.is_behind))
            note_spoiled(pass, known, postgres_rows_value(rows, row, 14),
                         postgres_rows_value(rows, row, 15));
    }
    if (!meeting.is_equal && meeting.is_ahead && !pass->is_log_whole)
        take(known, &meeting.both, found, meeting.is_row_known, arena);
}

static void visit_register(struct audit *audit,
                           const struct postgres_rows *rows, size_t row,
                           const struct keys_of *keys)
{
    struct entity_register found = read_register(rows, row);
    struct known *known =
        known_find(&audit->pass.expected.known, found.kind, found.id);
    struct arena arena = {.chunks = NULL};

    (void)keys;
    if (known == NULL) {
        take_unknown(audit, &found, &arena);
    } else {
        known->is_register_found = true;
        meet(audit, known, &found, rows, row, &arena);
        if (found.is_failed)
            take_failure(known, &found);
    }
    arena_release(&arena);
}

int held_compare_registers(struct audit *audit, struct error *err)
{
    const struct known_table *table = &audit->pass.expected.known;

    if (visit_all(audit, registers_statement, visit_register, NULL, err) != 0)
        return -1;
    for (size_t i = 0; i < table->count; i++)
        if (!table->items[i]->is_register_found)
            finding_add_row(audit, table->items[i], "entity_versions",
                            DIFFERENCE_MISSING);
    return 0;
}

/* Applying events again takes a row away that a register has as deleted, by
 * the id that it must have. */
static void tell_not_due(struct audit *audit, struct known *known,
                         struct audit_stranger *row, const char *row_id)
{
    char own_id[OWN_ID_BYTES];

    if (known == NULL || (!known->reg->is_deleted && !known->reg->has_data)) {
        finding_add_stranger(audit, row, DIFFERENCE_STRANGER);
        return;
    }
    own_id_of(row->id, false, own_id);
    row->unless = row_id == NULL ? UNLESS_DATA : UNLESS_OWN_ID;
    if (row_id == NULL || strcmp(own_id, row_id) != 0)
        finding_add_stranger(audit, row, DIFFERENCE_UNEXPECTED);
    else
        finding_add_row(audit, known, row->table, DIFFERENCE_UNEXPECTED);
}

static void visit_key(struct audit *audit, const struct postgres_rows *rows,
                      size_t row, const struct keys_of *keys)
{
    struct audit_stranger found = {
        .kind = keys->kind, .table = keys->table, .id = text_at(rows, row, 0)};
    struct known *known =
        known_find(&audit->pass.expected.known, keys->kind, found.id);
    bool is_due = known != NULL && (keys->is_workspace ? known->is_workspace_due
                                                       : known->is_row_due);

    if (known != NULL && keys->is_workspace)
        known->is_workspace_found = true;
    else if (known != NULL)
        known->is_row_found = true;
    if (!is_due)
        tell_not_due(audit, known, &found, postgres_rows_value(rows, row, 1));
}

static const char *table_of(const struct known *known)
{
    for (size_t i = 0; i < sizeof(keys_of) / sizeof(keys_of[0]); i++)
        if (keys_of[i].kind == known->reg->kind && !keys_of[i].is_workspace)
            return keys_of[i].table;
    return NULL;
}

int held_compare_keys(struct audit *audit, struct error *err)
{
    const struct expected *expected = &audit->pass.expected;

    for (size_t i = 0; i < sizeof(keys_of) / sizeof(keys_of[0]); i++)
        if (visit_all(audit, keys_of[i].statement, visit_key, &keys_of[i],
                      err) != 0)
            return -1;
    for (size_t i = 0; i < expected->known.count; i++) {
        struct known *known = expected->sorted[i];
        if (known->is_row_due && !known->is_row_found)
            finding_add_row(audit, known, table_of(known), DIFFERENCE_MISSING);
        if (known->is_workspace_due && !known->is_workspace_found)
            finding_add_row(audit, known, "workspaces", DIFFERENCE_MISSING);
    }
    return 0;
}
