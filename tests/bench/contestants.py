"""contestants - who runs against whom: ours, the floors, the rivals.

A contestant of ingest listens for webhooks and writes a topic; one of apply
reads a topic and writes the tables. Each is a Process of tests/lib.
"""

import socket

from ports import free_port
from process import Process, plain_environment
from programs import BIN, Consumer, Producer
from waiting import wait_until
from webhook import SECRET

BENCH = BIN.parent / "bench"
PATH = "/webhooks/clerk"


class Taker(Process):
    """Takes webhooks on `address`."""

    def __init__(self, stage, name, words, **environment):
        self.address = f"127.0.0.1:{environment.pop('port')}"
        super().__init__(
            words, stage.directory / f"{name}.log",
            plain_environment(**environment),
        )  # fmt: skip

    def wait_ready(self):
        wait_until(
            lambda: self.gone() or listens(self.address), 30,
            f"{self.command[0]} to listen",
        )  # fmt: skip
        return self


def listens(address):
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
        return True
    except OSError:
        return False


def our_producer(stage, topics, **more):
    producer = Producer(stage.directory, **{**topics, **more})
    producer.address = producer.listen
    return producer


def floor_http(stage, topics):
    port = free_port()
    return Taker(stage, "floor-http", [BENCH / "bench-floor-http", port],
                 port=port)  # fmt: skip


def floor_http_kafka(stage, topics):
    port = free_port()
    words = [BENCH / "bench-floor-http", port,
             topics["KAFKA_BOOTSTRAP_SERVERS"],
             topics["EVENTS_TOPIC"]]  # fmt: skip
    return Taker(stage, "floor-http-kafka", words, port=port)


class Applier(Process):
    """Brings a topic into a database, as a member of a group."""

    def __init__(self, stage, name, words, **environment):
        super().__init__(
            words, stage.directory / f"{name}.log",
            plain_environment(**environment),
        )  # fmt: skip


class Several:
    """Processes that are one contestant together."""

    def __init__(self, *processes):
        self.processes = processes

    @property
    def pid(self):
        return tuple(process.pid for process in self.processes)

    def start(self):
        for process in self.processes:
            process.start()

    def kill(self):
        for process in self.processes:
            process.kill()

    def gone(self):
        return any(process.gone() for process in self.processes)


def our_consumer(stage, topics, url, group, workers=2, **more):
    return Consumer(
        stage.directory,
        **{**topics, "DATABASE_URL": url, "CONSUMER_GROUP": group,
           "CONSUMER_WORKERS": workers, **more},
    )  # fmt: skip


def floor_apply(stage, topics, url, group, workers=2):
    words = [BENCH / "bench-floor-apply", "apply",
             topics["KAFKA_BOOTSTRAP_SERVERS"], topics["EVENTS_TOPIC"],
             group, workers, url]  # fmt: skip
    return Applier(stage, "floor-apply", words)


# By name, in the order of the table; those of others are in rivals.py.
OURS = "clerkstream"
HTTP_FLOOR = "(a) libmicrohttpd alone"
PRODUCE_FLOOR = "(b) librdkafka alone"
HTTP_KAFKA_FLOOR = "(c) libmicrohttpd + librdkafka"
WRITE_FLOOR = "(d) libpq alone"
CONSUME_FLOOR = "(e) consume alone"
APPLY_FLOOR = "(f) consume + locking read + write"
INGEST = {
    OURS: our_producer,
    HTTP_FLOOR: floor_http,
    HTTP_KAFKA_FLOOR: floor_http_kafka,
}
APPLY = {OURS: our_consumer, APPLY_FLOOR: floor_apply}
LOAD_SECRET = SECRET
