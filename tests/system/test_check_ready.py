"""--check-ready: a program asks the one that runs, for health checks."""

import contextlib
import socket
import subprocess

import pytest
from programs import Consumer, Producer
from waiting import wait_until


def check(program):
    return subprocess.run(
        [*program.command, "--check-ready"], env=program.environment,
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip


@pytest.mark.parametrize("kind", [Producer, Consumer])
def test_the_exit_code_says_what_readyz_says(deployment, kind):
    program = deployment.started(kind, True, {})
    done = check(program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert program.stop() == 0
    done = check(program)
    assert done.returncode == 1 and "nobody answers" in done.stderr


@pytest.mark.parametrize("kind", [Producer, Consumer])
def test_who_is_not_ready_says_why(deployment, kind):
    nowhere = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    program = deployment.started(kind, False, nowhere)
    wait_until(lambda: "nobody answers" not in check(program).stderr)
    done = check(program)
    assert done.returncode == 1
    assert "not ready" in done.stderr and "Kafka" in done.stderr


@pytest.mark.parametrize("kind", [Producer, Consumer])
def test_who_holds_connections_open_keeps_nobody_from_asking(deployment, kind):
    program = deployment.started(kind, True, {})
    host, port = program.admin.split(":")
    with contextlib.ExitStack() as idle:
        for _ in range(300):
            held = socket.create_connection((host, int(port)), timeout=20)
            idle.enter_context(held)
        assert check(program).returncode == 0
        assert program.get("/metrics").status == 200
    assert program.stop() == 0


def test_a_listener_on_all_addresses_is_found(deployment):
    program = Producer(deployment.directory, **deployment.environment)
    port = program.admin.rpartition(":")[2]
    program.environment["PRODUCER_ADMIN_LISTEN"] = f"0.0.0.0:{port}"
    program.start()
    try:
        program.wait_ready()
        assert check(program).returncode == 0
    finally:
        program.kill()
