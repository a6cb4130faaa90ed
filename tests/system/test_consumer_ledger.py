"""What the ledger says of each event: status, times, coordinates, counts."""

import json
import time
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from deployment import Deployment
from small_events import (
    event,
    membership,
    organization,
    organization_deleted,
    user,
    user_deleted,
)
from waiting import wait_until

ONE_AT_A_TIME = {"CONSUMER_WORKERS": 1, "CONSUMER_BATCH_MAX": 1}
TOGETHER = {"CONSUMER_WORKERS": 1, "CONSUMER_BATCH_LINGER_MS": 300}


@pytest.fixture
def deployment(kafka, postgres, tmp_path):
    """One partition: events come in the order in which they were sent."""
    with Deployment(kafka, postgres, tmp_path, partitions=1) as made:
        yield made


def rows_of(deployment, *events, **how):
    """Published in this order; their rows once they are all there."""
    deployment.publish([(f"msg_{n}", e) for n, e in enumerate(events)])
    deployment.consumer(**how)
    deployment.wait_for_ledger(len(events))
    ledger = deployment.ledger()
    return [ledger[f"msg_{n}"] for n in range(len(events))]


def instant(milliseconds):
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    return epoch + timedelta(milliseconds=milliseconds)


def test_a_row_of_an_applied_event(deployment):
    body = b'{ "type":"user.created",\n "data":{"id":"user_a"}, "x":1.50 }'
    taken_ms = int(time.time() * 1000) - 5000
    ((partition, offset),) = deployment.kafka.produce(
        deployment.events_topic,
        [{"value": body, "key": b"user_a", "timestamp": taken_ms,
          "headers": [("svix-id", b"msg_1")]}],
    )  # fmt: skip
    before = datetime.now(timezone.utc)
    deployment.consumer()
    deployment.wait_for_ledger(1)
    row = deployment.ledger()["msg_1"]
    updated_at, processed_at = row.pop("updated_at"), row.pop("processed_at")
    assert before <= processed_at <= updated_at
    assert updated_at - processed_at < timedelta(milliseconds=10)
    assert row == {
        "webhook_id": "msg_1",
        "event_type": "user.created",
        "entity_id": "user_a",
        "payload": json.loads(body),
        "status": "completed",
        "attempts": 1,
        "last_error": None,
        "kafka_topic": deployment.events_topic,
        "kafka_partition": partition,
        "kafka_offset": offset,
        "duplicates": 0,
        "duplicate_offsets": [],
        "replays": 0,
        "retry_at": None,
        "redrives": 0,
        "dead_letter": None,
        "created_at": instant(taken_ms),
    }
    (text,) = deployment.query("SELECT payload::text FROM webhook_events")
    assert text["payload"].encode() == body, "the text as it came"


def test_the_share_of_quick_ones_can_be_asked_for(deployment):
    """The monitoring queries: by status, recent failures, latency."""
    rows_of(
        deployment, *(user(f"user_{n}", at=n) for n in range(20)),
        b"no JSON", event("session.created", {"id": "sess_1"}, 1),
    )  # fmt: skip
    counts = deployment.query(
        "SELECT status, count(*) FROM webhook_events GROUP BY status"
    )
    counts = {row["status"]: row["count"] for row in counts}
    assert counts == {"completed": 20, "failed": 1, "ignored": 1}
    (failed,) = deployment.query(
        "SELECT * FROM webhook_events WHERE status = 'failed'"
        " AND created_at > now() - interval '1 hour'"
    )
    assert failed["last_error"]
    (share,) = deployment.query(
        "SELECT avg((processed_at - created_at < interval '10 s')::int)"
        " FROM webhook_events WHERE status = 'completed'"
    )
    assert share["avg"] == 1


def test_other_types_are_recorded_and_ignored(deployment):
    types = ["session.created", "user.waved", "user.", "user.Created",
             "users.created", "organization.updated.", "email.created",
             "organizationMembership", "organizationInvitation.accepted",
             "Ω", "x" * 3000]  # fmt: skip
    data = {"id": "user_a", "first_name": "Ada"}
    rows = rows_of(deployment, *(event(type, data, 1) for type in types))
    assert [row["event_type"] for row in rows] == types
    assert {row["status"] for row in rows} == {"ignored"}
    assert all(row["processed_at"] for row in rows)
    assert not any(deployment.tables().values())


SUPERSEDED = {
    "an older update": [user("user_a", at=5), user("user_a", at=4)],
    "at one moment by rank": [
        user("user_a", at=5, action="updated"),
        user("user_a", at=5, action="created"),
    ],
    "an older organization": [
        organization("org_a", at=5), organization("org_a", at=4)
    ],
    "an older membership": [
        membership("orgmem_a", "org_a", "user_a", at=5),
        membership("orgmem_a", "org_a", "user_a", at=4),
    ],
    "an organization already deleted": [
        organization_deleted("org_a", at=1), organization("org_a", at=9)
    ],
    "a membership already deleted": [
        membership("orgmem_a", "org_a", "user_a", at=1, action="deleted"),
        membership("orgmem_a", "org_a", "user_a", at=9),
    ],
    "a second deletion": [
        organization_deleted("org_a", at=1), organization_deleted("org_a", at=2)
    ],
}  # fmt: skip
NOT_SUPERSEDED = {
    "a newer update": [user("user_a", at=4), user("user_a", at=5)],
    "own data after a newer glimpse": [
        membership("orgmem_a", "org_a", "user_a", at=9), user("user_a", at=1)
    ],
    "data of a deleted user": [
        user_deleted("user_a", at=1), user("user_a", at=9)
    ],
    "a deletion before the data": [
        user("user_a", at=9), user_deleted("user_a", at=1)
    ],
    "an older glimpse": [
        user("user_a", at=9), membership("orgmem_a", "org_a", "user_a", at=1)
    ],
}  # fmt: skip


def for_each(cases):
    """Cases side by side in one log: each has entities of its own."""
    return [
        json.loads(json.dumps(event).replace("_a", f"_{number}"))
        for number, pair in enumerate(cases.values())
        for event in pair
    ]


@pytest.mark.parametrize("how", [ONE_AT_A_TIME, TOGETHER], ids=str)
@pytest.mark.parametrize(
    ("cases", "status"),
    [(SUPERSEDED, "superseded"), (NOT_SUPERSEDED, "completed")],
)
def test_what_comes_too_late_is_superseded(deployment, cases, status, how):
    deployment.publish(
        [(f"msg_{n}", event) for n, event in enumerate(for_each(cases))]
    )
    deployment.consumer(**how)
    deployment.wait_for_ledger(2 * len(cases))
    ledger = deployment.ledger()
    for number, name in enumerate(cases):
        assert ledger[f"msg_{2 * number}"]["status"] == "completed", name
        assert ledger[f"msg_{2 * number + 1}"]["status"] == status, name
        assert ledger[f"msg_{2 * number + 1}"]["processed_at"], name


@pytest.mark.parametrize("how", [ONE_AT_A_TIME, TOGETHER], ids=str)
def test_one_event_sent_three_times(deployment, how):
    """No second row, and the coordinates are remembered."""
    twice = ("msg_1", user("user_a", at=1))
    deployment.publish(
        [twice, ("msg_2", user("user_b", at=1)), twice, twice]
    )
    deployment.consumer(**how)
    deployment.wait_until_consumed()
    ledger = deployment.ledger()
    assert ledger.keys() == {"msg_1", "msg_2"}
    topic, row = deployment.events_topic, ledger["msg_1"]
    assert row["status"] == "completed"
    assert (row["kafka_partition"], row["kafka_offset"]) == (0, 0)
    assert row["duplicates"] == 2
    assert row["duplicate_offsets"] == [f"{topic}:0:2", f"{topic}:0:3"]
    assert (row["replays"], row["attempts"]) == (0, 1)
    assert ledger["msg_2"]["duplicates"] == 0


def test_a_duplicate_that_is_read_again_is_a_replay(deployment):
    twice = ("msg_1", user("user_a", at=1))
    deployment.publish([twice, twice])
    for expected in (0, 2, 4):
        consumer = deployment.consumer()
        deployment.wait_until_consumed()
        assert consumer.stop() == 0
        row = deployment.ledger()["msg_1"]
        assert (row["duplicates"], row["replays"]) == (1, expected)
        deployment.kafka.set_offsets(deployment.events_topic, deployment.group)


def test_a_bad_event_sent_twice_is_dead_lettered_once(deployment):
    deployment.publish([("msg_1", b"no JSON"), ("msg_1", b"no JSON")])
    consumer = deployment.consumer(**ONE_AT_A_TIME)
    deployment.wait_until_consumed()
    row = deployment.ledger()["msg_1"]
    assert (row["status"], row["duplicates"]) == ("failed", 1)
    assert len(deployment.dead_letters()) == 1
    assert consumer.get("/readyz").status == 200


def test_what_was_refused_is_applied_when_the_cause_is_mended(deployment):
    """By a replay: the event is first applied then."""
    deployment.query("ALTER TABLE users ADD CONSTRAINT c CHECK (phone <> '')")
    bad = user("user_a", at=1, primary_phone_number_id="p",
               phone_numbers=[{"id": "p", "phone_number": ""}])  # fmt: skip
    (row,) = rows_of(deployment, bad)
    assert (row["status"], row["processed_at"]) == ("failed", None)
    assert "23514" in row["last_error"] and row["attempts"] == 1
    assert deployment.programs[0].stop() == 0
    deployment.query("ALTER TABLE users DROP CONSTRAINT c")
    deployment.kafka.set_offsets(deployment.events_topic, deployment.group)
    deployment.consumer()
    deployment.wait_until_consumed()
    row = deployment.ledger()["msg_0"]
    assert row["status"] == "completed"
    assert row["processed_at"] and row["attempts"] == 2
    assert row["replays"] == 1
    (row,) = deployment.tables()["users"]
    assert row["sync_status"] == "synced"
    assert len(deployment.dead_letters()) == 1


def test_events_of_the_largest_size(deployment):
    """As large as a producer can be told to take them (900 000 bytes), more
    than one fetch asks for, with small ones between."""
    events = [user(f"user_{n}", at=n) for n in range(20)]
    for number in range(0, 20, 2):
        events[number]["data"]["private_metadata"] = {"x": "y" * 899_000}
    rows = rows_of(deployment, *events)
    assert {row["status"] for row in rows} == {"completed"}
    deployment.wait_until_consumed()
    assert len(deployment.tables()["users"]) == 20


def test_metrics_tell_what_happened(deployment):
    rows_of(
        deployment, user("user_a", at=2), user("user_a", at=1), b"no JSON",
        event("session.created", {"id": "sess_1"}, 1), **ONE_AT_A_TIME,
    )  # fmt: skip
    deployment.wait_until_consumed()
    (consumer,) = deployment.programs
    for status in ("completed", "superseded", "ignored", "failed"):
        total = consumer.metric("clerkstream_events_total", status=status)
        assert total == 1, status
    assert consumer.metric("clerkstream_dead_letters_total") == 1
    assert consumer.metric("clerkstream_held_events") == 0
    assert consumer.metric("clerkstream_event_to_row_seconds_count") == 4
    assert 0 < consumer.metric("clerkstream_event_to_row_seconds_sum") < 120
    inf = consumer.metric("clerkstream_event_to_row_seconds_bucket", le="+Inf")
    assert inf == 4
    assert consumer.metric("clerkstream_batch_seconds_count") == 4
    assert consumer.metric("process_resident_memory_bytes") > 0
    answer = consumer.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert_is_prometheus_text(answer.body.decode())
    time.sleep(2.5)  # the lag is looked at now and then
    labels = {"consumergroup": deployment.group, "partition": 0,
              "topic": deployment.events_topic}  # fmt: skip
    assert "kafka_consumergroup_lag{" in consumer.get("/metrics").body.decode()
    assert consumer.metric("kafka_consumergroup_lag", **labels) == 0


def assert_is_prometheus_text(text):
    """Each sample belongs to a family that was declared, and is told once."""
    declared, seen = {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            declared[name] = kind
        elif line and not line.startswith("#"):
            sample, value = line.rsplit(" ", 1)
            float(value)
            assert sample not in seen, sample
            seen.add(sample)
            name = sample.partition("{")[0]
            family = name
            for suffix in ("_bucket", "_sum", "_count"):
                if declared.get(name.removesuffix(suffix)) == "histogram":
                    family = name.removesuffix(suffix)
            assert family in declared, sample
            if declared[family] == "counter":
                assert family.endswith("_total"), family


def test_who_waits_is_told_of_what_was_applied(deployment):
    """And nobody is where nobody waits: no commit queues up for that."""
    consumer = deployment.consumer(CONSUMER_WORKERS=1)
    told = []

    def listen(session):
        session.execute("SELECT 1")  # what was told comes with the answer
        return told

    with psycopg.connect(deployment.database_url, autocommit=True) as session:
        session.add_notify_handler(told.append)
        session.execute("LISTEN clerkstream_applied")
        deployment.publish([("msg_1", user("user_a", at=1))])
        deployment.wait_for_ledger(1)
        assert listen(session) == []
        session.execute(
            "INSERT INTO clerkstream_waiters (expires_at)"
            " VALUES (now() + '1 minute')"
        )
        deployment.publish([("msg_2", user("user_a", at=2))])
        wait_until(lambda: listen(session), 10, "a notification")
        assert (told[0].channel, told[0].payload) == (
            "clerkstream_applied", "",
        )  # fmt: skip
        assert "msg_2" in deployment.ledger()
    assert consumer.get("/readyz").status == 200


def test_the_lag_is_what_is_not_done_yet(deployment):
    consumer = deployment.consumer(CONSUMER_WORKERS=1)
    deployment.query("ALTER TABLE users RENAME TO moved")
    deployment.publish([(f"msg_{n}", user(f"user_{n}")) for n in range(30)])
    wait_for_lag(consumer, 30)
    deployment.query("ALTER TABLE moved RENAME TO users")
    deployment.wait_until_consumed()
    wait_for_lag(consumer, 0)


def wait_for_lag(consumer, expected):
    wait_until(
        lambda: "kafka_consumergroup_lag{"
        in consumer.get("/metrics").body.decode()
        and consumer.metric("kafka_consumergroup_lag") == expected,
        10, f"a lag of {expected}",
    )  # fmt: skip
