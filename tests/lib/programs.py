"""programs - the built programs, as a test starts them."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path

from ports import free_port
from process import Process, plain_environment
from waiting import wait_until
from webhook import SECRET, post_event, request

# ctest says which build; by hand it is the release.
BIN = Path(
    os.environ.get("CLERKSTREAM_BIN")
    or Path(__file__).parents[2] / "build/release/bin"
)


@cache
def is_instrumented():
    """Whether this build has sanitizers or counters in it, which take memory
    of their own and report at an orderly end."""
    program = (BIN / "clerkstream-producer").read_bytes()
    return b"__asan_init" in program or b"__gcov_" in program


class Program(Process):
    """A program of ours with an admin listener on a free port.

    environment: what the test wants to set. Nothing is inherited.
    """

    name = admin_variable = None

    def __init__(self, directory, **environment):
        self.admin = f"127.0.0.1:{free_port()}"
        settings = {self.admin_variable: self.admin, "LOG_FORMAT": "json"}
        super().__init__(
            [BIN / self.name],
            Path(directory) / f"{self.name}.{self.admin[-5:]}.log",
            plain_environment(**{**settings, **environment}),
        )

    def end(self):
        """Of its test: at once, unless there is something to report."""
        if is_instrumented() and self.running:
            code = self.stop()
            assert code == 0, f"{self.name} ended with {code}:\n{self.tail()}"
        self.kill()

    def get(self, path, timeout=20):
        """Of the admin listener: an Answer."""
        return request(f"http://{self.admin}{path}", timeout=timeout)

    def ready(self):
        try:
            return self.get("/readyz").status == 200
        except OSError:
            return False

    def wait_ready(self, timeout=30):
        wait_until(
            lambda: self.ready() or self.gone(), timeout,
            f"{self.name} to be ready; its log ends:\n{self.tail()}\n",
        )  # fmt: skip
        return self

    def wait_not_ready(self, timeout=10):
        """Until /readyz says 503; its JSON."""
        wait_until(
            lambda: self.get("/readyz").status == 503 or self.gone(),
            timeout, f"{self.name} to be not ready",
        )  # fmt: skip
        return self.get("/readyz").json

    def metric(self, name, **labels):
        """The sum over all samples of that name with these labels."""
        found = 0.0
        for line in self.get("/metrics").body.decode().splitlines():
            sample, _, value = line.rpartition(" ")
            bare, _, inside = sample.partition("{")
            wanted = (f'{key}="{labels[key]}"' for key in labels)
            if bare == name and all(pair in inside for pair in wanted):
                found += float(value)
        return found

    def log_lines(self):
        """The JSON log as dicts; lines that are not JSON are an error."""
        return [json.loads(line) for line in self.log.splitlines()]


class Producer(Program):
    name = "clerkstream-producer"
    admin_variable = "PRODUCER_ADMIN_LISTEN"

    def __init__(self, directory, secret=SECRET, **environment):
        self.secret = secret
        self.listen = f"127.0.0.1:{free_port()}"
        settings = {
            "PRODUCER_LISTEN": self.listen,
            "CLERK_WEBHOOK_SIGNING_SECRET": secret,
        }
        super().__init__(directory, **{**settings, **environment})

    @property
    def url(self):
        return f"http://{self.listen}/webhooks/clerk"

    def post(self, event, **how):
        """An event, signed: an Answer. how: see webhook.post_event."""
        how.setdefault("secret", self.secret)
        return post_event(self.url, event=event, **how)


class Consumer(Program):
    name = "clerkstream-consumer"
    admin_variable = "CONSUMER_ADMIN_LISTEN"


def console(*words, environment=None, check=True, timeout=120, **run):
    """Runs `clerkstream words…`; the CompletedProcess, with text output.

    environment: a dict. check: a failure is an error that shows the output.
    """
    done = subprocess.run(
        [BIN / "clerkstream", *(str(word) for word in words)],
        env=plain_environment(**(environment or {})), timeout=timeout,
        capture_output=True, text=True, stdin=subprocess.DEVNULL, **run,
    )  # fmt: skip
    if check and done.returncode != 0:
        raise AssertionError(
            f"clerkstream {' '.join(map(str, words))} ended with "
            f"{done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return done
