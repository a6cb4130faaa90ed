"""stream - events published in parts, and what must have come of them.

    stream = Stream(deployment, "outage")
    stream.publish(80)
    stream.assert_applied()

Random histories, in the order of their making: deletions, stubs and equal
times come as often as the rest. Nothing of it belongs on the dead-letter
topic.
"""

import re
from itertools import count, islice

import model
import psycopg
from differences import assert_equal
from histories import history
from waiting import wait_until

APPLIED = {"completed", "ignored", "superseded"}


class Stream:
    """label: letters; streams with different labels share no id."""

    def __init__(self, deployment, label):
        self.deployment = deployment
        self.events = (
            event
            for seed in count(1)
            for event in history(seed, f"{label}{seed}x")
        )

    def publish(self, count=80):
        """The next events. Returns them."""
        part = list(islice(self.events, count))
        self.deployment.publish(part)
        return part

    def assert_applied(self, timeout=60):
        """All that was ever published, by whatever way it took."""
        deployment, posted = self.deployment, self.deployment.posted
        deployment.wait_until_consumed(timeout)
        deployment.wait_for_ledger(len({id for id, _ in posted}), timeout)
        assert_equal(model.tables(posted), deployment.tables(), posted)
        assert deployment.dead_letters() == []
        ledger = deployment.ledger()
        assert ledger.keys() == {id for id, _ in posted}
        assert {row["status"] for row in ledger.values()} <= APPLIED


def assert_held(deployment, consumer, reason, ledger_before, timeout=15):
    """It says why it waits, lives, and nothing is given up or skipped.

    reason: a regular expression. ledger_before: the ledger as it was when
    all went well, for faults that close it.
    """
    waits_for(consumer, reason, timeout)
    assert consumer.get("/healthz").status == 200
    assert deployment.dead_letters() == []
    assert_committed_is_in_ledger(deployment, ledger_before)


def assert_committed_is_in_ledger(deployment, ledger_before=None):
    """No offset is committed before the rows of its record."""
    committed = deployment.kafka.committed(
        deployment.events_topic, deployment.group
    )
    try:
        ledger = deployment.ledger()
    except psycopg.Error:
        ledger = ledger_before
    done = set().union(*map(coordinates, ledger.values()))
    topic = deployment.events_topic
    skipped = [
        (partition, offset)
        for partition, end in committed.items()
        for offset in range(end)
        if f"{topic}:{partition}:{offset}" not in done
    ]
    assert not skipped, f"committed and not in the ledger: {skipped}"


def coordinates(row):
    """Where the event of a ledger row lies: {topic:partition:offset, ...}."""
    first = (row["kafka_topic"], row["kafka_partition"], row["kafka_offset"])
    return {":".join(map(str, first)), *row["duplicate_offsets"]}


def waits_for(consumer, reason, timeout=15):
    """Until /readyz says 503 for this reason; its JSON."""
    said = None

    def told():
        nonlocal said
        try:
            said = consumer.get("/readyz")
        except ConnectionRefusedError:  # it has only just been started
            return consumer.gone()
        if said.status != 503:
            return None
        assert said.json.keys() == {"status", "reason"}
        assert said.json["status"] == "waiting"
        return re.search(reason, said.json["reason"]) and said.json

    try:
        return wait_until(told, timeout)
    except AssertionError as error:
        raise AssertionError(
            f"waited {timeout} s for {reason!r}; {consumer.name} says {said}\n"
            f"{consumer.tail(8)}"
        ) from error
