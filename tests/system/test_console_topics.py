"""`clerkstream topics` against a real broker."""

import json
import socket
import subprocess
import time
import uuid

import desk
import pytest
from confluent_kafka.admin import ConfigResource
from process import plain_environment
from programs import BIN, console

VARIABLES = ("EVENTS_TOPIC", "RETRY_TOPIC", "DEAD_LETTER_TOPIC")


@pytest.fixture
def names(kafka):
    """Three names that nobody has, in the environment that says them."""
    name = f"topics.{uuid.uuid4().hex[:10]}"
    return {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "EVENTS_PARTITIONS": 4,
        "EVENTS_TOPIC": name,
        "RETRY_TOPIC": f"{name}.retry",
        "DEAD_LETTER_TOPIC": f"{name}.dlq",
    }


def partitions(kafka, names):
    return [kafka.partitions(names[variable]) for variable in VARIABLES]


def topics(names, *words, **how):
    return console("topics", *words, environment=names, **how)


def refused(names, *words, code=1):
    """What it says when it does not: one line."""
    done = topics(names, *words, check=False)
    assert done.returncode == code, done
    assert done.stdout == ""
    assert done.stderr.startswith("clerkstream topics: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def largest(kafka, name):
    """The greatest record batch that a topic takes."""
    resource = ConfigResource(ConfigResource.Type.TOPIC, name)
    config = kafka.admin.describe_configs([resource])[resource].result(20)
    return int(config["max.message.bytes"].value)


def test_what_is_missing_is_made_and_a_second_time_nothing(kafka, names):
    said = topics(names).stdout.splitlines()
    assert said == [
        f"{names[variable]} created with 4 partitions"
        for variable in VARIABLES
    ]
    assert partitions(kafka, names) == [4, 4, 4]
    said = topics(names).stdout.splitlines()
    assert said == [
        f"{names[variable]} exists with 4 partitions" for variable in VARIABLES
    ]


def test_json_says_the_same(kafka, names):
    kafka.create_topic(names["RETRY_TOPIC"], 4)
    said = json.loads(topics(names, "--json").stdout)
    desk.validate(said, "topics")
    assert said == [
        {"topic": names["EVENTS_TOPIC"], "partitions": 4, "action": "created"},
        {"topic": names["RETRY_TOPIC"], "partitions": 4, "action": "exists"},
        {"topic": names["DEAD_LETTER_TOPIC"], "partitions": 4,
         "action": "created"},
    ]  # fmt: skip


@pytest.mark.parametrize("variable", VARIABLES)
def test_another_number_of_partitions_is_refused(kafka, names, variable):
    """And nothing is made: two of three would be a trap."""
    kafka.create_topic(names[variable], 3)
    said = refused(names)
    assert f"{names[variable]} has 3 partitions" in said
    assert "EVENTS_PARTITIONS is 4" in said
    assert sum(partitions(kafka, names)) == 3


def test_retry_and_dead_letters_take_more_than_events(kafka, names):
    kafka.create_topic(names["EVENTS_TOPIC"], 4, max_message_bytes=3_000_000)
    topics(names)
    assert largest(kafka, names["EVENTS_TOPIC"]) == 3_000_000
    assert largest(kafka, names["RETRY_TOPIC"]) == 3_065_536
    assert largest(kafka, names["DEAD_LETTER_TOPIC"]) == 3_065_536


def test_several_at_once_make_each_topic_once(kafka, names):
    environment = plain_environment(**names)
    running = [
        subprocess.Popen(
            [BIN / "clerkstream", "topics"], env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(5)
    ]  # fmt: skip
    outputs = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0] * 5, outputs
    said = "".join(out for out, _ in outputs).splitlines()
    for variable in VARIABLES:
        name = names[variable]
        assert said.count(f"{name} created with 4 partitions") == 1
        assert said.count(f"{name} exists with 4 partitions") == 4


def test_a_replication_that_cannot_be_had_is_refused(names):
    said = refused(names, "--replication-factor", 3)
    assert names["EVENTS_TOPIC"] in said and "replication factor" in said


def test_a_replication_that_can_be_had_is_given(kafka, names):
    topics(names, "--replication-factor", 1)
    assert partitions(kafka, names) == [4, 4, 4]


def test_a_broker_that_is_away_is_waited_for_until_the_timeout(names):
    began = time.monotonic()
    names["KAFKA_BOOTSTRAP_SERVERS"] = "127.0.0.1:1"
    said = refused(names, "--timeout", 2)
    assert "127.0.0.1:1 within 2 s" in said and "refused" in said
    assert 1.9 < time.monotonic() - began < 4


def test_a_broker_that_does_not_answer_is_not_waited_for_longer(names):
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        names["KAFKA_BOOTSTRAP_SERVERS"] = address
        said = refused(names, "--timeout", 2)
    assert f"{address} within 2 s" in said
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("name", ["a b", "é", ".", "..", "x" * 250, "a/b"])
def test_what_is_no_name_of_a_topic_is_wrong_use(names, name):
    names["RETRY_TOPIC"] = name
    said = refused(names, code=2)
    assert f'RETRY_TOPIC: given "{name[:60]}"' in said and "allowed" in said


def test_one_name_for_two_topics_is_wrong_use(names):
    names["DEAD_LETTER_TOPIC"] = names["EVENTS_TOPIC"]
    said = refused(names, code=2)
    assert "DEAD_LETTER_TOPIC" in said and "EVENTS_TOPIC" in said


def test_no_copies_at_all_is_wrong_use(names):
    assert "--replication-factor" in refused(
        names, "--replication-factor", 0, code=2
    )


def test_a_setting_that_is_none_is_wrong_use(names):
    names["KAFKA_SECURITY_PROTOCOL"] = "carrier-pigeon"
    said = refused(names, code=2)
    assert 'KAFKA_SECURITY_PROTOCOL: given "carrier-pigeon"' in said
