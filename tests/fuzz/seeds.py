"""seeds - what the targets of libFuzzer begin with.

    SEEDS["event"]() -> [bytes, ...]

From the fixtures and the hand-written cases, and for what those have none of,
from here; each in the form that its target reads.
"""

import base64
import hashlib
import hmac
import json
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
FIXTURES = sorted((TESTS / "fixtures/events").glob("*.json"))
CASES = sorted((TESTS / "golden").glob("*/events.json"))
# In the order of event_types, consumer/event.c.
TYPES = (
    "organization.created", "organization.deleted", "organization.updated",
    "organizationMembership.created", "organizationMembership.deleted",
    "organizationMembership.updated",
    "user.created", "user.deleted", "user.updated",
)  # fmt: skip
WHOLE = 9  # a kind that is no type: the whole value follows


def bodies():
    """Every event that lies in a file, as the body of a request."""
    yield from (path.read_bytes() for path in FIXTURES)
    for path in CASES:
        for told in json.loads(path.read_text(encoding="utf-8")):
            event = told.get("event") or told["snapshot"]
            yield json.dumps(event, ensure_ascii=False).encode()


def records():
    for body in bodies():
        yield b"msg_1\n\n" + body
        yield b"msg_1\n00-0af7651916cd43dd8448eb211c80319c-01\n" + body


def events():
    for body in bodies():
        yield bytes([WHOLE, 0]) + body
        event = json.loads(body)
        if event["type"] in TYPES:
            data = json.dumps(event["data"], ensure_ascii=False).encode()
            yield bytes([TYPES.index(event["type"]), len(data) & 1]) + data


def texts():
    yield from bodies()
    for text in (
        "0", "-0", "1.5e-3", "1e400", "1.6e12", "1654012591835.0",
        "99999999999", "100000000000", "-210000000000000", "9200000000000000",
        r'"\u0000"', r'"\ud83d\ude00"', r'"\ud800"', '"\\""', "[[[[]]]]",
        '{"a":1,"a":2}', "\ufeff{}", '"\U0001f600"', "[1,]", "nul",
    ):  # fmt: skip
        yield text.encode()
    yield b'"\xff"'


SECRET = b"only-for-fuzzing-24-byte"


def signatures():
    secret = b"whsec_" + base64.b64encode(SECRET)
    for body in (b"", b"{}", b'{"type":"user.created","data":{"id":"u"}}'):
        for timestamp in (b"1700000000", b"1699999700", b"17", b"x"):
            signed = b"msg_1." + timestamp + b"." + body
            digest = hmac.new(SECRET, signed, hashlib.sha256).digest()
            good = b"v1," + base64.b64encode(digest)
            for secrets, given in (
                (secret, good),
                (secret, b"v1,AAAA v1a," + good[3:] + b" " + good),
                (secret.rstrip(b"=") + b", " + secret, good + b" " + good),
                (secret[6:], good.rstrip(b"=")),
                (b"whsec_, ,x", b"v1, v2," + good),
            ):
                yield b"\n".join((secrets, b"msg_1", timestamp, given, body))


def heads():
    fine = b"Host: x\r\nContent-Length: 5\r\n"
    svix = b"svix-id: a\r\nsvix-timestamp: 1\r\nsvix-signature: v1,s\r\n"
    lines = (
        b"", svix, svix.replace(b"svix", b"webhook"), svix + svix,
        b"X : y\r\n", b"X: a\r\n b\r\n", b"X: a\0b\r\n", b": z\r\n",
        b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n",
        b"Expect: 100-continue\r\n", b"X: a\rb\r\n", b"X:\xff\x7f\r\n",
        b"traceparent: 00-a-b-01\r\n", b" X: y\r\n", b"X: \t a \t\r\n",
    )  # fmt: skip
    for line in lines:
        yield b"POST /webhook HTTP/1.1\r\n" + fine + line + b"\r\n"
        yield b"POST /webhook HTTP/1.1\r\n" + line + fine + b"\r\n"
    for start in (b"GET  /a", b"P(ST /a", b"POST /a?b\0", b"POST /a b"):
        yield start + b" HTTP/1.1\r\n" + fine + b"\r\n"
    yield (
        b"POST /a HTTP/1.0\r\nHost:x\r\n"
        b"Content-Length:18446744073709551615\r\n\r\n"
    )


def configurations():
    secret = b"CLERK_WEBHOOK_SIGNING_SECRET=whsec_aHVzaGh1c2gtaHVzaGh1c2g=\n"
    for lines in (
        b"", b"PRODUCER_LISTEN=[::1]:8788\n", b"PRODUCER_LISTEN=:1\n",
        b"PRODUCER_PATHS= /a , /b,,\n", b"PRODUCER_RATE_LIMIT=-0\n",
        b"PRODUCER_MAX_BODY_BYTES=900001\n", b"LOG_LEVEL=debug\n",
        b"PRODUCER_IGNORE_TYPES=\n", b"PRODUCER_THREADS=0x10\n",
        b"CONSUMER_ROLE_MAP=org:admin=SUPER_ADMIN, a = TEACHER\n",
        b"CONSUMER_ROLE_MAP=a=b=TEACHER,=STUDENT,x\n",
        b"CONSUMER_ADMIN_LISTEN=localhost:65536\n", b"CONSUMER_WORKERS=3\n",
        b"DATABASE_URL=postgresql://a:hushhush@h/d\nEVENTS_TOPIC=\xff\n",
        b"A=2024-02-29T23:59:60.123456Z\nB=P1DT12H\nC=90d\nD=PT1H30M0.5S\n",
        b"A=0001-01-01T00:00:00+14:00\nB=99999999999w\nC=P2W\n",
    ):  # fmt: skip
        yield lines
        yield secret + lines
    yield b"CLERK_WEBHOOK_SECRET=hushhush hushhush,hushhush\n"


def letters():
    """Attempts, retry-at, origin, created-at, redrives; "-" is none."""
    for lines in (
        ("1", "1700000001123", "clerk.events:3:7", "1700000000123", "0"),
        ("5", "-", "clerk.events:11:99", "-", "-"),
        ("6", "9223372036854775807", "a:b:2147483647:0", "1", "1000001"),
        ("-", "-", "-", "-", "1"), ("+1", "1.5", "::", "-1", "0x1"),
        ("", "", ":1:2", "99999999999999999999", "007"),
        ("1", "1", "t:2147483648:1", "1", "1"),
    ):  # fmt: skip
        for kind in range(4):
            told = "\n".join(lines) + "\nwhy it was refused"
            yield bytes([kind]) + told.encode()


def histories():
    """Some bytes: every one of them is a history."""
    for number in range(1, 40):
        digest = hashlib.sha512(bytes([number])).digest()
        yield bytes([number]) + digest * (number % 3 + 1)


SEEDS = {
    "config": configurations,
    "event": events,
    "head": heads,
    "json": texts,
    "letters": letters,
    "merge": histories,
    "record": records,
    "signature": signatures,
}
