"""The producer when Kafka is away, slow or new; and when it is asked to end."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from kafka import Kafka
from lone_producer import LoneProducer
from programs import Producer
from raw_http import RawConnection, request_bytes, signed_request
from waiting import wait_until
from webhook import SECRET, new_id

EVENT = {"type": "user.created", "data": {"id": "user_1"}}
BODY = json.dumps(EVENT).encode()


def refused_in_time(producer, seconds):
    """Posts an event that Kafka cannot take; the time until the 503."""
    start = time.monotonic()
    answer = producer.post(EVENT)
    waited = time.monotonic() - start
    assert answer.status == 503, answer
    assert int(answer.headers["retry-after"]) >= 1
    assert waited < seconds
    return waited


def accepted_again(producer, timeout=30):
    def is_accepted():
        return producer.post(EVENT).status == 200

    wait_until(is_accepted, timeout, "events to be accepted again")


def test_a_broker_that_stops_and_comes_back(own_kafka, tmp_path):
    with LoneProducer(
        own_kafka, tmp_path, PRODUCER_ACK_TIMEOUT_MS=2000
    ) as producer:
        kept = [producer.post(EVENT).json for _ in range(5)]
        own_kafka.stop()
        start = time.monotonic()
        reason = producer.wait_not_ready(5)
        assert time.monotonic() - start < 5
        assert reason["status"] == "waiting" and reason["reason"]
        assert producer.get("/healthz").status == 200
        refused_in_time(producer, 4)
        with ThreadPoolExecutor(100) as pool:  # all at once, none later
            list(pool.map(lambda _: refused_in_time(producer, 4), range(100)))
        own_kafka.start()
        producer.wait_ready(15)
        accepted_again(producer, 5)
        lie = {(r.partition(), r.offset()) for r in producer.events()}
        assert {(k["partition"], k["offset"]) for k in kept} <= lie


def test_a_broker_that_is_killed(own_kafka, tmp_path):
    with LoneProducer(
        own_kafka, tmp_path, PRODUCER_ACK_TIMEOUT_MS=3000
    ) as producer:
        answers, ends = [], threading.Event()

        def keep_posting():
            while not ends.is_set():
                id = new_id()
                answers.append((id, producer.post(EVENT, id=id).status))

        posting = [threading.Thread(target=keep_posting) for _ in range(4)]
        for thread in posting:
            thread.start()
        for _ in range(2):
            time.sleep(1)
            own_kafka.kill()
            time.sleep(1)
            own_kafka.start()
            accepted_again(producer)
        ends.set()
        for thread in posting:
            thread.join()
        assert {status for _, status in answers} <= {200, 503}
        stored = {dict(r.headers())["svix-id"] for r in producer.events()}
        accepted = {id.encode() for id, code in answers if code == 200}
        assert accepted <= stored


def test_a_broker_that_does_not_answer(own_kafka, tmp_path):
    with LoneProducer(
        own_kafka, tmp_path, PRODUCER_ACK_TIMEOUT_MS=1500,
        KAFKA_MESSAGE_TIMEOUT_MS=60000,  # no report: we answer without one
    ) as producer:  # fmt: skip
        own_kafka.pause()
        assert refused_in_time(producer, 3.5) > 1.4
        producer.wait_not_ready(6)
        own_kafka.resume()
        producer.wait_ready(30)
        accepted_again(producer)


def test_no_broker_at_the_start(tmp_path):
    kafka = Kafka(tmp_path / "kafka")
    producer = Producer(
        tmp_path, KAFKA_BOOTSTRAP_SERVERS=kafka.bootstrap,
        EVENTS_TOPIC="events", DEAD_LETTER_TOPIC="dlq",
        PRODUCER_ACK_TIMEOUT_MS=1000,
    )  # fmt: skip
    try:
        producer.start()
        wait_until(lambda: answers(producer), what="the admin listener")
        assert producer.get("/readyz").status == 503
        refused_in_time(producer, 3)
        with kafka:
            kafka.create_topic("events")
            wait_until(
                lambda: "dlq" in producer.get("/readyz").json["reason"],
                10, "the missing topic to be named",
            )  # fmt: skip
            kafka.create_topic("dlq")
            producer.wait_ready(10)
            assert producer.post(EVENT).status == 200
            # Ready means that not even the first record has to wait.
            assert "kafka_ready" in producer.log
    finally:
        producer.kill()


def answers(producer):
    try:
        return producer.get("/healthz").status == 200
    except OSError:
        return False


def test_the_first_event_does_not_wait(own_kafka, tmp_path):
    # A broker that has had an idempotent producer before answers at once.
    own_kafka.produce(
        own_kafka.new_topic(), [{"value": b"x"}], enable_idempotence=True
    )
    with LoneProducer(own_kafka, tmp_path) as producer:
        start = time.monotonic()
        assert producer.post(EVENT).status == 200
        assert time.monotonic() - start < 0.2


def test_an_end_in_the_middle_of_a_load(kafka, tmp_path):
    producer = LoneProducer(kafka, tmp_path)
    with producer:
        accepted, odd, ends = [], [], threading.Event()

        def keep_posting():
            while not ends.is_set():
                id = new_id()
                try:
                    answer = producer.post(EVENT, id=id)
                except OSError:
                    continue  # it does not listen, or the line was idle
                if answer.status == 200:
                    accepted.append(id.encode())
                elif answer.status != 503:
                    odd.append(answer)

        posting = [threading.Thread(target=keep_posting) for _ in range(16)]
        for thread in posting:
            thread.start()
        time.sleep(1)
        start = time.monotonic()
        assert producer.stop(10) == 0
        assert time.monotonic() - start < 5
        ends.set()
        for thread in posting:
            thread.join()
        assert accepted and not odd
        stored = {dict(r.headers())["svix-id"] for r in producer.events()}
        assert set(accepted) <= stored


def test_an_end_while_events_wait(own_kafka, tmp_path):
    with LoneProducer(
        own_kafka, tmp_path, PRODUCER_ACK_TIMEOUT_MS=20000
    ) as producer:
        own_kafka.pause()
        waiting = [RawConnection(producer.listen) for _ in range(50)]
        idle = RawConnection(producer.listen)
        half = RawConnection(producer.listen).send(b"POST /webhook HTTP")
        for connection in waiting:
            connection.send(signed_request(SECRET, "msg_wait", BODY))
        wait_until(
            lambda: producer.metric("clerkstream_events_in_flight") == 50,
            what="50 events in flight",
        )
        start = time.monotonic()
        producer.send(15)
        assert idle.is_closed(2) and half.is_closed(2)
        wait_until(lambda: not listens(producer), 2, "it to stop listening")
        assert producer.get("/readyz").status == 503
        assert producer.get("/healthz").status == 200
        for connection in waiting:
            answer = connection.answer()
            assert answer.status == 503 and "retry-after" in answer.headers
            assert answer.headers["connection"] == "close"
        assert 7 < time.monotonic() - start < 9
        assert producer.wait(10) == 0
        assert time.monotonic() - start < 10


def listens(producer):
    host, port = producer.listen.split(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
        return True
    except OSError:
        return False


def test_the_next_producer_can_have_the_port_at_once(kafka, tmp_path):
    with LoneProducer(kafka, tmp_path) as producer:
        with RawConnection(producer.listen) as kept:
            kept.send(request_bytes(method="GET", path="/healthz"))
            assert kept.answer().status == 200
            assert producer.stop(10) == 0
            producer.start().wait_ready()
            assert producer.post(EVENT).status == 200


def test_a_port_in_use_is_named(kafka, tmp_path):
    with LoneProducer(kafka, tmp_path) as producer:
        taken = {
            "PRODUCER_LISTEN": producer.listen,
            "PRODUCER_ADMIN_LISTEN": producer.admin,
        }
        for name, address in taken.items():
            other = LoneProducer(kafka, tmp_path, **{name: address})
            other.start()
            assert other.wait(10) == 1
            (line,) = (x for x in other.log.splitlines() if name in x)
            assert address in line
        assert producer.post(EVENT).status == 200


def test_terminating_twice_and_by_the_keyboard(kafka, tmp_path):
    for signals in (15, 15), (2,):
        with LoneProducer(kafka, tmp_path) as producer:
            for number in signals:
                producer.send(number)
            assert producer.wait(10) == 0
