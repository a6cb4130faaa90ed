"""`clerkstream wait`: returns when the row is there, and not before."""

import subprocess
import time
from datetime import datetime, timedelta, timezone

import pytest
from desk import refused, told
from postgres import query
from process import plain_environment
from programs import BIN
from small_events import event, membership, user
from waiting import wait_until

WAITERS = "SELECT * FROM clerkstream_waiters"


@pytest.fixture(scope="module")
def life(module_deployment):
    module_deployment.consumer()
    return module_deployment


def started(life, *words, url=None):
    """`clerkstream wait …` in the background, once it waits."""
    url = url or life.database_url
    before = len(query(url, WAITERS))
    process = subprocess.Popen(
        [BIN / "clerkstream", "wait", *map(str, words)],
        env=plain_environment(**{**life.environment, "DATABASE_URL": url}),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(
        lambda: len(query(url, WAITERS)) > before, 20, "a waiter's row"
    )
    return process


def waiters(life):
    return len(life.query(WAITERS))


def ended(process, code):
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, (out, err)
    return out if code == 0 else err


def now(**ago):
    moment = datetime.now(timezone.utc) - timedelta(**ago)
    return moment.isoformat()


def test_what_is_there_is_told_at_once(life):
    life.publish([("msg_there", user("user_there"))])
    life.wait_until_consumed()
    said = told(life, "wait", "msg_there")
    assert said["status"] == "completed" and said["entity"] == "user_there"
    assert said["waited_ms"] < 5000
    assert waiters(life) == 0


def test_a_waiter_is_woken_when_the_row_can_be_read(life):
    process = started(life, "msg_late", "--timeout", 60)
    assert process.poll() is None
    life.publish([("msg_late", user("user_late"))])
    said = ended(process, 0)
    assert life.query("SELECT * FROM users WHERE clerk_user_id = 'user_late'")
    assert said.startswith("msg_late user.updated user_late completed after ")
    assert waiters(life) == 0


def test_an_entity_is_there_with_an_event_after_the_time(life):
    life.publish([("msg_before", user("user_twice", at=1))])
    life.wait_until_consumed()
    assert told(life, "wait", "--entity", "user_twice", "--after",
                now(hours=1))["id"] == "msg_before"  # fmt: skip
    time.sleep(0.01)
    process = started(
        life, "--entity", "user_twice", "--after", now(), "--timeout", 60
    )
    assert process.poll() is None
    life.publish([("msg_again", user("user_twice", at=2))])
    assert ended(process, 0).startswith("msg_again ")


def test_an_event_that_writes_nothing_is_no_event_of_the_entity(life):
    after = now()
    life.publish(
        [("msg_session", event("session.created", {"user_id": "user_s"}, 1))]
    )
    life.wait_until_consumed()
    assert told(life, "wait", "msg_session")["status"] == "ignored"
    said = refused(
        life, "wait", "--entity", "user_s", "--after", after, "--timeout", "1"
    )
    assert "no event of user_s was applied within 1 s" in said


def test_a_membership_is_found_by_its_own_id(life):
    after = now()
    life.publish([("msg_join", membership("orgmem_w", "org_w", "user_w"))])
    said = told(life, "wait", "--entity", "orgmem_w", "--after", after)
    assert said["id"] == "msg_join" and said["entity"] == "org_w"


def test_time_out_says_what_the_ledger_says(life):
    begun = time.monotonic()
    said = refused(life, "wait", "msg_never", "--timeout", "1")
    assert 0.9 < time.monotonic() - begun < 10
    assert "msg_never is not visible after 1 s: it is not in the ledger" in said
    life.publish([("msg_bad", {"type": "user.created", "data": {"id": 7}})])
    life.wait_until_consumed()
    said = refused(life, "wait", "msg_bad", "--timeout", "1")
    assert "failed, attempts: 1, malformed event" in said
    assert waiters(life) == 0


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--entity", "user_1"),
        ("--after", "2026-01-31T08:00:00Z"),
        ("msg_1", "--entity", "user_1"),
        ("msg_1", "--after", "2026-01-31T08:00:00Z"),
        ("--entity", "user_1", "--after", "2026-01-31T08:00:00"),
        ("msg_1", "msg_2"),
        ("msg_1", "--timeout", "0"),
    ],
)
def test_either_an_event_or_an_entity_and_a_time(life, words):
    assert "allowed is" in refused(life, "wait", *words, code=2)


def test_a_frozen_database_is_given_up_in_time(life, own_postgres):
    url = own_postgres.create_database(console=BIN / "clerkstream")
    process = started(life, "msg_1", "--timeout", 4, url=url)
    begun = time.monotonic()
    own_postgres.pause()
    try:
        said = ended(process, 1)
    finally:
        own_postgres.resume()
    assert time.monotonic() - begun < 15
    assert said.startswith("clerkstream wait: PostgreSQL is away: ")
    assert said.count("\n") == 1
