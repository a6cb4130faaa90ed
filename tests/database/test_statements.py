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


def test_the_source_was_understood():
    known = re.findall(r"\[STATEMENT_(\w+)\] =", SOURCE.read_text())
    with_parameters = {name.lower() for name in known} - {"begin", "commit"}
    assert set(STATEMENTS) == with_parameters


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_does_nothing_where_it_is_given_nothing(session, name):
    empty = ["{}"] * arrays_of(name)
    done = run(session, name, *empty)
    if name == "cascade_lock":
        assert done == [(0,)]
    elif name == "limit_waits":
        assert len(done) == 1
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


def ledger_insert(session, webhook_id, status="completed"):
    error = "why" if status == "failed" else "NULL"
    run(
        session, "ledger_insert", f"{{{webhook_id}}}", "{user.created}",
        "{user_1}", "{NULL}", f"{{{status}}}", f"{{{error}}}", "{t}", "{3}",
        "{7}", "{1}", '{"{t:3:9}"}', "{0}", TIME,
    )  # fmt: skip


def test_the_ledger_knows_an_event_by_all_its_places(session):
    ledger_insert(session, "msg_1")
    ledger_insert(session, "msg_2", "failed")
    known = run(
        session, "ledger_lock", "{msg_1,msg_1,msg_1,msg_2,msg_3}",
        "{t,t,t,other,t}", "{3,3,4,3,3}", "{7,9,7,7,7}",
    )  # fmt: skip
    assert known == [
        (1, False, True), (2, False, True), (3, False, False),
        (4, True, False),
    ]  # fmt: skip


LEDGER = """
    SELECT status, attempts, last_error, processed_at IS NOT NULL,
           duplicates, duplicate_offsets, replays FROM webhook_events"""


@pytest.mark.parametrize(
    "before, status, after",
    (
        ("completed", "NULL", ("completed", 1, None, True)),
        ("failed", "NULL", ("failed", 1, "why", False)),
        ("failed", "completed", ("completed", 2, None, True)),
        ("failed", "superseded", ("superseded", 2, None, True)),
    ),
)
def test_a_ledger_row_is_settled_once(session, before, status, after):
    ledger_insert(session, "msg_1", before)
    run(session, "ledger_update", "{msg_1}", "{2}", "{1}", '{"{t:3:11}"}',
        f"{{{status}}}")  # fmt: skip
    assert rows(session, LEDGER) == [(*after, 2, ["t:3:9", "t:3:11"], 2)]


def test_a_workspace_is_written_only_where_it_differs(session):
    members(session)
    given = (f"{{{M1}}}", f"{{{U1}}}", TIME)
    assert [run(session, "workspaces", *given) for _ in range(2)] == [1, 0]
    session.execute("UPDATE workspaces SET name = 'broken'")
    assert run(session, "workspaces", *given) == 1
    named = rows(session, "SELECT name, user_id::text FROM workspaces")
    assert [name for name, _ in named] == ["My Workspace"]
