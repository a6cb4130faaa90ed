"""A partition that is held stays held, and comes free, over rebalances.

It is held by an event that can be neither applied nor put off, since its row
in the ledger is locked.
"""

import time

import psycopg
from waiting import wait_until

LOCKED = 7
USERS = 40


def update(number, moment):
    data = {
        "id": f"user_{number}",
        "object": "user",
        "first_name": f"at {moment}",
        "created_at": 1_600_000_000_000,
        "updated_at": 1_700_000_000_000 + moment,
    }
    event = {
        "type": "user.updated",
        "object": "event",
        "timestamp": 1_700_000_000_000 + moment,
        "data": data,
    }
    # All of the locked user's have the id of the first.
    return f"msg_{number}_{1 if number == LOCKED else moment}", event


def publish(deployment, moment):
    deployment.publish([update(number, moment) for number in range(USERS)])


def has_reached(deployment, moment):
    rows = deployment.query(
        "SELECT clerk_user_id FROM users"
        f" WHERE first_name = 'at {moment}'"
    )
    return {row["clerk_user_id"] for row in rows}


def wait_for_all(deployment, moment):
    wait_until(
        lambda: len(has_reached(deployment, moment)) == USERS,
        40,
        f"all users to be at {moment}",
    )


def wait_for_most(deployment, moment):
    """All but those who share the locked user's partition."""
    wait_until(
        lambda: len(has_reached(deployment, moment)) >= USERS - 10,
        40,
        f"most users to be at {moment}",
    )
    assert f"user_{LOCKED}" not in has_reached(deployment, moment)


def test_a_held_partition_comes_free_after_it_has_changed_hands(deployment):
    first = deployment.consumer()
    publish(deployment, 1)
    wait_for_all(deployment, 1)
    with psycopg.connect(deployment.database_url) as session:
        session.execute(
            "SELECT 1 FROM webhook_events WHERE webhook_id = %s FOR UPDATE",
            [f"msg_{LOCKED}_1"],
        )
        publish(deployment, 2)
        wait_for_most(deployment, 2)
        first.wait_not_ready()
        second = deployment.consumer(wait=False)
        time.sleep(5)  # both have partitions
        publish(deployment, 3)
        wait_for_most(deployment, 3)
        second.stop()
        time.sleep(4)  # the first has them all again
        publish(deployment, 4)
        wait_for_most(deployment, 4)
    wait_for_all(deployment, 4)
    publish(deployment, 5)
    wait_for_all(deployment, 5)
    first.wait_ready()
    deployment.wait_for_ledger(5 * USERS - 4)
    assert deployment.ledger()[f"msg_{LOCKED}_1"]["duplicates"] == 4
    assert deployment.retries() == []
    assert deployment.dead_letters() == []
