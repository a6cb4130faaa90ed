"""What cannot be written for longer than all retries last, and what stands by.
"""

import time
from contextlib import contextmanager

import psycopg
import pytest
from confluent_kafka.admin import ConfigResource
from deployment import Deployment
from small_events import moment, numbered, user
from stream import waits_for
from waiting import wait_until

QUICKLY = {"CONSUMER_WORKERS": 1, "KAFKA_AUTO_COMMIT_INTERVAL_MS": 100}


@pytest.fixture
def single(kafka, postgres, tmp_path):
    """One partition: everything is in the same one."""
    with Deployment(kafka, postgres, tmp_path, partitions=1) as made:
        yield made


@contextmanager
def locked(deployment, user_id):
    with psycopg.connect(deployment.database_url) as session:
        row = "SELECT 1 FROM users WHERE clerk_user_id = %s FOR UPDATE"
        assert session.execute(row, [user_id]).fetchall()
        yield
        session.rollback()


def refuse(deployment, when):
    deployment.query(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE 'no'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON users FOR EACH ROW
            WHEN ({when}) EXECUTE FUNCTION refuse()""")


def syncs(deployment):
    rows = deployment.query("SELECT clerk_user_id, sync_status FROM users")
    return {row["clerk_user_id"]: row["sync_status"] for row in rows}


def statuses(deployment):
    return {id: row["status"] for id, row in deployment.ledger().items()}


def test_a_user_is_marked_as_failed_as_soon_as_that_can_be_written(single):
    """One row locked until after the dead letter, one refused for ever."""
    deployment = single
    deployment.consumer(**QUICKLY)
    users = ["user_locked", "user_refused", "user_well"]
    deployment.publish([(f"old_{id}", user(id, at=1)) for id in users])
    deployment.wait_for_ledger(3)
    refuse(deployment, "NEW.clerk_user_id = 'user_refused'")
    with locked(deployment, "user_locked"):
        deployment.publish([(f"new_{id}", user(id, at=2)) for id in users])
        wait_until(
            lambda: statuses(deployment).get("new_user_locked") == "failed"
            and statuses(deployment)["new_user_refused"] == "failed",
            60, "two dead letters\n" + deployment.tails(),
        )  # fmt: skip
        assert set(syncs(deployment).values()) == {"synced"}
    wait_until(
        lambda: syncs(deployment)["user_locked"] == "failed", 60,
        "the word in the row that was locked",
    )  # fmt: skip
    (row,) = deployment.query(
        "SELECT sync_error FROM users WHERE clerk_user_id = 'user_locked'"
    )
    assert "55P03" in row["sync_error"]
    assert len(deployment.dead_letters()) == 2
    deployment.query("DROP FUNCTION refuse CASCADE")
    wait_until(
        lambda: syncs(deployment)["user_refused"] == "failed", 90,
        "the word in the row that was refused",
    )  # fmt: skip
    deployment.publish([(f"next_{id}", user(id, at=3)) for id in users])
    deployment.wait_for_ledger(9)
    assert set(syncs(deployment).values()) == {"synced"}
    for row in deployment.query("SELECT sync_error FROM users"):
        assert row["sync_error"] is None


def test_most_events_refused_to_the_end_is_our_fault(single):
    """As if they were refused at once: at most 50 are dead-lettered."""
    deployment = single
    consumer = deployment.consumer(**QUICKLY)
    refuse(deployment, "true")
    deployment.publish(
        numbered(user(f"user_{n}", at=n) for n in range(70))
    )
    waits_for(consumer, "more than half of the last 100", 90)
    counted = list(statuses(deployment).values())
    assert counted.count("failed") == 50
    assert counted.count("retrying") == 20
    assert len(deployment.dead_letters()) == 50
    deployment.query("DROP FUNCTION refuse CASCADE")
    assert consumer.stop() == 0
    consumer = deployment.consumer(**QUICKLY)
    wait_until(
        lambda: list(statuses(deployment).values()).count("completed") == 20,
        60, "all others",
    )  # fmt: skip
    assert len(deployment.dead_letters()) == 50


def limit_size(deployment, topic, size):
    resource = ConfigResource(
        ConfigResource.Type.TOPIC, topic, {"max.message.bytes": str(size)}
    )
    (future,) = deployment.kafka.admin.alter_configs([resource]).values()
    future.result(20)


def test_a_retry_topic_that_takes_nothing_holds_everything(single):
    """Nothing is lost, nothing goes on, and it says why."""
    deployment = single
    limit_size(deployment, deployment.retry_topic, 100)
    consumer = deployment.consumer(**QUICKLY)
    refuse(deployment, "NEW.clerk_user_id = 'user_a'")
    deployment.publish([("msg_a", user("user_a", at=1))])
    waits_for(consumer, "not acknowledged", 20)
    deployment.publish([("msg_b", user("user_b", at=1))])
    time.sleep(1)
    assert deployment.ledger() == {}
    assert consumer.get("/healthz").status == 200
    limit_size(deployment, deployment.retry_topic, 1_000_000)
    wait_until(
        lambda: statuses(deployment)
        == {"msg_a": "retrying", "msg_b": "completed"},
        40, "the retry\n" + deployment.tails(),
    )  # fmt: skip
    consumer.wait_ready()
    deployment.query("DROP FUNCTION refuse CASCADE")
    deployment.wait_for_ledger(2)


def test_others_flow_on_while_one_user_is_locked_under_load(single):
    """Ten seconds, ten events a second for the one that is locked, and as many
    for others in the same partition: nobody waits for long."""
    deployment = single
    consumer = deployment.consumer(**QUICKLY)
    deployment.publish([("msg_first", user("user_a", at=0))])
    deployment.wait_for_ledger(1)
    with locked(deployment, "user_a"):
        start = time.monotonic()
        for n in range(100):
            deployment.publish([
                (f"msg_a_{n}", user("user_a", at=n + 1, first_name=f"{n}",
                                    created_at=moment(0))),
                (f"msg_b_{n}", user(f"user_b_{n % 7}", at=n + 1)),
            ])  # fmt: skip
            time.sleep(max(0, start + 0.1 * (n + 1) - time.monotonic()))
        assert "failed" not in statuses(deployment).values()
    deployment.wait_for_ledger(201, 60)
    (found,) = deployment.query("""
        SELECT max(processed_at - created_at) AS longest,
               percentile_disc(0.5) WITHIN GROUP
                   (ORDER BY processed_at - created_at) AS median
        FROM webhook_events WHERE webhook_id LIKE 'msg_b_%'""")
    # Once the whole lock timeout, and never again.
    assert found["longest"].total_seconds() < 6
    assert found["median"].total_seconds() < 1.5
    assert deployment.dead_letters() == []
    assert deployment.query(
        "SELECT first_name FROM users WHERE clerk_user_id = 'user_a'"
    ) == [{"first_name": "99"}]
    assert consumer.get("/readyz").status == 200


def test_more_retries_than_a_worker_keeps_in_memory(single):
    """It reads no further until half of them are done; events go on."""
    deployment = single
    due = int(time.time() * 1000) + 12000
    records = []
    for n in range(6000):
        record = deployment.record(f"msg_{n}", user(f"user_{n}", at=1))
        record["headers"] += [
            ("clerkstream-attempts", "1"),
            ("clerkstream-retry-at", str(due)),
            ("clerkstream-origin", f"{deployment.events_topic}:0:{n}"),
        ]
        records.append(record)
    deployment.kafka.produce(deployment.retry_topic, records)
    consumer = deployment.consumer(**QUICKLY)
    wait_until(
        lambda: consumer.metric("clerkstream_waiting_retries") >= 4096, 10,
        "as many as there may be",
    )  # fmt: skip
    deployment.publish([("msg_now", user("user_now", at=1))])
    wait_for_row(deployment, "msg_now")
    assert consumer.metric("clerkstream_waiting_retries") < 4200
    assert deployment.kafka.committed(
        deployment.retry_topic, deployment.group
    ).get(0, 0) == 0  # fmt: skip
    deployment.wait_for_ledger(6001, 120)
    assert consumer.metric("clerkstream_retries_total", result="applied") \
        == 6000  # fmt: skip
    counted = deployment.query("""
        SELECT count(DISTINCT clerk_user_id), min(attempts), max(attempts)
        FROM users u JOIN webhook_events ON entity_id = u.clerk_user_id
        WHERE webhook_id <> 'msg_now'""")
    assert counted == [{"count": 6000, "min": 2, "max": 2}]


def wait_for_row(deployment, id):
    wait_until(lambda: id in statuses(deployment), 8, f"{id} to be applied")
