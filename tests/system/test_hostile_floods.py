"""Floods of strangers, straight to the producer: whoever sends good requests
beside them is answered, and nothing unsigned gets in."""

import subprocess
import sys
from pathlib import Path

import pytest
from bystander import Bystander
from figures import figure
from floods import FLOODS
from lone_producer import LoneProducer
from topic_tail import TopicTail, id_of, is_signed
from waiting import wait_until

SCRIPT = Path(__file__).parents[1] / "lib/floods.py"


@pytest.fixture(scope="module")
def producer(kafka, tmp_path_factory):
    settings = {
        "PRODUCER_MAX_CONNECTIONS": 2500,
        "PRODUCER_REQUEST_TIMEOUT_MS": 2000,
    }
    directory = tmp_path_factory.mktemp("producer")
    with LoneProducer(kafka, directory, **settings) as started:
        yield started


@pytest.fixture(scope="module")
def bystander(producer):
    with Bystander(producer.listen) as found:
        yield found


@pytest.fixture(scope="module")
def tail(kafka, producer):
    with TopicTail(
        kafka, producer.events_topic, producer.dead_letter_topic
    ) as found:
        yield found


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_is_nobody_elses_trouble(producer, bystander, tail, flood):
    with bystander.attacked():
        done = subprocess.run(
            [sys.executable, SCRIPT, flood, producer.listen],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    figure(f"{flood}, {done.stdout.strip()}; {bystander.told()}")
    assert done.returncode == 0, done.stderr
    records = tail.fresh()
    assert all(is_signed(record) for record in records)
    assert {id_of(record)[:9] for record in records} <= {"msg_live_"}


def test_a_flood_leaves_nothing_behind(producer):
    wait_until(
        lambda: producer.metric("clerkstream_http_connections") <= 1
        and producer.metric("clerkstream_http_body_bytes") == 0,
        what="only the bystander to be left",
    )
    assert producer.stop(15) == 0
