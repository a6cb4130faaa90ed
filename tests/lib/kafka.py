"""kafka - a Kafka node for tests, and its topics read and written directly.

    with Kafka(directory) as kafka:      # a node of this test's own
        kafka.restart()
    kafka = Broker("127.0.0.1:9092")     # one that somebody else runs

The clients are confluent_kafka's; a record is what its Message is.
"""

import json
import os
import socket
import subprocess
import time
import uuid
from functools import cached_property
from pathlib import Path

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic
from ports import free_port
from process import Process, plain_environment
from waiting import wait_until

SERVER = Path(__file__).parents[2] / "compose/kafka/server"

# ApiVersions, version 0, correlation 1, no client id: what any broker answers.
WHO_ARE_YOU = bytes.fromhex("0000000a0012000000000001ffff")


class Broker:
    """A running Kafka, known by its address (host:port)."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    def client(self, **settings):
        """The settings of a client: session_timeout_ms=6000 and so on."""
        dotted = {name.replace("_", "."): settings[name] for name in settings}
        return {"bootstrap.servers": self.bootstrap, **dotted}

    @cached_property
    def admin(self):
        return AdminClient(self.client())

    def answers(self):
        host, _, port = self.bootstrap.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), 1) as connection:
                connection.settimeout(1)
                connection.sendall(WHO_ARE_YOU)
                return len(connection.recv(8)) > 0
        except OSError:
            return False

    def create_topic(self, name, partitions=12, **config):
        """config: retention_ms=1000 and so on. Returns the name."""
        dotted = {key.replace("_", "."): str(config[key]) for key in config}
        topic = NewTopic(name, partitions, 1, config=dotted)
        self.admin.create_topics([topic])[name].result(20)
        wait_until(
            lambda: self.partitions(name) == partitions,
            20, f"the topic {name}",
        )  # fmt: skip
        return name

    def new_topic(self, label="topic", partitions=12, **config):
        """A topic that nobody else has."""
        name = f"{label}.{uuid.uuid4().hex[:10]}"
        return self.create_topic(name, partitions, **config)

    def delete_topic(self, name):
        self.admin.delete_topics([name])[name].result(20)

    def partitions(self, topic):
        """The number of partitions, 0 if there is no such topic."""
        known = self.admin.list_topics(topic, timeout=20).topics.get(topic)
        return 0 if known is None or known.error else len(known.partitions)

    def produce(self, topic, records, **settings):
        """Writes records: dicts with value, key, headers, partition, ….

        Returns [(partition, offset), …] once all are acknowledged.
        """
        placed = {}
        producer = Producer(self.client(linger_ms=0, **settings))
        for index, record in enumerate(records):

            def delivered(error, message, index=index):
                assert error is None, error
                placed[index] = (message.partition(), message.offset())

            producer.produce(topic, on_delivery=delivered, **record)
            producer.poll(0)
        assert producer.flush(30) == 0, "records were not acknowledged"
        return [placed[index] for index in sorted(placed)]

    def end_offsets(self, topic):
        """{partition: the offset that the next record will get}."""
        for _ in range(40):  # a broker that has just come back has no leaders
            try:
                return self.end_offsets_now(topic)
            except KafkaException:
                time.sleep(0.25)
        return self.end_offsets_now(topic)

    def end_offsets_now(self, topic):
        consumer = Consumer(self.client(group_id="nobody"))
        try:
            return {
                partition: consumer.get_watermark_offsets(
                    TopicPartition(topic, partition), timeout=20
                )[1]
                for partition in range(self.partitions(topic))
            }
        finally:
            consumer.close()

    def read(self, topic):
        """All records that are in the topic now, partition by partition."""
        ends = {p: end for p, end in self.end_offsets(topic).items() if end}
        consumer = Consumer(self.client(
            group_id="nobody", enable_auto_commit=False,
            enable_partition_eof=True, auto_offset_reset="earliest",
        ))  # fmt: skip
        records = []
        try:
            consumer.assign([TopicPartition(topic, p, 0) for p in ends])
            while ends:
                message = consumer.poll(20)
                assert message is not None, f"{topic} could not be read"
                partition = message.partition()
                if message.error() is None:
                    records.append(message)
                    done = message.offset() + 1 >= ends.get(partition, 0)
                else:  # nothing left: records may have expired
                    assert message.error().code() == KafkaError._PARTITION_EOF
                    done = True
                if done:
                    ends.pop(partition, None)
        finally:
            consumer.close()
        return sorted(records, key=lambda r: (r.partition(), r.offset()))

    def committed(self, topic, group):
        """{partition: committed offset}, without those never committed."""
        consumer = Consumer(self.client(group_id=group))
        try:
            asked = [
                TopicPartition(topic, partition)
                for partition in range(self.partitions(topic))
            ]
            return {
                answer.partition: answer.offset
                for answer in consumer.committed(asked, timeout=20)
                if answer.offset >= 0
            }
        finally:
            consumer.close()

    def set_offsets(self, topic, group, offset=0):
        """Sets the group back (or on), as kafka-consumer-groups would.

        offset: for all partitions, or {partition: offset}. Only while the
        group has no members: the broker refuses otherwise.
        """
        offsets = offset
        if not isinstance(offset, dict):
            offsets = dict.fromkeys(range(self.partitions(topic)), offset)
        consumer = Consumer(self.client(group_id=group))
        try:
            consumer.commit(
                offsets=[
                    TopicPartition(topic, partition, offsets[partition])
                    for partition in offsets
                ],
                asynchronous=False,
            )
        finally:
            consumer.close()

    def delete_records(self, topic, before, directory):
        """Drops what is older than {partition: offset}, as time would."""
        jars = subprocess.check_output([SERVER.parent / "jars"], text=True)
        wanted = Path(directory) / "delete.json"
        wanted.write_text(json.dumps({"partitions": [
            {"topic": topic, "partition": partition, "offset": offset}
            for partition, offset in before.items()
        ]}))  # fmt: skip
        subprocess.run(
            [
                "java", "-Xmx128m", "-XX:TieredStopAtLevel=1",
                "-cp", f"{jars.strip()}/*",
                "org.apache.kafka.tools.DeleteRecordsCommand",
                "--bootstrap-server", self.bootstrap,
                "--offset-json-file", wanted,
            ],
            check=True, timeout=60, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def members(self, group):
        """How many members the group has."""
        groups = self.admin.list_groups(group, timeout=20)
        return sum(len(found.members) for found in groups)


class Kafka(Broker):
    """A node of one's own: start, stop, kill, pause, resume, restart.

    Keeps its address and its data over a restart. ways: {a port that the
    broker also listens on: the port that it tells whoever comes that way to
    use from then on}, for proxies.
    """

    def __init__(self, directory, java_options="-XX:TieredStopAtLevel=1",
                 ways=None):  # fmt: skip
        self.port = free_port()
        super().__init__(f"127.0.0.1:{self.port}")
        self.controller_port = free_port()
        self.process = Process(
            [SERVER, directory, self.port, self.controller_port],
            Path(directory) / "log",
            plain_environment(
                BROKER_JAVA_OPTIONS=java_options,
                BROKER_PROPERTIES=listeners(
                    self.port, self.controller_port, ways or {}
                ),
            ),
        )

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.process.kill()

    def start(self, timeout=60):
        self.process.start()
        self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=60):
        wait_until(
            lambda: self.answers() or self.process.gone(), timeout, "Kafka"
        )

    def stop(self):
        """Orderly; clients notice at once."""
        return self.process.stop(30)

    def kill(self):
        self.process.kill()

    def restart(self):
        self.stop()
        return self.start()

    def pause(self):
        """Frozen: connections stay open and nothing answers."""
        self.process.pause()

    def resume(self):
        self.process.resume()


def listeners(port, controller_port, ways):
    """Lines for server.properties; none for a broker without other ways."""
    if not ways:
        return ""
    own = {"PLAINTEXT": port, "CONTROLLER": controller_port}
    others = {f"WAY{number}": way for number, way in enumerate(ways)}
    told = {"PLAINTEXT": port}
    told.update({f"WAY{n}": ways[way] for n, way in enumerate(ways)})
    return "\n".join((
        "listeners=" + addresses({**own, **others}),
        "advertised.listeners=" + addresses(told),
        "listener.security.protocol.map="
        + ",".join(f"{name}:PLAINTEXT" for name in {**own, **others}),
    ))  # fmt: skip


def addresses(ports):
    return ",".join(f"{name}://127.0.0.1:{ports[name]}" for name in ports)


def shared_kafka(directory):
    """The node of this test run, or one of this session's own.

    A context manager's target either way, with .bootstrap and the rest of
    Broker; only an own one can be stopped.
    """
    address = os.environ.get("CLERKSTREAM_TEST_KAFKA")
    return Broker(address) if address else Kafka(directory)
