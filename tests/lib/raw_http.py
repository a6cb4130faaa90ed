"""raw_http - HTTP spoken by hand, for what no HTTP client would send.

    with RawConnection(producer.listen) as connection:
        connection.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.answer().status == 200
        assert connection.is_closed()
"""

import socket
import ssl
from typing import NamedTuple

from webhook import signed_headers


class RawAnswer(NamedTuple):
    status: int
    headers: dict  # names in lower case
    body: bytes


class RawConnection:
    def __init__(self, address, timeout=20):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def finish_sending(self):
        """Closes our half."""
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def more(self):
        """Reads once; False at the end of the stream."""
        data = self.socket.recv(65536)
        self.read += data
        return data != b""

    def answer(self, method="POST"):
        """The next answer; None where the connection ends instead."""
        while b"\r\n\r\n" not in self.read:
            if not self.more():
                return None
        head, _, self.read = self.read.partition(b"\r\n\r\n")
        status_line, *fields = head.decode("latin-1").split("\r\n")
        pairs = (field.partition(":") for field in fields)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        size = int(headers.get("content-length", 0)) if method != "HEAD" else 0
        while len(self.read) < size and self.more():
            pass
        body, self.read = self.read[:size], self.read[size:]
        return RawAnswer(int(status_line.split()[1]), headers, body)

    def is_closed(self, timeout=5):
        """Whether the server ends the connection, with nothing more to say."""
        self.socket.settimeout(timeout)
        try:
            return self.read == b"" and self.socket.recv(1) == b""
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True


def request_bytes(body=b"", path="/webhooks/clerk", method="POST",
                  headers=None, version="HTTP/1.1"):  # fmt: skip
    """A request with Host, and Content-Length where there is a body or POST.

    headers: added, or in place of these; None as value takes one away.
    """
    fields = {"Host": "producer"}
    if body or method == "POST":
        fields["Content-Length"] = str(len(body))
    fields.update(headers or {})
    lines = [f"{method} {path} {version}"]
    lines += [f"{k}: {v}" for k, v in fields.items() if v is not None]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def signed_request(secret, id, body, headers=None, timestamp=None, **how):
    fields = {**signed_headers(secret, id, body, timestamp), **(headers or {})}
    return request_bytes(body, headers=fields, **how)


def exchange(address, data, method="POST"):
    """Sends, reads one answer, and tells whether the connection ended."""
    with RawConnection(address) as connection:
        connection.send(data)
        answer = connection.answer(method)
        return answer, connection.is_closed(0.3)


def client_hello():
    """The first bytes of a real TLS client."""
    sent = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(
        ssl.MemoryBIO(), sent, server_hostname="producer"
    )
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return sent.read()
