"""The retry topic: what cannot be written now is tried again, and counts once.

One entity is refused by a trigger for as long as a test wants; the delays are
seen from the times of the records on the topic.
"""

import time
from contextlib import contextmanager

import model
import pytest
from deployment import Deployment
from differences import assert_equal
from small_events import membership, moment, numbered, organization, user
from waiting import wait_until

QUICKLY = {
    "CONSUMER_WORKERS": 1,
    "CONSUMER_LOCK_TIMEOUT_MS": 300,
    "KAFKA_AUTO_COMMIT_INTERVAL_MS": 100,
}
DELAYS = (1, 2, 4, 8, 16)
REFUSAL = "not today, says the application"


@contextmanager
def refused(deployment, user_id="user_a"):
    """Whatever is written to that user's row, for the time of the block."""
    deployment.query(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE '{REFUSAL}'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON users FOR EACH ROW
            WHEN (NEW.clerk_user_id = '{user_id}')
            EXECUTE FUNCTION refuse()""")
    try:
        yield
    finally:
        deployment.query("DROP FUNCTION refuse CASCADE")


def row_of(deployment, id):
    return deployment.ledger().get(id)


def wait_for_status(deployment, id, status, timeout=60, attempts=1):
    def is_there():
        row = row_of(deployment, id)
        return row and row["status"] == status and (
            row["attempts"] >= attempts and row
        )

    return wait_until(
        is_there, timeout, f"{id} to be {status}\n{deployment.tails()}"
    )


def headers_of(record):
    return {name: value.decode() for name, value in record.headers()}


def sync_of(deployment, user_id):
    (row,) = deployment.query(
        "SELECT sync_status, sync_error, last_sync_attempt FROM users"
        " WHERE clerk_user_id = %s", user_id,
    )  # fmt: skip
    return row


def assert_tables(deployment, events=None):
    events = events or deployment.posted
    assert_equal(model.tables(events), deployment.tables(), events)


def assert_nothing_waits(deployment):
    """Both topics are consumed to their ends."""
    for topic in (deployment.events_topic, deployment.retry_topic):
        ends = deployment.kafka.end_offsets(topic)
        wait_until(
            lambda topic=topic, ends=ends: all(
                deployment.kafka.committed(topic, deployment.group).get(p, 0)
                >= end
                for p, end in ends.items()
            ),
            30, f"{topic} to be consumed\n{deployment.tails()}",
        )  # fmt: skip


@pytest.fixture(scope="module")
def scene(module_deployment):
    """One user's event is refused for ever; others of that user are not
    there, others' are."""
    deployment = module_deployment
    consumer = deployment.consumer(**QUICKLY)
    with refused(deployment):
        placed = deployment.publish(
            [("msg_bad", user("user_a", at=1, first_name="Ada"))]
            + [(f"msg_{n}", user(f"user_{n}", at=1)) for n in range(20)]
        )
        wait_for_status(deployment, "msg_bad", "failed", 90)
        row = row_of(deployment, "msg_bad")
    return deployment, consumer, placed[0], row


def test_after_five_retries_it_is_a_dead_letter(scene):
    deployment, consumer, (partition, offset), row = scene
    (letter,) = deployment.dead_letters()
    told = headers_of(letter)
    assert letter.key() == b"user_a" and told["svix-id"] == "msg_bad"
    assert told["clerkstream-attempts"] == "6"
    assert told["clerkstream-redrives"] == "0"
    assert "clerkstream-retry-at" not in told
    assert told["__connect.errors.topic"] == deployment.events_topic
    assert told["__connect.errors.partition"] == str(partition)
    assert told["__connect.errors.offset"] == str(offset)
    assert told["__connect.errors.stage"] == "TASK_PUT"
    assert REFUSAL in told["clerkstream-reason"]
    assert row["attempts"] == 6 and REFUSAL in row["last_error"]
    assert row["processed_at"] is None and row["retry_at"] is None
    assert row["kafka_topic"] == deployment.events_topic
    assert (row["kafka_partition"], row["kafka_offset"]) == (partition, offset)
    assert (row["replays"], row["duplicates"]) == (0, 0)
    metric = consumer.metric
    assert metric("clerkstream_dead_letters_total", **{"class": "retried"}) == 1
    assert metric("clerkstream_retries_total", result="again") == 4
    assert metric("clerkstream_retries_total", result="refused") == 1
    assert metric("clerkstream_events_total", status="retrying") == 5
    assert metric("clerkstream_waiting_retries") == 0
    assert consumer.get("/readyz").status == 200


def test_it_waits_longer_from_one_to_the_next(scene):
    deployment, _, (partition, offset), _ = scene
    records = deployment.retries()
    told = [headers_of(record) for record in records]
    assert [t["clerkstream-attempts"] for t in told] == list("12345")
    origin = f"{deployment.events_topic}:{partition}:{offset}"
    assert {t["clerkstream-origin"] for t in told} == {origin}
    times = [record.timestamp()[1] for record in records]
    for at, t, delay in zip(times, told, DELAYS):
        due = int(t["clerkstream-retry-at"])
        # The record is written a little later than the time is chosen.
        assert delay * 790 - 1000 <= due - at <= delay * 1200
    gaps = [after - before for before, after in zip(times, times[1:])]
    for gap, delay in zip(gaps, DELAYS):
        assert delay * 790 <= gap <= delay * 1200 + 4000, gaps


def test_a_record_on_the_topic_is_the_record_as_it_came(scene):
    deployment, _, (partition, _), _ = scene
    (original,) = (
        record
        for record in deployment.kafka.read(deployment.events_topic)
        if headers_of(record)["svix-id"] == "msg_bad"
    )
    for record in deployment.retries():
        assert record.value() == original.value()
        assert record.key() == original.key()
        assert record.partition() == partition
        told = headers_of(record)
        assert headers_of(original).items() <= told.items()
        assert len(record.headers()) == len(told), "each header once"
        assert REFUSAL in told["clerkstream-reason"]


def test_others_were_applied_at_once(scene):
    deployment = scene[0]
    assert_tables(deployment, [
        posted for posted in deployment.posted if posted[0] != "msg_bad"
    ])  # fmt: skip
    for n in range(20):
        row = row_of(deployment, f"msg_{n}")
        assert (row["status"], row["attempts"]) == ("completed", 1)


def test_reading_the_topic_again_changes_nothing(scene):
    """All of its records count no more."""
    deployment, consumer, _, _ = scene
    assert consumer.stop() == 0
    before = deployment.ledger(), deployment.dump()
    deployment.kafka.set_offsets(deployment.retry_topic, deployment.group)
    consumer = deployment.consumer(**QUICKLY)
    wait_until(
        lambda: consumer.metric("clerkstream_retries_total", result="stale")
        == 5, 60, "five records that count no more",
    )  # fmt: skip
    assert_nothing_waits(deployment)
    assert (deployment.ledger(), deployment.dump()) == before
    assert len(deployment.dead_letters()) == 1
    assert len(deployment.retries()) == 5


def redrive(deployment, letter, times, origin=None):
    """As the console does: the dead letter back onto the events topic."""
    told = headers_of(letter)
    kept = [
        (name, value)
        for name, value in letter.headers()
        if not name.startswith(("__connect.", "clerkstream-"))
    ]
    origin = origin or ":".join(
        told[f"__connect.errors.{part}"]
        for part in ("topic", "partition", "offset")
    )
    return deployment.kafka.produce(deployment.events_topic, [{
        "key": letter.key(), "value": letter.value(), "headers": kept + [
            ("clerkstream-redrives", str(times)),
            ("clerkstream-origin", origin),
        ],
    }], partitioner="murmur2_random")  # fmt: skip


def test_put_back_while_it_is_refused_it_fails_again(scene):
    """Through all its retries; its second dead letter tells of the first."""
    deployment, _, (partition, offset), _ = scene
    (letter,) = deployment.dead_letters()
    with refused(deployment):
        redrive(deployment, letter, 1)
        row = wait_for_status(deployment, "msg_bad", "retrying", 20)
        assert row["attempts"] >= 7
        row = wait_for_status(deployment, "msg_bad", "failed", 90, attempts=12)
    assert row["attempts"] == 12 and row["redrives"] == 1
    assert (row["replays"], row["duplicates"]) == (0, 0)
    _, again = deployment.dead_letters()
    told = headers_of(again)
    assert told["clerkstream-attempts"] == "6"
    assert told["clerkstream-redrives"] == "1"
    assert told["__connect.errors.topic"] == deployment.events_topic
    assert told["__connect.errors.partition"] == str(partition)
    assert told["__connect.errors.offset"] == str(offset)
    assert len(deployment.retries()) == 10


def test_put_back_when_the_cause_is_gone_it_is_applied(scene):
    deployment, consumer, (partition, offset), _ = scene
    redrive(deployment, deployment.dead_letters()[-1], 2)
    row = wait_for_status(deployment, "msg_bad", "completed", 20)
    assert row["attempts"] == 13 and row["last_error"] is None
    assert row["processed_at"] is not None
    assert (row["kafka_partition"], row["kafka_offset"]) == (partition, offset)
    assert (row["replays"], row["duplicates"]) == (0, 0)
    assert row["duplicate_offsets"] == []
    assert sync_of(deployment, "user_a")["sync_status"] == "synced"
    assert_nothing_waits(deployment)
    assert_tables(deployment)
    assert len(deployment.dead_letters()) == 2


@pytest.fixture
def single(kafka, postgres, tmp_path):
    """One partition: everything is in the same one."""
    with Deployment(kafka, postgres, tmp_path, partitions=1) as made:
        yield made


def test_a_later_event_overtakes_the_one_that_waits(single):
    """The tables are what the merge says, whoever comes first."""
    deployment = single
    consumer = deployment.consumer(**QUICKLY)
    old = user("user_a", at=1, first_name="Ada", created_at=moment(0))
    new = user("user_a", at=2, last_name="Lovelace", created_at=moment(0))
    with refused(deployment):
        deployment.publish([("msg_old", old)])
        wait_for_status(deployment, "msg_old", "retrying", attempts=2)
    deployment.publish([("msg_new", new)])
    wait_for_status(deployment, "msg_new", "completed")
    row = wait_for_status(deployment, "msg_old", "superseded")
    assert row["attempts"] >= 3 and row["last_error"] is None
    assert_tables(deployment)
    (found,) = deployment.tables()["users"]
    assert (found["first_name"], found["last_name"]) == (None, "Lovelace")
    assert sync_of(deployment, "user_a")["sync_error"] is None
    assert_nothing_waits(deployment)
    consumer.wait_ready()


def test_its_user_tells_of_it_until_it_is_applied(single):
    """What refuses the event is not what refuses the word in the row."""
    deployment = single
    deployment.consumer(**QUICKLY)
    deployment.publish([("msg_0", user("user_a", at=1))])
    wait_for_status(deployment, "msg_0", "completed")
    first = sync_of(deployment, "user_a")["last_sync_attempt"]
    deployment.query("""
        CREATE FUNCTION claim() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'taken' USING ERRCODE = '23505';
            END $$;
        CREATE TRIGGER claim BEFORE UPDATE OF first_name ON users
            FOR EACH ROW EXECUTE FUNCTION claim()""")
    deployment.publish([("msg_1", user("user_a", at=2, first_name="Ada"))])
    wait_for_status(deployment, "msg_1", "retrying")
    told = sync_of(deployment, "user_a")
    assert told["sync_status"] == "synced" and "23505" in told["sync_error"]
    assert told["last_sync_attempt"] > first
    deployment.query("DROP FUNCTION claim CASCADE")
    wait_for_status(deployment, "msg_1", "completed")
    told = sync_of(deployment, "user_a")
    assert (told["sync_status"], told["sync_error"]) == ("synced", None)
    assert_tables(deployment)


def test_killed_while_events_wait(single):
    """Each time when some have been tried once more and others have not; each
    is applied once, as if nothing had happened."""
    deployment = single
    quickly = {**QUICKLY, "KAFKA_AUTO_COMMIT_INTERVAL_MS": 10}
    consumer = deployment.consumer(**quickly)
    events = numbered(
        user("user_a", at=n, first_name=f"at {n}", created_at=moment(0))
        for n in range(30)
    )

    def is_halfway(tries):
        (found,) = deployment.query(
            "SELECT min(attempts), max(attempts) FROM webhook_events"
        )
        return found["min"] <= tries < found["max"]

    with refused(deployment):
        deployment.publish(events)
        wait_for_status(deployment, "msg_029", "retrying")
        for tries in (1, 2, 3):
            wait_until(lambda t=tries: is_halfway(t), 60, "half of them")
            time.sleep(0.1)
            consumer.kill()
            consumer = deployment.consumer(wait=False, **quickly)
    deployment.wait_for_ledger(30, 60)
    assert_nothing_waits(deployment)
    assert_tables(deployment)
    assert deployment.dead_letters() == []
    ledger = deployment.ledger()
    assert {row["duplicates"] for row in ledger.values()} == {0}
    assert {row["retry_at"] for row in ledger.values()} == {None}
    assert [r["status"] for r in ledger.values()].count("completed") >= 1


def test_another_process_takes_them_over(deployment):
    """With the partitions, and each exactly once."""
    first = deployment.consumer(**QUICKLY)
    events = numbered(
        user(f"user_{n}", at=1, created_at=moment(0)) for n in range(40)
    )
    deployment.query(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE '{REFUSAL}'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON users FOR EACH ROW
            EXECUTE FUNCTION refuse()""")
    deployment.publish(events)
    wait_until(lambda: len(deployment.ledger()) == 40, 30, "40 retries")
    second = deployment.consumer(**QUICKLY)
    wait_until(
        lambda: second.metric("clerkstream_retries_total", result="again"),
        30, "a retry by the other one",
    )  # fmt: skip
    deployment.query("DROP FUNCTION refuse CASCADE")
    deployment.wait_for_ledger(40, 60)
    assert_nothing_waits(deployment)
    assert_tables(deployment)
    applied = sum(
        program.metric("clerkstream_events_total", status="completed")
        for program in (first, second)
    )
    assert applied == 40
    assert deployment.dead_letters() == []
    assert second.stop() == 0
    first.wait_ready()


def test_a_retry_of_what_nobody_knows_is_applied(single):
    """The ledger was emptied meanwhile: it counts as the first record."""
    deployment = single
    event = user("user_a", at=1, first_name="Ada")
    record = deployment.record("msg_1", event)
    record["headers"] += [
        ("clerkstream-attempts", "2"),
        ("clerkstream-retry-at", str(int(time.time() * 1000) + 500)),
        ("clerkstream-origin", f"{deployment.events_topic}:0:4711"),
        ("clerkstream-created-at", "1700000000000"),
    ]
    deployment.kafka.produce(deployment.retry_topic, [record])
    deployment.consumer(**QUICKLY)
    row = wait_for_status(deployment, "msg_1", "completed")
    assert row["attempts"] == 3 and row["kafka_offset"] == 4711
    assert row["created_at"].timestamp() == 1700000000
    assert_tables(deployment, [("msg_1", event)])


def test_memberships_wait_for_the_organization_that_is_refused(single):
    """Events of several entities at once, in the middle of a batch."""
    deployment = single
    deployment.consumer(**QUICKLY)
    deployment.query(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE '{REFUSAL}'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON organizations FOR EACH ROW
            WHEN (NEW.clerk_organization_id = 'org_bad')
            EXECUTE FUNCTION refuse()""")
    events = [organization("org_bad", at=1), organization("org_good", at=1)]
    for n in range(12):
        holder = "org_bad" if n % 3 == 0 else "org_good"
        events.append(membership(f"orgmem_{n}", holder, f"user_{n}", at=2))
        events.append(user(f"user_{n}", at=3))
    deployment.publish(numbered(events))
    wait_until(lambda: len(deployment.ledger()) == 26, 30, "all events")
    waiting = deployment.query(
        "SELECT count(*) FROM webhook_events WHERE status = 'retrying'"
    )
    assert waiting == [{"count": 5}]
    deployment.query("DROP FUNCTION refuse CASCADE")
    deployment.wait_for_ledger(26)
    assert_tables(deployment)
    assert deployment.dead_letters() == []
