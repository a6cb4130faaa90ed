"""process - a child process with a log, to be stopped, killed or frozen."""

import ctypes
import os
import signal
import subprocess
from pathlib import Path

from waiting import wait_until

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)

# What a program needs to know of the machine. Nothing else is inherited: a
# KAFKA_… or DATABASE_URL of the caller must not change a test.
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME",
             "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS",
             "JAVA_HOME")  # fmt: skip


def plain_environment(**more):
    """The environment for a program: INHERITED and what is given."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**kept, **{name: str(value) for name, value in more.items()}}


class Process:
    """Not started yet; start() may be called again after its end.

    The child dies with the thread that started it, so that a test run that
    is killed leaves nothing behind. All of its output goes to one file.
    """

    def __init__(self, command, log, environment=None):
        self.command = [str(word) for word in command]
        self.log_path = Path(log)
        self.environment = environment or plain_environment()
        self.child = None

    def start(self):
        assert not self.running, f"{self.command[0]} runs already"
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment, start_new_session=True,
                preexec_fn=die_with_parent,
            )  # fmt: skip
        return self

    @property
    def pid(self):
        return self.child.pid

    @property
    def running(self):
        return self.child is not None and self.child.poll() is None

    @property
    def log(self):
        """All that it ever wrote, as text."""
        return self.log_path.read_text(errors="replace")

    @property
    def resident_bytes(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (x for x in status.splitlines() if x.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def send(self, number):
        assert self.running, self.ended()
        self.child.send_signal(number)

    def wait(self, timeout=20):
        """The exit code; negative for the signal that ended it."""
        return self.child.wait(timeout)

    def stop(self, timeout=20, number=signal.SIGTERM):
        """Asks it to end; the exit code. Too slow: killed, and an error."""
        if not self.running:
            return self.child and self.child.returncode
        self.resume()
        self.send(number)
        try:
            return self.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"{self.command[0]} did not stop within {timeout} s:\n"
                f"{self.tail()}"
            ) from None

    def kill(self):
        """kill -9, and waits until it is gone."""
        if self.running:
            self.child.kill()
            self.child.wait()

    def pause(self):
        """Freezes it (SIGSTOP) and waits until it stands still."""
        self.send(signal.SIGSTOP)
        wait_until(lambda: self.state() == "T", 5, "the process to stand still")

    def resume(self):
        self.send(signal.SIGCONT)

    def state(self):
        stat = Path(f"/proc/{self.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0]

    def catches(self, number):
        """Whether it has a handler for this signal by now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (x for x in status.splitlines() if x.startswith("SigCgt:"))
        return bool(int(line.split()[1], 16) >> (number - 1) & 1)

    def wait_for_log(self, text, timeout=20):
        wait_until(
            lambda: text in self.log or self.gone(),
            timeout, f"{text!r} in the log of {self.command[0]}",
        )  # fmt: skip

    def gone(self):
        """False while it runs, else an error."""
        if self.running:
            return False
        raise AssertionError(self.ended())

    def ended(self):
        code = self.child.returncode if self.child else "never started"
        return f"{self.command[0]} is not running ({code}):\n{self.tail()}"

    def tail(self, lines=30):
        return "\n".join(self.log.splitlines()[-lines:])


def die_with_parent():
    """With the thread that starts it: that must not end before the tests."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
