"""The offsets are set back with an ordinary client: what changes, what not.

The events are those of `clerkstream send` and of small worlds full of rare
things, with duplicates, types that change nothing and a few bad records.
"""

import random

import pytest
from confluent_kafka import Consumer, TopicPartition

import model
from differences import assert_equal
from histories import history
from load import load
from small_events import user

EVENTS = [
    *load(1500, 3),
    *(event for seed in range(12) for event in history(seed, f"rp{seed}x")),
]
# One user whose last event was bad, and one who has got over it.
BAD = [
    ("msg_bad_1", user("user_bad", at=5, created_at=10**18)),
    ("msg_bad_2", user("user_over_it", at=2, created_at=10**18)),
    ("msg_bad_3", b"[]"),
    ("msg_bad_4", b"no JSON"),
]
DOMAIN = ("users", "organizations", "organization_memberships", "workspaces")
EMPTY = f"TRUNCATE {', '.join(DOMAIN)}, entity_versions"
MAY_CHANGE = {"replays", "updated_at"}
# What tells when, or why: not the same after the rows were thrown away.
TOLD_ANEW = {"users": {"last_sync_attempt"}}


class Log:
    """All of it in the topic and applied once, by two processes."""

    def __init__(self, deployment):
        self.deployment = deployment
        rng = random.Random(3)
        again = rng.sample(EVENTS, 150)
        mixed = rng.sample(EVENTS + again, len(EVENTS) + len(again))
        deployment.publish([("msg_good_1", user("user_bad", at=1)), *mixed])
        deployment.publish([*BAD, ("msg_good_2", user("user_over_it", at=3))])
        self.duplicates = len(again)
        self.count = len(EVENTS) + len(BAD) + 2
        self.letters = len(BAD)
        self.consume()

    def consume(self):
        deployment = self.deployment
        programs = [
            deployment.consumer(CONSUMER_BATCH_MAX=size) for size in (50, 200)
        ]
        deployment.wait_until_consumed(60)
        deployment.wait_for_ledger(self.count)
        for program in programs:
            assert program.stop() == 0

    def replay(self):
        deployment = self.deployment
        deployment.kafka.set_offsets(deployment.events_topic, deployment.group)
        self.consume()

    def rows(self, table, key):
        return {
            row[key]: row
            for row in self.deployment.query(f"SELECT * FROM {table}")
        }

    def domain(self):
        """Every row of every table that an application reads."""
        return {
            table: {
                id: {
                    name: row[name]
                    for name in row.keys() - TOLD_ANEW.get(table, set())
                }
                for id, row in self.rows(table, "id").items()
            }
            for table in DOMAIN
        }

    def registers(self):
        """Without those that are nothing but a lock."""
        rows = self.deployment.query(
            "SELECT * FROM entity_versions WHERE kind <> 'subdomain'"
        )
        return {(row["kind"], row["id"]): row for row in rows}


@pytest.fixture(scope="module")
def log(module_deployment):
    return Log(module_deployment)


def test_it_is_what_the_model_says(log):
    found, good = log.deployment.tables(), dict(log.deployment.posted)
    for id, _ in BAD:
        del good[id]
    expected = model.tables(list(good.items()))
    for row in expected["users"]:
        if row["clerk_user_id"] == "user_bad":
            row["sync_status"] = "failed"
    assert_equal(expected, found)
    assert len(log.deployment.dead_letters()) == log.letters


def test_a_replay_changes_the_count_of_replays_and_nothing_else(log):
    domain, registers = log.domain(), log.registers()
    before = log.deployment.ledger()
    log.replay()
    after = log.deployment.ledger()
    assert before.keys() == after.keys()
    for id, row in after.items():
        changed = {name for name in row if row[name] != before[id][name]}
        assert changed == MAY_CHANGE, id
        # Each of its records was read once more.
        times = 1 + row["duplicates"]
        assert row["replays"] == before[id]["replays"] + times
        assert row["updated_at"] > before[id]["updated_at"]
    assert log.domain() == domain
    assert log.registers() == registers
    assert len(log.deployment.dead_letters()) == log.letters


def lies_behind(row, partition, offset):
    """Any of its records; it is told of the first, and of the others."""
    places = [(row["kafka_partition"], row["kafka_offset"])]
    for place in row["duplicate_offsets"]:
        places.append(tuple(map(int, place.split(":")[1:])))
    return any(at[0] == partition and at[1] >= offset for at in places)


def test_a_replay_of_one_partition_touches_no_other(log):
    domain, before = log.domain(), log.deployment.ledger()
    deployment = log.deployment
    ends = deployment.kafka.end_offsets(deployment.events_topic)
    chosen = max(ends, key=ends.get)
    middle = ends[chosen] // 2
    set_offset(deployment, chosen, middle)
    log.consume()
    after = deployment.ledger()
    replays = {
        id: after[id]["replays"] - before[id]["replays"] for id in after
    }
    assert {id for id in replays if replays[id] > 0} == {
        id for id in after if lies_behind(after[id], chosen, middle)
    }
    assert sum(replays.values()) == ends[chosen] - middle
    assert log.domain() == domain


def set_offset(deployment, partition, offset):
    client = Consumer(deployment.kafka.client(group_id=deployment.group))
    client.commit(
        offsets=[TopicPartition(deployment.events_topic, partition, offset)],
        asynchronous=False,
    )
    client.close()


def test_a_rebuild_gives_every_row_the_id_it_had(log):
    domain, registers = log.domain(), log.registers()
    before = log.deployment.ledger()
    log.deployment.query(EMPTY)
    log.replay()
    assert log.domain() == domain
    assert log.registers() == registers
    assert len(log.deployment.dead_letters()) == log.letters
    for id, row in log.deployment.ledger().items():
        changed = {name for name in row if row[name] != before[id][name]}
        assert changed == MAY_CHANGE, id


def test_a_rebuild_without_its_ledger_too(log):
    before = log.domain()
    log.deployment.query(f"{EMPTY}, webhook_events")
    log.replay()
    assert log.domain() == before
    ledger = log.deployment.ledger()
    assert {row["replays"] for row in ledger.values()} == {0}
    found = sum(row["duplicates"] for row in ledger.values())
    assert found == log.duplicates


def test_a_log_of_two_epochs(deployment):
    """Offsets set on, not back: what lies between is never read."""
    deployment.publish([("msg_skipped", user("user_a", at=1))])
    ends = deployment.kafka.end_offsets(deployment.events_topic)
    for partition, end in ends.items():
        set_offset(deployment, partition, end)
    deployment.publish([("msg_read", user("user_a", at=2))])
    deployment.consumer()
    deployment.wait_for_ledger(1)
    assert deployment.ledger().keys() == {"msg_read"}
