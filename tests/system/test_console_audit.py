"""`clerkstream audit` names what is not as the log says, and --repair heals.

The tables are those of real consumers; the damage is done by hand.
"""

import json

import desk
import psycopg
import pytest
from audited import (
    SMALL,
    Audited,
    change_membership,
    change_organization,
    change_register,
    change_user,
    named,
)
from model import Snapshot
from small_events import organization, user


@pytest.fixture
def small(deployment):
    return Audited(deployment, SMALL)


def test_an_id_that_nobody_knows_is_refused(small):
    done = small.deployment.console(
        "audit", "--entity", "user_nobody", check=False
    )
    assert done.returncode == 1 and done.stdout == ""
    assert "user_nobody is neither in" in done.stderr


def test_tables_that_are_right_are_said_to_be(small):
    told = small.audit()
    assert told["total"] == 0 and told["differences"] == []
    assert told["records"] == len(SMALL) and told["is_log_whole"]
    assert told["rows"] == {
        "users": 5, "organizations": 3, "organization_memberships": 2
    }  # fmt: skip
    assert told["troubled"] == told["unsettled"] == 0
    assert set(told["not_in_log"].values()) == {0}
    said = small.deployment.console("audit").stdout
    assert "5 users, 3 organizations, 2 memberships\n" in said
    assert said.endswith("the tables hold what the log says\n")


ROW_OF_G = """insert into organizations (id, clerk_organization_id)
    values (gen_random_uuid(), 'org_g')"""
ROW_OF_M3 = """insert into organization_memberships (id, clerk_membership_id,
    organization_id, user_id, role) select gen_random_uuid(), 'orgmem_3',
    o.id, u.id, 'STUDENT' from organizations o, users u
    where clerk_organization_id = 'org_o' and clerk_user_id = 'user_b'"""


# What is done by hand, and what of it is to be named.
DAMAGE = {
    "a column of a user": (
        [change_user("user_a", email="'x@y.z'", username="null")],
        {("user_a", "users", "email", "differs"),
         ("user_a", "users", "username", "differs")},
    ),
    "metadata in which a number is written otherwise": (
        [change_user("user_b", public_metadata="""'{"plan": {"n": 1.50}}'""")],
        {("user_b", "users", "public_metadata", "differs")},
    ),
    "a user who was taken away": (
        ["delete from users where clerk_user_id = 'user_a'"],
        {("user_a", "users", None, "missing"),
         ("user_a", "workspaces", None, "missing"),
         ("orgmem_1", "organization_memberships", None, "missing")},
    ),
    "a user of whom nobody has heard": (
        ["""insert into users (id, clerk_user_id)
            values (gen_random_uuid(), 'user_z')"""],
        {("user_z", "users", None, "stranger")},
    ),
    "a user with another name": (
        [change_user("user_a", clerk_user_id="'user_z'")],
        {("user_z", "users", None, "stranger"),
         ("user_z", "workspaces", None, "stranger"),
         ("user_a", "users", None, "missing"),
         ("user_a", "workspaces", None, "missing")},
    ),
    "a user who is deleted no more": (
        [change_user("user_c", status="'ACTIVE'", deleted_at="null")],
        {("user_c", "users", "status", "differs"),
         ("user_c", "users", "deleted_at", "differs")},
    ),
    "a user who is deleted": (
        [change_user("user_a", status="'DELETED'")],
        {("user_a", "users", "status", "differs")},
    ),
    "sync states": (
        [change_user("user_b", sync_status="'failed'"),
         change_user("user_s", sync_status="'synced'"),
         change_organization("org_o", sync_status="'pending'")],
        {("user_b", "users", "sync_status", "differs"),
         ("user_s", "users", "sync_status", "differs"),
         ("org_o", "organizations", "sync_status", "differs")},
    ),
    "workspaces": (
        ["""delete from workspaces w using users u where u.id = w.user_id
            and clerk_user_id = 'user_b'""",
         """update workspaces w set name = 'Yours' from users u
            where u.id = w.user_id and clerk_user_id = 'user_a'""",
         """insert into workspaces (id, user_id) select gen_random_uuid(), id
            from users where clerk_user_id = 'user_d'"""],
        {("user_b", "workspaces", None, "missing"),
         ("user_a", "workspaces", "name", "differs"),
         ("user_d", "workspaces", None, "unexpected")},
    ),
    "a wrong subdomain": (
        [change_organization("org_o", subdomain="'wrong'")],
        {("org_o", "organizations", "subdomain", "differs")},
    ),
    "a subdomain that the last in line has": (
        [change_organization("org_o", subdomain="'x'"),
         change_organization("org_q", subdomain="'acme'")],
        {("org_o", "organizations", "subdomain", "differs"),
         ("org_q", "organizations", "subdomain", "differs")},
    ),
    "a subdomain that a stranger has": (
        [change_organization("org_o", subdomain="null"),
         """insert into organizations (id, clerk_organization_id, subdomain)
            values (gen_random_uuid(), 'org_z', 'acme')"""],
        {("org_o", "organizations", "subdomain", "differs"),
         ("org_z", "organizations", None, "stranger")},
    ),
    "an organization that was taken away": (
        ["delete from organizations where clerk_organization_id = 'org_p'"],
        {("org_p", "organizations", None, "missing"),
         ("orgmem_2", "organization_memberships", None, "missing")},
    ),
    "an organization that is there again": (
        [ROW_OF_G], {("org_g", "organizations", None, "unexpected")},
    ),
    "an organization with another id": (
        [change_organization("org_q", id="gen_random_uuid()")],
        {("org_q", "organizations", "id", "differs")},
    ),
    "a membership": (
        [change_membership("orgmem_1", role="'STUDENT'", permissions="'{x}'")],
        {("orgmem_1", "organization_memberships", "role", "differs"),
         ("orgmem_1", "organization_memberships", "permissions", "differs")},
    ),
    "a membership of somebody else": (
        [change_membership("orgmem_1", user_id="""(select id from users
            where clerk_user_id = 'user_b')""")],
        {("orgmem_1", "organization_memberships", "user_id", "differs")},
    ),
    "a membership that is there again": (
        [ROW_OF_M3],
        {("orgmem_3", "organization_memberships", None, "unexpected")},
    ),
    "a register that has forgotten a deletion": (
        [change_register("user_c", is_deleted="false"),
         change_register("org_g", is_deleted="false", t="0")],
        {("user_c", "entity_versions", "is_deleted", "differs"),
         ("org_g", "entity_versions", "is_deleted", "differs"),
         ("org_g", "entity_versions", "t", "differs")},
    ),
    "a register of a time to come": (
        [change_register("user_a", t="t + 1000000000000")],
        {("user_a", "entity_versions", "t", "differs")},
    ),
    "a register that says deleted": (
        [change_register("org_o", is_deleted="true")],
        {("org_o", "entity_versions", "is_deleted", "differs")},
    ),
    "what a register says besides": (
        [change_register("org_o", base="'other'"),
         change_register("orgmem_1", content="'no JSON'"),
         change_register("orgmem_2", content="null")],
        {("org_o", "entity_versions", "base", "differs"),
         ("orgmem_1", "entity_versions", "content", "differs"),
         ("orgmem_2", "entity_versions", "content", "differs")},
    ),
    "registers that were taken away": (
        ["delete from entity_versions where id in ('user_a', 'org_g')"],
        {("user_a", "entity_versions", None, "missing"),
         ("org_g", "entity_versions", None, "missing")},
    ),
    "the newest generation of a pair": (
        ["""update entity_versions set newest_id = 'orgmem_z'
            where kind = 'pair' and id like '%user_s'"""],
        {("org_p user_s", "entity_versions", "newest_id", "differs")},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def one_after_the_other(module_deployment):
    """Each case is healed, so that the next finds all as it should be."""
    return Audited(module_deployment, SMALL)


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_named_and_healed(one_after_the_other, case):
    audited, (statements, expected) = one_after_the_other, DAMAGE[case]
    before = audited.deployment.dump()
    for statement in statements:
        audited.query(statement)
    assert audited.found() == expected
    assert named(audited.repaired()["differences"]) == expected
    assert audited.deployment.dump() == before


def test_values_are_shown_only_where_they_are_asked_for(small):
    small.query(change_user("user_a", email="'secret@y.z'"))
    for words in ((), ("--json",)):
        done = small.deployment.console("audit", *words, check=False)
        assert "secret" not in done.stdout + done.stderr
    (one,) = small.audit("--payload", code=1)["differences"]
    assert (one["expected"], one["found"]) == (None, "secret@y.z")
    said = small.deployment.console("audit", "--payload", check=False)
    assert "secret@y.z" in said.stdout
    assert said.stderr.endswith("clerkstream audit: 1 difference\n")


def test_one_entity_and_what_belongs_to_it(small):
    small.query(change_user("user_b", email="'x'"))
    small.query(change_organization("org_o", name="'x'"))
    small.query(change_membership("orgmem_1", role="'TEACHER'"))
    small.query(change_register("org_q", base="'x'"))
    about = {
        "user_b": {"user_b"},
        "user_a": {"orgmem_1"},
        "org_o": {"org_o", "orgmem_1"},
        "orgmem_1": {"orgmem_1"},
        "org_q": {"org_q"},
    }
    for id, ids in about.items():
        assert {one[0] for one in small.found("--entity", id)} == ids
    assert small.audit("--entity", "org_p")["total"] == 0
    told = small.audit("--entity", "org_o", "--repair")
    assert told["repair"]["left"]["total"] == 0
    assert {one[0] for one in small.found()} == {"user_b", "org_q"}


def test_only_so_many_are_listed_and_all_are_healed(small):
    small.query("update users set email = 'x'")
    told = small.audit("--limit", 2, code=1)
    assert told["total"] == 5 and len(told["differences"]) == 2
    said = small.deployment.console("audit", "--limit", 2, check=False).stdout
    assert "and 3 more\n" in said
    assert small.audit("--limit", 0, "--repair")["total"] == 5
    assert small.audit()["total"] == 0


def test_without_repair_nothing_is_changed(small):
    small.query("update users set email = 'x'")
    before = everything(small.deployment)
    small.found()
    assert everything(small.deployment) == before


def everything(deployment):
    tables = ("users", "organizations", "organization_memberships",
              "workspaces", "entity_versions", "webhook_events")  # fmt: skip
    return {
        table: deployment.query(
            f"select xmin::text, ctid::text, * from {table} t order by t.ctid"
        )
        for table in tables
    }


def test_a_stranger_to_whom_others_refer_is_left(small):
    small.query("""create table orders
        (user_id uuid references users on delete cascade)""")
    small.query("""insert into users (id, clerk_user_id) values
        (gen_random_uuid(), 'user_y'), (gen_random_uuid(), 'user_z')""")
    small.query("""insert into orders select id from users
        where clerk_user_id = 'user_z'""")
    told = small.audit("--repair", code=1)
    assert told["repair"]["removed"] == 1
    left = told["repair"]["left"]["differences"]
    assert named(left) == {("user_z", "users", None, "stranger")}
    assert len(small.query("select * from orders")) == 1


def test_a_row_that_is_locked_stays_as_it_is(small):
    small.query(change_user("user_a", email="'x'"))
    small.query(change_user("user_b", email="'x'"))
    with psycopg.connect(small.deployment.database_url) as other:
        other.execute(
            "select 1 from users where clerk_user_id = 'user_a' for update"
        )
        told = small.audit("--repair", code=1)
    left = told["repair"]["left"]["differences"]
    assert named(left) == {("user_a", "users", "email", "differs")}
    assert told["repair"]["refused"] > 0
    small.repaired()


def test_an_event_that_failed_is_no_part_of_the_tables(deployment):
    deployment.query(
        "alter table users add check (first_name <> 'Refused')"
    )
    audited = Audited(
        deployment,
        [
            *SMALL,
            ("msg_bad_1", user("user_a", at=90, created_at=10**18)),
            ("msg_bad_2", b"no JSON"),
            ("msg_bad_3", user("user_new", at=90, first_name="Refused")),
            ("msg_bad_4", user("user_b", at=90, first_name="Refused")),
        ],
    )
    told = audited.audit()
    assert (told["total"], told["troubled"]) == (0, 4)
    audited.query(change_user("user_a", email="'x'"))
    audited.query(change_user("user_b", email="'x'"))
    assert audited.found() == {
        ("user_a", "users", "email", "differs"),
        ("user_b", "users", "email", "differs"),
    }
    audited.repaired()


def test_after_pruning_all_is_as_before(small):
    small.deployment.console("prune", "--older-than", "0s")
    assert small.audit()["total"] == 0
    small.deployment.console("prune", "--older-than", "0s", "--rows")
    assert small.audit()["total"] == 0
    small.query(change_user("user_a", email="'x'"))
    small.repaired()


def test_a_database_that_is_empty_is_rebuilt(small):
    before = small.deployment.dump()
    small.query("truncate users, organizations, entity_versions cascade")
    assert len(small.found()) > 20
    small.repaired()
    assert small.deployment.dump() == before


# What an audit cannot know, and what a row is found by.
NOT_COMPARED = {
    "users": {"last_sync_attempt", "sync_error", "clerk_user_id"},
    "organizations": {"clerk_organization_id"},
    "organization_memberships": {"clerk_membership_id"},
    "workspaces": {"user_id"},
    "entity_versions": {"kind", "id", "failure"},
}
OTHER = {
    "text": "'other'",
    "uuid": "gen_random_uuid()",
    "jsonb": """'{"other": 1}'""",
    "timestamp with time zone": "'2001-01-01Z'",
    "ARRAY": "'{other}'",
    "boolean": "true",
    "smallint": "7",
    "bigint": "7",
}
SPECIAL = {
    "status": "'DELETED'",
    "sync_status": "'failed'",
    "role": "'TEACHER'",
}  # fmt: skip


def test_every_column_of_every_table_is_compared(small):
    small.query("alter table organizations drop constraint "
                "organizations_status_check")  # fmt: skip
    small.query("alter table organization_memberships drop constraint "
                "organization_memberships_status_check")  # fmt: skip
    expected = set()
    for table, key, id in (
        ("users", "clerk_user_id", "user_s"),
        ("organizations", "clerk_organization_id", "org_q"),
        ("organization_memberships", "clerk_membership_id", "orgmem_1"),
        ("workspaces", "user_id", None),
        ("entity_versions", "id", "org_p"),
    ):
        columns = other_values(small, table)
        if table == "users":
            del columns["id"]  # its workspace refers to it
        if table == "organization_memberships":
            columns["organization_id"] = parent("organization", "org_p")
            columns["user_id"] = parent("user", "user_b")
        where = f"{key} = '{id}'" if id else f"""{key} = (select id from
            users where clerk_user_id = 'user_a')"""
        changes = ", ".join(f"{name} = {columns[name]}" for name in columns)
        small.query(f"update {table} set {changes} where {where}")
        expected |= {(id or "user_a", table, name, "differs")
                     for name in columns}  # fmt: skip
    assert small.found() == expected


def other_values(audited, table):
    return {
        row["column_name"]: SPECIAL.get(
            row["column_name"], OTHER[row["data_type"]]
        )
        for row in audited.query(
            """select column_name, data_type from information_schema.columns
               where table_name = %s and table_schema = 'public'""",
            table,
        )
        if row["column_name"] not in NOT_COMPARED[table]
    }


def parent(kind, id):
    return f"(select id from {kind}s where clerk_{kind}_id = '{id}')"


def test_duplicates_and_what_a_backfill_found(deployment):
    found = Snapshot(user("user_a", at=5, first_name="Found"))
    events = [
        ("msg_1", user("user_a", at=5, first_name="Told")),
        ("msg_2", found),
        ("msg_3", Snapshot(organization("org_a", at=9, slug="a"))),
    ]
    audited = Audited(deployment, [*events, *events[::-1], *events])
    told = audited.audit()
    assert told["total"] == 0 and told["records"] == 9
    audited.query(change_user("user_a", first_name="'Found'"))
    assert audited.found() == {("user_a", "users", "first_name", "differs")}
    audited.repaired()


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({"EVENTS_TOPIC": "no.such"}, 2, 'EVENTS_TOPIC: given "no.such"'),
        ({"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, 1, "PostgreSQL"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, 1, "127.0.0.1:1"),
        ({"CONSUMER_ROLE_MAP": "x"}, 2, "CONSUMER_ROLE_MAP"),
    ],
)
def test_what_is_not_there_is_one_line(deployment, environment, code, said):
    line = desk.refused(
        deployment, "audit", "--timeout", 2, code=code,
        environment=environment,
    )  # fmt: skip
    assert line.startswith("clerkstream audit: ") and said in line


def test_another_role_map_shows_what_was_mapped_otherwise(small):
    done = small.deployment.console(
        "audit", "--json", check=False,
        environment={"CONSUMER_ROLE_MAP": "org:admin=TEACHER"},
    )  # fmt: skip
    assert named(json.loads(done.stdout)["differences"]) == {
        ("orgmem_1", "organization_memberships", "role", "differs")
    }
