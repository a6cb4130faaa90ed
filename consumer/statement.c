#include "consumer/statement.h"

/* A batch is small beside the tables: every join is by index.  Left to itself
 * PostgreSQL plans for the tables as they are when a session is young, empty
 * perhaps, and keeps reading them whole when they have grown.  To walk through
 * an index from end to end would be the same, and may seem cheap then: what is
 * LATERAL leaves it no choice.  The registers' ids are sorted by bytes, those
 * of the tables as the database sorts: COLLATE makes their index fit. */
static const char by_index[] =
    "SELECT set_config('enable_seqscan', 'off', true),\n"
    "       set_config('enable_hashjoin', 'off', true),\n"
    "       set_config('enable_mergejoin', 'off', true),\n"
    "       set_config('jit', 'off', true)";

static const char registers_make[] =
    "INSERT INTO entity_versions (kind, id)\n"
    "SELECT e.kind, e.id FROM unnest($1::text[], $2::text[]) AS e (kind, id)\n"
    "ON CONFLICT DO NOTHING";

static const char registers_lock[] =
    "SELECT v.class, v.t, v.rank, v.ts, v.event_id, v.is_deleted,\n"
    "       v.deleted_ms, v.failure, v.created_ms, v.base, v.newest_id,\n"
    "       v.content\n"
    "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS e (kind, id, n)\n"
    "JOIN entity_versions v ON v.kind = e.kind AND v.id = e.id\n"
    "ORDER BY e.n FOR NO KEY UPDATE OF v";

static const char ledger_lock[] =
    "SELECT e.n, w.status, w.redrives,\n"
    "       (extract(epoch FROM w.retry_at) * 1000)::bigint,\n"
    "       w.kafka_topic = e.topic AND w.kafka_partition = e.partition\n"
    "           AND w.kafka_offset = e.position\n"
    "       OR e.topic || ':' || e.partition || ':' || e.position\n"
    "           = ANY (w.duplicate_offsets),\n"
    "       w.dead_letter\n"
    "FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[])\n"
    "     WITH ORDINALITY AS e (id, topic, partition, position, n)\n"
    "JOIN webhook_events w ON w.webhook_id = e.id\n"
    "ORDER BY e.n FOR NO KEY UPDATE OF w";

static const char bases_make[] =
    "INSERT INTO entity_versions (kind, id)\n"
    "SELECT 'subdomain', b.base FROM unnest($1::text[]) AS b (base)\n"
    "ON CONFLICT DO NOTHING";

static const char bases_lock[] =
    "SELECT 1\n"
    "FROM unnest($1::text[]) WITH ORDINALITY AS b (base, n)\n"
    "CROSS JOIN LATERAL (\n"
    "    SELECT FROM entity_versions v\n"
    "    WHERE v.kind = 'subdomain' AND v.id = b.base\n"
    "    FOR NO KEY UPDATE) AS v\n"
    "ORDER BY b.n";

static const char claims[] =
    "SELECT c.base, c.id, c.created_ms, o.subdomain\n"
    "FROM (\n"
    "    SELECT b.base, v.id, v.created_ms, o.id AS row_id\n"
    "    FROM unnest($1::text[]) AS b (base)\n"
    "    CROSS JOIN LATERAL (\n"
    "        SELECT r.id, r.created_ms FROM entity_versions r\n"
    "        WHERE r.kind = 'organization' AND r.base = b.base\n"
    "          AND NOT r.is_deleted AND r.id <> ALL ($2::text[])\n"
    "        ORDER BY r.created_ms, r.id LIMIT 1) AS v\n"
    "    CROSS JOIN LATERAL (\n"
    "        SELECT o.id FROM organizations o\n"
    "        WHERE o.clerk_organization_id = v.id COLLATE pg_catalog.default\n"
    "        LIMIT 1) AS o\n"
    "    ORDER BY o.id) AS c\n"
    "CROSS JOIN LATERAL (\n"
    "    SELECT o.subdomain FROM organizations o\n"
    "    WHERE o.id = c.row_id FOR UPDATE) AS o";

static const char limit_waits[] =
    "SELECT set_config('lock_timeout', ($1::bigint[])[1]::text, true)";

/* Two batches that delete from both sides must not take the memberships in
 * opposite orders. */
static const char cascade_lock[] =
    "WITH locked AS (\n"
    "    SELECT 1 FROM organization_memberships\n"
    "    WHERE organization_id = ANY ($1::uuid[])\n"
    "       OR user_id = ANY ($2::uuid[])\n"
    "    ORDER BY id FOR UPDATE)\n"
    "SELECT count(*) FROM locked";

static const char memberships_remove[] =
    "DELETE FROM organization_memberships m\n"
    "USING unnest($1::text[], $2::uuid[], $3::uuid[])\n"
    "      AS r (id, organization_id, user_id)\n"
    "WHERE m.clerk_membership_id = r.id\n"
    "  AND m.organization_id = coalesce(r.organization_id, m.organization_id)\n"
    "  AND m.user_id = coalesce(r.user_id, m.user_id)";

static const char memberships_of_users[] =
    "DELETE FROM organization_memberships WHERE user_id = ANY ($1::uuid[])";

static const char organizations_remove[] =
    "DELETE FROM organizations WHERE id = ANY ($1::uuid[])";

static const char users[] =
    "INSERT INTO users (id, clerk_user_id, email, phone, username,\n"
    "    first_name, last_name, avatar_url, external_id, public_metadata,\n"
    "    status, sync_status, created_at, updated_at, deleted_at,\n"
    "    sync_error, last_sync_attempt)\n"
    "SELECT u.*, now()\n"
    "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[],\n"
    "    $6::text[], $7::text[], $8::text[], $9::text[], $10::jsonb[],\n"
    "    $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[],\n"
    "    $15::timestamptz[], $16::text[]) AS u\n"
    "ON CONFLICT (id) DO UPDATE SET\n"
    "    email = EXCLUDED.email, phone = EXCLUDED.phone,\n"
    "    username = EXCLUDED.username, first_name = EXCLUDED.first_name,\n"
    "    last_name = EXCLUDED.last_name, avatar_url = EXCLUDED.avatar_url,\n"
    "    external_id = EXCLUDED.external_id,\n"
    "    public_metadata = EXCLUDED.public_metadata,\n"
    "    status = EXCLUDED.status, sync_status = EXCLUDED.sync_status,\n"
    "    sync_error = EXCLUDED.sync_error,\n"
    "    created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at,\n"
    "    deleted_at = EXCLUDED.deleted_at,\n"
    "    last_sync_attempt = EXCLUDED.last_sync_attempt";

static const char tombstones[] =
    "INSERT INTO users (id, clerk_user_id, status, sync_status, deleted_at,\n"
    "    sync_error, last_sync_attempt)\n"
    "SELECT u.id, u.clerk_id, 'DELETED', u.sync_status, u.deleted_at,\n"
    "    u.sync_error, now()\n"
    "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[],\n"
    "     $5::text[]) AS u (id, clerk_id, sync_status, deleted_at, "
    "sync_error)\n"
    "ON CONFLICT (id) DO UPDATE SET\n"
    "    status = EXCLUDED.status, sync_status = EXCLUDED.sync_status,\n"
    "    sync_error = EXCLUDED.sync_error,\n"
    "    deleted_at = EXCLUDED.deleted_at,\n"
    "    last_sync_attempt = EXCLUDED.last_sync_attempt";

static const char syncs[] =
    "UPDATE users SET sync_status = u.sync_status,\n"
    "    sync_error = u.sync_error, last_sync_attempt = now()\n"
    "FROM unnest($1::uuid[], $2::text[], $3::text[])\n"
    "     AS u (id, sync_status, sync_error)\n"
    "WHERE users.id = u.id";

/* No reason to wait, least of all for the row that is the trouble: mark_failed
 * comes back to those who are passed over here. */
static const char troubles[] =
    "UPDATE users SET sync_status = coalesce(t.sync_status, "
    "users.sync_status),\n"
    "    sync_error = t.sync_error, last_sync_attempt = now()\n"
    "FROM (SELECT u.id, e.sync_status, e.sync_error\n"
    "      FROM unnest($1::uuid[], $2::text[], $3::text[])\n"
    "           AS e (id, sync_status, sync_error)\n"
    "      JOIN users u ON u.id = e.id\n"
    "      ORDER BY u.id FOR NO KEY UPDATE OF u SKIP LOCKED) AS t\n"
    "WHERE users.id = t.id";

/* One after the other in a circle, so that one whose row is refused does not
 * stand before the others. */
static const char unmarked[] =
    "SELECT v.id\n"
    "FROM entity_versions v\n"
    "JOIN users u ON u.clerk_user_id = v.id COLLATE pg_catalog.default\n"
    "WHERE v.kind = 'user' AND v.failure IS NOT NULL\n"
    "  AND u.sync_status <> 'failed' AND v.id > ($1::text[])[1]\n"
    "ORDER BY v.id LIMIT 1\n"
    "FOR NO KEY UPDATE OF v, u SKIP LOCKED";

static const char mark_failed[] =
    "UPDATE users SET sync_status = 'failed', sync_error = v.failure,\n"
    "    last_sync_attempt = now()\n"
    "FROM entity_versions v\n"
    "WHERE v.kind = 'user' AND v.id = ($1::text[])[1]\n"
    "  AND users.clerk_user_id = v.id COLLATE pg_catalog.default";

static const char workspaces[] =
    "INSERT INTO workspaces (id, user_id, created_at)\n"
    "SELECT w.* FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS w\n"
    "ON CONFLICT (id) DO UPDATE SET\n"
    "    user_id = EXCLUDED.user_id, name = EXCLUDED.name,\n"
    "    created_at = EXCLUDED.created_at\n"
    "WHERE (workspaces.user_id, workspaces.name, workspaces.created_at)\n"
    "    IS DISTINCT FROM\n"
    "    (EXCLUDED.user_id, EXCLUDED.name, EXCLUDED.created_at)";

/* Names are first freed, then given, so that no two have one at any time. */
static const char subdomains_free[] =
    "UPDATE organizations SET subdomain = f.interim\n"
    "FROM unnest($1::uuid[], $2::text[], $3::text[])\n"
    "     AS f (id, interim, final)\n"
    "WHERE organizations.id = f.id\n"
    "  AND organizations.subdomain IS DISTINCT FROM f.final";

static const char organizations[] =
    "INSERT INTO organizations (id, clerk_organization_id, name, slug,\n"
    "    subdomain, image_url, created_by, public_metadata, sync_status,\n"
    "    created_at, updated_at)\n"
    "SELECT o.*\n"
    "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[],\n"
    "    $6::text[], $7::text[], $8::jsonb[], $9::text[],\n"
    "    $10::timestamptz[], $11::timestamptz[]) AS o\n"
    "ON CONFLICT (id) DO UPDATE SET\n"
    "    name = EXCLUDED.name, slug = EXCLUDED.slug,\n"
    "    subdomain = EXCLUDED.subdomain, image_url = EXCLUDED.image_url,\n"
    "    created_by = EXCLUDED.created_by,\n"
    "    public_metadata = EXCLUDED.public_metadata,\n"
    "    status = EXCLUDED.status, sync_status = EXCLUDED.sync_status,\n"
    "    created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at";

static const char subdomains_give[] =
    "UPDATE organizations SET subdomain = g.subdomain\n"
    "FROM unnest($1::uuid[], $2::text[]) AS g (id, subdomain)\n"
    "WHERE organizations.id = g.id";

static const char memberships[] =
    "INSERT INTO organization_memberships (id, clerk_membership_id,\n"
    "    organization_id, user_id, role, clerk_role, permissions,\n"
    "    public_metadata, created_at, updated_at)\n"
    "SELECT m.id, m.clerk_id, m.organization_id, m.user_id, m.role,\n"
    "    m.clerk_role, m.permissions::text[], m.metadata, m.created_at,\n"
    "    m.updated_at\n"
    "FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[],\n"
    "    $6::text[], $7::text[], $8::jsonb[], $9::timestamptz[],\n"
    "    $10::timestamptz[]) AS m (id, clerk_id, organization_id, user_id,\n"
    "    role, clerk_role, permissions, metadata, created_at, updated_at)\n"
    "ON CONFLICT (id) DO UPDATE SET\n"
    "    organization_id = EXCLUDED.organization_id,\n"
    "    user_id = EXCLUDED.user_id, role = EXCLUDED.role,\n"
    "    clerk_role = EXCLUDED.clerk_role,\n"
    "    permissions = EXCLUDED.permissions,\n"
    "    public_metadata = EXCLUDED.public_metadata,\n"
    "    status = EXCLUDED.status, created_at = EXCLUDED.created_at,\n"
    "    updated_at = EXCLUDED.updated_at";

static const char registers[] =
    "UPDATE entity_versions v SET\n"
    "    class = e.class, t = e.t, rank = e.rank, ts = e.ts,\n"
    "    event_id = e.event_id, is_deleted = e.is_deleted,\n"
    "    deleted_ms = e.deleted_ms, failure = e.failure,\n"
    "    created_ms = e.created_ms, base = e.base, newest_id = e.newest_id,\n"
    "    content = e.content\n"
    "FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[],\n"
    "    $5::int[], $6::bigint[], $7::text[], $8::bool[], $9::bigint[],\n"
    "    $10::text[], $11::bigint[], $12::text[], $13::text[], $14::text[])\n"
    "    AS e (kind, id, class, t, rank, ts, event_id, is_deleted,\n"
    "    deleted_ms, failure, created_ms, base, newest_id, content)\n"
    "WHERE v.kind = e.kind AND v.id = e.id";

static const char ledger_insert[] =
    "INSERT INTO webhook_events (webhook_id, event_type, entity_id, payload,\n"
    "    status, attempts, last_error, kafka_topic, kafka_partition,\n"
    "    kafka_offset, duplicates, duplicate_offsets, replays, redrives,\n"
    "    created_at, processed_at, updated_at, retry_at, dead_letter)\n"
    "SELECT w.id, w.type, w.entity, w.payload, w.status, w.attempts, w.error,\n"
    "    w.topic, w.partition, w.position, w.duplicates, w.places::text[],\n"
    "    w.replays, w.redrives, coalesce(w.created_at, now()),\n"
    "    CASE WHEN w.status NOT IN ('failed', 'retrying')\n"
    "         THEN clock_timestamp() END,\n"
    "    clock_timestamp(), w.retry_at, w.dead_letter\n"
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::text[],\n"
    "    $6::int[], $7::text[], $8::text[], $9::int[], $10::bigint[],\n"
    "    $11::int[], $12::text[], $13::int[], $14::int[],\n"
    "    $15::timestamptz[], $16::timestamptz[], $17::text[]) AS w (id,\n"
    "    type, entity, payload, status, attempts, error, topic, partition,\n"
    "    position, duplicates, places, replays, redrives, created_at,\n"
    "    retry_at, dead_letter)";

static const char ledger_update[] =
    "UPDATE webhook_events w SET\n"
    "    replays = w.replays + u.replays,\n"
    "    duplicates = w.duplicates + u.duplicates,\n"
    "    duplicate_offsets = w.duplicate_offsets || u.places::text[],\n"
    "    status = coalesce(u.status, w.status),\n"
    "    attempts = w.attempts + u.attempts,\n"
    "    last_error = CASE WHEN u.status IS NULL THEN w.last_error\n"
    "                      ELSE u.error END,\n"
    "    processed_at = CASE WHEN u.status IN ('failed', 'retrying')\n"
    "                          OR u.status IS NULL THEN w.processed_at\n"
    "                        ELSE coalesce(w.processed_at,\n"
    "                                      clock_timestamp()) END,\n"
    "    redrives = u.redrives, retry_at = u.retry_at,\n"
    "    dead_letter = u.dead_letter, updated_at = clock_timestamp()\n"
    "FROM unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::text[],\n"
    "     $6::int[], $7::text[], $8::int[], $9::timestamptz[], $10::text[])\n"
    "     AS u (id, replays, duplicates, places, status, attempts, error,\n"
    "     redrives, retry_at, dead_letter)\n"
    "WHERE w.webhook_id = u.id";

/* Only for somebody: a notification holds a lock that all commits share. */
static const char notify[] =
    "SELECT pg_notify('clerkstream_applied', '')\n"
    "WHERE EXISTS (SELECT FROM clerkstream_waiters WHERE expires_at > now())";

/* Locks on whole tables that keep us from writing, held or waited for: whoever
 * queues up behind one of them waits too. */
static const char table_locks[] =
    "SELECT 1 FROM pg_locks\n"
    "WHERE locktype = 'relation' AND pid IS DISTINCT FROM pg_backend_pid()\n"
    "  AND database = (SELECT oid FROM pg_database\n"
    "                  WHERE datname = current_database())\n"
    "  AND relation IN ('users'::regclass, 'organizations'::regclass,\n"
    "      'organization_memberships'::regclass, 'workspaces'::regclass,\n"
    "      'webhook_events'::regclass, 'entity_versions'::regclass)\n"
    "  AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',\n"
    "      'AccessExclusiveLock')\n"
    "LIMIT 1";

#define T PG_TEXT
#define U PG_UUID
#define N PG_INT8
#define I PG_INT4
#define B PG_BOOL
#define W PG_TIME
#define J PG_JSONB

const struct statement statements[STATEMENTS] = {
    [STATEMENT_BEGIN] = {"begin", "BEGIN", 0, {0}},
    [STATEMENT_BY_INDEX] = {"by_index", by_index, 0, {0}},
    [STATEMENT_REGISTERS_MAKE] = {"registers_make", registers_make, 2, {T, T}},
    [STATEMENT_REGISTERS_LOCK] = {"registers_lock", registers_lock, 2, {T, T}},
    [STATEMENT_LEDGER_LOCK] = {"ledger_lock", ledger_lock, 4, {T, T, I, N}},
    [STATEMENT_BASES_MAKE] = {"bases_make", bases_make, 1, {T}},
    [STATEMENT_BASES_LOCK] = {"bases_lock", bases_lock, 1, {T}},
    [STATEMENT_CLAIMS] = {"claims", claims, 2, {T, T}},
    [STATEMENT_LIMIT_WAITS] = {"limit_waits", limit_waits, 1, {N}},
    [STATEMENT_CASCADE_LOCK] = {"cascade_lock", cascade_lock, 2, {U, U}},
    [STATEMENT_MEMBERSHIPS_REMOVE] = {"memberships_remove",
                                      memberships_remove,
                                      3,
                                      {T, U, U}},
    [STATEMENT_MEMBERSHIPS_OF_USERS] = {"memberships_of_users",
                                        memberships_of_users,
                                        1,
                                        {U}},
    [STATEMENT_ORGANIZATIONS_REMOVE] = {"organizations_remove",
                                        organizations_remove,
                                        1,
                                        {U}},
    [STATEMENT_USERS] = {"users",
                         users,
                         16,
                         {U, T, T, T, T, T, T, T, T, J, T, T, W, W, W, T}},
    [STATEMENT_TOMBSTONES] = {"tombstones", tombstones, 5, {U, T, T, W, T}},
    [STATEMENT_SYNCS] = {"syncs", syncs, 3, {U, T, T}},
    [STATEMENT_TROUBLES] = {"troubles", troubles, 3, {U, T, T}},
    [STATEMENT_WORKSPACES] = {"workspaces", workspaces, 3, {U, U, W}},
    [STATEMENT_SUBDOMAINS_FREE] = {"subdomains_free",
                                   subdomains_free,
                                   3,
                                   {U, T, T}},
    [STATEMENT_ORGANIZATIONS] = {"organizations",
                                 organizations,
                                 11,
                                 {U, T, T, T, T, T, T, J, T, W, W}},
    [STATEMENT_SUBDOMAINS_GIVE] = {"subdomains_give",
                                   subdomains_give,
                                   2,
                                   {U, T}},
    [STATEMENT_MEMBERSHIPS] = {"memberships",
                               memberships,
                               10,
                               {U, T, U, U, T, T, T, J, W, W}},
    [STATEMENT_REGISTERS] = {"registers",
                             registers,
                             14,
                             {T, T, I, N, I, N, T, B, N, T, N, T, T, T}},
    [STATEMENT_LEDGER_INSERT] = {"ledger_insert",
                                 ledger_insert,
                                 17,
                                 {T, T, T, PG_JSON, T, I, T, T, I, N, I, T, I,
                                  I, W, W, T}},
    [STATEMENT_LEDGER_UPDATE] = {"ledger_update",
                                 ledger_update,
                                 10,
                                 {T, I, I, T, T, I, T, I, W, T}},
    [STATEMENT_NOTIFY] = {"notify", notify, 0, {0}},
    [STATEMENT_COMMIT] = {"commit", "COMMIT", 0, {0}},
    [STATEMENT_CHECK_DEFERRED] = {"check_deferred",
                                  "SET CONSTRAINTS ALL IMMEDIATE",
                                  0,
                                  {0}},
    [STATEMENT_UNMARKED] = {"unmarked", unmarked, 1, {T}},
    [STATEMENT_MARK_FAILED] = {"mark_failed", mark_failed, 1, {T}},
    [STATEMENT_TABLE_LOCKS] = {"table_locks", table_locks, 0, {0}},
};
