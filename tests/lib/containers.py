"""containers - a docker daemon, and the containers of compose.yaml in it.

    with Daemon(directory) as daemon:
        stack = Stack(daemon)
        stack.compose("up", "-d", "--build")

The daemon is one of our own, started by root, whose images are kept from one
run to the next; else the one of this machine. Unavailable says why there is
none.
"""

import functools
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from ports import free_port
from process import Process
from sources import ROOT
from waiting import wait_until

COMPOSE = ROOT / "compose"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
MINUTES = 60


class Unavailable(Exception):
    pass


def run(*words, check=True, timeout=60, **how):
    """What it prints; with check an AssertionError says what went wrong."""
    done = subprocess.run(
        [str(word) for word in words], text=True, timeout=timeout,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **how,
    )  # fmt: skip
    assert not check or done.returncode == 0, f"{words}:\n{done.stdout[-4000:]}"
    return done.stdout


class Daemon:
    """address: for DOCKER_HOST."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.address = os.environ.get("DOCKER_HOST")
        self.process = None

    def __enter__(self):
        for program in ("docker", "docker-compose"):
            if shutil.which(program) is None:
                raise Unavailable(f"{program} is not installed")
        if self.address is None and os.geteuid() == 0:
            self.start()
        if not self.answers():
            self.__exit__()
            raise Unavailable("no docker daemon answers and none starts here")
        return self

    def __exit__(self, *_):
        if self.process is not None:
            self.process.stop(timeout=60)
            # It leaves its own network name space mounted.
            run("umount", self.directory / "exec" / "netns" / "default",
                check=False)  # fmt: skip

    def start(self):
        if shutil.which("dockerd") is None:
            return
        self.address = f"unix://{self.directory}/docker.sock"
        self.process = Process(
            ["dockerd", "--host", self.address,
             "--data-root", CACHE / "clerkstream" / "docker",
             "--exec-root", self.directory / "exec",
             "--pidfile", self.directory / "pid"],
            self.directory / "dockerd.log", dict(os.environ),
        )  # fmt: skip
        self.process.start()
        end = time.monotonic() + MINUTES
        while self.process.running and time.monotonic() < end:
            if self.answers():
                return
            time.sleep(0.2)

    @property
    def environment(self):
        given = {} if self.address is None else {"DOCKER_HOST": self.address}
        return {**os.environ, **given}

    def docker(self, *words, **how):
        return run("docker", *words, env=self.environment, **how)

    def answers(self):
        try:
            return "Server:" in self.docker("version", check=False, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            return False


class Stack:
    """The services of compose.yaml, on ports that nobody else has."""

    def __init__(self, daemon):
        self.daemon = daemon
        names = ("PRODUCER_PORT", "KAFKA_PORT", "POSTGRES_PORT",
                 "PROMETHEUS_PORT")  # fmt: skip
        self.ports = {name: free_port() for name in names}
        self.project = f"test{self.ports['PRODUCER_PORT']}"

    def compose(self, *words, **how):
        files = [COMPOSE / "compose.yaml", COMPOSE / "compose.offline.yaml"]
        return run(
            "docker-compose", "--project-name", self.project,
            "-f", files[0], "-f", files[1], *words,
            env={**self.daemon.environment, "CLERKSTREAM_TAG": "test",
                 **{name: str(port) for name, port in self.ports.items()}},
            **{"timeout": 15 * MINUTES, **how},
        )  # fmt: skip

    def containers(self, service):
        return self.compose("ps", "--quiet", service).split()

    def inspect(self, container):
        (told,) = json.loads(self.daemon.docker("inspect", container))
        return told

    def is_healthy(self, container):
        state = self.inspect(container)["State"]
        return state.get("Health", {}).get("Status") == "healthy"

    def wait_healthy(self, *services, timeout=120):
        for service in services:
            wait_until(
                lambda: all(map(self.is_healthy, self.containers(service))),
                timeout, f"{service} is healthy", interval=0.5,
            )  # fmt: skip

    @functools.cache  # it never changes, and compose is slow to ask
    def secret(self, name):
        (postgres,) = self.containers("postgres")
        path = f"/run/secrets/{name}"
        return self.daemon.docker("exec", postgres, "cat", path).strip()

    @property
    def url(self):
        port = self.ports["PRODUCER_PORT"]
        return f"http://127.0.0.1:{port}/webhooks/clerk"

    @property
    def database_url(self):
        password = self.secret("database_password")
        return (f"postgresql://clerkstream:{password}@127.0.0.1:"
                f"{self.ports['POSTGRES_PORT']}/clerkstream")  # fmt: skip
