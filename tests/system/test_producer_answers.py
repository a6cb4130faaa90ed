"""Every row of the producer's answer table, and the order of its checks."""

import json
import time

import pytest
from lone_producer import LoneProducer
from raw_http import exchange, request_bytes, signed_request
from webhook import SECRET, new_id, request, sign, signed_headers

OTHER_SECRET = "whsec_" + "b3RoZXIgc2VjcmV0IGZvciB0ZXN0cyAyNCs="
EVENT = {"type": "user.created", "data": {"id": "user_1"}}
SVIX = ("svix-id", "svix-timestamp", "svix-signature")


@pytest.fixture(scope="module")
def producer(kafka, tmp_path_factory):
    directory = tmp_path_factory.mktemp("producer")
    with LoneProducer(
        kafka, directory,
        CLERK_WEBHOOK_SIGNING_SECRET=f"{OTHER_SECRET} {SECRET}",
        CLERK_INSTANCE_ID="ins_ours",
        PRODUCER_MAX_BODY_BYTES=1000,
    ) as started:  # fmt: skip
        yield started


def stored(producer):
    """How many records lie in both topics."""
    topics = producer.events_topic, producer.dead_letter_topic
    return sum(
        sum(producer.kafka.end_offsets(topic).values()) for topic in topics
    )


def events_with(producer, id):
    return [r for r in producer.events() if header(r, "ce_id") == id]


def header(record, name):
    return dict(record.headers())[name].decode()


def refused(producer, status, event=EVENT, **how):
    """Posts an event that must not get into Kafka; the answer."""
    before = stored(producer)
    answer = producer.post(event, **how)
    assert answer.status == status, answer
    assert stored(producer) == before
    return answer


def test_an_event_is_accepted_and_the_answer_says_where_it_lies(producer):
    id = new_id()
    answer = producer.post(EVENT, id=id)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    (record,) = events_with(producer, id)
    assert answer.json == {
        "status": "accepted",
        "id": id,
        "topic": producer.events_topic,
        "partition": record.partition(),
        "offset": record.offset(),
    }


@pytest.mark.parametrize("path", [
    "/webhooks/clerk", "/api/webhooks/clerk", "/webhook", "/webhook?a=b%20c&d",
    "/webhook?",
])  # fmt: skip
def test_each_path_takes_events_whatever_its_query(producer, path):
    body = json.dumps(EVENT).encode()
    data = signed_request(SECRET, new_id(), body, path=path)
    answer, closed = exchange(producer.listen, data)
    assert (answer.status, closed) == (200, False)


@pytest.mark.parametrize("type", ["email.created", "sms.created"])
def test_types_with_one_time_codes_are_ignored(producer, type):
    id = new_id()
    answer = refused(producer, 200, {"type": type, "data": {}}, id=id)
    assert answer.json == {"status": "ignored", "id": id, "reason": "type"}


@pytest.mark.parametrize("type", ["email.createdX", "Email.created", "email."])
def test_ignored_types_are_compared_exactly(producer, type):
    answer = producer.post({"type": type, "data": {}})
    assert answer.json["status"] == "accepted"


def test_another_instance_is_ignored(producer):
    id = new_id()
    answer = refused(producer, 200, {**EVENT, "instance_id": "ins_x"}, id=id)
    assert answer.json == {"status": "ignored", "id": id, "reason": "instance"}


def test_another_instance_is_said_before_an_ignored_type(producer):
    event = {"type": "sms.created", "data": {}, "instance_id": "ins_x"}
    assert refused(producer, 200, event).json["reason"] == "instance"


@pytest.mark.parametrize("instance", ["ins_ours", "", None, 7])
def test_no_other_instance_is_none(producer, instance):
    answer = producer.post({**EVENT, "instance_id": instance})
    assert answer.json["status"] == "accepted"


NO_EVENTS = {
    "empty": b"",
    "no JSON": b"{",
    "two values": b"{}{}",
    "an array": b"[]",
    "a string": b'"x"',
    "invalid UTF-8": b'{"type":"a\xff","data":{}}',
    "a NUL": b'{"type":"a","data":{}}\0',
    "byte order mark": b'\xef\xbb\xbf{"type":"a","data":{}}',
    "no type": b'{"data":{}}',
    "empty type": b'{"type":"","data":{}}',
    "type no string": b'{"type":1,"data":{}}',
    "no data": b'{"type":"a"}',
    "data null": b'{"type":"a","data":null}',
    "data an array": b'{"type":"a","data":[]}',
}


@pytest.mark.parametrize("body", NO_EVENTS.values(), ids=NO_EVENTS.keys())
def test_what_is_signed_but_no_event_is_dead_lettered(producer, body):
    id, before = new_id(), len(producer.events())
    timestamp = int(time.time())
    answer = producer.post(body, id=id, timestamp=timestamp)
    assert answer.status == 200
    assert answer.json["status"] == "dead_lettered"
    assert answer.json["id"] == id
    (record,) = (r for r in producer.dead_letters() if r.key() == id.encode())
    assert record.value() == body
    assert record.headers() == [
        ("svix-id", id.encode()),
        ("svix-timestamp", b"%d" % timestamp),
        ("svix-signature", sign(SECRET, id, timestamp, body).encode()),
        ("clerkstream-reason", answer.json["reason"].encode()),
    ]
    assert len(producer.events()) == before


@pytest.mark.parametrize("name", SVIX)
@pytest.mark.parametrize("value", [None, "", "  \t "])
def test_a_needed_header_that_is_missing_or_empty(producer, name, value):
    answer = refused(producer, 400, headers={name: value})
    assert set(answer.json) == {"error"}


@pytest.mark.parametrize("name", SVIX)
def test_a_needed_header_given_twice(producer, name):
    body = json.dumps(EVENT).encode()
    data = signed_request(SECRET, new_id(), body)
    (line,) = (x for x in data.split(b"\r\n") if x.startswith(name.encode()))
    answer, closed = exchange(
        producer.listen, data.replace(line, line + b"\r\n" + line, 1)
    )
    assert (answer.status, closed) == (400, False)


@pytest.mark.parametrize("id", ["a.b", "a b", "ü", "x" * 257, "a/b"])
def test_an_id_of_other_characters_or_too_long(producer, id):
    refused(producer, 400, headers={"svix-id": id.encode("utf-8")})


@pytest.mark.parametrize("id", ["x", "x" * 256, "-_09azAZ"])
def test_ids_at_the_limits(producer, id):
    assert producer.post(EVENT, id=id).status == 200


def test_the_other_family_of_headers(producer):
    id = new_id()
    assert producer.post(EVENT, id=id, family="webhook").status == 200
    (record,) = events_with(producer, id)
    assert header(record, "svix-id") == id
    assert not any(name.startswith("webhook-") for name, _ in record.headers())


def test_families_are_never_mixed(producer):
    body = json.dumps(EVENT).encode()
    other = signed_headers(SECRET, "msg_other", body, family="webhook")
    # Whole svix triple: it is used, and a duplicate of the other is no matter.
    data = signed_request(SECRET, "msg_mine", body, headers=other)
    twice = data.replace(b"webhook-id", b"webhook-id: x\r\nwebhook-id", 1)
    assert exchange(producer.listen, twice)[0].status == 200
    # No whole svix triple: the other is used, unless it is not whole either.
    headers = {**other, "svix-signature": None}
    assert producer.post(body, headers=headers).json["id"] == "msg_other"
    del headers["webhook-id"]
    assert producer.post(body, headers=headers).status == 400
    # A wrong svix triple is not saved by a good one of the other family.
    headers = {**other, "svix-signature": "v1,AAAA"}
    assert producer.post(body, headers=headers).status == 401


def test_header_names_in_any_case_and_blanks_around_values(producer):
    body = json.dumps(EVENT).encode()
    good = signed_headers(SECRET, "msg_case", body)
    shouted = {k.upper(): f" \t{v} " for k, v in good.items()}
    data = request_bytes(body, headers=shouted)
    assert exchange(producer.listen, data)[0].status == 200


DIGEST = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
UNSIGNED = {
    "timestamp no number": {"svix-timestamp": "hello"},
    "timestamp signed": {"svix-timestamp": "+1614265330"},
    "timestamp negative": {"svix-timestamp": "-1"},
    "timestamp a fraction": {"svix-timestamp": "1614265330.0"},
    "timestamp too long": {"svix-timestamp": "1" * 20},
    "old": {"svix-timestamp": "1614265330"},
    "no entry": {"svix-signature": "x"},
    "empty entry": {"svix-signature": "v1,"},
    "other version": {"svix-signature": f"v2,{DIGEST}"},
    "no base64": {"svix-signature": "v1,!!!not-base64!!!"},
    "other digest": {"svix-signature": f"v1,{DIGEST}"},
    "other id": {"svix-id": "msg_other"},
}  # fmt: skip


@pytest.mark.parametrize("headers", UNSIGNED.values(), ids=UNSIGNED.keys())
def test_what_is_not_signed_gets_one_text(producer, headers):
    answer = refused(producer, 401, headers=headers)
    assert answer.json == {"error": "invalid signature"}


def test_the_body_is_what_is_signed(producer):
    id, timestamp = new_id(), int(time.time())
    body = json.dumps(EVENT).encode()
    signature = sign(SECRET, id, timestamp, body)
    answer = refused(
        producer, 401, body + b" ", id=id, timestamp=timestamp,
        headers={"svix-signature": signature},
    )  # fmt: skip
    assert answer.json == {"error": "invalid signature"}


@pytest.mark.parametrize(
    "seconds, status", [(-303, 401), (-297, 200), (297, 200), (303, 401)]
)
def test_timestamps_within_the_tolerance(producer, seconds, status):
    timestamp = int(time.time()) + seconds
    assert producer.post(EVENT, timestamp=timestamp).status == status


def test_any_of_several_secrets_and_signatures(producer):
    before = producer.metric("clerkstream_signature_matches_total", secret="1")
    assert producer.post(EVENT, secret=OTHER_SECRET).status == 200
    after = producer.metric("clerkstream_signature_matches_total", secret="1")
    assert after == before + 1
    id, timestamp = new_id(), int(time.time())
    body = json.dumps(EVENT).encode()
    good = sign(SECRET, id, timestamp, body)
    others = ["v1," + "A" * 43 + "="] * 40
    signature = " ".join([*others, "v1,AAAA", "x", "v2,b", good, "v1a,c"])
    answer = producer.post(
        body, id=id, timestamp=timestamp,
        headers={"svix-signature": signature},
    )  # fmt: skip
    assert answer.status == 200


@pytest.mark.parametrize("path", [
    "/", "/webhooks", "/webhooks/clerk/", "/Webhook", "/webhooks/cl%65rk",
    "//webhook", "/webhooks/../webhook", "/readyz", "/metrics", "/healthz/",
])  # fmt: skip
def test_no_such_route(producer, path):
    body = json.dumps(EVENT).encode()
    data = signed_request(SECRET, new_id(), body, path=path)
    answer, closed = exchange(producer.listen, data)
    assert (answer.status, closed) == (404, False)


@pytest.mark.parametrize("method", [
    "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "post", "BREW"
])  # fmt: skip
def test_a_wrong_method_is_told_the_right_one(producer, method):
    data = request_bytes(method=method)
    answer, closed = exchange(producer.listen, data, method)
    assert (answer.status, closed) == (405, False)
    assert answer.headers["allow"] == "POST"


def test_health_on_the_public_port(producer):
    for method in "GET", "HEAD":
        data = request_bytes(method=method, path="/healthz")
        answer, _ = exchange(producer.listen, data, method)
        assert answer.status == 200
    answer, _ = exchange(producer.listen, request_bytes(path="/healthz"))
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("size", [1001, 5000, 2_000_000])
def test_a_body_that_is_too_large(producer, size):
    answer = refused(producer, 413, b"x" * size)
    assert answer.headers["webhook-delivery"] == "abort-message"


@pytest.mark.parametrize(
    "length", [1001, 900001, 10**12, 2**63, 2**64 - 1]
)
def test_a_length_that_is_too_large_is_refused_at_once(producer, length):
    headers = {"Content-Length": str(length)}
    data = signed_request(SECRET, new_id(), b"", headers=headers)
    start = time.monotonic()
    answer, closed = exchange(producer.listen, data)
    assert time.monotonic() - start < 2
    assert (answer.status, closed) == (413, True)
    assert answer.headers["webhook-delivery"] == "abort-message"


def test_a_body_of_exactly_the_limit(producer):
    body = json.dumps(EVENT).encode().ljust(1000)
    assert producer.post(body).json["status"] == "accepted"


ORDER = [
    # What is wrong at once -> the first check that must say so.
    (dict(path="/no", method="PUT", headers={"Transfer-Encoding": "x"}), 404),
    (dict(method="PUT", headers={"Host": None}), 405),
    (dict(headers={"Host": None, "svix-id": None}), 400),
    (dict(headers={"svix-id": None, "Content-Length": "5000"}), 400),
    (dict(headers={"Content-Length": "5000", "svix-timestamp": "1"}), 413),
    (dict(body=b"{", headers={"svix-timestamp": "1"}), 401),
    (dict(body=b"{", headers={"svix-signature": "v1,x"}), 401),
]


@pytest.mark.parametrize("wrong, status", ORDER)
def test_checks_come_in_order(producer, wrong, status):
    how = {"body": b"{}", **wrong}
    answer, _ = exchange(
        producer.listen, signed_request(SECRET, new_id(), **how)
    )
    assert answer.status == status


def test_events_above_the_rate_are_told_to_come_back(kafka, tmp_path):
    with LoneProducer(kafka, tmp_path, PRODUCER_RATE_LIMIT=5) as producer:
        answers = [producer.post(EVENT) for _ in range(8)]
        assert [a.status for a in answers][:5] == [200] * 5
        late = answers[-1]
        assert late.status == 429
        assert int(late.headers["retry-after"]) >= 1
        # Only what is verified counts, and what is not is told nothing else.
        assert producer.post(EVENT, secret=OTHER_SECRET).status == 401
        time.sleep(1.1)
        assert producer.post(EVENT).status == 200


def test_a_record_that_the_broker_refuses_for_its_size(kafka, tmp_path):
    limit = {"max_message_bytes": 2000}
    with LoneProducer(kafka, tmp_path, topic_config=limit) as producer:
        event = {**EVENT, "more": "x" * 3000}
        answer = producer.post(event)
        assert answer.status == 413
        assert answer.headers["webhook-delivery"] == "abort-message"
        assert producer.post(EVENT).status == 200


def test_a_record_too_large_for_the_client(kafka, tmp_path):
    limit = {"PRODUCER_MAX_BODY_BYTES": 900000}
    with LoneProducer(kafka, tmp_path, **limit) as producer:
        event = {"type": "x" * 600000, "data": {}}  # a header, too
        assert producer.post(event).status == 413
        event = {"type": "x", "data": {"more": "x" * 800000}}
        assert producer.post(event).status == 200


def test_answers_and_logs_hold_no_secret_and_no_body(producer):
    event = {**EVENT, "marker": "person@example.com"}
    wrong = {"svix-signature": "v1,AAAA"}
    answers = [producer.post(event), producer.post(event, headers=wrong)]
    answers.append(producer.post(b"person@example.com"))
    texts = [a.body.decode() + str(a.headers) for a in answers]
    texts.append(producer.log)
    for text in texts:
        assert "person@" not in text
        for secret in SECRET, OTHER_SECRET:
            assert secret.removeprefix("whsec_") not in text
        assert "v1," not in text
    lines = [x for x in producer.log_lines() if x["event"] == "request"]
    assert lines and "127.0.0.1" not in str(lines)


def test_one_line_is_logged_for_each_request(producer):
    id = new_id()
    answer = producer.post(EVENT, id=id)
    (line,) = (x for x in producer.log_lines() if x.get("id") == id)
    assert line["event"] == "request" and line["level"] == "info"
    assert line["code"] == 200 and line["type"] == "user.created"
    assert line["topic"] == producer.events_topic
    assert line["partition"] == answer.json["partition"]
    assert line["ms"] > 0


def test_questions_about_its_health_are_not_logged(producer):
    before = producer.log.count("\n")
    for _ in range(3):
        request(f"http://{producer.listen}/healthz")
        producer.get("/healthz")
    assert producer.log.count("\n") == before


def test_what_is_counted(producer):
    before = producer.metric("clerkstream_http_requests_total", code="200")
    producer.post(EVENT)
    request(f"http://{producer.listen}/healthz")
    after = producer.metric("clerkstream_http_requests_total", code="200")
    assert after == before + 2
    assert producer.metric("clerkstream_events_in_flight") == 0
    assert producer.metric("clerkstream_events_total", status="accepted") > 0


def test_a_refusal_does_not_wait_for_a_body_that_does_not_come(producer):
    for how in dict(path="/no"), dict(headers={"svix-id": None}):
        headers = {"Content-Length": "500", **how.pop("headers", {})}
        data = signed_request(SECRET, new_id(), b"", headers=headers, **how)
        start = time.monotonic()
        answer, closed = exchange(producer.listen, data)
        assert answer.status in (400, 404) and closed
        assert time.monotonic() - start < 3
