#include "console/row_changes.h"

#include "console/json_writer.h"
#include "console/postgres.h"
#include "consumer/event.h"
#include "shared/memory.h"

#include <stdlib.h>

#define IDS_BYTES (64 << 20)
#define LISTS 4

const char *const row_tables[ROW_KINDS] = {
    "organization_memberships", "organizations", "users", "workspaces"};
const char *const row_change_names[ROW_CHANGES] = {"unchanged", "added",
                                                   "changed", "removed"};

/* In the order of row_tables, then of ids.  $1: users, $2: organizations,
 * $3: memberships, $4: organizations whose memberships go with them. */
static const char rows_query[] =
    "with wanted_users as materialized (\n"
    "    select * from users where clerk_user_id in\n"
    "        (select json_array_elements_text($1::json))),\n"
    "wanted_memberships as (\n"
    "    select * from organization_memberships\n"
    "    where clerk_membership_id in\n"
    "        (select json_array_elements_text($3::json))\n"
    "    union\n"
    "    select m.* from organization_memberships m\n"
    "    join wanted_users u on u.id = m.user_id\n"
    "    union\n"
    "    select m.* from organization_memberships m\n"
    "    join organizations o on o.id = m.organization_id\n"
    "    where o.clerk_organization_id in\n"
    "        (select json_array_elements_text($4::json)))\n"
    "select kind, id, md5(content::text) from (\n"
    "    select 0, clerk_membership_id, to_jsonb(m)\n"
    "    from wanted_memberships m\n"
    "    union all\n"
    "    select 1, clerk_organization_id, to_jsonb(o) from organizations o\n"
    "    where clerk_organization_id in\n"
    "        (select json_array_elements_text($2::json))\n"
    "    union all\n"
    "    select 2, clerk_user_id, to_jsonb(u) - 'last_sync_attempt'\n"
    "    from wanted_users u\n"
    "    union all\n"
    "    select 3, u.clerk_user_id, to_jsonb(w)\n"
    "    from workspaces w join wanted_users u on u.id = w.user_id\n"
    ") r (kind, id, content)\n"
    "order by kind, id collate \"C\"";

int row_changes_open(const char *database_url, int64_t timeout_ms,
                     struct row_changes **ret_changes, struct error *err)
{
    struct postgres *db;

    if (postgres_open_in_time(database_url, timeout_ms, &db, err) != 0)
        return -1;
    *ret_changes = memory_new(sizeof(**ret_changes));
    (*ret_changes)->db = db;
    (*ret_changes)->timeout_ms = timeout_ms;
    return 0;
}

void row_changes_close(struct row_changes *changes)
{
    if (changes == NULL)
        return;
    for (size_t i = 0; i < changes->changed_count; i++)
        free(changes->changed[i].id);
    postgres_rows_free(changes->before);
    postgres_close(changes->db);
    free(changes);
}

static void add_mention(const struct mention *mention,
                        struct json_writer lists[LISTS])
{
    if (mention->kind == ENTITY_USER)
        json_write_slice(&lists[0], NULL, mention->id);
    else if (mention->kind == ENTITY_ORGANIZATION)
        json_write_slice(&lists[1], NULL, mention->id);
    else if (mention->kind == ENTITY_MEMBERSHIP)
        json_write_slice(&lists[2], NULL, mention->id);
    if (mention->kind == ENTITY_ORGANIZATION &&
        mention->effect == MENTION_DELETED)
        json_write_slice(&lists[3], NULL, mention->id);
}

static int read_rows(struct row_changes *changes, struct event *const *events,
                     size_t count, struct postgres_rows **ret_rows,
                     struct error *err)
{
    struct buffer texts[LISTS];
    struct json_writer lists[LISTS];
    const char *values[LISTS];
    int result;

    for (int i = 0; i < LISTS; i++) {
        buffer_init(&texts[i], IDS_BYTES);
        json_writer_init(&lists[i], &texts[i]);
        json_write_array(&lists[i], NULL);
    }
    for (size_t i = 0; i < count; i++)
        for (int j = 0; j < events[i]->mention_count; j++)
            add_mention(&events[i]->mentions[j], lists);
    for (int i = 0; i < LISTS; i++) {
        json_write_end(&lists[i]);
        values[i] = texts[i].data;
    }
    postgres_set_timeout(changes->db, changes->timeout_ms);
    result =
        postgres_query(changes->db, rows_query, values, LISTS, ret_rows, err);
    for (int i = 0; i < LISTS; i++)
        buffer_release(&texts[i]);
    return result;
}

int row_changes_before(struct row_changes *changes, struct event *const *events,
                       size_t count, struct error *err)
{
    postgres_rows_free(changes->before);
    changes->before = NULL;
    return read_rows(changes, events, count, &changes->before, err);
}

static void note(struct row_changes *changes, const struct postgres_rows *rows,
                 size_t row, enum row_change change)
{
    enum row_kind kind = (enum row_kind)postgres_rows_number(rows, row, 0);

    changes->counts[kind][change]++;
    if (change != ROW_UNCHANGED && changes->changed_count < ROW_CHANGED_MAX)
        changes->changed[changes->changed_count++] = (struct row_changed){
            kind, change, memory_copy_text(postgres_rows_value(rows, row, 1))};
}

/* Which comes first; a row that is not there comes last. */
static int compare(const struct postgres_rows *a, size_t i,
                   const struct postgres_rows *b, size_t j)
{
    int64_t kind_a, kind_b;

    if (i >= postgres_rows_count(a) || j >= postgres_rows_count(b))
        return i < postgres_rows_count(a) ? -1 : 1;
    kind_a = postgres_rows_number(a, i, 0);
    kind_b = postgres_rows_number(b, j, 0);
    if (kind_a != kind_b)
        return kind_a < kind_b ? -1 : 1;
    return strcmp(postgres_rows_value(a, i, 1), postgres_rows_value(b, j, 1));
}

int row_changes_after(struct row_changes *changes, struct event *const *events,
                      size_t count, struct error *err)
{
    const struct postgres_rows *before = changes->before;
    struct postgres_rows *after;
    size_t i = 0, j = 0;

    if (read_rows(changes, events, count, &after, err) != 0)
        return -1;
    while (i < postgres_rows_count(before) || j < postgres_rows_count(after)) {
        int order = compare(before, i, after, j);
        if (order < 0) {
            note(changes, before, i++, ROW_REMOVED);
        } else if (order > 0) {
            note(changes, after, j++, ROW_ADDED);
        } else {
            bool is_same = strcmp(postgres_rows_value(before, i++, 2),
                                  postgres_rows_value(after, j, 2)) == 0;
            note(changes, after, j++, is_same ? ROW_UNCHANGED : ROW_CHANGED);
        }
    }
    postgres_rows_free(after);
    return 0;
}
