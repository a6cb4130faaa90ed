"""A database that stops, crashes, freezes, or is not there yet."""

import random
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from cutter import Cutter
from deployment import Deployment
from outages import frozen, killed, stopped
from postgres import Postgres, migrate
from programs import BIN
from stream import Stream, assert_held, waits_for

PATIENCE = 60
# A frozen server keeps its connections and answers nothing.
NOTICED = 15
QUICKLY = {"KAFKA_AUTO_COMMIT_INTERVAL_MS": 100}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A PostgreSQL for the tests of this file, which stop and kill it."""
    with Postgres(tmp_path_factory.mktemp("server") / "postgres") as made:
        yield made


@pytest.fixture
def away(kafka, server, tmp_path):
    with Deployment(kafka, server, tmp_path) as made:
        yield made


@contextmanager
def read_only(server):
    """As an administrator does it: sessions that are open change, too."""
    change = "ALTER SYSTEM SET default_transaction_read_only"
    as_administrator(server, f"{change} = on")
    try:
        yield
    finally:
        as_administrator(server, f"{change} = off")


def as_administrator(server, statement):
    with psycopg.connect(
        server.superuser_url, autocommit=True,
        options="-c default_transaction_read_only=off",
    ) as session:  # fmt: skip
        session.execute(statement)
        session.execute("SELECT pg_reload_conf()")


@pytest.mark.parametrize("fault", [stopped, killed, frozen])
def test_events_under_way_wait_for_the_server(away, server, fault):
    stream = Stream(away, "load")
    consumer = away.consumer(CONSUMER_BATCH_MAX=20, **QUICKLY)
    stream.publish(200)
    with fault(server):
        stream.publish(200)
        waits_for(consumer, "PostgreSQL", NOTICED)
        assert consumer.get("/healthz").status == 200
    stream.assert_applied(PATIENCE)
    consumer.wait_ready()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(stopped, "PostgreSQL: "), (read_only, "25006.*read-only transaction")],
)
def test_an_idle_consumer_too_waits_for_the_server(
    away, server, fault, reason
):
    stream = Stream(away, "idle")
    consumer = away.consumer(**QUICKLY)
    stream.publish(50)
    stream.assert_applied()
    ledger = away.ledger()
    with fault(server):
        stream.publish(50)
        assert_held(away, consumer, reason, ledger)
    stream.assert_applied(PATIENCE)
    consumer.wait_ready()


def test_a_server_that_comes_and_goes(away, server):
    stream = Stream(away, "flap")
    away.consumer(CONSUMER_BATCH_MAX=10, **QUICKLY)
    for kill in (server.kill, server.stop):
        stream.publish(150)
        time.sleep(0.3)
        kill()
        server.start()
    stream.assert_applied(PATIENCE)


def test_a_commit_of_which_nobody_knows(deployment):
    """It is done again, and does no harm."""
    stream = Stream(deployment, "cut")
    url = urlsplit(deployment.database_url)
    rng = random.Random(1)
    with Cutter(url.hostname, url.port, chance=0.06, rng=rng) as cutter:
        way = url._replace(
            netloc=f"{url.username}:{url.password}@127.0.0.1:{cutter.port}"
        )
        deployment.consumer(
            DATABASE_URL=way.geturl(), CONSUMER_WORKERS=1,
            CONSUMER_BATCH_MAX=4, **QUICKLY,
        )  # fmt: skip
        for _ in range(20):  # until it has happened
            stream.publish(40)
            stream.assert_applied()
            ledger = deployment.ledger().values()
            if any(row["replays"] for row in ledger):
                break
    assert sum(row["replays"] for row in ledger) > 0, cutter.cuts
    assert {row["duplicates"] for row in ledger} == {0}


def test_a_database_that_is_made_later(deployment):
    stream = Stream(deployment, "late")
    cluster = deployment.cluster
    name = deployment.database_url.rpartition("/")[2]
    deployment.cluster.drop_database(deployment.database_url)
    consumer = deployment.consumer(wait=False, **QUICKLY)
    stream.publish(50)
    assert_held(deployment, consumer, "does not exist", {})
    cluster.create_database(name)
    assert_held(deployment, consumer, "relation|permission|role", {})
    migrate(BIN / "clerkstream", deployment.database_url)
    stream.assert_applied()
    consumer.wait_ready()
