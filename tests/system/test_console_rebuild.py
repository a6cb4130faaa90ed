"""`clerkstream rebuild`: the tables anew from the log, with the same ids."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from desk import refused, told
from differences import assert_equal
from histories import history
from waiting import wait_until

import model

EVENTS = history(11, "rbx")
TABLES = (
    "users", "organizations", "organization_memberships", "workspaces",
)  # fmt: skip


@pytest.fixture
def idle(deployment):
    """All of it applied, and the consumers gone."""
    consumer = deployment.consumer()
    deployment.publish(EVENTS)
    deployment.wait_for_ledger(len({id for id, _ in EVENTS}))
    deployment.wait_until_consumed()
    assert consumer.stop() == 0
    return deployment


def domain(deployment):
    """With the ids, without when a row was written last."""
    return {
        table: [
            {k: v for k, v in row.items() if k != "last_sync_attempt"}
            for row in deployment.query(f"SELECT * FROM {table} ORDER BY id")
        ]
        for table in TABLES
    }


def count(deployment, table):
    return deployment.query(f"SELECT count(*) FROM {table}")[0]["count"]


def read_again(deployment):
    deployment.consumer()
    wait_until(
        lambda: all(row["replays"] for row in deployment.ledger().values()),
        30, "all events to be replayed",
    )  # fmt: skip
    deployment.wait_until_consumed()


def test_a_dry_run_says_what_would_happen_and_touches_nothing(idle):
    before = domain(idle)
    said = told(idle, "rebuild", "--dry-run")
    assert said["events"] == len(EVENTS) and said["expired"] == 0
    for row in said["tables"]:
        assert row["rows"] == row["lasting_ids"] == len(before[row["table"]])
        assert row["same_ids"] is None
    assert domain(idle) == before
    text = idle.console("rebuild", "--dry-run").stdout
    assert "would be emptied" in text


def test_without_yes_and_without_a_terminal_nothing_is_done(idle):
    before = domain(idle)
    assert "--yes" in refused(idle, "rebuild", code=2)
    assert domain(idle) == before


@pytest.mark.parametrize("words", [[], ["--keep-rows"]])
def test_every_row_comes_back_with_the_id_it_had(idle, words):
    before = domain(idle)
    told(idle, "rebuild", "--yes", *words)
    assert count(idle, "entity_versions") == 0
    assert count(idle, "organization_memberships") == 0
    kept = count(idle, "users")
    assert kept == (len(before["users"]) if words else 0)
    read_again(idle)
    assert domain(idle) == before
    assert_equal(model.tables(EVENTS), idle.tables())


def test_waiting_shows_that_the_ids_stay(idle):
    rows = {table: count(idle, table) for table in TABLES}
    with ThreadPoolExecutor() as desk:
        said = desk.submit(
            told, idle, "rebuild", "--yes", "--wait", "--timeout", "60"
        )
        wait_until(lambda: count(idle, "users") == 0, 30, "empty tables")
        idle.consumer()
        said = said.result()
    for row in said["tables"]:
        assert row["rows_after"] == row["same_ids"] == rows[row["table"]]


def test_waiting_in_vain_ends(idle):
    error = idle.console(
        "rebuild", "--yes", "--wait", "--timeout", "2", check=False
    )
    assert error.returncode == 1
    assert f"have read 0 of {len(EVENTS)} events" in error.stderr


def test_tables_that_refer_to_ours_are_named_and_nothing_goes(idle):
    idle.query(
        """CREATE TABLE notes (id int, author uuid CONSTRAINT notes_author
           REFERENCES users ON DELETE CASCADE)"""
    )
    idle.query("INSERT INTO notes SELECT 1, id FROM users LIMIT 1")
    before = domain(idle)
    done = idle.console("rebuild", "--yes", check=False)
    assert done.returncode == 1
    assert "notes refers to users (notes_author)" in done.stderr
    assert "--keep-rows" in done.stderr
    assert domain(idle) == before
    told(idle, "rebuild", "--yes", "--keep-rows")
    read_again(idle)
    assert domain(idle) == before
    assert count(idle, "notes") == 1


def test_memberships_that_are_referred_to_cannot_be_kept(idle):
    idle.query(
        """CREATE TABLE seats (membership uuid
           REFERENCES organization_memberships)"""
    )
    done = idle.console("rebuild", "--yes", "--keep-rows", check=False)
    assert done.returncode == 1
    assert "seats refers to organization_memberships" in done.stderr
    assert count(idle, "entity_versions") > 0


def test_a_log_that_has_lost_its_beginning(idle):
    ends = idle.kafka.end_offsets(idle.events_topic)
    partition = next(p for p, end in ends.items() if end)
    idle.kafka.delete_records(
        idle.events_topic, {partition: 1}, idle.directory
    )
    assert told(idle, "rebuild", "--dry-run")["expired"] == 1
    before = domain(idle)
    error = refused(idle, "rebuild", "--yes")
    assert "no longer in" in error and "--incomplete" in error
    assert domain(idle) == before
    assert told(idle, "rebuild", "--yes", "--incomplete")["expired"] > 0


def test_tables_that_somebody_holds(idle):
    """It ends within the time-out, and nothing has happened."""
    before = domain(idle)
    with psycopg.connect(idle.database_url) as session:
        session.execute("SELECT count(*) FROM users")
        done = idle.console("rebuild", "--yes", "--timeout", "2", check=False)
        assert done.returncode == 1
    assert domain(idle) == before
