"""compose.yaml as it is shipped: built, brought up, used, broken and mended.

Where no image can be pulled the base image is made by compose/image/base; it
and all layers are kept for the next run. One story, told in order.
"""

import re

import psycopg
import pytest
from containers import (
    COMPOSE, MINUTES, Daemon, Stack, Unavailable, run,
)  # fmt: skip
from figures import figure
from programs import console
from waiting import wait_until
from webhook import request

PROGRAMS = ("producer", "consumer")
IMAGE_BYTES_MAX = 100e6
USERS = """SELECT id, clerk_user_id, email, status, created_at, updated_at
           FROM users ORDER BY id"""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    try:
        with Daemon(tmp_path_factory.mktemp("docker")) as daemon:
            run(COMPOSE / "image" / "base", env=daemon.environment,
                timeout=10 * MINUTES)  # fmt: skip
            yield daemon
    except Unavailable as why:
        figure(f"not tried: {why}")
        pytest.skip(str(why))


@pytest.fixture(scope="module")
def stack(daemon):
    stack = Stack(daemon)
    try:
        stack.compose("up", "--build", "-d")
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "5")


class Ledger:
    """What was sent, and whether it became rows."""

    def __init__(self, stack):
        self.stack, self.sent = stack, 0

    def send(self, count):
        """From this machine, to the published port."""
        self.sent += count
        said = console(
            "send", "--count", count, "--seed", self.sent, "--rate", 500,
            "--url", self.stack.url, environment={
                "CLERK_WEBHOOK_SIGNING_SECRET":
                    self.stack.secret("signing_secret"),
            },
        )  # fmt: skip
        assert re.search(rf"\b{count} accepted", said.stdout), said

    def query(self, statement):
        with psycopg.connect(self.stack.database_url) as session:
            return session.execute(statement).fetchall()

    def count(self):
        try:
            ((count,),) = self.query("SELECT count(*) FROM webhook_events")
        except psycopg.OperationalError:
            return -1
        return count

    def wait(self, timeout=60):
        wait_until(lambda: self.count() == self.sent, timeout,
                   f"{self.sent} rows", interval=0.3)  # fmt: skip
        assert self.query("SELECT 1 FROM webhook_events WHERE status NOT IN "
                          "('completed', 'superseded')") == []  # fmt: skip


@pytest.fixture(scope="module")
def ledger(stack):
    return Ledger(stack)


def test_it_is_up_and_events_become_rows(stack, ledger):
    stack.wait_healthy("kafka", "postgres", *PROGRAMS)
    ledger.send(1000)
    ledger.wait()


def test_prometheus_sees_both_programs(stack):
    stack.compose("up", "-d", "--build", "prometheus")
    address = f"http://127.0.0.1:{stack.ports['PROMETHEUS_PORT']}/api/v1"

    def ask(what):
        return request(f"{address}/{what}").json["data"]

    def seen():
        try:
            targets = ask("targets")["activeTargets"]
        except OSError:
            return set()
        return {(target["labels"]["job"], target["health"])
                for target in targets}  # fmt: skip

    wait_until(lambda: seen() == {(f"clerkstream-{program}", "up")
                                  for program in PROGRAMS},
               60, "both are up")  # fmt: skip
    (ready,) = ask("query?query=sum(clerkstream_ready)")["result"]
    assert ready["value"][1] == "2"
    rules = [rule for group in ask("rules")["groups"]
             for rule in group["rules"]]  # fmt: skip
    assert rules and not any(rule.get("lastError") for rule in rules)


def test_kcat_lists_the_topics(stack):
    assert 'topic "clerk.events.dlq"' in stack.compose("run", "--rm", "kcat")


@pytest.mark.parametrize("service", PROGRAMS)
def test_a_program_may_do_no_more_than_it_must(stack, service):
    (container,) = stack.containers(service)
    told = stack.inspect(container)
    host = told["HostConfig"]
    assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert 0 < host["Memory"] < 1 << 30
    assert told["Config"]["User"] == "65532:65532"
    assert told["Config"]["StopSignal"] == "SIGTERM"
    for bindings in (told["NetworkSettings"]["Ports"] or {}).values():
        for binding in bindings or []:
            assert binding["HostIp"] == "127.0.0.1"


@pytest.mark.parametrize("service", PROGRAMS)
def test_an_image_holds_the_programs_and_nothing_else(daemon, stack, service):
    (container,) = stack.containers(service)
    image = stack.inspect(container)["Image"]
    size = int(daemon.docker("inspect", "--format", "{{.Size}}", image))
    assert size < IMAGE_BYTES_MAX
    figure(f"an image has {size / 1e6:.0f} MB")
    helped = daemon.docker("run", "--rm", "--entrypoint",
                           "/usr/bin/clerkstream", image, "--help")  # fmt: skip
    assert "migrate" in helped
    shell = ("run", "--rm", "--entrypoint", "/bin/sh", image, "-c", "true")
    assert "no such file" in daemon.docker(*shell, check=False)
    history = daemon.docker("history", "--no-trunc", image)
    assert "whsec_" not in history and "PASSWORD" not in history


def test_health_is_what_the_program_says(daemon, stack):
    (producer,) = stack.containers("producer")
    (kafka,) = stack.containers("kafka")
    daemon.docker("pause", kafka)
    try:
        wait_until(lambda: not stack.is_healthy(producer), 90,
                   "the producer is unhealthy", interval=0.5)  # fmt: skip
    finally:
        daemon.docker("unpause", kafka)
    stack.wait_healthy("producer")


def test_one_of_three_consumers_dies(daemon, stack, ledger):
    stack.compose("up", "-d", "--no-build", "--scale", "consumer=3")
    containers = stack.containers("consumer")
    assert len(containers) == 3
    stack.wait_healthy("consumer")
    daemon.docker("kill", "--signal", "KILL", containers[0])
    ledger.send(300)
    ledger.wait(timeout=120)
    stack.compose("rm", "--force", "consumer")
    stack.compose("up", "-d", "--no-build", "--scale", "consumer=1")


@pytest.mark.parametrize("service", ["postgres", "kafka"])
def test_a_server_starts_again(stack, ledger, service):
    stack.compose("restart", service)
    stack.wait_healthy(service, *PROGRAMS)
    ledger.send(100)
    ledger.wait(timeout=120)


def test_everything_is_replayed(daemon, stack, ledger):
    (kafka,) = stack.containers("kafka")
    before = ledger.query(USERS)
    stack.compose("stop", "consumer")
    tool = ("exec", "-e", "KAFKA_BOOTSTRAP_SERVERS=kafka:19092", kafka,
            "/opt/kafka/consumer-groups", "--group", "clerkstream")  # fmt: skip
    wait_until(
        lambda: "clerk.events" in daemon.docker(
            *tool, "--topic", "clerk.events", "--reset-offsets",
            "--to-earliest", "--execute", check=False,
        ), 60, "the offsets are set back", interval=1,
    )  # fmt: skip
    stack.compose("up", "-d", "--no-build")
    wait_until(
        lambda: ledger.query("SELECT count(*) FROM webhook_events "
                             "WHERE replays = 0") == [(0,)],
        60, "everything was replayed", interval=0.5,
    )  # fmt: skip
    assert ledger.query(USERS) == before != []


@pytest.mark.parametrize("service", PROGRAMS)
def test_a_program_stops_in_time(daemon, stack, service):
    for container in stack.containers(service):
        daemon.docker("stop", "--time", "10", container, timeout=30)
        assert stack.inspect(container)["State"]["ExitCode"] == 0


def test_what_was_there_is_there_after_down_and_up(stack, ledger):
    stack.compose("down")
    stack.compose("up", "-d", "--no-build")
    stack.wait_healthy("kafka", "postgres", *PROGRAMS)
    assert ledger.count() == ledger.sent
    ledger.send(100)
    ledger.wait()


def test_the_same_sources_make_the_same_programs(daemon):
    again = """
        cp -a /src /elsewhere && cd /elsewhere && rm -rf build
        cmake --preset release -DBUILD_TESTING=OFF >/dev/null
        cmake --build --preset release --parallel 2 >/dev/null
        for program in clerkstream clerkstream-producer clerkstream-consumer
        do strip build/release/bin/$program
           cmp build/release/bin/$program /root-of-image/usr/bin/$program
        done"""
    daemon.docker(
        "build", "--network=host", "--target", "build", "--tag",
        "clerkstream/build:test", "--file", COMPOSE / "Dockerfile",
        COMPOSE.parent, timeout=10 * MINUTES,
    )  # fmt: skip
    daemon.docker("run", "--rm", "clerkstream/build:test", "sh", "-ec", again,
                  timeout=5 * MINUTES)  # fmt: skip
