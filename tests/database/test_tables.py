"""The tables as others may rely on them: columns, constraints, indexes."""

import uuid

import psycopg
import pytest
from postgres import query
from programs import BIN

# Column and type, as the design lists them (section 6).
COLUMNS = {
    "users": """
        id uuid, clerk_user_id text, email text, phone text, username text,
        first_name text, last_name text, avatar_url text, external_id text,
        public_metadata jsonb, status text, sync_status text,
        last_sync_attempt timestamptz, sync_error text,
        created_at timestamptz, updated_at timestamptz,
        deleted_at timestamptz""",
    "organizations": """
        id uuid, clerk_organization_id text, name text, slug text,
        subdomain text, image_url text, created_by text,
        public_metadata jsonb, status text, sync_status text,
        created_at timestamptz, updated_at timestamptz""",
    "organization_memberships": """
        id uuid, clerk_membership_id text, organization_id uuid,
        user_id uuid, role text, clerk_role text, permissions text[],
        public_metadata jsonb, status text, created_at timestamptz,
        updated_at timestamptz""",
    "workspaces": """
        id uuid, user_id uuid, name text, created_at timestamptz""",
    "webhook_events": """
        webhook_id text, event_type text, entity_id text, payload json,
        status text, attempts integer, last_error text, kafka_topic text,
        kafka_partition integer, kafka_offset bigint, duplicates integer,
        duplicate_offsets text[], replays integer, created_at timestamptz,
        processed_at timestamptz, updated_at timestamptz""",
}
COLUMNS_OF = """
    SELECT attname AS name,
           replace(format_type(atttypid, atttypmod),
                   'timestamp with time zone', 'timestamptz') AS type
    FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"""

U1, U2, O1, O2, M1 = (str(uuid.UUID(int=n)) for n in range(1, 6))
WORLD = f"""
    INSERT INTO users (id, clerk_user_id)
        VALUES ('{U1}', 'user_1'), ('{U2}', 'user_2');
    INSERT INTO organizations (id, clerk_organization_id, subdomain)
        VALUES ('{O1}', 'org_1', 'one'), ('{O2}', 'org_2', 'two');
    INSERT INTO workspaces (id, user_id) VALUES ('{U1}', '{U1}');
    INSERT INTO organization_memberships
        (id, clerk_membership_id, organization_id, user_id, role)
        VALUES ('{M1}', 'mem_1', '{O1}', '{U1}', 'TEACHER');
    INSERT INTO webhook_events (webhook_id, status, kafka_topic,
            kafka_partition, kafka_offset, created_at, updated_at)
        VALUES ('msg_1', 'completed', 't', 0, 0, now(), now())"""


@pytest.fixture(scope="module")
def database(postgres):
    url = postgres.create_database(console=BIN / "clerkstream")
    yield url
    postgres.drop_database(url)


@pytest.fixture
def world(database):
    """A session with a few rows, rolled back at the end."""
    with psycopg.connect(database) as session:
        session.execute(WORLD)
        yield session
        session.rollback()


@pytest.mark.parametrize("table", COLUMNS)
def test_every_column_of_the_design_is_there_with_its_type(database, table):
    found = {c["name"]: c["type"] for c in query(database, COLUMNS_OF, table)}
    wanted = dict(
        column.split() for column in COLUMNS[table].split(",")
    )  # fmt: skip
    assert {name: found.get(name) for name in wanted} == wanted


WORDS = {
    ("users", "status"): "ACTIVE DELETED",
    ("users", "sync_status"): "synced pending failed",
    ("organizations", "status"): "ACTIVE",
    ("organizations", "sync_status"): "synced pending failed",
    ("organization_memberships", "role"): "SUPER_ADMIN TEACHER STUDENT",
    ("organization_memberships", "status"): "ACTIVE",
    ("webhook_events", "status"):
        "completed ignored superseded retrying failed",
}  # fmt: skip


@pytest.mark.parametrize("table, column", WORDS)
def test_a_column_of_words_takes_those_and_no_others(world, table, column):
    change = f"UPDATE {table} SET {column} = %s"
    for word in WORDS[table, column].split():
        world.execute(change, [word])
    for word in ("", word.swapcase(), "unknown", None):
        with pytest.raises(psycopg.IntegrityError) as refused:
            with world.transaction():
                world.execute(change, [word])
        assert refused.value.sqlstate in ("23514", "23502")


TWICE = [
    ("clerk_user_id", f"""INSERT INTO users (id, clerk_user_id)
        VALUES ('{M1}', 'user_1')"""),
    ("clerk_organization_id", f"""INSERT INTO organizations
        (id, clerk_organization_id) VALUES ('{M1}', 'org_1')"""),
    ("subdomain", "UPDATE organizations SET subdomain = 'one'"),
    ("clerk_membership_id", f"""INSERT INTO organization_memberships
        (id, clerk_membership_id, organization_id, user_id, role)
        VALUES ('{U1}', 'mem_1', '{O2}', '{U2}', 'STUDENT')"""),
    ("organization_id_user_id", f"""INSERT INTO organization_memberships
        (id, clerk_membership_id, organization_id, user_id, role)
        VALUES ('{U1}', 'mem_2', '{O1}', '{U1}', 'STUDENT')"""),
    ("user_id", f"""INSERT INTO workspaces (id, user_id)
        VALUES ('{M1}', '{U1}')"""),
    ("pkey", """INSERT INTO webhook_events (webhook_id, status, kafka_topic,
        kafka_partition, kafka_offset, created_at, updated_at)
        VALUES ('msg_1', 'failed', 't', 1, 1, now(), now())"""),
]  # fmt: skip


@pytest.mark.parametrize("key, statement", TWICE, ids=[k for k, _ in TWICE])
def test_there_is_only_one(world, key, statement):
    with pytest.raises(psycopg.errors.UniqueViolation) as refused:
        world.execute(statement)
    assert key in refused.value.diag.constraint_name


@pytest.mark.parametrize("column", ("email", "username"))
def test_what_clerk_may_repeat_is_not_unique(world, column):
    world.execute(f"UPDATE users SET {column} = 'the same'")
    world.execute("UPDATE organizations SET slug = 'the same'")


def count(session, table):
    return session.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_a_membership_goes_with_its_organization(world):
    world.execute(f"DELETE FROM organizations WHERE id = '{O1}'")
    assert count(world, "organization_memberships") == 0
    assert count(world, "users") == 2


def test_a_membership_and_a_workspace_go_with_their_user(world):
    world.execute(f"DELETE FROM users WHERE id = '{U1}'")
    assert count(world, "organization_memberships") == 0
    assert count(world, "workspaces") == 0
    assert count(world, "organizations") == 2


def test_an_applications_own_table_may_hang_on_ours(world):
    world.execute(f"""
        CREATE TABLE lessons (organization_id uuid NOT NULL
            REFERENCES organizations ON DELETE CASCADE);
        INSERT INTO lessons VALUES ('{O1}'), ('{O2}');
        DELETE FROM organizations WHERE id = '{O1}'""")
    assert count(world, "lessons") == 1


@pytest.mark.parametrize("parent", ("organization_id", "user_id"))
def test_a_membership_needs_both_parents(world, parent):
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        world.execute(
            f"UPDATE organization_memberships SET {parent} = '{M1}'"
        )


def test_a_creator_may_be_nobody_who_is_there(world):
    world.execute("UPDATE organizations SET created_by = 'user_gone'")


def test_a_new_row_has_the_words_of_the_design(world):
    found = world.execute(f"""
        SELECT u.status, o.status, m.status, w.name, w.created_at
        FROM users u, organizations o, organization_memberships m,
             workspaces w
        WHERE u.id = '{U1}' AND o.id = '{O1}'""").fetchone()
    assert found == ("ACTIVE", "ACTIVE", "ACTIVE", "My Workspace", None)


def test_a_payload_is_kept_byte_for_byte(world):
    body = '{"b" : 1.50,\n "a":"\\u00e9\\u0000","a":[ ]}  '
    world.execute("UPDATE webhook_events SET payload = %s", [body])
    found = world.execute("SELECT payload::text FROM webhook_events")
    assert found.fetchone()[0] == body


# What an operator looks at, and by which index it is found.
MONITORING = [
    ("webhook_events_troubled", """
        SELECT webhook_id, event_type, last_error FROM webhook_events
        WHERE status = 'failed' ORDER BY created_at DESC LIMIT 20"""),
    ("webhook_events_troubled", """
        SELECT count(*) FROM webhook_events
        WHERE status IN ('failed', 'retrying')"""),
    ("webhook_events_created", """
        SELECT status, count(*) FROM webhook_events
        WHERE created_at > now() - interval '5 minutes' GROUP BY status"""),
    ("webhook_events_created", """
        SELECT avg((processed_at - created_at < interval '500 ms')::int)
        FROM webhook_events
        WHERE created_at > now() - interval '5 minutes'"""),
    ("webhook_events_pkey", """
        SELECT * FROM webhook_events WHERE webhook_id = 'msg_77'"""),
    ("users_not_synced", """
        SELECT count(*) FROM users WHERE sync_status = 'failed'"""),
    ("users_not_synced", """
        SELECT clerk_user_id FROM users WHERE sync_status = 'pending'"""),
    ("organizations_not_synced", """
        SELECT count(*) FROM organizations WHERE sync_status = 'pending'"""),
    ("users_clerk_user_id_key", """
        SELECT * FROM users WHERE clerk_user_id = 'user_77'"""),
    ("organizations_subdomain_key", """
        SELECT * FROM organizations WHERE subdomain = 'school77'"""),
    ("organization_memberships_user", f"""
        SELECT * FROM organization_memberships WHERE user_id = '{U1}'"""),
    ("organization_memberships_organization_id_user_id_key", f"""
        SELECT * FROM organization_memberships
        WHERE organization_id = '{O1}'"""),
    ("entity_versions_base", """
        SELECT id, created_ms FROM entity_versions
        WHERE kind = 'organization' AND base = 'school77'
          AND NOT is_deleted AND id <> ALL ('{}')
        ORDER BY created_ms, id LIMIT 1"""),
]  # fmt: skip

# One of a hundred is not as it should be.
MANY = """
    INSERT INTO users (id, clerk_user_id, sync_status)
        SELECT md5('u' || n)::uuid, 'user_' || n,
               CASE n % 100 WHEN 0 THEN 'pending' WHEN 1 THEN 'failed'
                            ELSE 'synced' END
        FROM generate_series(1, 20000) AS n;
    INSERT INTO organizations (id, clerk_organization_id, subdomain,
            sync_status)
        SELECT md5('o' || n)::uuid, 'org_' || n, 'school' || n,
               CASE n % 100 WHEN 0 THEN 'pending' ELSE 'synced' END
        FROM generate_series(1, 20000) AS n;
    INSERT INTO organization_memberships
            (id, clerk_membership_id, organization_id, user_id, role)
        SELECT md5('m' || n)::uuid, 'mem_' || n, md5('o' || n)::uuid,
               md5('u' || n)::uuid, 'STUDENT'
        FROM generate_series(1, 20000) AS n;
    INSERT INTO webhook_events (webhook_id, status, kafka_topic,
            kafka_partition, kafka_offset, created_at, processed_at,
            updated_at)
        SELECT 'msg_' || n,
               CASE n % 100 WHEN 0 THEN 'failed' ELSE 'completed' END,
               't', 0, n, at, at, at
        FROM (SELECT n, now() - (100000 - n) * interval '1 s' AS at
              FROM generate_series(1, 100000) AS n) AS numbered;
    INSERT INTO entity_versions (kind, id, created_ms, base)
        SELECT 'organization', 'org_' || n, n, 'school' || n
        FROM generate_series(1, 20000) AS n;
    ANALYZE"""


@pytest.fixture(scope="module")
def full_database(postgres):
    url = postgres.create_database(console=BIN / "clerkstream")
    with psycopg.connect(url) as session:
        session.execute(MANY)
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("VACUUM webhook_events")
    yield url
    postgres.drop_database(url)


@pytest.mark.parametrize(
    "index, statement", MONITORING, ids=[index for index, _ in MONITORING]
)
def test_what_operators_ask_is_found_by_an_index(
    full_database, index, statement
):
    plan = query(full_database, "EXPLAIN " + statement)
    lines = "\n".join(row["QUERY PLAN"] for row in plan)
    assert index in lines, lines
    assert "Seq Scan" not in lines, lines
