"""A night on call: two locks, a trigger, a poison record. Each is seen at the
desk, put right with `dlq redrive`, and nothing of it remains in the tables."""

from contextlib import contextmanager

import psycopg
from dead_letters import POISON, discarded, listed, redriven, results, script
from desk import told
from differences import assert_equal
from small_events import membership, organization, user
from waiting import wait_until

import model

TRIGGER = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE 'not this one'; END$$;
    CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON users FOR EACH ROW
        WHEN (new.clerk_user_id = 'user_refused') EXECUTE FUNCTION refuse()
"""
BEFORE = [
    ("msg_ada_1", user("user_ada", at=1, first_name="Ada")),
    ("msg_bob_1", user("user_bob", at=1)),
    ("msg_school", organization("org_school", at=1)),
]
NIGHT = [
    ("msg_ada_2", user("user_ada", at=2, first_name="Ada L.")),  # a minute
    ("msg_bob_2", user("user_bob", at=2, first_name="Bob")),  # ten seconds
    ("msg_refused", user("user_refused", at=2)),
    ("msg_join", membership("orgmem_1", "org_school", "user_eve", at=3)),
]
MORNING = [("msg_ada_3", user("user_ada", at=3, first_name="Countess"))]


@contextmanager
def locked(deployment, user_id):
    with psycopg.connect(deployment.database_url) as session:
        session.execute(
            "SELECT 1 FROM users WHERE clerk_user_id = %s FOR UPDATE",
            [user_id],
        )
        yield session
        session.rollback()


def statuses(deployment):
    return {id: row["status"] for id, row in deployment.ledger().items()}


def wait_for(deployment, timeout=120, **wanted):
    wait_until(
        lambda: statuses(deployment).items() >= wanted.items(),
        timeout, f"{wanted}\n{deployment.tails()}",
    )  # fmt: skip


def test_everything_stuck_is_seen_and_put_right(deployment):
    consumer = deployment.consumer(CONSUMER_LOCK_TIMEOUT_MS=500)
    deployment.environment["CONSUMER_ADMIN_LISTEN"] = consumer.admin
    deployment.publish(BEFORE)
    deployment.wait_for_ledger(3)
    script(deployment, TRIGGER)
    with locked(deployment, "user_ada"):
        with locked(deployment, "user_bob"):
            deployment.publish([*NIGHT, POISON])
            wait_for(deployment, msg_join="completed", msg_poison="failed",
                     msg_ada_2="retrying", msg_bob_2="retrying",
                     msg_refused="retrying")  # fmt: skip
            assert set(listed(deployment)) == {"msg_poison"}
            assert told(deployment, "status")["events"]["retrying"] == 3
        wait_for(deployment, msg_bob_2="completed")
        wait_for(deployment, msg_ada_2="failed", msg_refused="failed")
    seen(deployment)
    put_right(deployment)
    assert consumer.stop() == 0
    assert_equal(model.tables([*BEFORE, *NIGHT, *MORNING]), applied(deployment))


def seen(deployment):
    """By all that a person on call looks at."""
    rows = listed(deployment)
    assert set(rows) == {"msg_ada_2", "msg_refused", "msg_poison"}
    assert {id: row["attempts"] for id, row in rows.items()} == {
        "msg_ada_2": 6, "msg_refused": 6, "msg_poison": 1,
    }  # fmt: skip
    said = "PostgreSQL: SQLSTATE "
    assert {id: row["reason"] for id, row in rows.items()}.items() > {
        "msg_ada_2": said + "55P03 (lock not available)",
        "msg_refused": said + "P0001 (raise exception)",
    }.items()
    said = told(deployment, "status")["events"]
    assert (said["failed"], said["retrying"]) == (3, 0)
    failed = told(deployment, "events", "--status", "failed")
    assert {row["id"] for row in failed} == set(rows)
    assert told(deployment, "explain", "msg_ada_2")["state"] == "failed"
    shown = told(deployment, "dlq show", "msg_refused")
    assert shown["stage"] == "TASK_PUT" and shown["attempts"] == 6
    assert shown["origin"]["topic"] == deployment.events_topic


def put_right(deployment):
    # Later events do not wait for it, and are not undone by it.
    deployment.publish(MORNING)
    wait_for(deployment, msg_ada_3="completed")
    assert results(redriven(deployment, "--error", "55P03")) == {
        "msg_ada_2": "superseded"
    }
    # Too early: it is tried six times more, and then lies there anew.
    early = redriven(deployment, "msg_refused", "--timeout", "3", code=1)
    assert early["msg_refused"]["result"] == "retrying"
    assert listed(deployment)["msg_refused"]["state"] == "retrying"
    wait_until(
        lambda: listed(deployment)["msg_refused"]["redrives"] == 1,
        120, "it to be given up again",
    )  # fmt: skip
    assert listed(deployment)["msg_refused"]["attempts"] == 6
    script(deployment, "DROP TRIGGER refuse ON users")
    assert results(redriven(deployment, "msg_refused")) == {
        "msg_refused": "completed"
    }
    discarded(deployment, "msg_poison", "--reason", "no time has that many")
    assert told(deployment, "dlq list") == []
    ledger = deployment.ledger()
    for row in ledger.values():
        assert row["replays"] == row["duplicates"] == 0


def applied(deployment):
    """The tables; that an event of Bob's is a dead letter, his row says."""
    found = deployment.tables()
    for row in found["users"]:
        if row["clerk_user_id"] == "user_bob":
            row["sync_status"] = "synced"
    return found
