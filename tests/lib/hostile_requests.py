"""hostile_requests - what a stranger may put on the wire, a row a request.

Each row is a good, signed request in which something was changed, and what
the producer may answer (schemas/openapi.yaml). TABLE is sent to it straight,
through nginx and through HAProxy. Whoever finds a new one adds a row.
"""

import json
from typing import NamedTuple

from raw_http import request_bytes, signed_request
from webhook import SECRET

BODY = json.dumps({"type": "a.b", "data": {"id": "x"}}).encode()
LENGTH = b"Content-Length: %d" % len(BODY)
HOST = b"Host: producer"
TARGET = b"/webhooks/clerk"
EVENT, INNER, SECOND = "msg_event", "msg_inner", "msg_second"
CLOSED = None  # instead of an answer


class Row(NamedTuple):
    allowed: tuple  # statuses, or CLOSED
    data: bytes
    ends: bool  # whether the connection must end with it

    @property
    def method(self):
        return self.data.split()[0].decode("latin-1")


def signed(find=b"", put=b"", id=EVENT, body=BODY):
    """A good request in which one thing was replaced."""
    data = signed_request(SECRET, id, body)
    assert find in data
    return data.replace(find, put, 1)


# A whole request: what must never be taken out of another one's body.
SMUGGLED = signed(id=INNER)


def with_line(line, **how):
    return signed(HOST, HOST + b"\r\n" + line, **how)


def with_ends(end):
    """All lines of the head end with `end`."""
    head, _, body = signed().partition(b"\r\n\r\n")
    return head.replace(b"\r\n", end) + end + end + body


def plain(line, *fields, body=b""):
    """A request without a signature."""
    lines = [line, HOST, *fields]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunk(data, extension=b""):
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


def chunked(body, line=b"Transfer-Encoding: chunked"):
    return signed(LENGTH, line).removesuffix(BODY) + body


# The front goes by the one length, the back by the other. Where the front
# takes `Content-Length`, a request begins behind the last chunk.
CL_TE = b"0\r\n\r\n" + SMUGGLED
# Where it takes the chunks, one begins behind the fourth byte.
TE_CL = chunk(SMUGGLED) + b"0\r\n\r\n"


def both_lengths(line):
    return with_line(line, body=CL_TE)


# Each says "chunked" to some parser, and nothing to another.
DISGUISES = {
    "plainly": b"Transfer-Encoding: chunked",
    "in odd case": b"tRANSFER-eNCODING: ChUnKeD",
    "unknown": b"Transfer-Encoding: xchunked",
    "cut": b"Transfer-Encoding: chunk",
    "empty": b"Transfer-Encoding:",
    "identity": b"Transfer-Encoding: identity",
    "twice": b"Transfer-Encoding: chunked\r\nTransfer-encoding: x",
    "twice, last": b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
    "in a list": b"Transfer-Encoding: identity, chunked",
    "first of a list": b"Transfer-Encoding: chunked, identity",
    "behind a comma": b"Transfer-Encoding: ,chunked",
    "with a parameter": b"Transfer-Encoding: chunked;q=1",
    "quoted": b'Transfer-Encoding: "chunked"',
    "single quoted": b"Transfer-Encoding: 'chunked'",
    "behind a tab": b"Transfer-Encoding:\tchunked",
    "behind VT": b"Transfer-Encoding: \x0bchunked",
    "before VT": b"Transfer-Encoding: chunked\x0b",
    "behind NBSP": b"Transfer-Encoding: \xa0chunked",
    "behind NUL": b"Transfer-Encoding: \0chunked",
    "before NUL": b"Transfer-Encoding: chunked\0x",
    "before the colon": b"Transfer-Encoding : chunked",
    "tab before the colon": b"Transfer-Encoding\t: chunked",
    "VT before the colon": b"Transfer-Encoding\x0b: chunked",
    "blank before": b" Transfer-Encoding: chunked",
    "folded": b"Transfer-Encoding:\r\n chunked",
    "folded behind X": b"X: y\r\n Transfer-Encoding: chunked",
    "behind LF": b"X: y\nTransfer-Encoding: chunked",
    "behind CR": b"X: y\rTransfer-Encoding: chunked",
    "LF before the colon": b"Transfer-Encoding\n: chunked",
    "named hop by hop": b"Connection: Transfer-Encoding\r\n"
    b"Transfer-Encoding: chunked",
}

# The flaw of framing, and then the connection ends.
ENDED = {
    "TE.CL": (400, chunked(TE_CL, b"Content-Length: 4\r\n"
                           b"Transfer-Encoding: chunked")),
    "chunked": (411, chunked(chunk(BODY) + b"0\r\n\r\n")),
    "chunk extension": (411, chunked(chunk(BODY, b";a=b") + b"0\r\n\r\n")),
    "chunk extension with LF": (411, chunked(chunk(b"x", b";\n") + CL_TE)),
    "chunk of hexadecimal 0x": (411, chunked(b"0x" + TE_CL)),
    "chunk of negative size": (411, chunked(b"-" + TE_CL)),
    "chunk of 2^64 + 1": (411, chunked(b"10000000000000001\r\n" + CL_TE)),
    "chunks that end with LF": (411, chunked(b"0\n\n" + SMUGGLED)),
    "a trailer": (411, chunked(b"0\r\nContent-Length: 9\r\n\r\n" + SMUGGLED)),
    "chunked, 1.0": (411, chunked(CL_TE).replace(b"TP/1.1", b"TP/1.0")),
    "no length": (400, signed(LENGTH + b"\r\n", b"")),
    "two equal lengths": (400, with_line(LENGTH)),
    "two lengths": (400, with_line(b"Content-Length: 1")),
    "two lengths, last": (400, signed(LENGTH,
                                      LENGTH + b"\r\nContent-Length: 0")),
    "two lengths, odd case": (400, with_line(b"content-length: 1")),
    "length before the colon": (400, with_line(b"Content-Length : 1")),
    "tab before the colon": (400, with_line(b"X\t: 1")),
    "length signed": (400, signed(b"Length: ", b"Length: +")),
    "length negative": (400, signed(b"Length: ", b"Length: -")),
    "length hexadecimal": (400, signed(b"Length: ", b"Length: 0x")),
    "length exponential": (400, signed(LENGTH, LENGTH + b"e0")),
    "length with a point": (400, signed(LENGTH, LENGTH + b".0")),
    "length quoted": (400, signed(LENGTH, b'Content-Length: "5"')),
    "length with a blank": (400, signed(LENGTH, b"Content-Length: 4 2")),
    "length with a parameter": (400, signed(LENGTH, LENGTH + b";a")),
    "length before VT": (400, signed(LENGTH, LENGTH + b"\x0b")),
    "length behind VT": (400, signed(b"Length: ", b"Length: \x0b")),
    "length of other digits": (400, signed(LENGTH, "Content-Length: ٥"
                                           .encode())),
    "length a list": (400, signed(LENGTH, LENGTH + b", %d" % len(BODY))),
    "length empty": (400, signed(LENGTH, b"Content-Length:")),
    "length of 40 digits": (413, signed(b"Length: ", b"Length: " + b"9" * 40)),
    "length of 2^64 and more": (413, signed(LENGTH, b"Content-Length: %d"
                                            % (2**64 + len(BODY)))),
    "length of 2^64 - 1": (413, signed(LENGTH, b"Content-Length: %d"
                                       % (2**64 - 1))),
    "length of 2^63": (413, signed(LENGTH, b"Content-Length: %d" % 2**63)),
    "length of 2^32 and more": (413, signed(LENGTH, b"Content-Length: %d"
                                            % (2**32 + len(BODY)))),
    "length beyond the limit": (413, with_line(b"X: y", body=b"x" * 600_000)),
    "no host": (400, signed(HOST + b"\r\n", b"")),
    "no host, 1.0": (400, signed(b"1.1\r\n" + HOST, b"1.0\r\nX: y")),
    "two hosts": (400, with_line(HOST)),
    "two hosts, other": (400, with_line(b"Host: other")),
    "a list of hosts": (400, signed(HOST, HOST + b", other")),
    "a host with a user": (400, signed(HOST, b"Host: a@b")),
    "a host with a path": (400, signed(HOST, b"Host: a/b")),
    "a host with a blank": (400, signed(HOST, b"Host: a b")),
    "fold": (400, signed(HOST, HOST + b"\r\n more")),
    "fold by tab": (400, signed(HOST, HOST + b"\r\n\tmore")),
    "fold of nothing": (400, signed(HOST, HOST + b"\r\n ")),
    "fold of the last line": (400, signed(b"\r\n\r\n", b"\r\n x\r\n\r\n")),
    "fold of the request line": (400, signed(b"1.1\r\n", b"1.1\r\n x: y\r\n")),
    "fold that hides a length": (400, signed(LENGTH, b"X: y\r\n " + LENGTH)),
    "LF for all ends": (400, with_ends(b"\n")),
    "LF behind the request line": (400, signed(b"1.1\r\n", b"1.1\n")),
    "LF behind a line": (400, signed(HOST + b"\r\n", HOST + b"\n")),
    "LF behind the last line": (400, signed(b"\r\n\r\n", b"\n\r\n")),
    "LF for the empty line": (400, signed(b"\r\n\r\n", b"\r\n\n")),
    "LF CR": (400, signed(HOST + b"\r\n", HOST + b"\n\r")),
    "CR CR LF": (400, signed(HOST + b"\r\n", HOST + b"\r\r\n")),
    "CR for all ends": ((400, 404, 405), with_ends(b"\r")),
    "CR in a value": (400, with_line(b"X: a\rb")),
    "CR before the end": (400, signed(HOST, HOST + b"\r")),
    "CR before the request": ((400, 405), b"\r" + signed()),
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
    "blank in a name": (400, with_line(b"X Y: z")),
    "no name": (400, with_line(b": z")),
    "no colon": (400, with_line(b"X")),
    "blank in the query": (400, signed(TARGET, TARGET + b"?a b")),
    "two blanks": (400, signed(b"POST /", b"POST  /")),
    "tab behind the method": (400, signed(b"POST ", b"POST\t")),
    "tab before the version": (400, signed(b" HTTP", b"\tHTTP")),
    "blank behind the version": (400, signed(b"1.1\r\n", b"1.1 \r\n")),
    "a method of other letters": ((400, 405), "PÖST".encode() + signed()[4:]),
    "blank before the request": ((400, CLOSED), b" " + signed()),
    "version 0.9": (400, b"POST /webhook\r\n\r\n"),
    "version 0.9, said": ((400, 505), signed(b"HTTP/1.1", b"HTTP/0.9")),
    "version 1.10": (400, signed(b"HTTP/1.1", b"HTTP/1.10")),
    "version 01.1": (400, signed(b"HTTP/1.1", b"HTTP/01.1")),
    "version in small letters": (400, signed(b"HTTP/1.1", b"http/1.1")),
    "version 2.0": (505, signed(b"HTTP/1.1", b"HTTP/2.0")),
    "version of another": (400, signed(b"HTTP/1.1", b"ICY/1.1")),
    "the preface of HTTP/2": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "a PROXY line": (400, b"PROXY TCP4 1.2.3.4 1.2.3.4 5 6\r\n" + signed()),
    "too large a head": (431, with_line(b"X: " + b"y" * 100_000)),
    "too many headers": (431, with_line(b"\r\n".join([b"X: y"] * 5000))),
    "too many cookies": (431, with_line(b"Cookie: " + b"a=b;" * 3000)),
    "too long a target": (414, signed(TARGET, b"/" + b"y" * 100_000)),
    "refused before its body": (
        400, signed(HOST, HOST + b"\r\nExpect: 100-continue", body=SMUGGLED)
        .replace(b"svix-id", b"svix-no")),
    "HTTP/1.0": (200, signed(b"HTTP/1.1", b"HTTP/1.0")),
    "asked to close": (200, with_line(b"Connection: close")),
    "a short body, asked to close": (
        (400, 401), signed(LENGTH, b"Content-Length: 1\r\nConnection: close")),
}  # fmt: skip
ENDED.update(
    (f"CL.TE {how}", (400, both_lengths(line)))
    for how, line in DISGUISES.items()
)
ENDED.update(
    (f"TE.TE {how}", ((400, 411), chunked(CL_TE, line)))
    for how, line in DISGUISES.items()
)

# No flaw: one request, one answer, and the next request is heard.
KEPT = {
    "a tab in a value": (200, with_line(b"X: a\tb")),
    "bytes above ASCII in a value": (200, with_line(b"X: \xfc")),
    "an empty value": (200, with_line(b"X:")),
    "an empty host": (200, signed(HOST, b"Host:")),
    "leading zeros": (200, signed(b"Length: ", b"Length: 000")),
    "an empty line before": (200, b"\r\n" + signed()),
    # libmicrohttpd takes both for an empty line, and skips it.
    "LF before": (200, b"\n" + signed()),
    "a line that begins with NUL": (200, b"\0x\r\n" + signed()),
    # It leaves two NULs where CR LF was.
    "NUL LF for CR LF": (200, signed(HOST + b"\r", HOST + b"\0")),
    "two hundred headers": (200, with_line(b"\r\n".join([b"X: y"] * 200))),
    "a head of 12 kB": (200, with_line(b"X: " + b"y" * 12_000)),
    "a request in the body": (200, with_line(b"X: y", body=SMUGGLED)),
    "chunks in the body": (200, with_line(b"X: y", body=CL_TE)),
    "a similar name": (200, with_line(b"Transfer_Encoding: chunked",
                                      body=CL_TE)),
    "another similar name": (200, with_line(b"X-Transfer-Encoding: chunked",
                                            body=CL_TE)),
    "HTTP/1.0 kept alive": (200, signed(
        b"1.1\r\n", b"1.0\r\nConnection: keep-alive\r\n")),
    "HTTP/1.2": (200, signed(b"HTTP/1.1", b"HTTP/1.2")),
    "an upgrade to h2c": (200, with_line(
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA")),
    "an upgrade to WebSocket": (200, with_line(
        b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA")),
    "the length hop by hop": ((200, 400), with_line(
        b"Connection: Content-Length")),
    "an unknown expectation": ((200, 417), with_line(b"Expect: a-miracle")),
    "a trailer announced": (200, with_line(b"TE: trailers\r\nTrailer: X")),
    "a body for health": (200, plain(b"GET /healthz HTTP/1.1",
                                     body=SMUGGLED)),
    "a body for HEAD": (200, plain(b"HEAD /healthz HTTP/1.1", body=SMUGGLED)),
    "head in small letters": (405, plain(b"head /healthz HTTP/1.1")),
    "post in small letters": (405, signed(b"POST", b"post", body=SMUGGLED)),
    "a wrong method with a body": (405, plain(b"POST /healthz HTTP/1.1",
                                              body=SMUGGLED)),
    "PUT": (405, signed(b"POST", b"PUT", body=SMUGGLED)),
    "HEAD of events": (405, plain(b"HEAD /webhook HTTP/1.1")),
    "TRACE": (405, plain(b"TRACE /healthz HTTP/1.1")),
    "CONNECT": (404, plain(b"CONNECT producer:80 HTTP/1.1")),
    "OPTIONS *": (404, plain(b"OPTIONS * HTTP/1.1")),
    "no such path, with a body": (404, signed(TARGET, b"/x", body=SMUGGLED)),
    "absolute form": (404, signed(TARGET, b"http://producer" + TARGET)),
    "absolute form of another": (404, signed(TARGET, b"http://x" + TARGET)),
    "authority form": (404, signed(TARGET, b"producer:80")),
    "path with dots": (404, signed(TARGET, b"/x/.." + TARGET)),
    "path escaped": (404, signed(TARGET, b"/webhooks%2fclerk")),
    "path with two slashes": (404, signed(TARGET, b"/" + TARGET)),
    "path with a fragment": (404, signed(TARGET, TARGET + b"#x")),
    "path with NUL escaped": (404, signed(TARGET, TARGET + b"%00")),
    "no signature, with a body": (400, request_bytes(SMUGGLED)),
    "a broken signature": (401, signed(b"v1,", b"v1,AAAA")),
    "the body of another": (401, signed(BODY, BODY[::-1])),
    "two ids": (400, with_line(b"svix-id: msg_other")),
    "an id with a blank": (400, signed(b"msg_event", b"msg event")),
}  # fmt: skip


def rows(table, ends):
    for name, (allowed, data) in table.items():
        several = allowed if isinstance(allowed, tuple) else (allowed,)
        yield name, Row(several, data, ends)


TABLE = {**dict(rows(ENDED, True)), **dict(rows(KEPT, False))}
