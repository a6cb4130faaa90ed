"""Random histories, in random orders: every row is what the model says.

    HISTORIES=500 SEED=1 python3 -m pytest tests/system/test_histories.py

The histories have the seeds SEED, SEED + 1, ...: a failure names the seed
to run alone. All of a run lie in one database, published shuffled, with
duplicates, to a group of one to three consumer processes whose batches have
different sizes.
"""

import os
import random

import pytest

import model
from differences import assert_equal
from histories import crowd, history

HISTORIES = int(os.environ.get("HISTORIES", "40"))
SEED = int(os.environ.get("SEED", "1"))
DUPLICATES = 0.2  # of all events, sent once or twice more
BATCH_MAX = (1, 3, 20, 500)
PATIENCE = 40 + HISTORIES / 5  # seconds

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


@pytest.fixture(scope="module")
def events():
    seeds = range(SEED, SEED + HISTORIES)
    return sum((history(seed, f"h{seed}x") for seed in seeds), [])


@pytest.fixture(scope="module")
def expected(events):
    return model.tables(events)


@pytest.mark.parametrize("consumers", [1, 2, 3])
def test_any_order_leads_to_the_tables_of_the_model(
    deployment, events, expected, consumers
):
    rng = random.Random(f"{SEED} {consumers}")
    start(deployment, consumers, rng)
    deployment.publish(shuffled_with_duplicates(events, rng))
    wait_until_applied(deployment, events)
    assert_as_expected(deployment, expected, events)


def test_consumers_that_race_for_names_give_them_to_the_right_ones(deployment):
    seeds = range(SEED, SEED + max(1, HISTORIES // 8))
    events = sum((crowd(seed, f"c{seed}x") for seed in seeds), [])
    rng = random.Random(f"{SEED} race")
    for _ in range(3):
        deployment.consumer(CONSUMER_WORKERS=4, CONSUMER_BATCH_MAX=3)
    deployment.publish(shuffled_with_duplicates(events, rng))
    wait_until_applied(deployment, events)
    assert_as_expected(deployment, model.tables(events), events)


def test_a_replay_mends_what_was_damaged(deployment, events, expected):
    rng = random.Random(f"{SEED} replay")
    deployment.publish(shuffled_with_duplicates(events, rng))
    consume_from_the_start(deployment, events, rng)
    for statement in DAMAGE:
        deployment.query(statement)
    consume_from_the_start(deployment, events, rng)
    assert_as_expected(deployment, expected, events)


def test_a_rebuild_from_the_log_makes_the_same_tables(
    deployment, events, expected
):
    rng = random.Random(f"{SEED} rebuild")
    deployment.publish(shuffled_with_duplicates(events, rng))
    consume_from_the_start(deployment, events, rng)
    deployment.query(EMPTY)
    consume_from_the_start(deployment, events, rng)
    assert_as_expected(deployment, expected, events)


def shuffled_with_duplicates(events, rng):
    again = rng.choices(events, k=int(len(events) * DUPLICATES))
    return rng.sample(events + again, len(events) + len(again))


def start(deployment, consumers, rng):
    return [
        deployment.consumer(
            CONSUMER_WORKERS=rng.randint(1, 2),
            CONSUMER_BATCH_MAX=rng.choice(BATCH_MAX),
        )
        for _ in range(consumers)
    ]


def wait_until_applied(deployment, events):
    deployment.wait_until_consumed(timeout=PATIENCE)
    deployment.wait_for_ledger(len(events), timeout=PATIENCE)


def consume_from_the_start(deployment, events, rng):
    deployment.kafka.set_offsets(deployment.events_topic, deployment.group)
    programs = start(deployment, 2, rng)
    wait_until_applied(deployment, events)
    for program in programs:
        assert program.stop() == 0


def assert_as_expected(deployment, expected, events):
    assert deployment.dead_letters() == []
    # Consumers that race wait for each other; they never run into each other.
    assert deployment.query(RETRIED) == []
    assert_equal(
        expected,
        deployment.tables(),
        events,
        hint="Alone: HISTORIES=1 SEED=<the number that the ids begin with>.",
    )
