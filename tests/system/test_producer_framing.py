"""What a stranger may put on the wire: nothing unsigned gets in, and no
connection whose framing is unsure carries a second request."""

import json
import time

import pytest
from lone_producer import LoneProducer
from raw_http import RawConnection, exchange, signed_request
from webhook import SECRET

BODY = json.dumps({"type": "a.b", "data": {"id": "x"}}).encode()
LENGTH = b"Content-Length: %d" % len(BODY)
HOST = b"Host: producer"
TARGET = b"/webhooks/clerk"


@pytest.fixture(scope="module")
def producer(kafka, tmp_path_factory):
    directory = tmp_path_factory.mktemp("producer")
    with LoneProducer(kafka, directory) as started:
        yield started


def signed(find=b"", put=b"", id="msg_frame"):
    """A good request in which one thing was replaced."""
    data = signed_request(SECRET, id, BODY)
    assert find in data
    return data.replace(find, put, 1)


def with_line(line):
    return signed(HOST, HOST + b"\r\n" + line)


CHUNKED = signed(LENGTH, b"Transfer-Encoding: chunked").replace(
    BODY, b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
)

FLAWED = {
    "transfer-encoding": (411, CHUNKED),
    "unknown encoding": (411, signed(LENGTH, b"Transfer-Encoding: xchunked")),
    "empty encoding": (411, signed(LENGTH, b"Transfer-Encoding:")),
    "encoding and length": (400, with_line(b"Transfer-Encoding: chunked")),
    "identity and length": (400, with_line(b"Transfer-Encoding: identity")),
    "no length": (400, signed(LENGTH + b"\r\n", b"")),
    "two equal lengths": (400, with_line(LENGTH)),
    "two lengths": (400, with_line(b"Content-Length: 1")),
    "blank before the colon": (400, with_line(b"Content-Length : 1")),
    "tab before the colon": (400, with_line(b"X\t: 1")),
    "length signed": (400, signed(b"Length: ", b"Length: +")),
    "length negative": (400, signed(b"Length: ", b"Length: -")),
    "length hexadecimal": (400, signed(b"Length: ", b"Length: 0x")),
    "length a list": (400, signed(LENGTH, LENGTH + b", %d" % len(BODY))),
    "length empty": (400, signed(LENGTH, b"Content-Length:")),
    "length of 40 digits": (413, signed(b"Length: ", b"Length: " + b"9" * 40)),
    "no host": (400, signed(HOST + b"\r\n", b"")),
    "two hosts": (400, with_line(HOST)),
    "fold": (400, signed(HOST, HOST + b"\r\n more")),
    "fold by tab": (400, signed(HOST, HOST + b"\r\n\tmore")),
    "fold of nothing": (400, signed(HOST, HOST + b"\r\n ")),
    "fold of the last line": (400, signed(b"\r\n\r\n", b"\r\n x\r\n\r\n")),
    "fold of the request line": (400, signed(b"1.1\r\n", b"1.1\r\n x: y\r\n")),
    "fold that hides a length": (400, signed(LENGTH, b"X: y\r\n " + LENGTH)),
    "NUL in a value": (400, signed(HOST, b"Host: pro\0ducer")),
    "NUL behind a value": (400, signed(HOST, HOST + b"\0")),
    "NUL in the last value": (400, signed(b"\r\n\r\n", b"\0x\r\n\r\n")),
    "NUL behind the last value": (400, signed(b"\r\n\r\n", b"\0\r\n\r\n")),
    "NUL in a name": (400, with_line(b"X\0Y: z")),
    "NUL behind the path": (400, signed(TARGET, TARGET + b"\0x")),
    "NUL in the query": (400, signed(TARGET, TARGET + b"?a\0b")),
    "NUL behind the method": (400, signed(b"POST ", b"POST\0 ")),
    "control byte in a value": (400, with_line(b"X: a\x01b")),
    "control byte in a name": (400, with_line(b"X\x01Y: a")),
    "control byte in the query": (400, signed(TARGET, TARGET + b"?\x01")),
    "DEL in a value": (400, with_line(b"X: a\x7fb")),
    "bare CR in a value": (400, with_line(b"X: a\rb")),
    "bare CR before the end": (400, signed(HOST, HOST + b"\r")),
    "blank in a name": (400, with_line(b"X Y: z")),
    "no name": (400, with_line(b": z")),
    "no colon": (400, with_line(b"X")),
    "blank in the query": (400, signed(TARGET, TARGET + b"?a b")),
    "two blanks": (400, signed(b"POST /", b"POST  /")),
    "version 0.9": (400, b"POST /webhook\r\n\r\n"),
    "too large a head": (431, with_line(b"X: " + b"y" * 100_000)),
    "too long a target": (414, signed(TARGET, b"/" + b"y" * 100_000)),
}  # fmt: skip


@pytest.mark.parametrize("status, data", FLAWED.values(), ids=FLAWED.keys())
def test_flawed_framing_ends_the_connection(producer, status, data):
    second = signed(id="msg_smuggled")
    with RawConnection(producer.listen) as connection:
        connection.send(data + second)
        assert connection.answer().status == status
        # Whatever is left of the answer, and then the end.
        connection.socket.settimeout(5)
        try:
            while connection.more():
                pass
        except ConnectionResetError:
            pass
        assert b" 200 " not in connection.read


def test_nothing_was_smuggled(producer):
    """Looks at what all the tests above have left in Kafka."""
    exchange(producer.listen, signed(id="msg_good"))
    ids = {r.key() for r in producer.dead_letters()}
    ids |= {dict(r.headers())["svix-id"] for r in producer.events()}
    assert ids == {b"msg_good"}


FINE = {
    "a tab in a value": with_line(b"X: a\tb"),
    "bytes above ASCII in a value": with_line(b"X: \xfc"),
    "an empty value": with_line(b"X:"),
    "leading zeros": signed(b"Length: ", b"Length: 000"),
    "an empty line before": b"\r\n" + signed(),
    "two hundred headers": with_line(b"\r\n".join(b"X: y" for _ in range(200))),
    "a head of 12 kB": with_line(b"X: " + b"y" * 12_000),
}


@pytest.mark.parametrize("data", FINE.values(), ids=FINE.keys())
def test_what_is_odd_but_allowed(producer, data):
    answer, closed = exchange(producer.listen, data)
    assert (answer.status, closed) == (200, False)


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
    with RawConnection(producer.listen) as connection:
        connection.send(signed()).finish_sending()
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


def test_bytes_that_are_no_http(producer):
    for garbage in b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"xyz\n":
        with RawConnection(producer.listen) as connection:
            connection.send(garbage)
            answer = connection.answer()
            assert answer is None or answer.status == 400
            assert connection.is_closed()


def test_random_damage_never_gets_in_unsigned(producer):
    """One byte of a good request changed, in each place by turns."""
    good, before = signed(), len(producer.events())
    head = len(good) - len(BODY)
    started = time.monotonic()
    for at in range(0, len(good), 3):
        data = bytearray(good)
        data[at] ^= 0x55
        with RawConnection(producer.listen) as connection:
            connection.send(bytes(data)).finish_sending()
            answer = connection.answer()
            if at >= head and answer is not None:
                assert answer.status == 401
    assert time.monotonic() - started < 60
    for record in producer.events()[before:]:
        assert record.value() == BODY
