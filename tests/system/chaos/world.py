"""world - the whole system of one life, and proxies between every pair.

    with World(plan, directory) as world:
        world.programs["consumer 0"].kill()
        world.links["consumer 0 to kafka"].cut()
        world.heal()

A Kafka and a PostgreSQL of its own, two producers, one to three consumers,
and a second deployment (group, database and topics for what fails) on the
same log. Every program reaches its servers, and every sender its producer,
through a proxy of its own; the tests themselves go straight.
"""

import contextlib
from pathlib import Path

import psycopg
from chaos import disk
from chaos.plan import GUEST, SECOND, Shape
from chaos.refusals import allow, install_refusals
from confluent_kafka import KafkaException
from kafka import Kafka
from ports import free_port
from postgres import Postgres, children, migrate, query
from process import Process, plain_environment
from programs import BIN, Consumer, Producer, console
from proxy import Proxy
from psycopg.conninfo import make_conninfo
from waiting import wait_until
from webhook import SECRET

PATIENCE = 90  # seconds for what takes a few, on a machine that is busy
ACK_TIMEOUT_MS = 4000
EVENTS, PARTITIONS = "clerk.events", 12
RETRYING = "SELECT 1 FROM webhook_events WHERE status = 'retrying'"
# What clients of this deployment do sooner than they would elsewhere.
SOONER = {
    "KAFKA_SESSION_TIMEOUT_MS": 3000,
    "KAFKA_HEARTBEAT_INTERVAL_MS": 500,
    "KAFKA_AUTO_COMMIT_INTERVAL_MS": 100,
}


class Deployment:
    """One group with its database, and its topics for what fails."""

    def __init__(self, name, group, cluster):
        self.name, self.group = name, group
        self.retry_topic = f"{EVENTS}.retry.{name}"
        self.dead_letter_topic = f"{EVENTS}.dlq.{name}"
        cluster.run(f'CREATE DATABASE "{name}"')
        self.database_url = cluster.database_url(name)
        migrate(BIN / "clerkstream", self.database_url)
        install_refusals(cluster.superuser_url, name)

    def environment(self):
        return {
            "EVENTS_TOPIC": EVENTS,
            "RETRY_TOPIC": self.retry_topic,
            "DEAD_LETTER_TOPIC": self.dead_letter_topic,
            "EVENTS_PARTITIONS": PARTITIONS,
            "CONSUMER_GROUP": self.group,
            "DATABASE_URL": self.database_url,
            **SOONER,
        }

    def query(self, statement, *values):
        return query(self.database_url, statement, *values)


class World:
    def __init__(self, plan, directory):
        self.plan, self.directory = plan, Path(directory)
        self.shape = Shape(len(plan.consumers))
        self.links, self.programs, self.down = {}, {}, set()
        self.refused_for_long = set()  # endings of users' ids
        self.stack = contextlib.ExitStack()
        self.disk = disk.Small(self.directory / "postgres")

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.start(stack)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def start(self, stack):
        self.proxy = stack.enter_context(Proxy())
        self.start_kafka(stack)
        self.directory.mkdir(parents=True, exist_ok=True)
        stack.enter_context(self.disk)
        self.postgres = stack.enter_context(
            Postgres(self.directory / "postgres")
        )
        keep_little_wal(self.postgres.superuser_url)
        self.first = Deployment("first", "clerkstream", self.postgres)
        self.second = Deployment("second", "another", self.postgres)
        self.deployments = (self.first, self.second)
        for deployment in self.deployments:
            console("topics", environment={
                **deployment.environment(),
                "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap})  # fmt: skip
        stack.callback(self.kill_programs)
        self.start_programs()

    def start_kafka(self, stack):
        ways = {}
        for name in [*self.shape.producers, *self.shape.consumers, SECOND]:
            port = free_port()
            link = self.links[f"{name} to kafka"] = self.proxy.link(port)
            ways[port] = link.port
        self.kafka = Kafka(self.directory / "kafka", ways=ways)
        stack.enter_context(self.kafka)

    def start_programs(self):
        for name in self.shape.producers:
            program = self.programs[name] = Producer(
                self.directory / name, **self.environment(name, self.first),
                PRODUCER_ACK_TIMEOUT_MS=ACK_TIMEOUT_MS,
            )  # fmt: skip
            port = int(program.listen.rpartition(":")[2])
            self.links[f"sender to {name}"] = self.proxy.link(port)
        for name, how in zip(self.shape.consumers, self.plan.consumers):
            self.add_consumer(name, self.first, how)
        self.add_consumer(SECOND, self.second, {})
        for program in self.programs.values():
            program.start()
        for program in self.programs.values():
            program.wait_ready(PATIENCE)

    def add_consumer(self, name, deployment, how):
        link = self.proxy.link(self.postgres.port)
        self.links[f"{name} to postgres"] = link
        self.programs[name] = Consumer(
            self.directory / name, **{
                **self.environment(name, deployment), **how,
                "DATABASE_URL": make_conninfo(
                    deployment.database_url, port=link.port),
            })  # fmt: skip

    def environment(self, name, deployment):
        link = self.links[f"{name} to kafka"]
        return {
            **deployment.environment(),
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{link.port}",
        }

    def guest(self):
        """One more member of the first group, straight to the servers."""
        return Consumer(self.directory / GUEST, **{
            **self.first.environment(),
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap})  # fmt: skip

    def kill_programs(self):
        for program in self.programs.values():
            program.kill()

    def url(self, producer):
        """Where a sender finds that producer: through the proxy."""
        port = self.links[f"sender to {producer}"].port
        return f"http://127.0.0.1:{port}/webhooks/clerk"

    def send(self, load, number):
        """`clerkstream send`, which does not give up; a Process."""
        return console_process(
            ["send", *load.send, "--retry", "1000", "--timeout", "6",
             "--json", "--url", self.url(self.shape.producers[load.producer])],
            self.directory / "send" / f"round-{number}.log",
        )  # fmt: skip

    # Who is meant by a target that is no link.

    def process(self, target):
        server = {"kafka": self.kafka, "postgres": self.postgres}.get(target)
        return server.process if server else self.programs[target]

    def whole(self, target):
        """The target with pause(), resume() and kill(), sessions included."""
        return self.postgres if target == "postgres" else self.process(target)

    # Back to normal.

    def died_by_themselves(self):
        """Names of what nobody stopped and does not run."""
        everybody = [*self.programs, "kafka", "postgres"]
        return [
            name for name in everybody
            if name not in self.down and not self.process(name).running
        ]  # fmt: skip

    def heal(self):
        """Everything runs, is awake and reaches everything; waits for it."""
        for link in self.links.values():
            link.mend()
        self.disk.free()
        wait_until(self.is_up, PATIENCE, "both servers to answer")
        for program in self.programs.values():
            if not program.running:
                program.start()
            program.resume()
        for deployment in self.deployments:
            allow(deployment.database_url)
        self.down.clear()

    def is_up(self):
        """Both servers answer; starts the one that has ended."""
        for server in (self.kafka, self.postgres):
            if not server.process.running:
                server.process.start()
            server.resume()
        return self.kafka.answers() and self.postgres.answers()

    def wait_until_applied(self):
        """Both groups have committed all there is, and nothing retries."""
        for program in self.programs.values():
            program.wait_ready(PATIENCE)
        for deployment in self.deployments:
            wait_until(
                lambda deployment=deployment: self.is_applied(deployment),
                PATIENCE, f"the group {deployment.group} to apply all",
                interval=0.2,
            )  # fmt: skip

    def is_applied(self, deployment):
        topics = (EVENTS, deployment.retry_topic)
        with contextlib.suppress(KafkaException, psycopg.OperationalError):
            return not deployment.query(RETRYING) and all(
                self.lag(topic, deployment) == 0 for topic in topics
            )

    def lag(self, topic, deployment):
        ends = self.kafka.end_offsets(topic)
        committed = self.kafka.committed(topic, deployment.group)
        return sum(ends[p] - committed.get(p, 0) for p in ends)


def console_process(words, log):
    return Process(
        [BIN / "clerkstream", *words], log,
        plain_environment(CLERK_WEBHOOK_SIGNING_SECRET=SECRET),
    )  # fmt: skip


def keep_little_wal(superuser_url):
    """The disk is small, and nobody else needs the log of changes."""
    with psycopg.connect(superuser_url, autocommit=True) as session:
        session.execute("ALTER SYSTEM SET max_wal_size = '96MB'")
        session.execute("SELECT pg_reload_conf()")


def sessions(postgres):
    """Pids of the sessions that the consumers have, in order."""
    rows = query(
        postgres.superuser_url,
        "SELECT pid FROM pg_stat_activity WHERE backend_type ="
        " 'client backend' AND pid <> pg_backend_pid() AND datname IN"
        " ('first', 'second') ORDER BY pid",
    )
    pids = {row["pid"] for row in rows}
    return sorted(pids & set(children(postgres.process.pid)))
