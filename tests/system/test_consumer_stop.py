"""SIGTERM: what is begun is finished, and the next start goes on from there.

In the middle of a load, and where a system that is needed hangs. Exit 0
within 10 s, always.
"""

import signal
import time

import psycopg
import pytest
from deployment import Deployment
from kafka import Kafka
from load import load
from outages import frozen
from postgres import Postgres
from small_events import user
from stream import Stream, assert_committed_is_in_ledger, waits_for
from waiting import wait_until

SECONDS = 10


@pytest.fixture(scope="module")
def events():
    return load(4000, 11)


def rows_in_ledger(deployment):
    (found,) = deployment.query("SELECT count(*) FROM webhook_events")
    return found["count"]


def stop_in_time(*programs, number=signal.SIGTERM):
    """All at once; each has the whole time."""
    deadline = time.monotonic() + SECONDS
    for program in programs:
        program.send(number)
    for program in programs:
        left = max(0.01, deadline - time.monotonic())
        assert program.wait(left) == 0, program.tail()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_under_load_nothing_is_lost_or_done_twice(deployment, events, number):
    programs = [deployment.consumer(CONSUMER_BATCH_MAX=20) for _ in range(2)]
    deployment.publish(events)
    for part in (0.2, 0.5):
        wait_until(
            lambda: rows_in_ledger(deployment) > part * len(events),
            what="part of the rows", interval=0.001,
        )  # fmt: skip
        stop_in_time(*programs, number=number)
        assert_committed_is_in_ledger(deployment)
        done = sum(deployment.kafka.committed(
            deployment.events_topic, deployment.group).values())  # fmt: skip
        assert done == rows_in_ledger(deployment) < len(events)
        for program in programs:
            program.start()
        wait_until(
            lambda: all(program.catches(number) for program in programs),
            what="the start",
        )  # fmt: skip
    deployment.wait_until_consumed()
    ledger = deployment.ledger()
    assert ledger.keys() == {id for id, _ in events}
    assert {row["replays"] for row in ledger.values()} == {0}
    assert {row["duplicates"] for row in ledger.values()} == {0}


def test_it_is_not_ready_any_more_and_leaves_the_group(deployment):
    consumer = deployment.consumer()
    assert deployment.kafka.members(deployment.group) > 0
    stop_in_time(consumer)
    wait_until(
        lambda: deployment.kafka.members(deployment.group) == 0, 1,
        "the group to be empty",
    )  # fmt: skip
    assert consumer.log_lines()[-1]["event"] == "stopped"


def test_another_joins_meanwhile(deployment):
    """The group has begun to deal out anew, and the one that stops was too
    busy to hear of it: what it has done is committed before it leaves."""
    one = {"CONSUMER_WORKERS": 1}
    consumer = deployment.consumer(**one)
    deployment.publish([("msg_1", user("user_a", at=1))])
    deployment.wait_for_ledger(1)
    with psycopg.connect(deployment.database_url) as session:
        session.execute("SELECT 1 FROM entity_versions FOR UPDATE")
        deployment.publish([("msg_2", user("user_a", at=2))])
        wait_until(lambda: is_anybody_locked(deployment), what="the lock")
        deployment.consumer(wait=False, **one)
        wait_until(
            lambda: deployment.kafka.members(deployment.group) == 2,
            what="the other member",
        )  # fmt: skip
        time.sleep(2)  # some heartbeats
        consumer.send(signal.SIGTERM)
    assert consumer.wait(SECONDS) == 0, consumer.tail()
    deployment.wait_until_consumed()
    ledger = deployment.ledger()
    assert ledger.keys() == {"msg_1", "msg_2"}
    assert {row["replays"] for row in ledger.values()} == {0}


def is_anybody_locked(deployment):
    return deployment.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND datname = current_database()"
    )


def test_a_row_is_locked(deployment):
    consumer = deployment.consumer(CONSUMER_WORKERS=1)
    deployment.publish([("msg_1", user("user_a", at=1))])
    deployment.wait_for_ledger(1)
    for table in ("entity_versions", "users"):
        with psycopg.connect(deployment.database_url) as session:
            session.execute(f"SELECT 1 FROM {table} FOR UPDATE")
            deployment.publish([(f"msg_{table}", user("user_a", at=2))])
            time.sleep(1)
            stop_in_time(consumer)
            assert not deployment.query(
                "SELECT FROM webhook_events WHERE webhook_id = %s"
                " AND status <> 'retrying'", f"msg_{table}",
            )  # fmt: skip
        consumer.start()
        deployment.wait_for_ledger(len(deployment.posted))


def test_the_database_is_frozen_or_away(kafka, tmp_path):
    """Idle, in a transaction, waiting already: all leave in time."""
    with Postgres(tmp_path / "postgres") as server, \
            Deployment(kafka, server, tmp_path / "one") as busy, \
            Deployment(kafka, server, tmp_path / "other") as idle:  # fmt: skip
        stream = Stream(busy, "stop")
        programs = [busy.consumer(CONSUMER_BATCH_MAX=5), idle.consumer()]
        stream.publish(300)
        with frozen(server):
            late = idle.consumer(wait=False)
            waits_for(late, ".")
            time.sleep(1)
            stop_in_time(*programs, late)
        assert_committed_is_in_ledger(busy)
        programs[0].start()
        stream.assert_applied()
        server.stop()
        waits_for(programs[0], "PostgreSQL")
        stop_in_time(programs[0])
        server.start()


def test_the_broker_is_frozen_or_away(postgres, tmp_path):
    with Kafka(tmp_path / "kafka") as broker, \
            Deployment(broker, postgres, tmp_path) as deployment:  # fmt: skip
        stream = Stream(deployment, "halt")
        consumer = deployment.consumer(CONSUMER_BATCH_MAX=5)
        stream.publish(300)
        with frozen(broker):
            time.sleep(1)
            stop_in_time(consumer)
        consumer.start()
        stream.assert_applied()
        broker.kill()
        late = deployment.consumer(wait=False)
        waits_for(late, "Kafka")
        stop_in_time(late)
        broker.start()
