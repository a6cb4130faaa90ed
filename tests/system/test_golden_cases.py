"""The hand-written cases hold in the database, in every order tried.

So do the fixtures, which have all the fields that real events have.
"""

import json
import random
from decimal import Decimal
from pathlib import Path

import pytest

import golden_cases
import model
from differences import assert_equal

FIXTURES = Path(__file__).parents[1] / "fixtures" / "events"
CASES = [golden_cases.load(name) for name in golden_cases.names()]
EVENTS = sum((case.events for case in CASES), [])


@pytest.mark.parametrize("seed", range(4))
def test_the_cases_hold_whatever_the_order(deployment, seed):
    fill(deployment, EVENTS, random.Random(seed))
    tables = deployment.tables()
    for case in CASES:
        golden_cases.assert_holds(case, tables)
    assert deployment.dead_letters() == []
    assert_metadata_is_exact(deployment)


def test_the_fixtures_lead_to_the_tables_of_the_model(deployment):
    events = [
        (f"msg_{path.stem.replace('.', '_')}", json.loads(path.read_text()))
        for path in sorted(FIXTURES.iterdir())
    ]
    fill(deployment, events, random.Random(1))
    assert_equal(model.tables(events), deployment.tables(), events)
    assert deployment.dead_letters() == []


def fill(deployment, events, rng):
    """All events into one database, in some order, each at least once."""
    twice = events + rng.sample(events, len(events) // 3)
    deployment.publish(rng.sample(twice, len(twice)))
    deployment.consumer(CONSUMER_BATCH_MAX=rng.choice((1, 10, 500)))
    deployment.wait_until_consumed(timeout=60)
    deployment.wait_for_ledger(len(events), timeout=60)


def assert_metadata_is_exact(deployment):
    """To the last digit, which a comparison of floats would not show."""
    case = golden_cases.load("metadata")
    for row in case.expected["users"]:
        (found,) = deployment.query(
            "SELECT public_metadata::text AS told FROM users"
            " WHERE clerk_user_id = %s",
            row["clerk_user_id"],
        )
        told = found["told"] or "null"
        assert exact(told) == exact(json.dumps(row["public_metadata"]))


def exact(text):
    return json.loads(text, parse_float=Decimal)
