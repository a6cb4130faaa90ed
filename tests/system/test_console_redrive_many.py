"""Many dead letters are redriven: at a rate, by two, and interrupted."""

import json
import signal
import subprocess
import threading
import time

import psycopg
import pytest
from dead_letters import listed, redriven, results
from differences import assert_equal
from process import plain_environment
from programs import BIN
from small_events import user
from waiting import wait_until

import model


@pytest.fixture
def many(deployment):
    """Sixty dead letters of as many users; nobody consumes."""
    deployment.letters = [
        (f"msg_{n:03}", user(f"user_{n:03}", at=1)) for n in range(60)
    ]
    records = [deployment.record(*letter) for letter in deployment.letters]
    for record in records:
        record["headers"].append(("clerkstream-reason", "a test"))
    deployment.kafka.produce(
        deployment.dead_letter_topic, records, partitioner="murmur2_random"
    )
    return deployment


def ids_on_the_log(deployment):
    return sorted(
        dict(record.headers())["svix-id"].decode()
        for record in deployment.kafka.read(deployment.events_topic)
    )


def test_a_rate_is_kept(many):
    begun = time.monotonic()
    redriven(many, "--yes", "--no-wait", "--rate", "30")
    assert time.monotonic() - begun > 1.9
    assert ids_on_the_log(many) == [id for id, _ in many.letters]


def test_two_operators_at_once_do_no_harm(many):
    said = [None, None]

    def operate(number):
        said[number] = redriven(many, "--yes", "--no-wait", "--rate", "60")

    operators = [threading.Thread(target=operate, args=(n,)) for n in (0, 1)]
    for operator in operators:
        operator.start()
    for operator in operators:
        operator.join()
    assert ids_on_the_log(many) == [id for id, _ in many.letters]
    outcomes = [results(rows) for rows in said]
    for id, _ in many.letters:
        assert sorted(o.get(id, "skipped") for o in outcomes) == [
            "on_the_way", "skipped",
        ]  # fmt: skip


def test_a_redrive_that_is_killed_is_gone_on_with(many):
    process = subprocess.Popen(
        [BIN / "clerkstream", "dlq", "redrive", "--yes", "--rate", "20"],
        env=plain_environment(**many.environment),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(
        lambda: many.query("SELECT 1 FROM dead_letter_marks LIMIT 9"),
        30, "some to be published",
    )  # fmt: skip
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len(many.query("SELECT 1 FROM dead_letter_marks"))
    assert 0 < done < 60
    assert len(listed(many)) == 60  # what is on the way is still there
    rows = redriven(many, "--yes", "--no-wait")
    assert sum(r == "on_the_way" for r in results(rows).values()) == 60 - done
    published = ids_on_the_log(many)
    assert sorted(set(published)) == [id for id, _ in many.letters]
    assert len(published) - 60 <= 1  # the one that it was at
    many.consumer()
    wait_until(lambda: listed(many) == {}, 30, "all to be applied")
    assert_equal(model.tables(many.letters), many.tables())


def test_a_letter_that_somebody_is_at_is_waited_for(many):
    """Until that somebody gives it up, or has done it."""
    place = listed(many)["msg_007"]["place"].split(":")
    said = {}

    def operate():
        said.update(redriven(many, "msg_007", "--no-wait"))

    with psycopg.connect(many.database_url) as session:
        session.execute(
            """INSERT INTO dead_letter_marks (kafka_topic, kafka_partition,
               kafka_offset, action, operator)
               VALUES (%s, %s, %s, 'redriven', 'ada')""",
            (many.dead_letter_topic, *place),
        )
        operator = threading.Thread(target=operate)
        operator.start()
        wait_until(
            lambda: many.query(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()"
            ),
            30, "the second operator to wait",
        )  # fmt: skip
        session.commit()
        operator.join()
    assert results(said) == {"msg_007": "skipped"}
    assert ids_on_the_log(many) == []


def test_brokers_that_refuse_a_record_leave_it_where_it_is(many):
    """It cannot be redriven now; the others are."""
    big = many.record("msg_big", user("user_big", at=1))
    big["value"] += b" " * 500_000
    many.kafka.produce(many.dead_letter_topic, [big])
    # Smaller records only, from now on; zstd would make blanks vanish.
    environment = {"KAFKA_MESSAGE_MAX_BYTES": "100000"}
    done = many.console(
        "dlq", "redrive", "--yes", "--no-wait", "--json", check=False,
        environment=environment,
    )  # fmt: skip
    assert done.returncode == 1
    said = {r["id"]: r["result"] for r in json.loads(done.stdout)["letters"]}
    assert said.pop("msg_big") == "not_sent"
    assert set(said.values()) == {"on_the_way"}
    assert listed(many)["msg_big"]["state"] == "waiting"
