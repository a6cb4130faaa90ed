#include "console/rebuild_tables.h"

#include "console/postgres.h"
#include "consumer/identity.h"

#include <stdio.h>
#include <string.h>

const char *const rebuilt_names[REBUILT_TABLES] = {
    "organization_memberships", "organizations", "users", "workspaces"};

static const char workspace_ids_query[] =
    "select w.id, u.clerk_user_id\n"
    "from workspaces w join users u on u.id = w.user_id order by w.id";

static const char *const ids_queries[REBUILT_TABLES] = {
    "select id, clerk_membership_id from organization_memberships order by id",
    "select id, clerk_organization_id from organizations order by id",
    "select id, clerk_user_id from users order by id",
    workspace_ids_query,
};

/* Rows that others refer to cannot go without theirs.  What is never kept:
 * two generations of one membership would be in each other's way. */
static const char references_query[] =
    "select c.conrelid::regclass, c.conname, c.confrelid::regclass\n"
    "from pg_constraint c\n"
    "where c.contype = 'f'\n"
    "  and c.confrelid in ('users'::regclass, 'organizations'::regclass,\n"
    "      'organization_memberships'::regclass, 'workspaces'::regclass,\n"
    "      'entity_versions'::regclass)\n"
    "  and c.conrelid not in ('users'::regclass, 'organizations'::regclass,\n"
    "      'organization_memberships'::regclass, 'workspaces'::regclass,\n"
    "      'entity_versions'::regclass)\n"
    "  and (not $1 or c.confrelid in ('entity_versions'::regclass,\n"
    "       'organization_memberships'::regclass))\n"
    "order by 1, 2";

static const char empty_all[] =
    "truncate users, organizations, organization_memberships, workspaces,\n"
    "    entity_versions";

/* While they are being written again no two may want one subdomain. */
static const char empty_registers[] =
    "truncate organization_memberships, entity_versions;\n"
    "update organizations set subdomain = null where subdomain is not null";

int rebuilt_ids_read(struct postgres *db, struct rebuilt_ids *ret_ids,
                     struct error *err)
{
    struct rebuilt_ids ids = {{NULL}};

    for (int i = 0; i < REBUILT_TABLES; i++) {
        if (postgres_query(db, ids_queries[i], NULL, 0, &ids.rows[i], err) == 0)
            continue;
        rebuilt_ids_release(&ids);
        return -1;
    }
    *ret_ids = ids;
    return 0;
}

void rebuilt_ids_release(struct rebuilt_ids *ids)
{
    for (int i = 0; i < REBUILT_TABLES; i++)
        postgres_rows_free(ids->rows[i]);
}

size_t rebuilt_ids_count(const struct rebuilt_ids *ids,
                         enum rebuilt_table table)
{
    return postgres_rows_count(ids->rows[table]);
}

static bool is_lasting(const char *text, enum rebuilt_table table,
                       const char *clerk_id)
{
    struct uuid id = table == REBUILT_WORKSPACES
                         ? identity_of_workspace(slice_of(clerk_id))
                         : identity_of(slice_of(clerk_id));
    char digits[2 * sizeof(id.bytes) + 1];
    size_t at = 0;

    for (size_t i = 0; i < sizeof(id.bytes); i++)
        snprintf(digits + 2 * i, 3, "%02x", id.bytes[i]);
    for (const char *c = text; *c != '\0'; c++)
        if (*c != '-' && (at >= sizeof(digits) - 1 || *c != digits[at++]))
            return false;
    return at == sizeof(digits) - 1;
}

size_t rebuilt_ids_count_lasting(const struct rebuilt_ids *ids,
                                 enum rebuilt_table table)
{
    const struct postgres_rows *rows = ids->rows[table];
    size_t count = 0;

    for (size_t i = 0; i < postgres_rows_count(rows); i++)
        count += is_lasting(postgres_rows_value(rows, i, 0), table,
                            postgres_rows_value(rows, i, 1));
    return count;
}

size_t rebuilt_ids_count_same(const struct rebuilt_ids *a,
                              const struct rebuilt_ids *b,
                              enum rebuilt_table table)
{
    const struct postgres_rows *left = a->rows[table], *right = b->rows[table];
    size_t i = 0, j = 0, count = 0;

    while (i < postgres_rows_count(left) && j < postgres_rows_count(right)) {
        int order = strcmp(postgres_rows_value(left, i, 0),
                           postgres_rows_value(right, j, 0));
        count += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return count;
}

int rebuilt_check_references(struct postgres *db, bool keeps_rows,
                             struct error *err)
{
    const char *const values[] = {keeps_rows ? "true" : "false"};
    struct postgres_rows *rows;
    size_t count;

    if (postgres_query(db, references_query, values, 1, &rows, err) != 0)
        return -1;
    count = postgres_rows_count(rows);
    for (size_t i = 0; i < count; i++)
        fprintf(
            stderr, "%s refers to %s (%s)\n", postgres_rows_value(rows, i, 0),
            postgres_rows_value(rows, i, 2), postgres_rows_value(rows, i, 1));
    postgres_rows_free(rows);
    if (count == 0)
        return 0;
    return error_set(
        err, ERROR_ACCESS,
        "%zu foreign keys of other tables refer to what would be "
        "emptied%s",
        count, keeps_rows ? "" : ": --keep-rows, or replay --to-earliest");
}

int rebuilt_empty(struct postgres *db, bool keeps_rows, struct error *err)
{
    return postgres_execute(db, keeps_rows ? empty_registers : empty_all, err);
}
