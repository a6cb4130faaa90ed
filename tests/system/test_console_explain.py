"""`clerkstream explain`: what became of an event, and by which rule."""

import json
import time
from datetime import datetime

import desk
import pytest
from model import row_id
from small_events import (
    event,
    membership,
    moment,
    organization,
    user,
    user_deleted,
)
from webhook import SECRET

QUOTED = "ada@example.com must not be shown"


@pytest.fixture(scope="module")
def life(module_deployment):
    deployment = module_deployment
    deployment.producer()
    consumer = deployment.consumer()
    deployment.query(
        f"""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN RAISE '{QUOTED}' USING ERRCODE = '22023'; END$$"""
    )
    deployment.query(
        """CREATE TRIGGER refuse BEFORE INSERT ON users FOR EACH ROW
           WHEN (new.clerk_user_id = 'user_banned')
           EXECUTE FUNCTION refuse()"""
    )
    stream = [
        ("msg_stub", membership("orgmem_1", "org_1", "user_ada", at=9)),
        ("msg_first", user("user_ada", at=1, action="created")),
        ("msg_second", user("user_ada", at=3, first_name="Ada")),
        ("msg_late", user("user_ada", at=2)),
        ("msg_twin", user("user_ada", at=3, action="created")),
        ("msg_org", organization("org_1", at=1)),
        ("msg_gone", user_deleted("user_bob", at=5)),
        ("msg_ignored", event("session.created", {"user_id": "user_ada"}, 1)),
        ("msg_bad", {"type": "user.created", "data": {"id": 7}}),
        ("msg_banned", user("user_banned", at=1)),
    ]
    for id, told in stream:
        deployment.post(told, id=id)
        deployment.wait_until_consumed()
    deployment.post(stream[1][1], id="msg_first")
    deployment.wait_until_consumed()
    consumer.stop()
    return deployment


def told(life, *words, **how):
    return desk.told(life, "explain", *words, **how)


def own(said):
    return said["entities"][0]


def test_the_winner_says_what_it_has_beaten_and_by_what(life):
    said = told(life, "msg_second")
    assert said["state"] == "completed"
    assert said["type"] == "user.updated" and said["entity"] == "user_ada"
    entity = own(said)
    assert entity["version"] == entity["register"]["version"] == {
        "class": "own", "t": moment(3), "rank": "updated",
        "ts": moment(3) + 7, "id": "msg_second",
    }  # fmt: skip
    assert entity["outcome"] == "holds"
    assert (entity["decided_by"], entity["against"]) == ("rank", "msg_twin")
    assert entity["row"]["table"] == "users"
    assert entity["row"]["id"] == str(row_id("user_ada"))


@pytest.mark.parametrize(
    ("id", "state", "by"),
    [
        ("msg_first", "completed", "t"),
        ("msg_late", "superseded", "t"),
        ("msg_twin", "superseded", "rank"),
    ],
)
def test_the_loser_says_to_whom_and_by_what(life, id, state, by):
    said = told(life, id)
    assert said["state"] == state
    assert own(said)["outcome"] == "lost"
    assert own(said)["against"] == "msg_second"
    assert own(said)["decided_by"] == by


def test_every_entity_that_a_membership_touches_is_told(life):
    said = told(life, "msg_stub")
    found = {
        entity["kind"]: (entity["id"], entity["outcome"], entity["decided_by"])
        for entity in said["entities"]
    }
    assert found == {
        "membership": ("orgmem_1", "holds", None),
        "organization": ("org_1", "lost", "class"),
        "user": ("user_ada", "lost", "class"),
        "pair": ("org_1 user_ada", "holds", None),
    }
    assert own(said)["row"]["status"] == "STUDENT"


def test_a_deletion_holds_for_ever(life):
    entity = own(told(life, "msg_gone"))
    assert entity["effect"] == "deletion"
    assert (entity["outcome"], entity["decided_by"]) == ("holds", "deletion")
    assert entity["row"]["status"].startswith("DELETED")


def test_times_and_places_are_those_of_the_record(life):
    said = told(life, "msg_first")
    row = life.ledger()["msg_first"]
    assert said["lies"] == {
        "topic": row["kafka_topic"], "partition": row["kafka_partition"],
        "offset": row["kafka_offset"], "is_there": True,
    }  # fmt: skip
    times = [
        datetime.fromisoformat(said[name])
        for name in ("signed_at", "received_at", "processed_at")
    ]
    assert times == sorted(times)
    assert times[1] == row["created_at"]
    assert said["duplicates"] == 1
    assert said["duplicate_places"] == row["duplicate_offsets"]


def test_what_changes_nothing_touches_nothing(life):
    said = told(life, "msg_ignored")
    assert said["state"] == "ignored" and said["entities"] == []


def test_a_dead_letter_says_why_and_what_it_would_do(life):
    said = told(life, "msg_bad")
    assert said["state"] == "failed"
    assert said["error"] == "malformed event: id is no string"
    said = told(life, "msg_banned")
    assert said["state"] == "failed"
    assert said["error"] .startswith("PostgreSQL: SQLSTATE 22023 (")
    assert own(said)["outcome"] == "pending" and own(said)["row"] is None


def test_nothing_personal_is_shown_unless_the_payload_is_asked_for(life):
    for words in ((), ("--json",)):
        for id in ("msg_second", "msg_banned"):
            shown = life.console("explain", id, *words).stdout
            assert "first_name" not in shown and "ada@" not in shown
    said = told(life, "msg_second", "--payload")
    assert json.loads(said["payload"])["data"]["first_name"] == "Ada"
    shown = life.console("explain", "msg_second", "--payload").stdout
    assert said["payload"] in shown
    assert QUOTED in told(life, "msg_banned", "--payload")["error"]


def test_the_signature_is_verified_again(life):
    secret = {"CLERK_WEBHOOK_SIGNING_SECRET": SECRET}
    other = SECRET.replace("b", "c")
    said = told(life, "msg_second")
    assert said["signature"] == {"state": "not checked", "secret": None}
    said = told(life, "msg_second", environment=secret)
    assert said["signature"] == {"state": "valid", "secret": 1}
    both = {"CLERK_WEBHOOK_SIGNING_SECRET": f"{other} {SECRET}"}
    said = told(life, "msg_second", environment=both)
    assert said["signature"] == {"state": "valid", "secret": 2}
    wrong = {"CLERK_WEBHOOK_SIGNING_SECRET": other}
    said = told(life, "msg_second", environment=wrong)
    assert said["signature"] == {"state": "invalid", "secret": None}
    none = {"CLERK_WEBHOOK_SIGNING_SECRET": "secret"}
    said = desk.refused(
        life, "explain", "msg_second", code=2, environment=none
    )
    assert "CLERK_WEBHOOK_SIGNING_SECRET" in said


def test_an_event_on_its_way_is_found_where_it_lies(life):
    ((partition, offset),) = life.publish([("msg_way", user("user_way"))])
    said = told(life, "msg_way")
    assert said["state"] == "waiting" and not said["is_in_ledger"]
    assert said["lies"]["partition"] == partition
    assert said["lies"]["offset"] == offset
    assert own(said)["outcome"] == "pending"
    assert own(said)["register"] is None


def test_a_dead_letter_of_the_producer_is_found(life):
    life.post(b"[]", id="msg_raw")
    said = told(life, "msg_raw")
    assert said["state"] == "dead_lettered" and not said["is_in_ledger"]
    assert said["lies"]["topic"] == life.dead_letter_topic
    assert said["error"] and said["entities"] == []


def test_an_unknown_id_says_where_it_was_looked_for(life):
    said = desk.refused(life, "explain", "msg_nobody")
    assert said.startswith(
        "clerkstream explain: msg_nobody is not in the ledger"
    )
    assert f"unread records of {life.events_topic}" in said
    assert f"records of {life.dead_letter_topic}" in said


def test_an_event_that_was_pruned_is_found_by_reading_all(life):
    row = life.ledger()["msg_late"]
    life.query("DELETE FROM webhook_events WHERE webhook_id = 'msg_late'")
    assert "--scan reads all" in desk.refused(life, "explain", "msg_late")
    said = told(life, "msg_late", "--scan")
    assert said["lies"]["offset"] == row["kafka_offset"]
    assert own(said)["outcome"] == "lost"


def test_a_record_that_the_brokers_have_no_more_is_told_by_the_ledger(life):
    life.query(
        """UPDATE webhook_events SET kafka_offset = 1000000
           WHERE webhook_id = 'msg_org'"""
    )
    said = told(life, "msg_org", "--payload")
    assert said["lies"]["is_there"] is False and said["signed_at"] is None
    assert own(said)["outcome"] == "holds"
    assert json.loads(said["payload"])["data"]["id"] == "org_1"


def test_people_read_it_line_by_line(life):
    lines = life.console("explain", "msg_late", "--scan").stdout.splitlines()
    assert lines[0] == "event        msg_late, user.updated of user_ada"
    assert any(line.strip() == "lost to msg_second by t" for line in lines)
    lines = life.console("explain", "msg_first").stdout.splitlines()
    assert any(
        line.strip() == "held when it came, since then lost to msg_second by t"
        for line in lines
    )


@pytest.mark.parametrize(
    "away",
    [
        {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"},
        {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
    ],
    ids=["database", "brokers"],
)
def test_what_is_away_is_one_line_in_time(life, away):
    begun = time.monotonic()
    said = desk.refused(
        life, "explain", "msg_first", "--timeout", "2", environment=away
    )
    assert time.monotonic() - begun < 12
    assert "PostgreSQL is away" in said or "no Kafka broker answers" in said


def test_an_id_may_look_like_a_flag(life):
    said = desk.refused(life, "explain", "--", "--help")
    assert "--help is not in the ledger" in said


@pytest.mark.parametrize("words", [(), ("",), ("a", "b"), ("a", "--json=1")])
def test_one_event_at_a_time(life, words):
    assert "allowed is" in desk.refused(life, "explain", *words, code=2)
