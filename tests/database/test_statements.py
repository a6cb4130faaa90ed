"""The SQL of a batch, taken from the consumer's source, on real tables."""

import re
from pathlib import Path

import psycopg
import pytest
from programs import BIN

SOURCE = Path(__file__).parents[2] / "consumer/statement.c"
LITERAL = re.compile(r'"((?:\\.|[^"\\])*)"')
CONSTANT = re.compile(
    rf"static const char (\w+)\[\] =\s*((?:{LITERAL.pattern}\s*)+);"
)


def statements():
    """Name -> SQL, of all that have parameters."""
    return {
        name: "".join(LITERAL.findall(literals)).replace("\\n", "\n")
        for name, literals, _ in CONSTANT.findall(SOURCE.read_text())
    }


STATEMENTS = statements()


@pytest.fixture(scope="module")
def migrated(postgres):
    url = postgres.create_database(console=BIN / "clerkstream")
    yield url
    postgres.drop_database(url)


@pytest.fixture
def session(migrated):
    """Rolled back at the end."""
    with psycopg.connect(migrated) as made:
        yield made
        made.rollback()


def run(session, name, *arrays):
    """Prepares and executes as the consumer does: server-side, arrays only."""
    session.execute(f"PREPARE statement AS {STATEMENTS[name]}")
    try:
        quoted = ", ".join(
            psycopg.sql.Literal(array).as_string(session) for array in arrays
        )
        given = f"({quoted})" if arrays else ""
        cursor = session.execute(f"EXECUTE statement {given}")
        return cursor.fetchall() if cursor.description else cursor.rowcount
    finally:
        session.execute("DEALLOCATE statement")


def arrays_of(name):
    return len(set(re.findall(r"\$(\d+)", STATEMENTS[name])))


# What needs no table and cannot be prepared by hand.
BARE = {"begin", "commit", "check_deferred"}


def test_the_source_was_understood():
    known = re.findall(r"\[STATEMENT_(\w+)\] =", SOURCE.read_text())
    assert set(STATEMENTS) == {name.lower() for name in known} - BARE


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_does_nothing_where_it_is_given_nothing(session, name):
    empty = ["{}"] * arrays_of(name)
    done = run(session, name, *empty)
    if name == "cascade_lock":
        assert done == [(0,)]
    elif name in ("limit_waits", "by_index"):
        assert len(done) == 1
    elif name == "table_locks":
        assert len(done) in (0, 1)
    else:
        assert done in (0, [])


U1, U2, O1, O2, O3, M1, M2 = (f"{n:032x}" for n in range(1, 8))
TIME = "{2025-01-01}"


def rows(session, statement):
    return session.execute(statement).fetchall()


def organizations(session, **subdomains):
    for n, (name, subdomain) in enumerate(subdomains.items(), 1):
        session.execute(
            "INSERT INTO organizations (id, clerk_organization_id, subdomain)"
            " VALUES (%s, %s, %s)", (f"{n + 2:032x}", name, subdomain),
        )  # fmt: skip


def test_subdomains_change_hands_without_a_moment_of_two_owners(session):
    organizations(session, org_1="ab", org_2="cd", org_3="ef")
    ids = f"{{{O1},{O2},{O3}}}"
    run(session, "subdomains_free", ids, "{ab-1,cd-2,ef-3}", "{cd,ef,ab}")
    run(
        session, "organizations", ids, "{org_1,org_2,org_3}",
        "{NULL,NULL,NULL}", "{NULL,NULL,NULL}", "{cd,ef,ab}",
        "{NULL,NULL,NULL}", "{NULL,NULL,NULL}", "{NULL,NULL,NULL}",
        "{synced,synced,pending}", "{NULL,NULL,NULL}", "{NULL,NULL,NULL}",
    )  # fmt: skip
    assert rows(session, "SELECT subdomain FROM organizations ORDER BY id") == [
        ("cd",), ("ef",), ("ab",),
    ]  # fmt: skip


def test_a_name_that_stays_is_not_touched(session):
    organizations(session, org_1="ab", org_2="cd")
    freed = run(
        session, "subdomains_free", f"{{{O1},{O2}}}", "{ab-1,cd-2}", "{ab,ab}"
    )
    assert freed == 1


def test_the_first_in_line_is_by_creation_then_bytes_of_the_id(session):
    organizations(session, org_1="a", org_a="b", org_B="c")
    session.execute("""
        INSERT INTO entity_versions (kind, id, base, created_ms, is_deleted)
        VALUES ('organization', 'org_1', 'x', 5, false),
               ('organization', 'org_a', 'x', 3, false),
               ('organization', 'org_B', 'x', 3, false),
               ('organization', 'org_gone', 'x', 1, true),
               ('organization', 'org_other', 'y', 1, false),
               ('user', 'user_1', 'x', 1, false)""")
    asked = "{x,nobody}"
    first = [
        run(session, "claims", asked, f"{{{ours}}}")
        for ours in ("", "org_B", "org_B,org_a", "org_B,org_a,org_1")
    ]
    assert first == [
        [("x", "org_B", 3, "c")],
        [("x", "org_a", 3, "b")],
        [("x", "org_1", 5, "a")],
        [],
    ]


def members(session):
    session.execute(
        "INSERT INTO users (id, clerk_user_id)"
        f" VALUES ('{U1}', 'user_1'), ('{U2}', 'user_2')"
    )
    organizations(session, org_1="a", org_2="b")
    session.execute(f"""
        INSERT INTO organization_memberships
            (id, clerk_membership_id, organization_id, user_id, role)
        VALUES ('{M1}', 'mem_1', '{O1}', '{U1}', 'STUDENT'),
               ('{M2}', 'mem_2', '{O2}', '{U2}', 'STUDENT')""")


LEFT = "SELECT clerk_membership_id FROM organization_memberships ORDER BY 1"


@pytest.mark.parametrize(
    "ids, organization, user, left",
    (
        ("mem_1", "NULL", "NULL", ["mem_2"]),
        ("mem_1", O1, U1, ["mem_2"]),
        ("mem_1", O1, U2, ["mem_1", "mem_2"]),
        ("mem_1", O2, U1, ["mem_1", "mem_2"]),
        ("mem_3", "NULL", "NULL", ["mem_1", "mem_2"]),
    ),
)
def test_a_membership_is_removed_from_the_pair_that_is_meant(
    session, ids, organization, user, left
):
    members(session)
    run(session, "memberships_remove", f"{{{ids}}}", f"{{{organization}}}",
        f"{{{user}}}")  # fmt: skip
    assert [row[0] for row in rows(session, LEFT)] == left


def test_memberships_that_go_with_a_parent_are_locked_first(session):
    members(session)
    locked = [
        run(session, "cascade_lock", f"{{{a}}}", f"{{{b}}}")[0][0]
        for a, b in ((O1, U1), (O1, U2), (O3, ""), ("", U2))
    ]
    assert locked == [1, 2, 0, 1]


def ledger_insert(session, webhook_id, status="completed", retry_at="NULL"):
    error = "why" if status in ("failed", "retrying") else "NULL"
    run(
        session, "ledger_insert", f"{{{webhook_id}}}", "{user.created}",
        "{user_1}", "{NULL}", f"{{{status}}}", "{1}", f"{{{error}}}", "{t}",
        "{3}", "{7}", "{1}", '{"{t:3:9}"}', "{0}", "{2}", TIME,
        f"{{{retry_at}}}", "{waiting}" if status == "failed" else "{NULL}",
    )  # fmt: skip


def test_the_ledger_knows_an_event_by_all_its_places(session):
    ledger_insert(session, "msg_1")
    ledger_insert(session, "msg_2", "failed")
    ledger_insert(session, "msg_4", "retrying", "2025-01-01 00:00:00.123Z")
    known = run(
        session, "ledger_lock", "{msg_1,msg_1,msg_1,msg_2,msg_3,msg_4}",
        "{t,t,t,other,t,t}", "{3,3,4,3,3,3}", "{7,9,7,7,7,7}",
    )  # fmt: skip
    assert known == [
        (1, "completed", 2, None, True, None),
        (2, "completed", 2, None, True, None),
        (3, "completed", 2, None, False, None),
        (4, "failed", 2, None, False, "waiting"),
        (6, "retrying", 2, 1735689600123, True, None),
    ]  # fmt: skip


LEDGER = """
    SELECT status, attempts, last_error, processed_at IS NOT NULL,
           duplicates, duplicate_offsets, replays, redrives,
           (extract(epoch FROM retry_at) * 1000)::bigint, dead_letter
    FROM webhook_events"""
AT = 1735689600000


@pytest.mark.parametrize(
    "before, status, attempts, error, after",
    (
        ("completed", "NULL", 0, "x", ("completed", 1, None, True)),
        ("failed", "NULL", 0, "x", ("failed", 1, "why", False)),
        ("failed", "completed", 1, "NULL", ("completed", 2, None, True)),
        ("failed", "superseded", 1, "NULL", ("superseded", 2, None, True)),
        ("failed", "retrying", 1, "x", ("retrying", 2, "x", False)),
        ("retrying", "retrying", 1, "x", ("retrying", 2, "x", False)),
        ("retrying", "failed", 3, "x", ("failed", 4, "x", False)),
        ("retrying", "completed", 1, "NULL", ("completed", 2, None, True)),
        ("completed", "failed", 1, "x", ("failed", 2, "x", True)),
    ),
)
def test_a_ledger_row_is_what_it_is_told(
    session, before, status, attempts, error, after
):
    ledger_insert(session, "msg_1", before)
    run(session, "ledger_update", "{msg_1}", "{2}", "{1}", '{"{t:3:11}"}',
        f"{{{status}}}", f"{{{attempts}}}", f"{{{error}}}", "{4}",
        TIME.replace("}", " Z}"), "{applied}")  # fmt: skip
    assert rows(session, LEDGER) == [
        (*after, 2, ["t:3:9", "t:3:11"], 2, 4, AT, "applied")
    ]


def test_the_time_of_the_first_application_stays(session):
    ledger_insert(session, "msg_1", "failed")
    session.execute("UPDATE webhook_events SET processed_at = '2020-01-01'")
    run(session, "ledger_update", "{msg_1}", "{0}", "{0}", "{NULL}",
        "{completed}", "{1}", "{NULL}", "{0}", "{NULL}",
        "{NULL}")  # fmt: skip
    assert rows(
        session, "SELECT extract(year FROM processed_at) FROM webhook_events"
    ) == [(2020,)]


SYNC = """SELECT clerk_user_id, sync_status, sync_error,
                 last_sync_attempt IS NOT NULL FROM users ORDER BY 1"""


def test_what_went_wrong_is_told_in_the_users_row(session):
    members(session)
    run(session, "troubles", f"{{{U1},{U2}}}", "{NULL,failed}", "{wait,why}")
    assert rows(session, SYNC) == [
        ("user_1", "pending", "wait", True), ("user_2", "failed", "why", True),
    ]  # fmt: skip


def test_a_row_that_is_locked_is_left_alone(migrated, session):
    members(session)
    session.commit()
    told = [f"{{{U1},{U2}}}", "{NULL,failed}", "{wait,why}"]
    try:
        with psycopg.connect(migrated) as other:
            other.execute(f"SELECT FROM users WHERE id = '{U1}' FOR UPDATE")
            session.execute("SET lock_timeout = '1s'")
            assert run(session, "troubles", *told) == 1
            other.rollback()
        assert rows(session, SYNC)[0] == ("user_1", "pending", None, False)
    finally:
        session.rollback()
        session.execute("TRUNCATE users, organizations CASCADE")
        session.commit()


def test_users_who_failed_are_marked_later(session):
    """Those whose row does not say so yet, one after the other."""
    members(session)
    session.execute("""
        INSERT INTO entity_versions (kind, id, failure)
        VALUES ('user', 'user_1', 'why'), ('user', 'user_2', 'why'),
               ('user', 'user_3', 'nobody'), ('pair', 'user_2', 'no user')""")
    asked = [
        run(session, "unmarked", f"{{{after}}}")
        for after in ('""', "user_1", "user_2")
    ]
    assert asked == [[("user_1",)], [("user_2",)], []]
    assert run(session, "mark_failed", "{user_1}") == 1
    assert run(session, "unmarked", '{""}') == [("user_2",)]
    assert rows(session, SYNC) == [
        ("user_1", "failed", "why", True),
        ("user_2", "pending", None, False),
    ]  # fmt: skip


def test_only_who_waits_is_notified(session):
    assert run(session, "notify") == []
    add = "INSERT INTO clerkstream_waiters (expires_at) VALUES (now() + %s)"
    session.execute(add, ["-1 second"])
    assert run(session, "notify") == []
    session.execute(add, ["1 minute"])
    session.execute(add, ["1 minute"])
    assert run(session, "notify") == [("",)]


def test_a_workspace_is_written_only_where_it_differs(session):
    members(session)
    given = (f"{{{M1}}}", f"{{{U1}}}", TIME)
    assert [run(session, "workspaces", *given) for _ in range(2)] == [1, 0]
    session.execute("UPDATE workspaces SET name = 'broken'")
    assert run(session, "workspaces", *given) == 1
    named = rows(session, "SELECT name, user_id::text FROM workspaces")
    assert [name for name, _ in named] == ["My Workspace"]
