"""waiting - for something to become true, with an end and a name."""

import time


def wait_until(predicate, timeout=20, what="the condition", interval=0.02):
    """Calls predicate until its answer is true, and returns that answer.

    An AssertionError names `what` and the last answer. Exceptions pass: to
    wait for a server that is away, catch them in the predicate.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(
                f"waited {timeout} s for {what}; last seen: {answer!r}"
            )
        time.sleep(interval)
        interval = min(interval * 1.2, 0.25)
