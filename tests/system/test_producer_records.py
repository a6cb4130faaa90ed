"""What lies in Kafka: key, value and headers byte for byte, and where."""

import json
import time
from pathlib import Path

import pytest
from lone_producer import LoneProducer
from record_key import record_key
from webhook import SECRET, new_id, sign

FIXTURES = Path(__file__).parents[1] / "fixtures"
KEYS = json.loads((FIXTURES / "keys.json").read_text())
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture(scope="module")
def producer(kafka, tmp_path_factory):
    directory = tmp_path_factory.mktemp("producer")
    with LoneProducer(
        kafka, directory, PRODUCER_IGNORE_TYPES=","
    ) as started:
        yield started


def record_of(producer, body, headers=None):
    """Posts it; (svix id, timestamp, the record that came of it)."""
    id, timestamp = new_id(), int(time.time())
    answer = producer.post(body, id=id, timestamp=timestamp, headers=headers)
    assert answer.json["status"] == "accepted", answer
    (record,) = (
        record
        for record in producer.events()
        if record.partition() == answer.json["partition"]
        and record.offset() == answer.json["offset"]
    )
    return id, timestamp, record


def test_all_of_a_record(producer):
    body = b'{ "type":"user.created","instance_id":"ins_1",' \
           b'"timestamp":1716883200000, "data":{"id":"user_1"}}\n'
    headers = {"traceparent": TRACE, "cookie": "x", "webhook-id": "y"}
    id, timestamp, record = record_of(producer, body, headers)
    assert record.key() == b"user_1"
    assert record.value() == body
    assert record.headers() == [
        ("ce_specversion", b"1.0"),
        ("ce_id", id.encode()),
        ("ce_type", b"user.created"),
        ("ce_source", b"clerk/ins_1"),
        ("ce_subject", b"user_1"),
        ("ce_time", b"2024-05-28T08:00:00.000Z"),
        ("content-type", b"application/json"),
        ("svix-id", id.encode()),
        ("svix-timestamp", b"%d" % timestamp),
        ("svix-signature", sign(SECRET, id, timestamp, body).encode()),
        ("traceparent", TRACE.encode()),
    ]


def test_what_is_absent_is_left_out(producer):
    _, _, record = record_of(producer, b'{"type":"x","data":{}}')
    names = [name for name, _ in record.headers()]
    assert "ce_time" not in names and "traceparent" not in names
    assert dict(record.headers())["ce_source"] == b"clerk/unknown"


TIMES = {
    "1716883200": b"2024-05-28T08:00:00.000Z",
    "1716883200123": b"2024-05-28T08:00:00.123Z",
    "1.716883200123e12": b"2024-05-28T08:00:00.123Z",
    "0": b"1970-01-01T00:00:00.000Z",
    "1716883200123.5": None,
    '"1716883200123"': None,
    "null": None,
    "9e99": None,
}


@pytest.mark.parametrize("number, text", TIMES.items())
def test_the_time_of_an_event(producer, number, text):
    body = b'{"type":"x","data":{},"timestamp":%s}' % number.encode()
    _, _, record = record_of(producer, body)
    assert dict(record.headers()).get("ce_time") == text


@pytest.mark.parametrize("name", sorted(KEYS))
def test_the_key_of_every_fixture(producer, name):
    body = (FIXTURES / "events" / name).read_bytes()
    id, _, record = record_of(producer, body)
    assert record.key().decode() == (KEYS[name] or id)
    assert record.value() == body
    headers = dict(record.headers())
    assert headers["ce_subject"] == record.key()
    assert headers["ce_type"].decode() == json.loads(body)["type"]


OWNERS = {
    "organization_id": "org_1",
    "user_id": "user_1",
    "payer": {"organization_id": "org_2", "user_id": "user_2"},
    "organization": {"id": "org_3"},
    "id": "thing_1",
}


@pytest.mark.parametrize("type", [
    "user.created", "user.x", "user", "users.created", "organization.updated",
    "organizationMembership.created", "organizationInvitation.accepted",
    "organizationDomain.deleted", "session.ended", "email.created",
    "subscription.active", "something.new", "USER.created",
])  # fmt: skip
def test_keys_as_owners_are_taken_away_one_by_one(producer, type):
    data = dict(OWNERS)
    for lost in ("organization", "organization_id", "user_id", "payer", "id"):
        event = {"type": type, "data": data}
        id, _, record = record_of(producer, json.dumps(event).encode())
        assert record.key().decode() == record_key(id, event)
        data[lost] = {} if lost == "payer" else ""


def test_a_key_with_escapes(producer):
    body = b'{"type":"user.x","data":{"id":"us\\u0065r_\\u00e9\\ud83d\\ude00"}}'
    _, _, record = record_of(producer, body)
    assert record.key().decode() == "user_\u00e9\U0001f600"


def test_of_members_given_twice_the_last_counts(producer):
    body = b'{"type":"a","type":"b","data":{"id":"x"},"data":{"id":"y"}}'
    _, _, record = record_of(producer, body)
    assert record.key() == b"y"
    assert dict(record.headers())["ce_type"] == b"b"


def test_partitions_are_those_of_any_murmur2_client(producer):
    ids = [f"user_{n:x}" for n in range(60)] + ["org_\u00fc", "x" * 300]
    ours = {}
    for id in ids:
        answer = producer.post({"type": "user.created", "data": {"id": id}})
        ours[id] = answer.json["partition"]
    topic = producer.kafka.new_topic()
    placed = producer.kafka.produce(
        topic, [{"value": b"x", "key": id.encode()} for id in ids],
        partitioner="murmur2_random",
    )  # fmt: skip
    assert ours == dict(zip(ids, (partition for partition, _ in placed)))
    assert len(set(ours.values())) > 6


def test_a_body_of_any_bytes_is_kept_as_it_is(producer):
    text = "\u00e9\u4e16\U0001f600\\u0000\\ud800 "
    body = f'\n{{"data":{{"more":"{text}"}},"type":"x"}} \r\n'.encode()
    _, _, record = record_of(producer, body)
    assert record.value() == body
    large = b'{"type":"x","data":{"more":"' + b"y" * 500_000 + b'"}}'
    _, _, record = record_of(producer, large)
    assert record.value() == large


@pytest.mark.parametrize("given", ["", None])
def test_a_trace_that_is_empty(producer, given):
    headers = {"traceparent": given}
    _, _, record = record_of(producer, b'{"type":"x","data":{}}', headers)
    assert "traceparent" not in dict(record.headers())
