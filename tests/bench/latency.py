"""latency - from the moment a webhook was due to the commit of its row.

Open loop: webhooks are due at fixed times. The commit's time is PostgreSQL's
own (track_commit_timestamp): it is taken when the commit record is written,
just before it is flushed.
"""

import time
import uuid
from contextlib import contextmanager

from measures import Load, running, wait_for_rows
from stage import peak_bytes

COMMITS = """
SELECT webhook_id, kafka_partition,
       extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000
FROM webhook_events WHERE created_at > now() - interval '10 minutes'
"""


@contextmanager
def pipeline(stage, producer, consumer, topics, url):
    """Both, ready and warm: yields their processes."""
    group = f"latency.{uuid.uuid4().hex[:8]}"
    taker = producer(stage, topics)
    applier = consumer(stage, topics, url, group)
    with running(taker), running(applier):
        taker.wait_ready()
        yield taker, applier


def warm(taker, applier, session):
    Load(taker.address, 1, 200, "--rate", "200", seed=99).go()
    wait_for_rows(session, applier, "webhook_events", 195, 60)


def end_to_end(stage, producer, consumer, rate=500, seconds=20):
    """p50, p99 and the rest in ms; memory of both."""
    topics = stage.topics("latency")
    url = stage.database()
    with (
        pipeline(stage, producer, consumer, topics, url) as (taker, applier),
        stage.session(url) as session,
    ):
        warm(taker, applier, session)
        before = stage.cpu(applier.pid)
        due, told = at_rate(stage, taker, rate, seconds)
        wait_for_rows(session, applier, "webhook_events", len(due) + 195, 30)
        used = stage.cpu(applier.pid) - before
        late = lateness(session, due)
        peaks = peak_bytes(taker.pid), peak_bytes(applier.pid)
    stage.drop_topics(topics)
    stage.drop_database(url)
    waits = [ms for ms, _ in late.values()]
    return {
        **percentiles(waits), "lost": len(due) - len(late),
        "answer_p50_ms": told["p50_ms"], "answer_p99_ms": told["p99_ms"],
        "cpu": used.each(len(due)), "memory": sum(peaks),
    }  # fmt: skip


def at_rate(stage, taker, rate, seconds, seed=5):
    """{svix id: when it was due, in ms}, and what the load generator says."""
    times = stage.directory / "times"
    load = Load(taker.address, seconds, int(rate * seconds), "--rate", rate,
                "--times", times, seed=seed)  # fmt: skip
    time.sleep(0.5)
    told = load.go()
    lines = (line.split() for line in times.read_text().splitlines())
    return {id: int(us) / 1000 for id, us in lines}, told


def lateness(session, due):
    """{svix id: (ms, partition)} of those that have a row."""
    return {
        id: (float(committed) - due[id], partition)
        for id, partition, committed in session.execute(COMMITS)
        if id in due
    }


def percentiles(values):
    ordered = sorted(values) or [0.0]

    def at(share):
        return round(ordered[min(int(len(ordered) * share),
                                 len(ordered) - 1)], 3)  # fmt: skip

    return {"p50_ms": at(0.5), "p90_ms": at(0.9), "p99_ms": at(0.99),
            "max_ms": at(1.0), "count": len(values)}  # fmt: skip
