"""floods - what many strangers do at once, a row a flood, each a process of
its own, so that it does not hold up who measures beside it.

    /usr/bin/python3 floods.py NAME HOST:PORT   prints what it did
"""

import resource
import select
import socket
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from hostile_requests import BODY, HOST, TARGET, plain, signed
from raw_http import client_hello

REQUEST = signed(id="msg_flood")
HEAD = REQUEST[: -len(BODY)]
UNSIGNED = REQUEST.replace(b"v1,", b"v1,AAAA")


def connect(address):
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), 20)


def reset(connection):
    """Closes it without a farewell."""
    connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    connection.close()


def read_to_the_end(connection):
    """All that still comes; what had come before a reset too."""
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def status(data):
    return data[9:12].decode() or "no answer"


def tally(words):
    found = {word: words.count(word) for word in sorted(set(words))}
    return ", ".join(f"{count} x {word}" for word, count in found.items())


def drip(address, lead, bytes_at_a_time, count=300, seconds=3):
    """Many requests that come a little at a time, and never end."""
    waiting = [connect(address) for _ in range(count)]
    answers, deadline = [], time.monotonic() + 3 * seconds
    for connection in waiting:
        connection.sendall(lead)
    while waiting and time.monotonic() < deadline:
        for connection in waiting:
            try:
                connection.send(b"x" * bytes_at_a_time)
            except OSError:
                pass  # it is over, and shows below
        ended, _, _ = select.select(waiting, [], [], 0.2)
        for connection in ended:
            answers.append(status(read_to_the_end(connection)))
            connection.close()
            waiting.remove(connection)
    assert not waiting, f"{len(waiting)} are still held"
    return f"{count} connections: {tally(answers)}"


def slow_heads(address):
    return drip(address, HEAD[:60], 1)


def slow_bodies(address):
    return drip(
        address, plain(b"POST /webhook HTTP/1.1", b"Content-Length: 500000",
                       b"svix-id: a", b"svix-timestamp: 1",
                       b"svix-signature: v1,a"), 1,
    )  # fmt: skip


def half_closed(address, count=1000):
    """Every other one has said all it wanted."""
    answers = []
    for n in range(count):
        with connect(address) as connection:
            connection.sendall(UNSIGNED[: len(UNSIGNED) - n % 2])
            connection.shutdown(socket.SHUT_WR)
            if n % 2 == 0:
                answer = read_to_the_end(connection)
                assert answer.count(b"HTTP/1.1 ") == 1, answer
                answers.append(status(answer))
    return f"{count} connections: {tally(answers)}"


def pipelined(address, count=20, depth=500):
    """All at once, and the answers are read only then."""

    def one(n):
        with connect(address) as connection:
            last = UNSIGNED.replace(HOST, HOST + b"\r\nConnection: close")
            with ThreadPoolExecutor(1) as sender:
                sender.submit(connection.sendall, UNSIGNED * depth + last)
                return read_to_the_end(connection).count(b"HTTP/1.1 401 ")

    with ThreadPoolExecutor(count) as pool:
        answers = sum(pool.map(one, range(count)))
    assert answers == count * (depth + 1), answers
    return f"{answers} requests on {count} connections"


def endless(address, lead, piece, count=100):
    """What never ends is cut off."""

    def one(n):
        with connect(address) as connection:
            try:
                connection.sendall(lead)
                for _ in range(1000):
                    connection.sendall(piece)
            except ConnectionError:
                pass
            return status(read_to_the_end(connection))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(count)))
    return f"{count} connections: {tally(answers)}"


def endless_header(address):
    return endless(address, HEAD[:-4] + b"\r\nX: ", b"y" * 10_000)


def endless_headers(address):
    return endless(address, HEAD[:-2], b"X: y\r\n" * 1000)


def endless_target(address):
    return endless(address, b"POST " + TARGET, b"y" * 10_000)


def endless_body(address):
    return endless(
        address, HEAD.replace(b"Length: ", b"Length: 9999999"), b"y" * 10_000
    )


def opened_and_dropped(address, count=10_000):
    """Some with a word, some without; some with a farewell, some not."""

    def one(n):
        connection = connect(address)
        if n % 3 == 0:
            connection.send(REQUEST[: n % len(REQUEST)])
        if n % 2:
            connection.close()
        else:
            reset(connection)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(count)))
    return f"{count} connections"


def idle(address, count=2000):
    """All of them kept, and each still served afterwards."""
    waiting = [connect(address) for _ in range(count)]
    time.sleep(2)
    served = 0
    for connection in waiting:
        connection.sendall(plain(b"GET /healthz HTTP/1.1"))
    for connection in waiting:
        served += connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.close()
    assert served == count, served
    return f"{count} connections, all served afterwards"


def tls(address):
    return drip(address, client_hello(), 1, count=1000)


def unsigned(address, count=20, each=500):
    def one(n):
        answers = 0
        with connect(address) as connection:
            for _ in range(each):
                connection.sendall(UNSIGNED)
                answers += connection.recv(4096).startswith(b"HTTP/1.1 401 ")
        return answers

    with ThreadPoolExecutor(count) as pool:
        answers = sum(pool.map(one, range(count)))
    assert answers == count * each, answers
    return f"{answers} requests on {count} connections"


FLOODS = {
    "slow heads": slow_heads,
    "slow bodies": slow_bodies,
    "half-closed": half_closed,
    "pipelined": pipelined,
    "an endless header": endless_header,
    "endless headers": endless_headers,
    "an endless target": endless_target,
    "an endless body": endless_body,
    "opened and dropped": opened_and_dropped,
    "idle": idle,
    "TLS": tls,
    "unsigned": unsigned,
}

if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(FLOODS[sys.argv[1]](sys.argv[2]))
