"""deployment - one clerkstream of a test's own on servers that are shared.

    def test_an_event_becomes_a_row(deployment):
        deployment.producer()
        deployment.consumer()
        deployment.post(event)
        deployment.wait_for_ledger(1)
        assert deployment.tables() == model.tables(deployment.posted)

Topics, consumer group and database have names that nobody else has. All
programs started through it end with it.
"""

import json
import uuid

import postgres
from model import TABLES, Snapshot
from programs import BIN, Consumer, Producer, console
from record_key import record_key
from waiting import wait_until
from webhook import SECRET, body_of, new_id, signed_headers

# What the ledger and a fault may say differently in two equal histories.
NOT_COMPARED = {"users": ("last_sync_attempt", "sync_error")}


class Deployment:
    """kafka: a Broker; cluster: a Cluster; environment: for all programs."""

    def __init__(self, kafka, cluster, directory, partitions=12,
                 **environment):  # fmt: skip
        name = f"test.{uuid.uuid4().hex[:10]}"
        self.kafka, self.cluster, self.directory = kafka, cluster, directory
        self.partitions = partitions
        self.events_topic = name
        self.retry_topic = f"{name}.retry"
        self.dead_letter_topic = f"{name}.dlq"
        self.group = name
        self.database_url = cluster.create_database(
            console=BIN / "clerkstream"
        )
        self.environment = {
            "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
            "EVENTS_TOPIC": self.events_topic,
            "RETRY_TOPIC": self.retry_topic,
            "DEAD_LETTER_TOPIC": self.dead_letter_topic,
            "EVENTS_PARTITIONS": partitions,
            "DATABASE_URL": self.database_url,
            "CONSUMER_GROUP": self.group,
            # A killed consumer's partitions are free after this.
            "KAFKA_SESSION_TIMEOUT_MS": 3000,
            "KAFKA_HEARTBEAT_INTERVAL_MS": 500,
            **environment,
        }
        self.programs = []
        self.posted = []  # (svix id, event) of everything accepted
        self.console("topics")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for program in self.programs:
            program.end()
        self.cluster.drop_database(self.database_url)

    # Programs.

    def producer(self, wait=True, **environment):
        return self.started(Producer, wait, environment)

    def consumer(self, wait=True, **environment):
        return self.started(Consumer, wait, environment)

    def started(self, kind, wait, environment):
        program = kind(self.directory, **{**self.environment, **environment})
        self.programs.append(program)
        program.start()
        return program.wait_ready() if wait else program

    def console(self, *words, environment=None, **how):
        """Runs `clerkstream words…` here; see programs.console."""
        merged = {**self.environment, **(environment or {})}
        return console(*words, environment=merged, **how)

    # Events in.

    def post(self, event, id=None, **how):
        """Through the producer started first, which must accept it."""
        (producer, *_) = (p for p in self.programs if isinstance(p, Producer))
        id = id or new_id()
        answer = producer.post(event, id=id, **how)
        assert answer.status == 200, answer
        self.posted.append((id, event))
        return answer

    def publish(self, events, topic=None):
        """Straight into Kafka, as the producer would: [(id, event), …].

        Event: a dict, a Snapshot (as a backfill would), or the bytes of the
        value. Returns [(partition, offset), …]. Thousands a second.
        """
        self.posted += events
        return self.kafka.produce(
            topic or self.events_topic,
            [self.record(id, event) for id, event in events],
            partitioner="murmur2_random",
        )

    def record(self, id, event):
        body = body_of(event)
        headers = {"ce_id": id, **signed_headers(SECRET, id, body)}
        whole = isinstance(event, dict) and {"type", "data"} <= event.keys()
        if whole:
            headers["ce_type"] = event["type"]
        if isinstance(event, Snapshot):
            headers["clerkstream-rank"] = "0"
        return {
            "value": body,
            "key": record_key(id, event) if whole else id,
            "headers": list(headers.items()),
        }

    # Rows out.

    def query(self, statement, *values):
        """Rows as dicts; [] for a statement that has none."""
        return postgres.query(self.database_url, statement, *values)

    def tables(self):
        """The domain tables as model.tables() returns them."""
        return {
            table: [
                without(row, NOT_COMPARED.get(table, ()))
                for row in self.query(
                    f'SELECT * FROM {table} ORDER BY {key} COLLATE "C"'
                    if key != "user_id"
                    else f"SELECT * FROM {table} ORDER BY {key}"
                )
            ]
            for table, key in TABLES.items()
        }

    def dump(self):
        """tables() as text, for bit-for-bit comparison and for reading."""
        return json.dumps(self.tables(), default=str, indent=1, sort_keys=True)

    def ledger(self):
        """{svix id: row of webhook_events}."""
        rows = self.query("SELECT * FROM webhook_events")
        return {row["webhook_id"]: row for row in rows}

    def wait_for_ledger(self, count, timeout=30):
        """Until so many events are in the ledger and none is retrying."""
        statement = """SELECT count(*) FROM webhook_events
                       WHERE status <> 'retrying'"""
        wait_until(
            lambda: self.query(statement)[0]["count"] >= count,
            timeout, f"{count} events in the ledger\n{self.tails()}",
        )  # fmt: skip

    def wait_until_consumed(self, timeout=30):
        """Until the group has committed everything that is in the topic."""
        ends = self.kafka.end_offsets(self.events_topic)
        ends = {partition: end for partition, end in ends.items() if end}
        wait_until(
            lambda: reached(
                self.kafka.committed(self.events_topic, self.group), ends
            ),
            timeout, f"offsets {ends} to be committed\n{self.tails()}",
        )  # fmt: skip

    def retries(self):
        return self.kafka.read(self.retry_topic)

    def dead_letters(self):
        return self.kafka.read(self.dead_letter_topic)

    def tails(self):
        """How the logs of the programs end, for a failure's message."""
        return "\n".join(
            f"--- {program.name}\n{program.tail(8)}"
            for program in self.programs
        )


def without(row, columns):
    return {name: row[name] for name in row if name not in columns}


def reached(committed, ends):
    return all(committed.get(p, 0) >= end for p, end in ends.items())
