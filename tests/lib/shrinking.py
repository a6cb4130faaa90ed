"""shrinking - of events that lead to wrong tables, the fewest that still do.

    shrunk(events, goes_wrong, seconds=60)

Half of the events is left out, then a quarter, ... then one: whatever is not
missed stays out. goes_wrong gets a list of events and says whether they lead
to wrong tables; renamed() gives them ids that no earlier try has used.
"""

import json
import time

from model import Snapshot


def shrunk(events, goes_wrong, seconds):
    end = time.monotonic() + seconds
    size = len(events) // 2
    while size >= 1:
        at = 0
        while at < len(events) and time.monotonic() < end:
            fewer = events[:at] + events[at + size :]
            if fewer and goes_wrong(fewer):
                events = fewer
            else:
                at += size
        size //= 2
    return events


def renamed(events, old, new):
    """The same events of a history with another prefix."""
    return [
        (svix_id.replace(old, new), renamed_event(event, old, new))
        for svix_id, event in events
    ]


def renamed_event(event, old, new):
    kind = Snapshot if isinstance(event, Snapshot) else dict
    return kind(json.loads(json.dumps(event).replace(old, new)))
