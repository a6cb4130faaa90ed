"""Whatever is wrong with the database: events wait for it, none is given up.

One consumer lives through all of it, fault after fault. Each time some
events are applied, the fault comes, more events are published and held, the
fault goes, and all is applied without anybody's help.
"""

import secrets
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.rows import dict_row
from stream import Stream, assert_held

WORKERS = 2


class Scene:
    """A consumer that has a database role of its own."""

    def __init__(self, deployment):
        self.deployment = deployment
        self.superuser = deployment.cluster.superuser_url
        self.role = f"consumer_{secrets.token_hex(4)}"
        self.password = secrets.token_hex(8)
        owner = urlsplit(deployment.database_url)
        self.database = owner.path[1:]
        self.url = owner._replace(
            netloc=f"{self.role}:{self.password}@{owner.hostname}:{owner.port}"
        ).geturl()
        self.as_superuser(
            f"CREATE ROLE {self.role} LOGIN PASSWORD '{self.password}'"
            f" IN ROLE {owner.username}"
        )
        self.stream = Stream(deployment, "dbf")
        self.consumer = deployment.consumer(
            DATABASE_URL=self.url, CONSUMER_WORKERS=WORKERS,
            KAFKA_AUTO_COMMIT_INTERVAL_MS=100,
        )  # fmt: skip

    def close(self):
        self.consumer.stop()
        self.as_superuser(f"DROP ROLE {self.role}")

    def as_superuser(self, statement):
        """In the database of the deployment, also when it is read-only."""
        url = urlsplit(self.superuser)._replace(path="/" + self.database)
        with psycopg.connect(
            url.geturl(), autocommit=True, row_factory=dict_row,
            options="-c default_transaction_read_only=off",
        ) as session:  # fmt: skip
            cursor = session.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def end_sessions(self):
        self.as_superuser(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE usename = '{self.role}'"
        )

    def live_through(self, fault, reason):
        self.stream.publish()
        self.stream.assert_applied()
        ledger = self.deployment.ledger()
        with fault:
            self.stream.publish()
            assert_held(self.deployment, self.consumer, reason, ledger)
        self.stream.assert_applied()
        self.consumer.wait_ready()


@pytest.fixture(scope="module")
def scene(module_deployment):
    made = Scene(module_deployment)
    yield made
    made.close()


@contextmanager
def between(scene, broken, mended, new_sessions=False):
    scene.as_superuser(broken)
    if new_sessions:
        scene.end_sessions()
    try:
        yield
    finally:
        scene.as_superuser(mended)


@contextmanager
def without_rights(scene, table):
    """Whoever was granted something on the table has it no more."""
    granted = scene.as_superuser(
        "SELECT DISTINCT grantee FROM information_schema.table_privileges"
        f" WHERE table_name = '{table}'"
    )
    roles = ", ".join(row["grantee"] for row in granted)
    scene.as_superuser(f"REVOKE ALL ON {table} FROM {roles}")
    try:
        yield
    finally:
        scene.as_superuser(f"GRANT ALL ON {table} TO {roles}")


@contextmanager
def raising(scene, table, sqlstate):
    """Every write to the table fails, with that SQLSTATE."""
    scene.as_superuser(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE 'out of something' USING ERRCODE = '{sqlstate}'; END $$;"
        f" CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON {table}"
        " EXECUTE FUNCTION fail()"
    )
    try:
        yield
    finally:
        scene.as_superuser("DROP FUNCTION fail CASCADE")


@pytest.mark.parametrize(
    "table",
    ["users", "organizations", "organization_memberships", "workspaces",
     "webhook_events", "entity_versions"],
)  # fmt: skip
def test_a_table_that_is_renamed_and_comes_back(scene, table):
    fault = between(
        scene,
        f"ALTER TABLE {table} RENAME TO moved",
        f"ALTER TABLE moved RENAME TO {table}",
    )
    scene.live_through(fault, f'relation "(public.)?{table}" does not exist')


def test_a_column_that_is_renamed_and_comes_back(scene):
    fault = between(
        scene,
        "ALTER TABLE users RENAME COLUMN avatar_url TO picture",
        "ALTER TABLE users RENAME COLUMN picture TO avatar_url",
    )
    scene.live_through(fault, "avatar_url")


@pytest.mark.parametrize("table", ["users", "webhook_events"])
def test_a_right_that_is_revoked_and_granted(scene, table):
    fault = without_rights(scene, table)
    scene.live_through(fault, f"permission denied for table {table}")


def test_a_database_that_is_read_only_for_a_while(scene):
    change = f"ALTER ROLE {scene.role} SET default_transaction_read_only"
    fault = between(scene, f"{change} = on", f"{change} = off", True)
    scene.live_through(fault, "25006.*read-only transaction")


def test_a_wrong_password(scene):
    change = f"ALTER ROLE {scene.role} PASSWORD"
    fault = between(
        scene, f"{change} 'other'", f"{change} '{scene.password}'", True
    )
    scene.live_through(fault, "password authentication failed")


def test_a_role_that_may_not_log_in(scene):
    change = f"ALTER ROLE {scene.role}"
    fault = between(scene, f"{change} NOLOGIN", f"{change} LOGIN", True)
    scene.live_through(fault, "not permitted to log in")


def test_too_many_connections(scene):
    change = f"ALTER ROLE {scene.role} CONNECTION LIMIT"
    fault = between(scene, f"{change} 0", f"{change} -1", True)
    scene.live_through(fault, "too many connections")


@pytest.mark.parametrize(
    ("sqlstate", "what"),
    [("53100", "disk full"), ("53200", "out of memory"),
     ("40001", "serialization failure"), ("40P01", "deadlock detected"),
     ("57014", "cancelled"), ("58030", "input/output error"),
     ("42501", "a right"), ("25006", "read-only"), ("XX001", "corrupted"),
     ("55000", "not in the right state"), ("0A000", "not supported")],
)  # fmt: skip
def test_an_error_of_the_environment_is_no_error_of_the_event(
    scene, sqlstate, what
):
    table = {"40001": "webhook_events"}.get(sqlstate, "users")
    scene.live_through(raising(scene, table, sqlstate), sqlstate)


def test_no_password_was_logged(scene):
    assert scene.password not in scene.consumer.log
