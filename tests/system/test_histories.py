"""Random histories, in random orders: every row is what the model says.

    python3 -m pytest tests/system/test_histories.py --histories 5000 --seed 7

The histories have the seeds 7, 8, ...: a failure names the seed to run alone,
and tells the fewest events of that history which still go wrong. All of a run
lie in one database, published shuffled, with duplicates, to a group of one to
three consumer processes whose batches have different sizes.
"""

import json
import os
import random
from itertools import count

import pytest

import golden_cases
import model
from deployment import Deployment
from differences import describe, differences
from figures import figure
from histories import crowd, history
from shrinking import renamed, shrunk

HISTORIES = int(os.environ.get("HISTORIES", "200"))
SEED = int(os.environ.get("SEED", "1"))
DUPLICATES = 0.2  # of all events, sent once or twice more
BATCH_MAX = (1, 3, 20, 500)
PATIENCE = 60 + HISTORIES / 4  # seconds
SHRINKING = 60  # seconds, after a failure

# What somebody with psql could do to rows that the events still describe.
DAMAGE = (
    "UPDATE users SET first_name = 'damaged', email = NULL, status = 'ACTIVE',"
    " sync_status = 'synced', deleted_at = NULL, updated_at = now()",
    "UPDATE organizations SET name = 'damaged', slug = NULL, subdomain = NULL",
    "DELETE FROM organization_memberships WHERE clerk_role = 'org:member'",
    "UPDATE organization_memberships SET role = 'TEACHER', permissions = '{}'",
    "UPDATE workspaces SET name = 'damaged'",
)
RETRIED = "SELECT webhook_id, last_error FROM webhook_events WHERE attempts > 1"
EMPTY = """
    TRUNCATE users, organizations, organization_memberships, workspaces,
             entity_versions CASCADE
"""


class Histories:
    """Those with the seeds SEED, SEED + 1, ..., by their prefixes."""

    def __init__(self, how_many, letter="h", make=history):
        self.seeds = range(SEED, SEED + how_many)
        self.of = {
            f"{letter}{seed}x": make(seed, f"{letter}{seed}x")
            for seed in self.seeds
        }
        self.events = sum(self.of.values(), [])
        self.expected = model.tables(self.events)

    def of_row(self, row):
        """The prefix of the history that this row belongs to."""
        return next(
            prefix
            for prefix, events in self.of.items()
            if row["id"] in golden_cases.row_ids(events)
        )

    def tell(self, published, what):
        figure(
            f"{what}; {len(self.of)} histories,"
            f" {len(self.events)} events in {len(published)} records,"
            f" seeds {self.seeds.start} to {self.seeds.stop - 1}"
        )


@pytest.fixture(scope="module")
def histories():
    return Histories(HISTORIES)


@pytest.fixture(scope="module")
def some_histories():
    return Histories(max(1, HISTORIES // 5))


@pytest.mark.parametrize("consumers", [1, 2, 3])
def test_any_order_leads_to_the_tables_of_the_model(
    deployment, histories, consumers
):
    rng = random.Random(f"{SEED} {consumers}")
    start(deployment, consumers, rng)
    published = publish(deployment, histories, rng)
    histories.tell(published, f"consumer processes: {consumers}")
    wait_until_applied(deployment, histories)
    assert_as_expected(deployment, histories, published)


def test_consumers_that_race_for_names_give_them_to_the_right_ones(deployment):
    crowds = Histories(max(1, HISTORIES // 10), "c", crowd)
    rng = random.Random(f"{SEED} race")
    for _ in range(3):
        deployment.consumer(CONSUMER_WORKERS=4, CONSUMER_BATCH_MAX=3)
    published = publish(deployment, crowds, rng)
    crowds.tell(published, "races for names")
    wait_until_applied(deployment, crowds)
    assert_as_expected(deployment, crowds, published)


def test_a_replay_mends_what_was_damaged(deployment, some_histories):
    rng = random.Random(f"{SEED} replay")
    published = publish(deployment, some_histories, rng)
    some_histories.tell(published, "replayed over damage")
    consume_from_the_start(deployment, some_histories, rng)
    for statement in DAMAGE:
        deployment.query(statement)
    consume_from_the_start(deployment, some_histories, rng)
    assert_as_expected(deployment, some_histories, published)


def test_a_rebuild_from_the_log_makes_the_same_tables(
    deployment, some_histories
):
    rng = random.Random(f"{SEED} rebuild")
    published = publish(deployment, some_histories, rng)
    some_histories.tell(published, "rebuilt from the log")
    consume_from_the_start(deployment, some_histories, rng)
    deployment.query(EMPTY)
    consume_from_the_start(deployment, some_histories, rng)
    assert_as_expected(deployment, some_histories, published)


def publish(deployment, histories, rng):
    """All of them shuffled, some twice or more. Returns them in that order."""
    events = histories.events
    again = rng.choices(events, k=int(len(events) * DUPLICATES))
    published = rng.sample(events + again, len(events) + len(again))
    deployment.publish(published)
    return published


def start(deployment, consumers, rng):
    return [
        deployment.consumer(
            CONSUMER_WORKERS=rng.randint(1, 2),
            CONSUMER_BATCH_MAX=rng.choice(BATCH_MAX),
        )
        for _ in range(consumers)
    ]


def wait_until_applied(deployment, histories):
    deployment.wait_until_consumed(timeout=PATIENCE)
    deployment.wait_for_ledger(len(histories.events), timeout=PATIENCE)


def consume_from_the_start(deployment, histories, rng):
    deployment.kafka.set_offsets(deployment.events_topic, deployment.group)
    programs = start(deployment, 2, rng)
    wait_until_applied(deployment, histories)
    for program in programs:
        assert program.stop() == 0


def assert_as_expected(deployment, histories, published):
    assert deployment.dead_letters() == []
    # Consumers that race wait for each other; they never run into each other.
    assert deployment.query(RETRIED) == []
    found = differences(histories.expected, deployment.tables())
    if not found:
        return
    prefix = histories.of_row(found[0][2] or found[0][3])
    raise AssertionError(
        f"{len(found)} rows differ, the first in the history {prefix}"
        f" (--histories 1 --seed {prefix[1:-1]})."
        + told(found[:3], histories.of[prefix])
        + alone(deployment, prefix, published)
    )


def told(found, events):
    return "\n".join(describe(*one, events) for one in found)


def alone(deployment, prefix, published):
    """The fewest events of a history that go wrong, told; if any do so when
    they come alone, in the order in which they were published."""
    its = [one for one in published if one[0].startswith(f"msg_{prefix}")]
    with Deployment(
        deployment.kafka, deployment.cluster, deployment.directory
    ) as tried:
        tried.consumer(CONSUMER_WORKERS=1, CONSUMER_BATCH_MAX=20)
        tries = (f"{prefix}{number}y" for number in count())

        def wrong(events):
            return goes_wrong(tried, renamed(events, prefix, next(tries)))

        if not wrong(its):
            return "\n\nNot so when that history comes alone."
        few = shrunk(its, wrong, SHRINKING)
        again = renamed(few, prefix, next(tries))
        found = goes_wrong(tried, again)
        return (
            f"\n\nSo with {len(few)} events, seen in this order:\n"
            + "\n".join(f"  {id} {json.dumps(event)}" for id, event in again)
            + told(found, ())
        )


def goes_wrong(deployment, events):
    """The rows of these events that are not as the model says."""
    deployment.publish(events)
    deployment.wait_until_consumed()
    ids = golden_cases.row_ids(events)
    return differences(
        model.tables(events),
        {
            table: [row for row in rows if row["id"] in ids]
            for table, rows in deployment.tables().items()
        },
    )
