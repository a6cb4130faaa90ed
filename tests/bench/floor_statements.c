#include "tests/bench/floor_statements.h"

static const char registers_make[] =
    "INSERT INTO entity_versions (kind, id)\n"
    "SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING";

static const char registers_lock[] =
    "SELECT v.t, v.event_id, v.is_deleted, v.created_ms, v.base\n"
    "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS e (kind, id, n)\n"
    "JOIN entity_versions v ON v.kind = e.kind AND v.id = e.id\n"
    "ORDER BY e.n FOR NO KEY UPDATE OF v";

static const char users[] =
    "INSERT INTO users (id, clerk_user_id, email, username, first_name,\n"
    "    last_name, avatar_url, external_id, public_metadata, created_at,\n"
    "    updated_at, sync_status, last_sync_attempt)\n"
    "SELECT u.*, 'synced', now() FROM unnest($1::uuid[], $2::text[],\n"
    "    $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],\n"
    "    $8::text[], $9::jsonb[], $10::timestamptz[], $11::timestamptz[])\n"
    "    AS u\n"
    "ON CONFLICT (id) DO UPDATE SET email = EXCLUDED.email,\n"
    "    username = EXCLUDED.username, first_name = EXCLUDED.first_name,\n"
    "    last_name = EXCLUDED.last_name, avatar_url = EXCLUDED.avatar_url,\n"
    "    external_id = EXCLUDED.external_id,\n"
    "    public_metadata = EXCLUDED.public_metadata,\n"
    "    created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at,\n"
    "    sync_status = EXCLUDED.sync_status,\n"
    "    last_sync_attempt = EXCLUDED.last_sync_attempt";

static const char user_stubs[] =
    "INSERT INTO users (id, clerk_user_id)\n"
    "SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING";

static const char workspaces[] =
    "INSERT INTO workspaces (id, user_id, created_at)\n"
    "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[])\n"
    "ON CONFLICT DO NOTHING";

static const char users_delete[] =
    "UPDATE users SET status = 'DELETED', deleted_at = u.deleted_at\n"
    "FROM unnest($1::uuid[], $2::timestamptz[]) AS u (id, deleted_at)\n"
    "WHERE users.id = u.id";

static const char users_leave[] =
    "DELETE FROM organization_memberships WHERE user_id = ANY ($1::uuid[])";

static const char organizations[] =
    "INSERT INTO organizations (id, clerk_organization_id, subdomain, name,\n"
    "    slug, image_url, created_by, public_metadata, created_at,\n"
    "    updated_at, sync_status)\n"
    "SELECT o.*, 'synced' FROM unnest($1::uuid[], $2::text[], $3::text[],\n"
    "    $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[],\n"
    "    $9::timestamptz[], $10::timestamptz[]) AS o\n"
    "ON CONFLICT (id) DO UPDATE SET subdomain = EXCLUDED.subdomain,\n"
    "    name = EXCLUDED.name, slug = EXCLUDED.slug,\n"
    "    image_url = EXCLUDED.image_url, created_by = EXCLUDED.created_by,\n"
    "    public_metadata = EXCLUDED.public_metadata,\n"
    "    created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at,\n"
    "    sync_status = EXCLUDED.sync_status";

static const char organization_stubs[] =
    "INSERT INTO organizations (id, clerk_organization_id)\n"
    "SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING";

static const char memberships_delete[] =
    "DELETE FROM organization_memberships WHERE id = ANY ($1::uuid[])";

static const char memberships[] =
    "INSERT INTO organization_memberships (id, clerk_membership_id,\n"
    "    organization_id, user_id, role, clerk_role, permissions,\n"
    "    public_metadata, created_at, updated_at)\n"
    "SELECT m.id, m.clerk_id, m.organization_id, m.user_id, 'STUDENT',\n"
    "    m.clerk_role, '{}', m.metadata, m.created_at, m.updated_at\n"
    "FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[],\n"
    "    $6::jsonb[], $7::timestamptz[], $8::timestamptz[]) AS m (id,\n"
    "    clerk_id, organization_id, user_id, clerk_role, metadata,\n"
    "    created_at, updated_at)\n"
    "ON CONFLICT (id) DO UPDATE SET role = EXCLUDED.role,\n"
    "    clerk_role = EXCLUDED.clerk_role,\n"
    "    permissions = EXCLUDED.permissions,\n"
    "    public_metadata = EXCLUDED.public_metadata,\n"
    "    created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at";

static const char organizations_delete[] =
    "DELETE FROM organizations WHERE id = ANY ($1::uuid[])";

/* Locked before or not: the row is made where it is not there. */
static const char registers[] =
    "INSERT INTO entity_versions (kind, id, class, t, rank, ts, event_id,\n"
    "    is_deleted, created_ms)\n"
    "SELECT e.kind, e.id, 1, e.t, 2, e.t, e.event_id, e.is_deleted,\n"
    "    e.created_ms\n"
    "FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[],\n"
    "    $5::bool[], $6::bigint[])\n"
    "    AS e (kind, id, t, event_id, is_deleted, created_ms)\n"
    "ON CONFLICT (kind, id) DO UPDATE SET t = EXCLUDED.t,\n"
    "    class = EXCLUDED.class, rank = EXCLUDED.rank, ts = EXCLUDED.ts,\n"
    "    event_id = EXCLUDED.event_id, is_deleted = EXCLUDED.is_deleted,\n"
    "    created_ms = EXCLUDED.created_ms";

static const char ledger[] =
    "INSERT INTO webhook_events (webhook_id, event_type, entity_id, payload,\n"
    "    kafka_topic, kafka_partition, kafka_offset, created_at, status,\n"
    "    processed_at, updated_at)\n"
    "SELECT w.id, w.type, w.entity, w.payload, 'bench', w.partition,\n"
    "    w.position, w.created_at, 'completed', clock_timestamp(),\n"
    "    clock_timestamp()\n"
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::int[],\n"
    "    $6::bigint[], $7::timestamptz[]) AS w (id, type, entity, payload,\n"
    "    partition, position, created_at)\n"
    "ON CONFLICT DO NOTHING";

#define T PG_TEXT
#define U PG_UUID
#define N PG_INT8
#define I PG_INT4
#define B PG_BOOL
#define W PG_TIME
#define J PG_JSONB

const struct floor_statement floor_statements[FLOOR_STATEMENTS] = {
    [FLOOR_BEGIN] = {"begin", "BEGIN", 0, {0}},
    [FLOOR_REGISTERS_MAKE] = {"registers_make", registers_make, 2, {T, T}},
    [FLOOR_REGISTERS_LOCK] = {"registers_lock", registers_lock, 2, {T, T}},
    [FLOOR_USERS] = {"users", users, 11, {U, T, T, T, T, T, T, T, J, W, W}},
    [FLOOR_USER_STUBS] = {"user_stubs", user_stubs, 2, {U, T}},
    [FLOOR_WORKSPACES] = {"workspaces", workspaces, 3, {U, U, W}},
    [FLOOR_USERS_DELETE] = {"users_delete", users_delete, 2, {U, W}},
    [FLOOR_USERS_LEAVE] = {"users_leave", users_leave, 1, {U}},
    [FLOOR_ORGANIZATIONS] = {"organizations",
                             organizations,
                             10,
                             {U, T, T, T, T, T, T, J, W, W}},
    [FLOOR_ORGANIZATION_STUBS] = {"organization_stubs",
                                  organization_stubs,
                                  2,
                                  {U, T}},
    [FLOOR_MEMBERSHIPS_DELETE] = {"memberships_delete",
                                  memberships_delete,
                                  1,
                                  {U}},
    [FLOOR_MEMBERSHIPS] = {"memberships",
                           memberships,
                           8,
                           {U, T, U, U, T, J, W, W}},
    [FLOOR_ORGANIZATIONS_DELETE] = {"organizations_delete",
                                    organizations_delete,
                                    1,
                                    {U}},
    [FLOOR_REGISTERS] = {"registers", registers, 6, {T, T, N, T, B, N}},
    [FLOOR_LEDGER] = {"ledger", ledger, 7, {T, T, T, PG_JSON, I, N, W}},
    [FLOOR_COMMIT] = {"commit", "COMMIT", 0, {0}},
    [FLOOR_ROLLBACK] = {"rollback", "ROLLBACK", 0, {0}},
};
