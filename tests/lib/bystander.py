"""bystander - somebody whose requests must go on being answered meanwhile.

    with Bystander(address) as bystander:
        calm = bystander.watch(1)       # seconds without an attack
        with bystander.attacked():      # nothing may fail
            ...
        print(bystander.told())
"""

import json
import threading
import time
from contextlib import contextmanager
from statistics import quantiles

from hostile_requests import BODY
from raw_http import RawConnection, signed_request
from waiting import wait_until
from webhook import SECRET

PAUSE = 0.005


class Bystander:
    """A thread that sends good requests, one behind the other, for as long as
    it lives. bound: seconds in which each must have its 200."""

    def __init__(self, address, bound=5):
        self.address, self.bound = address, bound
        self.turn = threading.Lock()  # held while a request is under way
        self.ended = threading.Event()
        self.waits, self.failures, self.sent = [], [], 0
        self.calm = self.worst = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join(2 * self.bound)

    def run(self):
        connection = None
        while not self.ended.is_set():
            with self.turn:
                connection = self.post(connection)
            time.sleep(PAUSE)

    def post(self, connection):
        """One request; the connection for the next."""
        self.sent += 1
        id = f"msg_live_{self.sent}"
        started = time.monotonic()
        try:
            connection = connection or RawConnection(self.address, self.bound)
            connection.send(signed_request(SECRET, id, BODY))
            answer = connection.answer()
            self.waits.append(time.monotonic() - started)
            if answer.status != 200 or json.loads(answer.body)["id"] != id:
                raise AssertionError(f"{id} was answered {answer}")
            if answer.headers.get("connection") != "close":
                return connection
        except Exception as error:  # any failure at all is one
            self.failures.append(f"{id}: {error!r}")
        if connection:
            connection.close()
        return None

    def watch(self, seconds):
        """(p50, p99) in milliseconds of the requests of the next seconds."""
        begin = len(self.waits)
        time.sleep(seconds)
        self.wait_for_some(begin)
        return percentiles(self.waits[begin:])

    def wait_for_some(self, begin):
        """An attack may be over before a few are answered."""
        wait_until(
            lambda: len(self.waits) >= begin + 5, 2 * self.bound, "answers"
        )

    @contextmanager
    def attacked(self):
        """Nothing may fail within; remembers how slow it became."""
        self.calm = self.watch(0.5)
        begin, failed = len(self.waits), len(self.failures)
        yield self
        self.wait_for_some(begin)
        with self.turn:
            waits, failures = self.waits[begin:], self.failures[failed:]
        assert failures == [], "\n".join(failures)
        self.worst = percentiles(waits)

    def told(self):
        (calm50, calm99), (p50, p99) = self.calm, self.worst
        return (
            f"a bystander's p50/p99 went from {calm50:.1f}/{calm99:.1f} "
            f"to {p50:.1f}/{p99:.1f} ms"
        )


def percentiles(waits):
    cuts = quantiles(waits, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[98] * 1000
