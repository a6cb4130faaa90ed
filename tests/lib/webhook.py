"""webhook - what Svix would send: signed, by plain Python.

    answer = post_event(url, secret, event)
    assert answer.status == 200 and answer.json["status"] == "accepted"
"""

import base64
import hashlib
import hmac
import http.client
import json
import time
import uuid
from typing import NamedTuple
from urllib.parse import urlsplit

# "whsec_" and 24 bytes, as Clerk's dashboard shows it. Opens nothing.
SECRET = "whsec_" + base64.b64encode(b"only-for-tests-24-bytes!").decode()


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def new_id():
    return "msg_" + uuid.uuid4().hex


def sign(secret, id, timestamp, body):
    """The signature header's value for one secret: "v1,…"."""
    encoded = secret.removeprefix("whsec_").rstrip("=")
    key = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    signed = f"{id}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def signed_headers(secret, id, body, timestamp=None, family="svix"):
    timestamp = int(time.time()) if timestamp is None else timestamp
    return {
        f"{family}-id": id,
        f"{family}-timestamp": str(timestamp),
        f"{family}-signature": sign(secret, id, timestamp, body),
    }


def body_of(event):
    """Bytes as they are; anything else as JSON."""
    return event if isinstance(event, bytes) else json.dumps(event).encode()


def request(url, method="GET", body=None, headers=None, timeout=20):
    """One request on a connection of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path or "/", body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def post_event(url, secret, event, id=None, timestamp=None, headers=None,
               family="svix", timeout=20):  # fmt: skip
    """Posts an event (bytes, or what json.dumps takes), signed.

    headers: added, or in place of the signed ones; None as value takes one
    away.
    """
    body = body_of(event)
    sent = signed_headers(secret, id or new_id(), body, timestamp, family)
    sent["content-type"] = "application/json"
    sent.update(headers or {})
    kept = {name: value for name, value in sent.items() if value is not None}
    return request(url, "POST", body, kept, timeout)
