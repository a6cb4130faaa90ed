"""hostile_http2 - requests in HTTP/2 that a proxy must not take for more than
one when it writes them down as HTTP/1.1. A row: its fields and its body."""

from hostile_requests import BODY, CL_TE, EVENT, SMUGGLED, TARGET
from webhook import SECRET, signed_headers

INNER_LINE = b"HTTP/1.1\r\nHost: producer\r\n\r\n" + SMUGGLED


def fields(*more, body=BODY, id=EVENT, **pseudo):
    """Those of a good request; pseudo: in place of :method and so on."""
    first = {"method": b"POST", "scheme": b"http", "authority": b"producer",
             "path": TARGET, **pseudo}  # fmt: skip
    sent = [
        (b":" + name.encode(), value)
        for name, value in first.items()
        if value is not None
    ]
    sent += [
        (name.encode(), value.encode())
        for name, value in signed_headers(SECRET, id, body).items()
    ]
    return [*sent, *more]


def length(size):
    return b"content-length", b"%d" % size


FINE = length(len(BODY))

HTTP2 = {
    "as it should be": (fields(FINE), BODY),
    "no length": (fields(), BODY),
    "a request in the body": (
        fields(length(len(SMUGGLED)), body=SMUGGLED), SMUGGLED),
    "H2.CL, too short": (fields(length(0), body=SMUGGLED), SMUGGLED),
    "H2.CL, too long": (fields(length(9999)), BODY),
    "two lengths": (fields(FINE, length(0)), BODY),
    "a list of lengths": (
        fields((b"content-length", b"%d, 0" % len(BODY))), BODY),
    "H2.TE": (fields((b"transfer-encoding", b"chunked"), body=CL_TE), CL_TE),
    "H2.TE and a length": (
        fields((b"transfer-encoding", b"chunked"), length(len(CL_TE)),
               body=CL_TE), CL_TE),
    "H2.TE in odd case": (
        fields((b"Transfer-Encoding", b"chunked"), body=CL_TE), CL_TE),
    "te: chunked": (fields(FINE, (b"te", b"chunked")), BODY),
    "connection": (
        fields(FINE, (b"connection", b"transfer-encoding")), BODY),
    "CR LF in a value": (
        fields((b"x", b"y\r\nTransfer-Encoding: chunked"), body=CL_TE), CL_TE),
    "LF in a value": (
        fields((b"x", b"y\nTransfer-Encoding: chunked"), body=CL_TE), CL_TE),
    "CR in a value": (
        fields((b"x", b"y\rTransfer-Encoding: chunked"), body=CL_TE), CL_TE),
    "NUL in a value": (fields(FINE, (b"x", b"y\0z")), BODY),
    "a request in a value": (
        fields(FINE, (b"x", b"y\r\n\r\n" + SMUGGLED)), BODY),
    "CR LF in a name": (
        fields((b"x: y\r\nTransfer-Encoding", b"chunked"), body=CL_TE), CL_TE),
    "a colon in a name": (
        fields((b"transfer-encoding: chunked, x", b"y"), body=CL_TE), CL_TE),
    "a blank in a name": (
        fields((b"transfer-encoding ", b"chunked"), body=CL_TE), CL_TE),
    "no name": (fields(FINE, (b"", b"y")), BODY),
    "a request in the path": (fields(FINE, path=b"/ " + INNER_LINE), BODY),
    "a blank in the path": (fields(FINE, path=TARGET + b" HTTP/1.1"), BODY),
    "no path": (fields(FINE, path=None), BODY),
    "an empty path": (fields(FINE, path=b""), BODY),
    "a path without slash": (fields(FINE, path=b"webhook"), BODY),
    "two paths": (fields((b":path", b"/healthz"), FINE), BODY),
    "a request in the method": (
        fields(FINE, method=b"POST /webhook " + INNER_LINE), BODY),
    "a blank in the method": (fields(FINE, method=b"POST /x"), BODY),
    "a request in the scheme": (
        fields(FINE, scheme=b"http://x/ " + INNER_LINE), BODY),
    "another scheme": (fields(FINE, scheme=b"ftp"), BODY),
    "a request in the authority": (
        fields(FINE, authority=b"producer\r\n\r\n" + SMUGGLED), BODY),
    "an authority and another host": (fields(FINE, (b"host", b"x")), BODY),
    "no authority": (fields(FINE, authority=None), BODY),
    "two authorities": (fields((b":authority", b"x"), FINE), BODY),
    "CONNECT": (
        [(b":method", b"CONNECT"), (b":authority", b"producer:80")], SMUGGLED),
    "CONNECT to a protocol": (
        fields((b":protocol", b"websocket"), method=b"CONNECT"), SMUGGLED),
    "HEAD with a body": (
        fields(length(len(SMUGGLED)), method=b"HEAD", body=SMUGGLED),
        SMUGGLED),
    "a field of 12 kB": (fields(FINE, (b"x", b"y" * 12_000)), BODY),
}  # fmt: skip
