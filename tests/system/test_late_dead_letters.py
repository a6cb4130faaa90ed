"""An event that was applied once may fail when it is replayed: what the ledger,
the users' rows and the desk say then, and what others say of the user."""

from contextlib import contextmanager

import pytest
from dead_letters import listed, redriven, results
from desk import told
from deployment import Deployment
from small_events import user
from waiting import wait_until

QUICKLY = {"CONSUMER_WORKERS": 1, "KAFKA_AUTO_COMMIT_INTERVAL_MS": 100}
STAYS = ("status", "attempts", "last_error", "processed_at", "created_at")
BAD = user("user_a", at=9, created_at=10**18)


@pytest.fixture
def single(kafka, postgres, tmp_path):
    with Deployment(kafka, postgres, tmp_path, partitions=1) as made:
        yield made


@contextmanager
def refused(deployment, state, when="BEFORE INSERT OR UPDATE"):
    """The database will not have user_a."""
    kind = "CONSTRAINT TRIGGER" if "AFTER" in when else "TRIGGER"
    late = "DEFERRABLE INITIALLY DEFERRED" if "AFTER" in when else ""
    deployment.query(f"""
        CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE 'no' USING ERRCODE = '{state}'; END $$;
        CREATE {kind} refuse {when} ON users {late} FOR EACH ROW
            WHEN (NEW.clerk_user_id = 'user_a'
                AND NEW.sync_status <> 'failed') EXECUTE FUNCTION refuse()""")
    yield
    deployment.query("DROP TRIGGER refuse ON users")


def replay(deployment):
    """From the earliest offset on; the consumer that does it runs on."""
    (running,) = deployment.programs
    assert running.stop() == 0
    deployment.kafka.set_offsets(deployment.events_topic, deployment.group)
    return deployment.consumer(**QUICKLY)


def sync_of(deployment):
    (row,) = deployment.query("SELECT * FROM users")
    return row["sync_status"], row["sync_error"]


def kept(deployment, id):
    row = deployment.ledger()[id]
    return {name: row[name] for name in STAYS}


def test_a_replay_that_fails_is_a_dead_letter_and_nothing_else(single):
    single.consumer(**QUICKLY)
    single.publish([("msg_1", user("user_a", at=1))])
    single.wait_for_ledger(1)
    first = kept(single, "msg_1")
    with refused(single, "22023"):
        replay(single)
        wait_until(lambda: listed(single), 60, "a dead letter")
        assert kept(single, "msg_1") == first
        assert single.ledger()["msg_1"]["replays"] == 1
        (letter,) = listed(single).values()
        assert letter["state"] == "waiting"
        assert letter["status"] == "completed"
        assert sync_of(single)[0] == "failed" and "22023" in sync_of(single)[1]
        assert told(single, "explain", "msg_1")["dead_letter"] == "waiting"
        assert "dlq show" in single.console("explain", "msg_1").stdout
    assert results(redriven(single, "msg_1")) == {"msg_1": "completed"}
    assert kept(single, "msg_1") == first
    assert sync_of(single) == ("synced", None)
    assert listed(single) == {}
    single.console("prune", "--older-than", "PT0S", "--rows")
    assert listed(single) == {}


def test_some_events_alone_say_nothing_of_later_dead_letters(single):
    single.consumer(**QUICKLY)
    single.publish([("msg_1", user("user_a", at=1)), ("msg_2", BAD)])
    single.wait_for_ledger(2)
    failed = sync_of(single)
    assert failed[0] == "failed" and failed[1]
    single.console("replay", "--id", "msg_1")
    assert sync_of(single) == failed
    single.publish([("msg_3", user("user_a", at=2))])
    single.wait_for_ledger(3)
    assert sync_of(single) == ("synced", None)
    single.console("replay", "--id", "msg_2", check=False)
    assert sync_of(single) == ("synced", None)


def test_what_only_the_commit_finds_makes_one_retry_of_each_try(single):
    """It finds fault even with what would be told of the retry."""
    consumer = single.consumer(**QUICKLY)
    single.publish([("msg_0", user("user_a", at=0))])
    single.wait_for_ledger(1)
    with refused(single, "P0001", "AFTER INSERT OR UPDATE"):
        single.publish([("msg_1", user("user_a", at=1))])
        wait_until(lambda: len(single.retries()) >= 3, 60, "three retries")
    single.wait_for_ledger(2, 60)
    tries = [
        dict(record.headers())["clerkstream-attempts"]
        for record in single.retries()
    ]
    assert tries == sorted(set(tries)), tries
    assert consumer.get("/readyz").status == 200
