"""`clerkstream migrate` against a real PostgreSQL."""

import contextlib
import hashlib
import json
import socket
import subprocess
import threading
import time
from pathlib import Path

import desk
import psycopg
import pytest
from postgres import query
from process import plain_environment
from programs import BIN, console

FILES = sorted((Path(__file__).parents[2] / "schemas/postgres").glob("*.sql"))
NAMES = [path.name for path in FILES]
SUMS = [hashlib.sha256(path.read_bytes()).hexdigest() for path in FILES]
MEMORY = "SELECT * FROM clerkstream_migrations ORDER BY name COLLATE \"C\""
TABLES = """SELECT table_name FROM information_schema.tables
            WHERE table_schema = 'public' ORDER BY 1"""


@pytest.fixture
def database(postgres):
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


def migrate(url, *words, **how):
    return console("migrate", *words, environment={"DATABASE_URL": url}, **how)


def refused(url, *words, code=1):
    """What it says when it does not: one line."""
    began = time.monotonic()
    done = migrate(url, *words, check=False)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("clerkstream migrate: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert time.monotonic() - began < 10
    return done.stderr


def tables(url):
    return [row["table_name"] for row in query(url, TABLES)]


def test_each_file_is_applied_in_order_and_remembered(database):
    said = migrate(database).stdout.splitlines()
    assert said == [f"{name} applied" for name in NAMES]
    memory = query(database, MEMORY)
    assert [row["name"] for row in memory] == NAMES
    assert [row["checksum"] for row in memory] == SUMS
    times = [row["applied_at"] for row in memory]
    assert times == sorted(times)
    assert {"users", "organizations", "webhook_events"} < set(tables(database))


def test_a_second_time_it_changes_nothing(database):
    migrate(database)
    before = query(database, MEMORY), tables(database)
    said = migrate(database).stdout.splitlines()
    assert said == [f"{name} already applied" for name in NAMES]
    assert (query(database, MEMORY), tables(database)) == before


def test_json_says_the_same(database):
    done = json.loads(migrate(database, "--json").stdout)
    desk.validate(done, "migrate")
    assert [(row["name"], row["checksum"]) for row in done] == (
        list(zip(NAMES, SUMS))
    )
    assert {row["action"] for row in done} == {"applied"}
    done = json.loads(migrate(database, "--json").stdout)
    desk.validate(done, "migrate")
    assert {row["action"] for row in done} == {"already applied"}


def test_of_several_at_once_each_file_is_applied_by_one(database):
    environment = plain_environment(DATABASE_URL=database)
    running = [
        subprocess.Popen(
            [BIN / "clerkstream", "migrate"], env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(8)
    ]  # fmt: skip
    outputs = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0] * 8, outputs
    said = "".join(out for out, _ in outputs).splitlines()
    for name in NAMES:
        assert said.count(f"{name} applied") == 1
        assert said.count(f"{name} already applied") == 7


def test_a_file_that_changed_is_refused(database):
    migrate(database)
    query(
        database,
        "UPDATE clerkstream_migrations SET checksum = 'abc' WHERE name = %s",
        NAMES[0],
    )
    query(database, "DELETE FROM clerkstream_migrations WHERE name = %s",
          NAMES[-1])  # fmt: skip
    said = refused(database)
    assert NAMES[0] in said and "abc" in said and SUMS[0] in said
    assert NAMES[-1] not in [row["name"] for row in query(database, MEMORY)]


def test_a_database_that_is_newer_is_refused(database):
    migrate(database)
    query(
        database,
        "INSERT INTO clerkstream_migrations VALUES ('9999_future.sql', 'x')",
    )
    said = refused(database)
    assert "9999_future.sql" in said and "newer than the program" in said


def test_a_file_that_was_left_out_is_refused(database):
    migrate(database)
    query(database, "DELETE FROM clerkstream_migrations WHERE name = %s",
          NAMES[0])  # fmt: skip
    said = refused(database)
    assert f"{NAMES[0]} was left out" in said and NAMES[1] in said


def test_a_file_that_fails_leaves_nothing_of_itself(database):
    """An application's own table stands in the way of the first file."""
    query(database, "CREATE TABLE workspaces (mine int)")
    said = refused(database)
    assert f'{NAMES[0]}: relation "workspaces" already exists (42P07)' in said
    assert tables(database) == ["clerkstream_migrations", "workspaces"]
    assert query(database, MEMORY) == []
    query(database, "DROP TABLE workspaces")
    assert "applied" in migrate(database).stdout
    assert len(query(database, MEMORY)) == len(FILES)


@contextlib.contextmanager
def holding(url, statement, seconds=None):
    """A session that holds a lock, for some seconds or for the block."""
    session = psycopg.connect(url)
    session.execute(statement)
    timer = threading.Timer(seconds or 0, session.rollback)
    if seconds:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
        session.close()


def test_it_waits_for_another_migrate(database):
    lock = "SELECT pg_advisory_xact_lock(2166279792106574555)"
    with holding(database, lock):
        said = refused(database, "--timeout", 1)
        assert "another migrate is at work" in said
        assert "clerkstream_migrations" not in tables(database)
    with holding(database, lock, seconds=1):
        migrate(database)
    assert len(query(database, MEMORY)) == len(FILES)


@contextlib.contextmanager
def memory_locked(database, seconds=None):
    """Files can be looked up, and not be remembered."""
    query(
        database,
        """CREATE TABLE clerkstream_migrations (
               name text PRIMARY KEY, checksum text NOT NULL,
               applied_at timestamptz NOT NULL DEFAULT now())""",
    )
    lock = "LOCK TABLE clerkstream_migrations IN SHARE MODE"
    with holding(database, lock, seconds):
        yield


def test_a_lock_is_asked_for_briefly_and_again(database):
    """Who waits for a lock makes all others wait behind it."""
    with memory_locked(database, seconds=3):
        began = time.monotonic()
        said = migrate(database).stdout.splitlines()
    assert time.monotonic() - began > 2.9
    assert said == [f"{name} applied" for name in NAMES]


def test_a_lock_that_is_kept_ends_it(database):
    with memory_locked(database):
        said = refused(database, "--timeout", 1)
    assert NAMES[0] in said and "55P03" in said
    assert tables(database) == ["clerkstream_migrations"]


def test_up_to_date_it_waits_for_no_tables_lock(database):
    migrate(database)
    with holding(database, "LOCK TABLE users, webhook_events"):
        migrate(database, timeout=5)


def test_without_a_database_it_says_how_to_make_one(postgres):
    url = postgres.database_url("not_there")
    said = refused(url)
    assert 'database "not_there" does not exist' in said
    assert "createdb not_there" in said


def test_a_server_that_is_away_is_named():
    said = refused("postgresql://someone:hidden@127.0.0.1:1/x")
    assert "away" in said and "127.0.0.1" in said and "port 1 " in said
    assert "hidden" not in said


def test_a_server_that_does_not_answer_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = refused(f"postgresql://someone@127.0.0.1:{port}/x")
    assert f"127.0.0.1 port {port} did not answer within 5 s" in said


def test_a_wrong_password_is_refused_and_not_shown(postgres):
    said = refused(postgres.url.replace("clerkstream:", "clerkstream:wrong"))
    assert "28P01" in said
    assert "wrong" not in said


def test_what_is_no_address_is_wrong_use():
    said = refused("postgresql://user:pa%zzword@host/x", code=2)
    assert "DATABASE_URL" in said and "***" in said and "allowed" in said
    assert "zzword" not in said
