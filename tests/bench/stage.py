"""stage - the servers that everybody runs on, one after the other, and the
processor time that each part has taken.

    with Stage(directory) as stage:
        before = stage.cpu(program.pid)
        …
        used = stage.cpu(program.pid) - before

Kafka and PostgreSQL are of this run alone and durable: fsync and
synchronous_commit are on, a record is answered when it is in the log.
"""

import os
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from confluent_kafka.admin import AdminClient
from kafka import Kafka
from postgres import Postgres
from programs import BIN

TICKS = os.sysconf("SC_CLK_TCK")
PARTITIONS = 12

# When a row became visible is asked of the commit. Everybody pays for it.
SETTINGS = ("track_commit_timestamp = on", "max_wal_size = '4GB'")


@dataclass
class Cpu:
    """Seconds of the program, of the broker and of the database."""

    program: float
    broker: float
    database: float

    def __sub__(self, other):
        return Cpu(
            self.program - other.program,
            self.broker - other.broker,
            self.database - other.database,
        )

    def each(self, events):
        """The same for 10 000 of so many events."""
        scale = 10_000 / events if events else 0.0
        return {
            part: round(seconds * scale, 4)
            for part, seconds in vars(self).items()
        }


class Stage:
    def __init__(self, directory):
        self.directory = Path(directory)
        self.servers = ExitStack()

    def __enter__(self):
        # Compiled as far as it can be: the test's broker starts sooner.
        self.kafka = self.servers.enter_context(
            Kafka(self.directory / "kafka", java_options="")
        )
        self.postgres = self.servers.enter_context(
            Postgres(self.directory / "postgres")
        )
        self.kafka.admin = AdminClient(
            {"bootstrap.servers": self.kafka.bootstrap, "log_level": 2}
        )
        for setting in SETTINGS:
            self.postgres.run(f"ALTER SYSTEM SET {setting}", superuser=True)
        self.postgres.restart()
        return self

    def __exit__(self, *_):
        self.servers.close()

    def topics(self, label):
        """Three topics of their own: their environment for a program."""
        name = f"{label}.{uuid.uuid4().hex[:8]}"
        for suffix in ("", ".retry", ".dlq"):
            self.kafka.create_topic(name + suffix, PARTITIONS)
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
            "EVENTS_TOPIC": name,
            "RETRY_TOPIC": f"{name}.retry",
            "DEAD_LETTER_TOPIC": f"{name}.dlq",
            "EVENTS_PARTITIONS": PARTITIONS,
        }

    def drop_topics(self, topics):
        for variable in ("EVENTS_TOPIC", "RETRY_TOPIC", "DEAD_LETTER_TOPIC"):
            self.kafka.delete_topic(topics[variable])

    def database(self):
        """A fresh one, migrated; what the last one left is on the disk."""
        url = self.postgres.create_database(console=BIN / "clerkstream")
        self.postgres.run("CHECKPOINT", superuser=True)
        return url

    def drop_database(self, url):
        """As superuser: the vacuum may be at work in it."""
        name = urlsplit(url).path.lstrip("/")
        self.postgres.run(
            f'DROP DATABASE "{name}" WITH (FORCE)', superuser=True
        )

    def session(self, url):
        return psycopg.connect(url, autocommit=True)

    def cpu(self, pid):
        return Cpu(
            sum(family_seconds(each) for each in several(pid)),
            family_seconds(self.kafka.process.pid),
            family_seconds(self.postgres.process.pid),
        )


def several(pid):
    """A pid, some of them, or none, as a tuple."""
    return pid if isinstance(pid, tuple) else (pid,) if pid else ()


def family_seconds(pid):
    """Of a process, of its children and of those that have ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    fields = stat.rpartition(")")[2].split()
    own = sum(int(field) for field in fields[11:15]) / TICKS
    return own + sum(family_seconds(int(child)) for child in listed.split())


def peak_bytes(pid):
    """The most that was ever resident."""
    return sum(peak_of_one(each) for each in several(pid))


def peak_of_one(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (x for x in status.splitlines() if x.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
