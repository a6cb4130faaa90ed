"""Many connections, slow ones and idle ones: none of them is another's
trouble."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from lone_producer import LoneProducer
from programs import is_instrumented
from raw_http import RawConnection, request_bytes, signed_request
from waiting import wait_until
from webhook import SECRET

BODY = json.dumps({"type": "a.b", "data": {"id": "x"}}).encode()
REQUEST = signed_request(SECRET, "msg_connections", BODY)
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def producer(kafka, tmp_path_factory):
    directory = tmp_path_factory.mktemp("producer")
    with LoneProducer(kafka, directory) as started:
        yield started


@pytest.fixture
def connections():
    """A function that opens one and closes all at the end."""
    with ExitStack() as stack:
        yield lambda producer: stack.enter_context(
            RawConnection(producer.listen)
        )


def status(connection):
    connection.send(signed_request(SECRET, "msg_live", BODY))
    return connection.answer().status


@pytest.mark.parametrize("count", [300, 500])
def test_idle_connections_do_not_slow_live_ones(producer, connections, count):
    idle = [connections(producer) for _ in range(count)]
    live, waits = connections(producer), []
    for _ in range(100):
        start = time.monotonic()
        assert status(live) == 200
        waits.append(time.monotonic() - start)
    assert sorted(waits)[-5] < 0.5
    assert producer.resident_bytes < 32 * MEBIBYTE or is_instrumented()
    assert status(idle[0]) == status(idle[-1]) == 200


@pytest.mark.parametrize("count", [127, 128, 129, 256])
@pytest.mark.parametrize("threads", [1, 2])
def test_requests_that_come_all_at_once(
    kafka, tmp_path, connections, count, threads
):
    with LoneProducer(kafka, tmp_path, PRODUCER_THREADS=threads) as producer:
        waiting = [connections(producer) for _ in range(count)]
        assert {status(connection) for connection in waiting} == {200}
        producer.pause()
        for connection in waiting:
            connection.send(signed_request(SECRET, "msg_once", BODY))
        time.sleep(0.1)
        producer.resume()
        start = time.monotonic()
        assert {c.answer().status for c in waiting} == {200}
        assert time.monotonic() - start < 3


def drip(connection, data, seconds):
    """A byte now and then until the server has enough; how long that took."""
    connection.socket.settimeout(0.2)
    start = time.monotonic()
    for byte in data:
        if time.monotonic() - start > seconds:
            break
        connection.send(bytes([byte]))
        try:
            if connection.more():
                break
        except TimeoutError:
            continue
    return time.monotonic() - start


HEAD_BYTES = REQUEST.index(b"\r\n\r\n") + 4
SLOW = {
    "one byte": REQUEST[:1],
    "half a request line": REQUEST[:9],
    "half a head": REQUEST[:80],
    "a head": REQUEST[:HEAD_BYTES],
    "half a body": REQUEST[:-5],
}


@pytest.mark.parametrize("dripping", [False, True])
@pytest.mark.parametrize("data", SLOW.values(), ids=SLOW.keys())
def test_what_does_not_come_in_time_is_cut_off(impatient, data, dripping):
    with RawConnection(impatient.listen) as connection:
        connection.send(data)
        start = time.monotonic()
        if dripping and len(data) < HEAD_BYTES:
            drip(connection, b"x" * 100, 5)
        assert connection.answer().status == 408
        assert 0.9 < time.monotonic() - start < 2.5
        assert connection.is_closed()


@pytest.fixture(scope="module")
def impatient(kafka, tmp_path_factory):
    directory = tmp_path_factory.mktemp("impatient")
    with LoneProducer(
        kafka, directory, PRODUCER_REQUEST_TIMEOUT_MS=1000
    ) as started:
        yield started


def test_the_second_request_has_its_own_time(impatient, connections):
    connection = connections(impatient)
    assert status(connection) == 200
    time.sleep(1.5)  # idle is not slow
    assert status(connection) == 200
    # The second request begins in the same packet as the first ends.
    connection.send(REQUEST + REQUEST[:50])
    assert connection.answer().status == 200
    assert connection.answer().status == 408
    assert connection.is_closed()


def test_the_longest_idle_connection_gives_way(kafka, tmp_path, connections):
    limits = {"PRODUCER_MAX_CONNECTIONS": 20, "PRODUCER_THREADS": 3}
    with LoneProducer(kafka, tmp_path, **limits) as producer:
        opened = []
        for _ in range(20):
            opened.append(connections(producer))
            time.sleep(0.02)
        wait_until(lambda: connected(producer) == 20, what="20 connections")
        assert status(opened[0]) == 200  # so the second is now the longest
        late = connections(producer)
        assert status(late) == 200
        assert opened[1].is_closed()
        others = opened[:1] + opened[2:]
        assert [status(connection) for connection in others] == [200] * 19


def connected(producer):
    return producer.metric("clerkstream_http_connections")


def test_half_sent_requests_give_way_when_nobody_is_idle(
    kafka, tmp_path, connections
):
    with LoneProducer(
        kafka, tmp_path, PRODUCER_MAX_CONNECTIONS=20
    ) as producer:
        for _ in range(60):
            connections(producer).send(REQUEST[:-1])
        time.sleep(0.5)
        assert status(connections(producer)) == 200
        assert connected(producer) <= 22


def test_a_flood_of_connections(producer, connections):
    """More than the limit, some of them sending: live ones are served."""
    limit = 1024
    flood = [connections(producer) for _ in range(limit + 200)]
    assert status(flood[-1]) == 200
    assert status(connections(producer)) == 200
    assert flood[0].is_closed()
    assert connected(producer) <= limit + 2


def wait_until_all_is_read(producer):
    """Until no more of the bodies comes in."""
    seen = [-1, 0]

    def stands_still():
        seen.append(producer.metric("clerkstream_http_body_bytes"))
        return seen[-1] == seen[-2] > 50 * MEBIBYTE

    wait_until(stands_still, what="bodies to arrive", interval=0.25)


def test_bodies_together_have_a_ceiling(kafka, tmp_path, connections):
    """200 bodies of half a MiB, each lacking its last byte."""
    body = b"x" * (MEBIBYTE // 2)
    data = signed_request(SECRET, "msg_big", body)
    with LoneProducer(kafka, tmp_path) as producer:
        waiting = [connections(producer) for _ in range(200)]
        for connection in waiting:
            connection.send(data[:-1])
        wait_until_all_is_read(producer)
        for connection in waiting:
            connection.send(data[-1:])
        answers = [connection.answer() for connection in waiting]
        refused = [a for a in answers if a.status == 503]
        assert {a.status for a in answers} == {200, 503}
        assert refused and all("retry-after" in a.headers for a in refused)
        assert producer.resident_bytes < 160 * MEBIBYTE or is_instrumented()
        wait_until(
            lambda: producer.metric("clerkstream_http_body_bytes") == 0
        )


def test_clients_that_vanish_leave_nothing_behind(producer):
    def vanish(n):
        with RawConnection(producer.listen) as connection:
            reset = b"\1\0\0\0\0\0\0\0"  # close with a reset
            connection.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, reset
            )
            connection.send(REQUEST[: 40 * n % (len(REQUEST) + 1)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(vanish, range(400)))
    wait_until(
        lambda: connected(producer) == 0
        and producer.metric("clerkstream_events_in_flight") == 0,
        what="all connections to end",
    )
    assert producer.metric("clerkstream_http_body_bytes") == 0


def test_clients_that_do_not_read_hold_nobody_up(
    kafka, tmp_path, connections
):
    health = request_bytes(method="GET", path="/healthz")
    with LoneProducer(kafka, tmp_path) as producer:
        rude = connections(producer)
        rude.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        rude.socket.settimeout(0.5)
        try:
            for _ in range(200):
                rude.send(health * 200)
        except (TimeoutError, ConnectionError):
            pass
        assert status(connections(producer)) == 200
        assert producer.stop(10) == 0
