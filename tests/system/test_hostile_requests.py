"""Hostile requests, straight to the producer: nothing unsigned gets in, and
no connection whose framing is unsure carries a second request."""

import json
import random
import time

import pytest
from bystander import Bystander
from figures import figure
from hostile_requests import (
    BODY,
    CLOSED,
    EVENT,
    LENGTH,
    SECOND,
    TABLE,
    TARGET,
    signed,
)
from lone_producer import LoneProducer
from raw_http import RawConnection, client_hello
from topic_tail import TopicTail, id_of, is_signed


@pytest.fixture(scope="module")
def producer(kafka, tmp_path_factory):
    directory = tmp_path_factory.mktemp("producer")
    settings = {
        # The table is signed once, when this file is read.
        "PRODUCER_TOLERANCE_SECONDS": 3600,
        "PRODUCER_REQUEST_TIMEOUT_MS": 2000,
    }
    with LoneProducer(kafka, directory, **settings) as started:
        yield started


@pytest.fixture(scope="module")
def bystander(producer):
    with Bystander(producer.listen) as found:
        yield found


@pytest.fixture(scope="module")
def whole_tail(kafka, producer):
    with TopicTail(
        kafka, producer.events_topic, producer.dead_letter_topic
    ) as found:
        yield found


@pytest.fixture
def tail(whole_tail):
    """Shows what comes in from here on."""
    whole_tail.fresh()
    return whole_tail


@pytest.fixture(scope="module", autouse=True)
def all_along(bystander):
    """One who goes on sending good requests while all tests run."""
    with bystander.attacked():
        yield
    figure(f"{len(TABLE)} hostile requests, straight; {bystander.told()}")


def taken(tail):
    """The ids that came in, the bystander's apart; all of them signed."""
    records = tail.fresh()
    assert all(is_signed(record) for record in records)
    ids = [id_of(record) for record in records]
    return sorted(id for id in ids if not id.startswith("msg_live_"))


def read_to_the_end(connection):
    connection.socket.settimeout(5)
    try:
        while connection.more():
            pass
    except ConnectionResetError:
        pass


def send_with_a_second(connection, row):
    try:
        connection.send(row.data + signed(id=SECOND))
    except ConnectionError:
        pass  # it has seen enough


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())
def test_a_hostile_request_is_one_request(producer, tail, row):
    with RawConnection(producer.listen) as connection:
        send_with_a_second(connection, row)
        answer = connection.answer(row.method)
        status = answer.status if answer else CLOSED
        assert status in row.allowed
        if row.ends:
            # Whatever is left of the answer, and then the end.
            read_to_the_end(connection)
            assert b" 200 " not in connection.read
        else:
            second = connection.answer()
            assert second.status == 200
            assert json.loads(second.body)["id"] == SECOND
    expected = [EVENT] * (status == 200 and EVENT.encode() in row.data)
    assert taken(tail) == expected + [SECOND] * (not row.ends)


def test_requests_one_behind_the_other(producer):
    with RawConnection(producer.listen) as connection:
        connection.send(b"".join(signed(id=f"msg_{n}") for n in range(5)))
        answers = [json.loads(connection.answer().body) for _ in range(5)]
        assert [a["id"] for a in answers] == [f"msg_{n}" for n in range(5)]
        # A refusal that is no flaw of framing does not end it.
        bad = signed(b"svix-id", b"svix-no")
        connection.send(signed() + bad + signed(TARGET, b"/no") + signed())
        statuses = [connection.answer().status for _ in range(4)]
        assert statuses == [200, 400, 404, 200]


def test_a_request_byte_by_byte(producer):
    with RawConnection(producer.listen) as connection:
        for byte in signed():
            connection.send(bytes([byte]))
        assert connection.answer().status == 200


def test_continue_is_said_only_to_what_will_be_read(producer):
    expect = b"\r\nExpect: 100-continue\r\n\r\n"
    data = signed(b"\r\n\r\n", expect)
    with RawConnection(producer.listen) as connection:
        connection.send(data[: -len(BODY)])
        assert connection.answer().status == 100
        connection.send(BODY)
        assert connection.answer().status == 200
    refused = data.replace(b"svix-id", b"svix-no")
    with RawConnection(producer.listen) as connection:
        connection.send(refused[: -len(BODY)])
        assert connection.answer().status == 400
        assert connection.is_closed()


def test_a_client_that_has_closed_its_half_is_answered(producer):
    """The end may be seen before the answer is known, or after."""
    for n in range(200):
        with RawConnection(producer.listen) as connection:
            connection.send(signed())
            time.sleep(n % 4 / 1000)
            connection.finish_sending()
            assert connection.answer().status == 200
            assert connection.is_closed()


def test_a_refusal_reaches_a_client_that_is_still_sending(producer):
    head = signed(LENGTH, b"Content-Length: 8000000")[: -len(BODY)]
    with RawConnection(producer.listen) as connection:
        connection.send(head)
        for _ in range(80):  # slower than one write, and all of it taken
            connection.send(b"x" * 100_000)
        answer = connection.answer()
        assert answer.status == 413
        assert answer.headers["webhook-delivery"] == "abort-message"


OTHERS = {
    "TLS": client_hello(),
    "TLS, an alert": bytes.fromhex("15030100020228"),
    "SSLv2": bytes.fromhex("802e0100020015000000100100800200800300800400"),
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "Redis": b"*1\r\n$4\r\nPING\r\n",
    "SOCKS": b"\5\1\0",
    "Kafka": bytes.fromhex("0000000a0012000000000001ffff"),
    "PROXY, binary": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + b"\0" * 12,
    "lines": b"xyz\n" * 100,
    "noise": random.Random(4).randbytes(10_000),
}


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS.keys())
def test_bytes_that_are_no_http(producer, tail, data):
    with RawConnection(producer.listen) as connection:
        connection.send(data + b"\r\n\r\n").finish_sending()
        answer = connection.answer()
        assert answer is None or answer.status in (400, 404, 405, 414, 431)
        assert connection.is_closed()
    assert taken(tail) == []


def damaged():
    """A good request with one byte changed, one more or one less."""
    good = signed()
    for at in range(len(good)):
        for put in b"", b"\0", b"\r", b"\n", b" ", bytes([good[at] ^ 0x55]):
            yield good[:at] + put + good[at + 1 :]
        yield good[:at] + good[at:][:1] * 2 + good[at + 1 :]


def test_random_damage_never_gets_in_unsigned(producer, tail):
    count = took = 0
    for count, data in enumerate(damaged(), 1):
        with RawConnection(producer.listen) as connection:
            connection.send(data).finish_sending()
            answer = connection.answer()
        took += answer is not None and answer.status == 200
    records = taken(tail)
    assert len(records) == took
    figure(f"{count} damaged requests, {took} of them still good")
