#include "console/audit/columns.h"

#include "console/audit/finding.h"
#include "console/terminal.h"
#include "consumer/bind.h"

#include <string.h>

#define CHUNK 1000

/* Each of the statements has the parameters of the consumer's statement that
 * writes the table, and gives the columns that hold something else: Clerk's
 * id, column, what is expected, what was found. */
#define DIFFERING                                                              \
    ") as c (name, expected, found)\n"                                         \
    "where c.expected is distinct from c.found"

#define USERS                                                                  \
    "select e.clerk_id, c.name, c.expected, c.found\n"                         \
    "from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], "             \
    "$5::text[],\n"                                                            \
    "    $6::text[], $7::text[], $8::text[], $9::text[], $10::jsonb[],\n"      \
    "    $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[],\n"  \
    "    $15::timestamptz[], $16::text[])\n"                                   \
    "    as e (id, clerk_id, email, phone, username, first_name, last_name,\n" \
    "    avatar_url, external_id, public_metadata, status, sync_status,\n"     \
    "    created_at, updated_at, deleted_at, sync_error)\n"                    \
    "join users u on u.clerk_user_id = e.clerk_id\n"                           \
    "cross join lateral (values\n"                                             \
    "    ('id', e.id::text, u.id::text),\n"                                    \
    "    ('status', e.status, u.status),\n"                                    \
    "    ('sync_status', e.sync_status, u.sync_status),\n"                     \
    "    ('deleted_at', e.deleted_at::text, u.deleted_at::text)"

static const char users_known[] = USERS DIFFERING;

static const char users_whole[] = USERS
    ",\n"
    "    ('email', e.email, u.email),\n"
    "    ('phone', e.phone, u.phone),\n"
    "    ('username', e.username, u.username),\n"
    "    ('first_name', e.first_name, u.first_name),\n"
    "    ('last_name', e.last_name, u.last_name),\n"
    "    ('avatar_url', e.avatar_url, u.avatar_url),\n"
    "    ('external_id', e.external_id, u.external_id),\n"
    "    ('public_metadata', e.public_metadata::text,\n"
    "        u.public_metadata::text),\n"
    "    ('created_at', e.created_at::text, u.created_at::text),\n"
    "    ('updated_at', e.updated_at::text, u.updated_at::text)" DIFFERING;

static const char workspaces[] =
    "select u.clerk_user_id, c.name, c.expected, c.found\n"
    "from unnest($1::uuid[], $2::uuid[], $3::timestamptz[])\n"
    "    as e (id, user_id, created_at)\n"
    "join workspaces w on w.user_id = e.user_id\n"
    "join users u on u.id = w.user_id\n"
    "cross join lateral (values\n"
    "    ('id', e.id::text, w.id::text),\n"
    "    ('name', 'My Workspace', w.name),\n"
    "    ('created_at', e.created_at::text, w.created_at::text)" DIFFERING;

#define ORGANIZATIONS                                                          \
    "select e.clerk_id, c.name, c.expected, c.found\n"                         \
    "from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], "             \
    "$5::text[],\n"                                                            \
    "    $6::text[], $7::text[], $8::jsonb[], $9::text[],\n"                   \
    "    $10::timestamptz[], $11::timestamptz[])\n"                            \
    "    as e (id, clerk_id, name, slug, subdomain, image_url, created_by,\n"  \
    "    public_metadata, sync_status, created_at, updated_at)\n"              \
    "join organizations o on o.clerk_organization_id = e.clerk_id\n"           \
    "cross join lateral (values\n"                                             \
    "    ('id', e.id::text, o.id::text),\n"                                    \
    "    ('subdomain', e.subdomain, o.subdomain),\n"                           \
    "    ('status', 'ACTIVE', o.status),\n"                                    \
    "    ('sync_status', e.sync_status, o.sync_status)"

static const char organizations_known[] = ORGANIZATIONS DIFFERING;

static const char organizations_whole[] = ORGANIZATIONS
    ",\n"
    "    ('name', e.name, o.name),\n"
    "    ('slug', e.slug, o.slug),\n"
    "    ('image_url', e.image_url, o.image_url),\n"
    "    ('created_by', e.created_by, o.created_by),\n"
    "    ('public_metadata', e.public_metadata::text,\n"
    "        o.public_metadata::text),\n"
    "    ('created_at', e.created_at::text, o.created_at::text),\n"
    "    ('updated_at', e.updated_at::text, o.updated_at::text)" DIFFERING;

static const char memberships[] =
    "select e.clerk_id, c.name, c.expected, c.found\n"
    "from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[],\n"
    "    $6::text[], $7::text[], $8::jsonb[], $9::timestamptz[],\n"
    "    $10::timestamptz[])\n"
    "    as e (id, clerk_id, organization_id, user_id, role, clerk_role,\n"
    "    permissions, public_metadata, created_at, updated_at)\n"
    "join organization_memberships m on m.clerk_membership_id = e.clerk_id\n"
    "cross join lateral (values\n"
    "    ('id', e.id::text, m.id::text),\n"
    "    ('organization_id', e.organization_id::text,\n"
    "        m.organization_id::text),\n"
    "    ('user_id', e.user_id::text, m.user_id::text),\n"
    "    ('role', e.role, m.role),\n"
    "    ('clerk_role', e.clerk_role, m.clerk_role),\n"
    "    ('permissions', e.permissions::text[]::text, m.permissions::text),\n"
    "    ('public_metadata', e.public_metadata::text,\n"
    "        m.public_metadata::text),\n"
    "    ('status', 'ACTIVE', m.status),\n"
    "    ('created_at', e.created_at::text, m.created_at::text),\n"
    "    ('updated_at', e.updated_at::text, m.updated_at::text)" DIFFERING;

/* What is to be compared with a table: some of the rows, in chunks. */
struct comparison {
    enum entity_kind kind;
    const char *table;
    const char *statement;
    enum statement_id writes; /* the table, at the consumer */
    size_t begin, end;        /* of the rows */
    /* Leave in `rows` what is from `begin` on, at most so many. */
    void (*narrow)(struct rows *rows, size_t begin, size_t count);
};

static void narrow_users(struct rows *rows, size_t begin, size_t count)
{
    rows->users += begin;
    rows->users_count = count;
}

static void narrow_organizations(struct rows *rows, size_t begin, size_t count)
{
    rows->organizations += begin;
    rows->organizations_count = count;
}

static void narrow_memberships(struct rows *rows, size_t begin, size_t count)
{
    rows->memberships += begin;
    rows->memberships_count = count;
}

static struct slice text_at(const struct postgres_rows *rows, size_t row,
                            int column)
{
    return slice_of(postgres_rows_value(rows, row, column));
}

static void tell(struct audit *audit, const struct comparison *of,
                 const struct postgres_rows *rows, size_t row)
{
    struct known *known = known_find(&audit->pass.expected.known, of->kind,
                                     text_at(rows, row, 0));
    const struct difference one = {.what = DIFFERENCE_VALUE,
                                   .table = of->table,
                                   .column = text_at(rows, row, 1),
                                   .expected = text_at(rows, row, 2),
                                   .found = text_at(rows, row, 3)};

    /* A row that was locked when its event failed is marked later. */
    if (slice_is(one.column, "sync_status") && known->reg->is_failed)
        return;
    if (slice_is(one.column, "id"))
        finding_add_in_the_way(audit, known, &one);
    else
        finding_add(audit, known, &one);
}

static int compare_chunk(struct audit *audit, const struct comparison *of,
                         size_t begin, size_t count, struct bind_arrays *arrays,
                         struct error *err)
{
    struct arena arena = {.chunks = NULL};
    struct rows some = audit->pass.expected.rows;
    const struct bind_input input = {
        .rows = &some, .roles = &audit->roles, .arena = &arena};
    struct postgres_rows *rows = NULL;
    int result = 0;

    of->narrow(&some, begin, count);
    if (bind_statement(arrays, of->writes, &input))
        result = audit_query_arrays(audit, of->statement, arrays, &rows, err);
    arena_release(&arena);
    if (rows == NULL)
        return result;
    for (size_t i = 0; i < postgres_rows_count(rows); i++)
        tell(audit, of, rows, i);
    postgres_rows_free(rows);
    return 0;
}

static int compare(struct audit *audit, const struct comparison *of,
                   struct progress_bar *bar, struct error *err)
{
    struct bind_arrays arrays = {.count = 0};
    int result = 0;

    for (size_t i = of->begin; i < of->end && result == 0; i += CHUNK) {
        size_t count = of->end - i < CHUNK ? of->end - i : CHUNK;
        result = compare_chunk(audit, of, i, count, &arrays, err);
        bar->done += count;
        terminal_progress(bar);
    }
    bind_release(&arrays);
    return result;
}

int columns_compare(struct audit *audit, struct error *err)
{
    const struct expected *expected = &audit->pass.expected;
    const struct rows *rows = &expected->rows;
    const struct comparison comparisons[] = {
        {ENTITY_USER, "users", users_whole, STATEMENT_USERS, 0,
         expected->whole_users, narrow_users},
        {ENTITY_USER, "users", users_known, STATEMENT_USERS,
         expected->whole_users, rows->users_count, narrow_users},
        {ENTITY_USER, "workspaces", workspaces, STATEMENT_WORKSPACES, 0,
         expected->whole_users, narrow_users},
        {ENTITY_ORGANIZATION, "organizations", organizations_whole,
         STATEMENT_ORGANIZATIONS, 0, expected->whole_organizations,
         narrow_organizations},
        {ENTITY_ORGANIZATION, "organizations", organizations_known,
         STATEMENT_ORGANIZATIONS, expected->whole_organizations,
         rows->organizations_count, narrow_organizations},
        {ENTITY_MEMBERSHIP, "organization_memberships", memberships,
         STATEMENT_MEMBERSHIPS, 0, rows->memberships_count, narrow_memberships},
    };
    struct progress_bar bar = {.title = "comparing", .unit = "rows"};
    int result = 0;

    for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++)
        bar.total += comparisons[i].end - comparisons[i].begin;
    for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++)
        if (result == 0)
            result = compare(audit, &comparisons[i], &bar, err);
    terminal_progress_end(&bar);
    return result;
}
