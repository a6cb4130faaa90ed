"""draining - how late live events are while a backlog is worked off beside
them: every second partition holds a part of it, the others only what is live.
"""

import time

from contestants import our_consumer, our_producer
from latency import at_rate, lateness, percentiles, pipeline
from measures import fill
from waiting import wait_until

BACKLOG_SEED = 3


def draining(stage, events, rate=500, seconds=20, **consumer_settings):
    topics = stage.topics("draining")
    url = stage.database()
    fill(stage, topics, events, BACKLOG_SEED, 10_000, 2)

    def consumer(*words):
        return our_consumer(*words, **consumer_settings)

    with (
        pipeline(stage, our_producer, consumer, topics, url) as both,
        stage.session(url) as session,
    ):  # fmt: skip
        taker, applier = both
        wait_until(lambda: count(session) > 5_000, 60, "the first rows")
        before, start = stage.cpu(applier.pid), time.monotonic()
        rows = count(session)
        due, _ = at_rate(stage, taker, rate, seconds)
        rows = count(session) - rows
        took = time.monotonic() - start
        used = stage.cpu(applier.pid) - before
        time.sleep(2)
        left = count(session) < events
        late = lateness(session, due).values()
    stage.drop_topics(topics)
    stage.drop_database(url)
    beside = [ms for ms, partition in late if partition % 2 == 1]
    return {
        **percentiles(beside), "rate": rows / took, "cpu": used.each(rows),
        "was_draining": left,
        "behind": sum(1 for _, partition in late if partition % 2 == 0),
    }  # fmt: skip


def count(session):
    (rows,) = session.execute("SELECT count(*) FROM webhook_events").fetchone()
    return rows
