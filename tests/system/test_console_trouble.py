"""A row that somebody keeps locked, as the operator's console shows it."""

import time

import desk
import psycopg
import pytest
from small_events import user
from waiting import wait_until


@pytest.fixture
def locked(deployment):
    """A user whose row is locked; an event of theirs has come, and one of
    another user behind it."""
    life = deployment
    consumer = life.consumer(CONSUMER_LOCK_TIMEOUT_MS=200)
    life.environment["CONSUMER_ADMIN_LISTEN"] = consumer.admin
    life.publish([("msg_before", user("user_held", at=1))])
    life.wait_until_consumed()
    with psycopg.connect(life.database_url) as session:
        session.execute(
            "SELECT FROM users WHERE clerk_user_id = 'user_held' FOR UPDATE"
        )
        life.publish([("msg_held", user("user_held", at=2))])
        life.publish([("msg_free", user("user_free", at=2))])
        desk.told(life, "wait", "msg_free")
        wait_until(lambda: "msg_held" in life.ledger(), 60, "a retry")
        yield life, session


def test_it_is_seen_told_and_waited_for(locked):
    life, session = locked
    said = desk.told(life, "status")
    assert said["events"]["retrying"] == 1
    assert said["events"]["completed"] == 2
    assert said["oldest_unprocessed"]["id"] == "msg_held"
    (row,) = desk.told(life, "events", "--status", "retrying")
    assert row["id"] == "msg_held" and row["processed_at"] is None
    assert row["error"] == "PostgreSQL: SQLSTATE 55P03 (lock not available)"
    (found,) = desk.told(life, "events", "--error", "55P03")
    assert found["id"] == "msg_held"
    said = desk.told(life, "explain", "msg_held")
    assert said["state"] == "retrying" and said["retry_at"]
    assert said["entities"][0]["outcome"] == "pending"
    assert said["entities"][0]["against"] == "msg_before"
    waited = desk.refused(life, "wait", "msg_held", "--timeout", "1")
    assert "is not visible after 1 s: retrying" in waited
    session.rollback()
    said = desk.told(life, "wait", "msg_held", "--timeout", "60")
    assert said["status"] == "completed"
    said = desk.told(life, "explain", "msg_held")
    assert said["entities"][0]["outcome"] == "holds"
    assert said["attempts"] > 1
    said = desk.told(life, "status")
    assert said["events"]["retrying"] == 0
    assert said["oldest_unprocessed"] is None


@pytest.mark.parametrize(
    "command",
    [("status",), ("events",), ("explain", "msg_1"), ("wait", "msg_1")],
    ids=lambda words: words[0],
)
def test_a_table_that_is_locked_is_not_waited_for(module_deployment, command):
    life = module_deployment
    with psycopg.connect(life.database_url) as session:
        session.execute("LOCK TABLE webhook_events")
        begun = time.monotonic()
        said = desk.refused(life, *command, "--timeout", "2")
        assert time.monotonic() - begun < 2 + 4
        assert "statement timeout" in said
