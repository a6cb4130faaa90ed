"""Rows that somebody else holds, or that the application refuses for now.

Only what needs such a row waits for it, on the retry topic; all else flows
on, in the same partition too, and what waited is applied in the end.
"""

import time
from contextlib import contextmanager

import psycopg
import pytest

import model
from differences import assert_equal
from small_events import (
    membership,
    organization,
    organization_deleted,
    user,
    user_deleted,
)
from stream import assert_committed_is_in_ledger, waits_for
from waiting import wait_until

OTHERS = [f"user_other_{n}" for n in range(60)]
QUICKLY = {
    "CONSUMER_WORKERS": 1,
    "CONSUMER_LOCK_TIMEOUT_MS": 300,
    "CONSUMER_BATCH_MAX": 7,
    "KAFKA_AUTO_COMMIT_INTERVAL_MS": 100,
}
RAISE = """
    CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE 'not today'; END $$;
    CREATE TRIGGER no BEFORE UPDATE ON users FOR EACH ROW
        WHEN (NEW.clerk_user_id = 'user_a') EXECUTE FUNCTION no()
"""
# So that deletions overlap.
SLOW = """
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_sleep(0.001); RETURN OLD; END $$;
    CREATE TRIGGER slow BEFORE DELETE ON organization_memberships
        FOR EACH ROW EXECUTE FUNCTION slow()
"""


@pytest.fixture
def consumer(deployment):
    """Running, and one user known."""
    started = deployment.consumer(**QUICKLY)
    publish(deployment, user("user_a", at=1, first_name="Ada"))
    deployment.wait_for_ledger(1)
    return started


def publish(deployment, *events):
    first = len(deployment.posted)
    numbered = [(f"msg_{first + n:04}", e) for n, e in enumerate(events)]
    return deployment.publish(numbered)


@contextmanager
def locked(deployment, statement):
    """Another session holds the rows until the end of the block."""
    with psycopg.connect(deployment.database_url) as session:
        assert session.execute(statement).fetchall()
        yield
        session.rollback()


@contextmanager
def made_and_dropped(deployment, make, drop):
    deployment.query(make)
    try:
        yield
    finally:
        deployment.query(drop)


def assert_all_applied(deployment, consumer, tries=None):
    """tries: of the last event, at least."""
    deployment.wait_until_consumed()
    deployment.wait_for_ledger(len(deployment.posted))
    posted = deployment.posted
    assert_equal(model.tables(posted), deployment.tables(), posted)
    assert deployment.dead_letters() == []
    for row in deployment.query("SELECT sync_status, sync_error FROM users"):
        assert row in (
            {"sync_status": "synced", "sync_error": None},
            {"sync_status": "pending", "sync_error": None},
        )
    if tries:
        row = deployment.ledger()[posted[-1 - len(OTHERS)][0]]
        assert row["attempts"] >= tries
        assert (row["last_error"], row["retry_at"]) == (None, None)
    consumer.wait_ready()


def is_retrying(deployment, id):
    row = deployment.ledger().get(id)
    return row and row["status"] == "retrying" and row


def others_flow_while_one_waits(deployment, consumer, event, sqlstate):
    """All of them; what waits does not make it unready."""
    publish(deployment, event)
    id = deployment.posted[-1][0]
    row = wait_until(lambda: is_retrying(deployment, id), 10, "a retry")
    assert sqlstate in row["last_error"] and row["processed_at"] is None
    assert row["payload"] == event and row["retry_at"] is not None
    publish(deployment, *(user(other, at=2) for other in OTHERS))
    ids = {id for id, _ in deployment.posted} - {id}
    wait_until(
        lambda: ids <= deployment.ledger().keys(), 8, "all other events"
    )
    wait_until(
        lambda: is_retrying(deployment, id)["attempts"] >= 2, 8, "a retry"
    )
    assert_committed_is_in_ledger(deployment)
    assert consumer.get("/readyz").status == 200
    assert consumer.get("/healthz").status == 200
    assert consumer.metric("clerkstream_held_events") == 0
    assert consumer.metric("clerkstream_retries_total", result="again") >= 1
    assert deployment.dead_letters() == []


def test_a_row_locked_by_somebody_else(deployment, consumer):
    row = "SELECT 1 FROM users WHERE clerk_user_id = 'user_a' FOR UPDATE"
    with locked(deployment, row):
        others_flow_while_one_waits(
            deployment, consumer, user("user_a", at=5, first_name="Augusta"),
            "55P03",
        )
    assert_all_applied(deployment, consumer, tries=3)


def test_a_trigger_that_raises(deployment, consumer):
    with made_and_dropped(deployment, RAISE, "DROP FUNCTION no CASCADE"):
        others_flow_while_one_waits(
            deployment, consumer, user("user_a", at=5, first_name="Augusta"),
            "P0001",
        )
    assert_all_applied(deployment, consumer, tries=3)


def test_a_unique_index_of_the_application(deployment, consumer):
    publish(deployment, user("user_b", at=1, external_id="crm-1"))
    deployment.wait_for_ledger(2)
    with made_and_dropped(
        deployment, "CREATE UNIQUE INDEX one ON users (external_id)",
        "DROP INDEX one",
    ):  # fmt: skip
        others_flow_while_one_waits(
            deployment, consumer, user("user_a", at=5, external_id="crm-1"),
            "23505",
        )
    assert_all_applied(deployment, consumer, tries=3)


def test_a_foreign_key_of_the_application(deployment, consumer):
    publish(deployment, organization("org_a", at=1, name="Acorn"))
    deployment.wait_for_ledger(2)
    with made_and_dropped(
        deployment,
        "CREATE TABLE bills (organization_id uuid REFERENCES organizations);"
        "INSERT INTO bills SELECT id FROM organizations",
        "DROP TABLE bills",
    ):
        others_flow_while_one_waits(
            deployment, consumer, organization_deleted("org_a", at=5),
            "23503",
        )
    assert_all_applied(deployment, consumer, tries=3)


def test_a_whole_batch_with_some_that_wait(deployment):
    """Others of the very same transaction do not wait with it."""
    consumer = deployment.consumer(
        **{**QUICKLY, "CONSUMER_BATCH_MAX": 200,
           "CONSUMER_BATCH_LINGER_MS": 300}
    )  # fmt: skip
    publish(deployment, *(user(id, at=1) for id in OTHERS))
    deployment.wait_for_ledger(len(OTHERS))
    row = ("SELECT 1 FROM users WHERE clerk_user_id IN"
           " ('user_other_3', 'user_other_30') FOR UPDATE")  # fmt: skip
    with locked(deployment, row):
        publish(deployment, *(user(id, at=2) for id in OTHERS))
        wait_until(
            lambda: len(deployment.ledger()) == 2 * len(OTHERS), 10,
            "all events",
        )  # fmt: skip
        waiting = deployment.query(
            "SELECT entity_id FROM webhook_events WHERE status = 'retrying'"
            " ORDER BY 1"
        )
        assert [row["entity_id"] for row in waiting] == [
            "user_other_3", "user_other_30",
        ]  # fmt: skip
    assert_all_applied(deployment, consumer)


def test_a_register_that_is_locked_is_waited_for(deployment, consumer):
    """However long it takes; no event is held, and none is given up."""
    register = "SELECT 1 FROM entity_versions WHERE id = 'user_a' FOR UPDATE"
    with locked(deployment, register):
        publish(deployment, user("user_a", at=5, first_name="Augusta"))
        time.sleep(2)
        assert len(deployment.ledger()) == 1
        assert consumer.get("/healthz").status == 200
        assert consumer.metric("clerkstream_batch_errors_total") == 0
    wait_until(lambda: len(deployment.ledger()) == 2, 2, "the event")
    assert_all_applied(deployment, consumer)


def test_a_table_locked_for_maintenance(deployment, consumer):
    """Whatever is tried would fail: that is no fault of the events."""
    statement = "LOCK TABLE organizations; SELECT 1"
    with psycopg.connect(deployment.database_url) as session:
        session.execute(statement)
        publish(deployment, *(
            event for n in range(20) for event in (
                organization(f"org_{n}", at=2, name=f"Org {n}", slug=f"o{n}"),
                membership(f"orgmem_{n}", f"org_{n}", f"user_{n}", at=3),
                user(f"user_{n}", at=4),
            )
        ))  # fmt: skip
        waits_for(consumer, "a whole table is locked")
        session.rollback()
    assert_all_applied(deployment, consumer)
    assert deployment.retries() == []


@pytest.fixture
def crowd(deployment):
    """Three processes that write the same few rows at the same time."""
    programs = [
        deployment.consumer(
            wait=False, CONSUMER_BATCH_MAX=size, CONSUMER_BATCH_LINGER_MS=50,
            CONSUMER_LOCK_TIMEOUT_MS=20000,
        )
        for size in (1, 20, 200)
    ]  # fmt: skip
    for program in programs:
        program.wait_ready()
    yield programs
    time.sleep(1.2)  # statistics lag behind
    (found,) = deployment.query(
        "SELECT deadlocks FROM pg_stat_database"
        " WHERE datname = current_database()"
    )
    assert found["deadlocks"] == 0
    for program in programs:
        assert "40P01" not in program.log
        assert program.metric("clerkstream_batch_errors_total") == 0


def test_shared_organizations_never_deadlock(deployment, crowd):
    users = [f"user_hot_{n}" for n in range(12)]
    organizations = [f"org_hot_{n}" for n in range(6)]
    publish(deployment, *(
        event
        for at in range(1, 9)
        for event in hot_events(users, organizations, at)
    ))  # fmt: skip
    assert_all_applied(deployment, crowd[0])


def hot_events(users, organizations, at):
    """Everybody in every organization, all of which want one subdomain."""
    for n, member in enumerate(users):
        for m, holder in enumerate(organizations):
            yield membership(
                f"orgmem_{n}_{m}", holder, member, at=at + n % 3,
                organization={"slug": "hot", "created_at": at + m},
            )  # fmt: skip
        yield user(member, at=at, first_name=f"at {at}")
    for m, holder in enumerate(organizations):
        yield organization(holder, at=at, slug="hot", created_at=at - m)
    if at > 4:
        yield user_deleted(users[at], at=at)
        yield organization_deleted(organizations[at - 5], at=at)


def test_deletions_from_both_sides_never_deadlock(deployment, crowd):
    """Of the same memberships, by users and by organizations."""
    rounds, size = range(3), range(16)
    deployment.query(SLOW)
    publish(deployment, *(
        membership(f"orgmem_{r}_{n}_{m}", f"org_{r}_{m}", f"user_{r}_{n}")
        for r in rounds for n in size for m in size
    ))  # fmt: skip
    deployment.wait_until_consumed()
    for r in rounds:
        publish(deployment, *(
            deleted for n in size for deleted in (
                user_deleted(f"user_{r}_{n}", at=1),
                organization_deleted(f"org_{r}_{size[-1] - n}", at=1),
            )
        ))  # fmt: skip
    assert_all_applied(deployment, crowd[0])
    assert deployment.tables()["organization_memberships"] == []
