"""Hostile requests through nginx and HAProxy, whose connections to the
producer everybody shares: what the proxy counts as one request never becomes
two, and nobody gets the answer to somebody else's."""

import json
from collections import Counter

import pytest
from bystander import Bystander
from figures import figure
from hostile_http2 import HTTP2
from hostile_requests import EVENT, INNER, SECOND, TABLE, signed
from lone_producer import LoneProducer
from proxies import Haproxy, Nginx, UnbufferedNginx
from raw_http import RawConnection
from raw_http2 import http2_exchange
from topic_tail import TopicTail, id_of, is_signed
from waiting import wait_until
from webhook import new_id

OURS = {EVENT, INNER, SECOND}


class Front:
    """A proxy, a producer behind it, and a bystander who uses both."""

    def __init__(self, proxy, producer, tail, bystander):
        self.proxy, self.producer = proxy, producer
        self.tail, self.bystander = tail, bystander
        self.passed_on, self.seen = self.count()

    def count(self):
        """(what the proxy passed on, what the producer saw), all told."""
        with self.bystander.turn:  # nothing of his is under way
            id = new_id()
            assert ids_of(self.talk(closing(id))) == [id]
            # Its line comes last, so all others are there.
            wait_until(
                lambda: any(r["id"] == id for r in self.proxy.logged()[-9:]),
                what="the proxy's log",
            )
            seen = self.producer.metric("clerkstream_http_requests_total")
            return self.proxy.forwarded(), seen

    def talk(self, data, method="POST"):
        """All answers on one connection, up to its end."""
        answers = []
        with RawConnection(self.proxy.listen, timeout=5) as connection:
            try:
                connection.send(data)
                while answer := connection.answer(method):
                    if answer.status != 100:
                        answers.append(answer)
                        method = "POST"
            except (ConnectionError, TimeoutError):
                pass
        return answers

    def check(self):
        """What came of whatever was sent since the last time."""
        before, seen_before = self.passed_on, self.seen
        logged = len(self.proxy.requests)

        def agree():
            self.passed_on, self.seen = self.count()
            return self.seen - seen_before <= self.passed_on - before

        wait_until(agree, 5, "no request to have become two")
        records = self.tail.fresh()
        assert all(is_signed(record) for record in records)
        taken = Counter(id_of(record) for record in records)
        counted = Counter(r["id"] for r in self.proxy.requests[logged:])
        for id in OURS:
            assert taken[id] <= counted[id], f"{id} came out of nowhere"
        return taken


def closing(id):
    """A good request that is the last of its connection."""
    return signed(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", id=id)


def ids_of(answers):
    """The ids in the 200s among answers."""
    bodies = [json.loads(a.body) for a in answers if a.status == 200 and a.body]
    return [body["id"] for body in bodies if "id" in body]


@pytest.fixture(
    scope="module",
    params=[
        ("nginx", Nginx),
        ("nginx, unbuffered", UnbufferedNginx),
        ("HAProxy", Haproxy),
    ],
    ids=lambda param: param[0],
)
def front(request, kafka, tmp_path_factory):
    name, kind = request.param
    directory = tmp_path_factory.mktemp("front")
    settings = {"PRODUCER_TOLERANCE_SECONDS": 3600}
    with (
        LoneProducer(kafka, directory, **settings) as producer,
        kind(directory / "proxy", producer.listen) as proxy,
        TopicTail(
            kafka, producer.events_topic, producer.dead_letter_topic
        ) as tail,
        Bystander(proxy.listen) as bystander,
    ):
        front = Front(proxy, producer, tail, bystander)
        with bystander.attacked():
            yield front
        passed_on, seen = front.count()
        figure(
            f"through {name}: {len(TABLE)} hostile requests and "
            f"{len(HTTP2)} in HTTP/2; {passed_on} passed on, {seen:.0f} "
            f"seen; {bystander.told()}"
        )


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())
def test_one_at_the_proxy_is_one_at_the_producer(front, row):
    answers = front.talk(row.data + closing(SECOND), row.method)
    answered = ids_of(answers)
    taken = front.check()
    # The inner one too, where the proxy takes it for one of its own.
    assert answered == [
        id for id in (EVENT, INNER, SECOND) if id in answered
    ]
    assert all(taken[id] == 1 for id in answered)


@pytest.mark.parametrize("row", HTTP2.values(), ids=HTTP2.keys())
def test_one_in_http2_is_one_at_the_producer(front, row):
    body = http2_exchange(front.proxy.http2, *row)
    taken = front.check()
    if body and body.startswith(b'{"status":"accepted"'):
        assert json.loads(body)["id"] == EVENT
        assert taken == Counter({**taken, EVENT: 1})
