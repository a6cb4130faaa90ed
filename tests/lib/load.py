"""load - the events of `clerkstream send`, without sending them.

    load(3000, seed=7) -> [(svix id, event), ...]

People who come and go, in the order of their lives; the same seed makes the
same events.
"""

import json

from programs import console
from webhook import SECRET


def load(count, seed, *flags):
    told = console(
        "send", "--dry-run", "--count", count, "--seed", seed, *flags,
        environment={"CLERK_WEBHOOK_SIGNING_SECRET": SECRET},
    ).stdout  # fmt: skip
    lines = map(json.loads, told.splitlines())
    return [(line["id"], line["event"]) for line in lines]
