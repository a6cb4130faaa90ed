"""measures - one run of one contestant each: a dict of what was seen.

A rate is events per second; beside it the CPU seconds for 10 000 events of
the program, the broker and the database.
"""

import json
import subprocess
import time
import uuid
from contextlib import contextmanager, suppress

import psycopg
from contestants import BENCH, LOAD_SECRET, PATH, Applier
from process import plain_environment
from stage import peak_bytes
from waiting import wait_until

CONNECTIONS = 96


@contextmanager
def running(process):
    process.start()
    try:
        yield process
    finally:
        process.kill()


class Load:
    """The load generator, signed and ready; go() lets it loose."""

    def __init__(self, address, seconds, events, *more, path=PATH, seed=1,
                 connections=CONNECTIONS):  # fmt: skip
        words = [BENCH / "bench-load", "--wait", "--address", address,
                 "--path", path, "--connections", connections,
                 "--milliseconds", int(seconds * 1000), "--events", events,
                 "--seed", seed, *more]  # fmt: skip
        self.seconds = seconds
        self.child = subprocess.Popen(
            [str(word) for word in words], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=plain_environment(CLERK_WEBHOOK_SIGNING_SECRET=LOAD_SECRET),
        )  # fmt: skip
        assert self.child.stdout.readline() == "ready\n"

    def go(self):
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        told, _ = self.child.communicate(timeout=self.seconds + 30)
        assert self.child.returncode == 0
        return json.loads(told)


def ingest(stage, contestant, seconds, events=40_000):
    """Closed loop: each connection waits for its answer."""
    topics = stage.topics("ingest")
    with running(contestant(stage, topics)) as taker:
        taker.wait_ready()
        Load(taker.address, 0.5, 2_000, seed=99).go()  # warm
        load = Load(taker.address, seconds, events)
        before = stage.cpu(taker.pid)
        told = load.go()
        used = stage.cpu(taker.pid) - before
        peak = peak_bytes(taker.pid)
    stage.drop_topics(topics)
    answered = told["answered"]
    return {
        "rate": answered / told["seconds"],
        "cpu": used.each(answered),
        "load_cpu": 10_000 * told["cpu_seconds"] / max(answered, 1),
        "memory": peak,
        "p50_ms": told["p50_ms"],
        "p99_ms": told["p99_ms"],
        "refused": told["refused"] + told["lost"],
    }


def fill(stage, topics, events, seed=1, outstanding=10_000, *more):
    """A topic with the records that the producer would have written."""
    return told_by(
        "bench-floor-produce", topics["KAFKA_BOOTSTRAP_SERVERS"],
        topics["EVENTS_TOPIC"], events, seed, outstanding, *more,
    )  # fmt: skip


def told_by(program, *words):
    """What a floor that ends by itself says at its end."""
    done = subprocess.run(
        [BENCH / program, *(str(word) for word in words)],
        check=True, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    return json.loads(done.stdout)


def of_told(told, used):
    events = told["answered"]
    used.program = told["cpu_seconds"]
    return {"rate": events / told["seconds"], "cpu": used.each(events)}


def produce_alone(stage, events=40_000):
    """Floor (b): as many records under way as there are connections."""
    topics = stage.topics("produce")
    before = stage.cpu(None)
    told = fill(stage, topics, events, 1, CONNECTIONS)
    used = stage.cpu(None) - before
    stage.drop_topics(topics)
    return of_told(told, used)


def write_alone(stage, events, workers=2):
    """Floor (d): the rows of the same events, from memory."""
    url = stage.database()
    before = stage.cpu(None)
    told = told_by("bench-floor-apply", "write", events, 1, workers, url)
    used = stage.cpu(None) - before
    stage.drop_database(url)
    return of_told(told, used)


def consume_alone(stage, topics, events, workers=2):
    """Floor (e), from the first tenth of the records to the ninth."""
    words = ["consume", topics["KAFKA_BOOTSTRAP_SERVERS"],
             topics["EVENTS_TOPIC"], "nobody", workers]  # fmt: skip
    reader = Applier(stage, "floor-consume",
                     [BENCH / "bench-floor-apply", *words])  # fmt: skip
    reader.log_path.unlink(missing_ok=True)
    before = stage.cpu(None)
    with running(reader):
        wait_until(lambda: last_count(reader) >= events, 60, "all records")
        used = stage.cpu(reader.pid) - before
    told = [tuple(map(int, line.split())) for line in whole_lines(reader)]
    middle = [(us, n) for us, n in told if 0.1 <= n / events <= 0.9]
    (first_us, first), (last_us, last) = middle[0], middle[-1]
    seconds = (last_us - first_us) / 1e6
    rate = (last - first) / seconds if seconds else 0.0
    return {"rate": rate, "cpu": used.each(events)}


def whole_lines(reader):
    return reader.log.rpartition("\n")[0].splitlines()


def last_count(reader):
    lines = whole_lines(reader)
    return int(lines[-1].split()[1]) if lines else 0


def apply(stage, contestant, topics, events, seconds=60, table="webhook_events",
          url=None):  # fmt: skip
    """Until all events are rows, or for so many seconds.

    The rate is that of the middle: from the row with which a tenth is there to
    the one with which nine tenths are, by the database's clock. Start, the
    group's forming and the last partition's end are left out.
    """
    fresh = url is None
    url = url or stage.database()
    group = f"bench.{uuid.uuid4().hex[:8]}"
    before = stage.cpu(None)
    process = contestant(stage, topics, url, group)
    with stage.session(url) as session, running(process):
        start, log = session.execute(
            "SELECT clock_timestamp(), pg_current_wal_lsn()"
        ).fetchone()
        wait_for_rows(session, process, table, events, seconds, start)
        used = stage.cpu(process.pid) - before
        peak = peak_bytes(process.pid)
        rate, rows = middle_rate(session, table, start)
        (written,) = session.execute(
            "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s)", [log]
        ).fetchone()
    if fresh:
        stage.drop_database(url)
    return {
        "rate": rate, "cpu": used.each(rows), "memory": peak, "rows": rows,
        "wal_kib": float(written) / 1024 / max(rows, 1),
    }  # fmt: skip


def wait_for_rows(session, process, table, events, seconds, start=None):
    """start: only what was written since then counts, found by its index."""
    end = time.monotonic() + seconds
    count = f"SELECT count(*) FROM {table} WHERE processed_at >= %s"
    seen = 0
    while seen < events and time.monotonic() < end:
        # Seldom while there is far to go: counting costs, too.
        time.sleep(0.2 if seen > events * 0.6 else 0.6)
        process.gone()
        with suppress(psycopg.errors.UndefinedTable):
            rows = session.execute(count, [start or "-infinity"])
            (seen,) = rows.fetchone()


MIDDLE = """
WITH numbered AS (
    SELECT processed_at AS at, row_number() OVER (ORDER BY processed_at) AS n,
           count(*) OVER () AS rows
    FROM {table} WHERE processed_at >= %s)
SELECT count(*), extract(epoch FROM max(at) - min(at)), max(rows)
FROM numbered WHERE n BETWEEN rows * 0.1 AND rows * 0.9
"""


def middle_rate(session, table, start):
    count, seconds, rows = session.execute(
        MIDDLE.format(table=table), [start]
    ).fetchone()
    return (count / float(seconds) if seconds else 0.0), rows or 0
