"""`clerkstream status`: how it stands, and quickly."""

import json
import re
import signal
import socket
import subprocess
import time

import desk
import pytest
from process import plain_environment
from programs import BIN
from small_events import event, membership, organization, user
from waiting import wait_until


@pytest.fixture
def life(deployment):
    """A producer, a consumer, and how status finds them."""
    producer, consumer = deployment.producer(), deployment.consumer()
    deployment.environment["PRODUCER_ADMIN_LISTEN"] = producer.admin
    deployment.environment["CONSUMER_ADMIN_LISTEN"] = consumer.admin
    return deployment


def told(life, *words):
    return desk.told(life, "status", *words)


def states(said):
    return {part["part"]: part["state"] for part in said["parts"]}


def test_a_quiet_evening(life):
    said = told(life)
    assert said["is_ready"] is True
    assert set(states(said).values()) == {"ready"}
    assert said["events"] == {
        "completed": 0, "ignored": 0, "superseded": 0, "retrying": 0,
        "failed": 0,
    }  # fmt: skip
    assert said["success_rate"] is None
    assert said["latency"]["events"] == 0
    assert said["lag_records"] == 0 and len(said["lag"]) == 24
    assert said["oldest_unprocessed"] is None
    assert said["group"]["members"] == 2


def test_everything_is_counted(life):
    for number in range(7):
        life.post(user(f"user_{number}"))
    life.publish([("msg_o", organization("org_a", at=5))])
    life.wait_until_consumed()
    life.publish(
        [
            ("msg_p", organization("org_a", at=4)),
            ("msg_m", membership("orgmem_1", "org_a", "user_stub")),
            ("msg_s", event("session.created", {"user_id": "user_1"}, 1)),
            ("msg_f", {"type": "user.created", "data": {"id": 1}}),
        ]
    )
    life.wait_until_consumed()
    said = told(life)
    assert said["events"] == {
        "completed": 9, "ignored": 1, "superseded": 1, "retrying": 0,
        "failed": 1,
    }  # fmt: skip
    assert said["events_are_estimated"] is False
    assert said["success_rate"] == pytest.approx(11 / 12, abs=1e-5)
    assert said["users"]["synced"] == 7 and said["users"]["pending"] == 1
    assert said["organizations"]["synced"] == 1
    assert said["dead_letter_records"] == 1
    assert said["rates"]["in_per_second"] == pytest.approx(12 / 60, abs=0.01)
    assert said["rates"]["out_per_second"] == pytest.approx(11 / 60, abs=0.01)
    latency = said["latency"]
    assert latency["events"] == 11
    assert 0 < latency["p50_ms"] <= latency["p95_ms"] <= latency["p99_ms"]
    assert 0 <= latency["under_500_ms"] <= 1


def test_latencies_are_those_of_the_last_minutes(life):
    life.query(
        """INSERT INTO webhook_events (webhook_id, status, kafka_topic,
               kafka_partition, kafka_offset, created_at, processed_at,
               updated_at)
           SELECT 'msg_' || n, 'completed', 't', 0, n, at,
               at + n * interval '10 ms', at
           FROM generate_series(1, 100) n, (VALUES
               (now() - interval '2 minutes'),
               (now() - interval '2 hours')) moments (at)
           WHERE n % 2 = (extract(hour FROM now() - at) > 1)::int"""
    )
    said = told(life)["latency"]
    assert said["events"] == 50
    assert (said["p50_ms"], said["p95_ms"], said["p99_ms"]) == (500, 960, 1000)
    assert said["under_500_ms"] == pytest.approx(24 / 50)


def test_what_waits_is_told_with_its_place_and_its_age(life):
    (consumer,) = (p for p in life.programs if "consumer" in p.name)
    consumer.stop()
    ((partition, offset),) = life.publish([("msg_w", user("user_w"))])
    life.publish([("msg_x", user("user_w"))])
    time.sleep(1.1)
    said = told(life)
    assert states(said)["consumer"] == "away" and not said["is_ready"]
    assert said["group"]["members"] == 0
    assert said["lag_records"] == 2 and said["lag_seconds"] >= 1
    (lag,) = (row for row in said["lag"] if row["records"])
    assert lag["partition"] == partition and lag["records"] == 2
    assert 1 <= lag["seconds"] < 60
    oldest = said["oldest_unprocessed"]
    assert oldest["id"] == "msg_w"
    assert oldest["where"] == f"{life.events_topic}:{partition}:{offset}"
    shown = life.console("status").stdout
    assert re.search(r"2 records, [1-9]\d*(\.\d{3})? s on ", shown), shown
    assert f"partition {partition}: 2" in shown


def test_what_is_being_tried_again_is_unprocessed(life):
    life.query(
        """INSERT INTO webhook_events (webhook_id, status, kafka_topic,
               kafka_partition, kafka_offset, created_at, updated_at)
           VALUES ('msg_r', 'retrying', 't', 0, 0, now() - interval '1 day',
               now())"""
    )
    said = told(life)
    assert said["events"]["retrying"] == 1
    assert said["oldest_unprocessed"]["id"] == "msg_r"
    assert said["oldest_unprocessed"]["seconds"] > 86000


def test_a_large_ledger_is_sampled_and_that_is_said(life):
    life.query("ALTER TABLE webhook_events SET UNLOGGED")
    life.query("ALTER TABLE webhook_events SET (autovacuum_enabled = off)")
    life.query(
        "ALTER TABLE webhook_events ALTER COLUMN payload SET STORAGE PLAIN"
    )
    life.query(
        """INSERT INTO webhook_events (webhook_id, status, kafka_topic,
               kafka_partition, kafka_offset, payload, created_at, updated_at)
           SELECT 'msg_' || n,
               CASE WHEN n % 1000 = 0 THEN 'failed'
                    WHEN n % 4 = 0 THEN 'ignored' ELSE 'completed' END,
               't', 0, n, to_json(repeat('x', 7000)),
               now() - interval '1 day', now()
           FROM generate_series(1, 36000) n"""
    )
    said = told(life)
    assert said["events_are_estimated"] is True
    assert said["events"]["failed"] == 36
    assert said["events"]["completed"] == pytest.approx(27000, rel=0.15)
    assert said["events"]["ignored"] == pytest.approx(8964, rel=0.15)
    assert "completed ≈" in life.console("status").stdout


def test_a_screen_has_the_height_of_a_terminal(life):
    lines = life.console("status").stdout.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 100
    assert lines[0].startswith("status    all parts are ready")
    assert lines == [line.rstrip() for line in lines]


def test_a_program_that_waits_says_for_what(life, own_postgres):
    url = own_postgres.create_database(console=BIN / "clerkstream")
    del life.environment["CONSUMER_ADMIN_LISTEN"]
    consumer = life.consumer(DATABASE_URL=url)
    own_postgres.stop()
    consumer.wait_not_ready()
    said = told(life, "--consumer", consumer.admin)
    (part,) = (p for p in said["parts"] if p["part"] == "consumer")
    assert part["state"] == "waiting" and part["reason"]
    assert part["address"] == consumer.admin


def test_topics_that_are_missing_are_named(life):
    said = desk.refused(
        life, "status", environment={"RETRY_TOPIC": "nobody.made.it"}
    )
    assert "topic nobody.made.it is missing; producer ready" in said


def watching(life, *words):
    return subprocess.Popen(
        [BIN / "clerkstream", "status", "--watch=1", *words],
        env=plain_environment(**life.environment),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_watching_shows_it_again_until_it_is_interrupted(life):
    process = watching(life, "--json")
    try:
        first, second = (
            json.loads(process.stdout.readline()) for _ in range(2)
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
    assert first["at"] < second["at"]
    desk.validate(second, "status")


def test_who_watches_sees_a_database_go_and_come(life, own_postgres):
    url = own_postgres.create_database(console=BIN / "clerkstream")
    life.environment["DATABASE_URL"] = url
    process = watching(life, "--json", "--timeout", "4")

    def database_is(state):
        said = json.loads(process.stdout.readline())
        desk.validate(said, "status")
        assert ("events" in said) == (states(said)["database"] == "ready")
        return states(said)["database"] == state

    try:
        wait_until(lambda: database_is("ready"), 30, "the database")
        own_postgres.stop()
        wait_until(lambda: database_is("away"), 30, "no database")
        own_postgres.start()
        wait_until(lambda: database_is("ready"), 30, "the database again")
    finally:
        process.kill()


@pytest.fixture
def silent():
    """An address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("system", ["database", "brokers"])
@pytest.mark.parametrize("how", ["refuses", "is silent"])
def test_what_is_away_is_one_line_in_time(life, silent, system, how):
    address = silent if how == "is silent" else "127.0.0.1:1"
    away = {
        "database": {"DATABASE_URL": f"postgresql://x@{address}/x"},
        "brokers": {"KAFKA_BOOTSTRAP_SERVERS": address},
    }[system]
    begun = time.monotonic()
    said = desk.refused(life, "status", "--timeout", "4", environment=away)
    assert time.monotonic() - begun < 4 + 3
    assert f"{system} away" in said and "producer ready" in said


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--watch", "0"], "--watch: given"),
        (["--watch", "soon"], 'given argument "soon"'),
        (["--producer", "no address"], "--producer: given"),
    ],
)
def test_wrong_words_are_answered_with_what_is_allowed(life, words, line):
    assert line in desk.refused(life, "status", *words, code=2)
