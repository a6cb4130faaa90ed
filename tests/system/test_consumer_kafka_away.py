"""A Kafka that stops, crashes, freezes, or is not there yet."""

import psycopg
import pytest
from deployment import Deployment
from kafka import Kafka
from outages import frozen, killed
from small_events import user
from stream import Stream, waits_for
from waiting import wait_until

PATIENCE = 60
LOCKED = """SELECT 1 FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND datname = current_database()"""
QUICKLY = {"KAFKA_AUTO_COMMIT_INTERVAL_MS": 100}


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """A Kafka for the tests of this file, which stop and freeze it."""
    with Kafka(tmp_path_factory.mktemp("broker") / "kafka") as made:
        yield made


@pytest.fixture
def away(broker, postgres, tmp_path):
    with Deployment(broker, postgres, tmp_path) as made:
        yield made


@pytest.mark.parametrize("fault", [killed, frozen])
def test_the_consumer_goes_on_when_the_broker_is_back(away, broker, fault):
    stream = Stream(away, "kafka")
    consumer = away.consumer(CONSUMER_BATCH_MAX=10, **QUICKLY)
    stream.publish(300)
    with fault(broker):
        waits_for(consumer, "Kafka", PATIENCE)
        assert consumer.get("/healthz").status == 200
    stream.publish(100)
    stream.assert_applied(PATIENCE)
    consumer.wait_ready(PATIENCE)


def test_a_consumer_waits_for_a_broker_that_is_started_later(away, broker):
    stream = Stream(away, "first")
    broker.stop()
    consumer = away.consumer(wait=False, **QUICKLY)
    waits_for(consumer, "no Kafka broker answers")
    assert consumer.get("/healthz").status == 200
    broker.start()
    consumer.wait_ready(PATIENCE)
    stream.publish(50)
    stream.assert_applied()


@pytest.mark.parametrize(
    "which", ["events_topic", "retry_topic", "dead_letter_topic"]
)
def test_a_consumer_waits_for_topics_that_are_made_later(deployment, which):
    topic = getattr(deployment, which)
    deployment.kafka.delete_topic(topic)
    stream = Stream(deployment, "topic")
    wait_until(
        lambda: not deployment.kafka.partitions(topic), what="the deletion"
    )
    consumer = deployment.consumer(wait=False, **QUICKLY)
    told = waits_for(consumer, f"topic {topic} is not there")
    assert "clerkstream topics" in told["reason"]
    deployment.console("topics")
    stream.publish(50)
    consumer.wait_ready()
    stream.assert_applied()


def test_a_dead_letter_waits_for_the_broker(away, broker):
    """Nothing is written as failed before its dead letter is on the disk.

    The batch has them, and waits for a register, when the broker freezes.
    """
    consumer = away.consumer(
        CONSUMER_WORKERS=1, CONSUMER_BATCH_LINGER_MS=2000, **QUICKLY
    )
    away.publish([("msg_1", user("user_a", at=1))])
    away.wait_for_ledger(1, PATIENCE)
    with psycopg.connect(away.database_url) as session:
        session.execute("SELECT 1 FROM entity_versions FOR UPDATE")
        away.publish([
            ("msg_bad", b"no JSON"), ("msg_2", user("user_a", at=2)),
            ("msg_also_bad", b"[]"),
        ])  # fmt: skip
        wait_until(
            lambda: away.query(LOCKED), PATIENCE, "the batch at the lock"
        )
        broker.pause()
    try:
        consumer.wait_for_log("not acknowledged", PATIENCE)
        assert away.ledger().keys() == {"msg_1"}
    finally:
        broker.resume()
    away.wait_for_ledger(4, PATIENCE)
    assert len(away.dead_letters()) >= 2
    ledger = away.ledger()
    failed = {id for id in ledger if ledger[id]["status"] == "failed"}
    assert failed == {"msg_bad", "msg_also_bad"}
    consumer.wait_ready(PATIENCE)
