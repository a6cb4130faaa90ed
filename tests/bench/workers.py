"""workers - how much more workers and processes do, and how long they wait for
each other's row locks.
"""

import threading
import time

from contestants import Several, our_consumer
from measures import apply

SAMPLE_S = 0.01
WAITING = """
SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), count(*)
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND backend_type = 'client backend'
  AND application_name NOT LIKE 'bench%%'
"""


class LockWatch:
    """Looks at the sessions all the time: what share waits for a lock."""

    def __init__(self, stage, url):
        self.session = stage.session(f"{url}?application_name=bench-watch")
        self.waiting = self.looked = 0
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def look(self):
        while not self.is_over.wait(SAMPLE_S):
            waiting, sessions = self.session.execute(WAITING).fetchone()
            self.waiting += waiting
            self.looked += sessions

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join(10)
        self.session.close()

    @property
    def percent(self):
        return 100 * self.waiting / max(self.looked, 1)


def with_workers(stage, topics, events, workers, processes=1):
    def consumers(*words):
        return Several(*(
            our_consumer(*words, workers=workers) for _ in range(processes)
        ))  # fmt: skip

    url = stage.database()
    with LockWatch(stage, url) as watch:
        run = apply(stage, consumers, topics, events, url=url)
    time.sleep(0.1)
    stage.drop_database(url)
    return {**run, "locked_percent": round(watch.percent, 2)}
