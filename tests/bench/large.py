"""large - a database in which much lies already: 10^6 entities with their
registers, 10^7 rows of ledger.

The rows are as wide as real ones but for the payload, of which a fifth is
stored: the width of a heap row does not matter to those that are added.
"""

USERS, ORGANIZATIONS, MEMBERSHIPS = 500_000, 100_000, 400_000
LEDGER = 10_000_000

# md5 gives ids that are as scattered as Clerk's; indexes are made at the end.
STATEMENTS = (
    "ALTER TABLE webhook_events DROP CONSTRAINT webhook_events_pkey",
    """INSERT INTO webhook_events (webhook_id, event_type, entity_id, payload,
           status, kafka_topic, kafka_partition, kafka_offset, created_at,
           processed_at, updated_at)
       SELECT 'msg_' || substr(md5(i::text), 1, 27), 'user.updated',
           'user_' || substr(md5((i % {users})::text), 1, 27),
           json_build_object('type', 'user.updated', 'data',
               repeat(md5(i::text), 8)),
           'completed', 'clerk.events', i % 12, i,
           now() - interval '1 day' + i * interval '8 ms',
           now() - interval '1 day' + i * interval '8 ms', now()
       FROM generate_series(1, {ledger}) AS i""",
    "ALTER TABLE webhook_events ADD PRIMARY KEY (webhook_id)",
    """INSERT INTO users (id, clerk_user_id, email, username, first_name,
           last_name, avatar_url, public_metadata, sync_status, created_at,
           updated_at)
       SELECT md5('u' || i)::uuid, 'user_' || substr(md5(i::text), 1, 27),
           i || '@school.example', 'user' || i, 'Ada', 'Lovelace',
           'https://img.example/' || md5(i::text), '{{"plan":"pro"}}',
           'synced', now(), now()
       FROM generate_series(1, {users}) AS i""",
    """INSERT INTO workspaces (id, user_id, created_at)
       SELECT md5('w' || i)::uuid, md5('u' || i)::uuid, now()
       FROM generate_series(1, {users}) AS i""",
    """INSERT INTO organizations (id, clerk_organization_id, name, slug,
           subdomain, sync_status, created_at, updated_at)
       SELECT md5('o' || i)::uuid, 'org_' || substr(md5(i::text), 1, 27),
           'School ' || i, 'school-' || i, 'school' || i, 'synced', now(),
           now()
       FROM generate_series(1, {organizations}) AS i""",
    """INSERT INTO organization_memberships (id, clerk_membership_id,
           organization_id, user_id, role, clerk_role, created_at, updated_at)
       SELECT md5('m' || i)::uuid, 'orgmem_' || substr(md5(i::text), 1, 27),
           md5('o' || (i % {organizations} + 1))::uuid,
           md5('u' || i)::uuid, 'STUDENT', 'org:member', now(), now()
       FROM generate_series(1, {memberships}) AS i""",
    """INSERT INTO entity_versions (kind, id, class, t, rank, ts, event_id,
           created_ms)
       SELECT k.kind, k.prefix || substr(md5(k.kind || i), 1, 27), 1,
           1700000000000 + i, 2, 1700000000000 + i,
           'msg_' || substr(md5(i::text), 1, 27), 1700000000000
       FROM (VALUES ('user', 'user_', {users}),
                    ('organization', 'org_', {organizations}),
                    ('membership', 'orgmem_', {memberships}),
                    ('pair', 'org_:user_', {memberships}))
            AS k (kind, prefix, most),
            generate_series(1, k.most) AS i""",
    "VACUUM ANALYZE",
)


def fill(session, share=1.0):
    """share: of the sizes above, for a try."""
    sizes = {
        "users": int(USERS * share),
        "organizations": int(ORGANIZATIONS * share),
        "memberships": int(MEMBERSHIPS * share),
        "ledger": int(LEDGER * share),
    }
    for statement in STATEMENTS:
        session.execute(statement.format(**sizes))
