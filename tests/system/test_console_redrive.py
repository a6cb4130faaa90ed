"""`clerkstream dlq redrive` and `discard`: what a person does about it."""

import re

import pytest
from dead_letters import (
    BAN,
    GOOD,
    LIFT,
    REFUSED,
    WATCHED,
    discarded,
    listed,
    redriven,
    results,
    script,
)
from dead_letters import stuck as make_stuck
from desk import told
from differences import assert_equal
from small_events import user
from waiting import wait_until

import model


@pytest.fixture
def stuck(deployment):
    return make_stuck(deployment)


def test_what_was_refused_is_applied_when_the_cause_is_gone(stuck):
    script(stuck, LIFT)
    rows = redriven(stuck, "--entity", "user_banned")
    assert sorted(results(rows).values()) in (
        ["completed", "completed"], ["completed", "superseded"],
    )  # fmt: skip
    assert set(listed(stuck)) == {"msg_poison"}
    ledger = stuck.ledger()
    for id, _ in REFUSED:
        assert ledger[id]["status"] in ("completed", "superseded")
        assert ledger[id]["attempts"] == 2
        assert ledger[id]["replays"] == ledger[id]["duplicates"] == 0
        assert ledger[id]["last_error"] is None
    # As if it had never happened.
    stuck.running.stop()
    assert_equal(model.tables([*GOOD, *REFUSED]), stuck.tables())


def test_the_redriven_record_is_the_event_again(stuck):
    (before,) = (
        r for r in stuck.kafka.read(stuck.events_topic)
        if r.headers()[0][1] == b"msg_ban_1"
    )  # fmt: skip
    (row,) = redriven(stuck, "msg_ban_1", "--no-wait").values()
    (after,) = (
        r for r in stuck.kafka.read(stuck.events_topic)
        if (r.partition(), r.offset())
        == (row["redriven_partition"], row["redriven_offset"])
    )  # fmt: skip
    assert (after.key(), after.value()) == (before.key(), before.value())
    assert after.headers() == [
        *before.headers(),
        ("clerkstream-redrives", b"1"),
        (
            "clerkstream-origin",
            f"{stuck.events_topic}:{before.partition()}:{before.offset()}"
            .encode(),
        ),
    ]  # fmt: skip


def test_a_snapshot_stays_a_snapshot(deployment):
    """A webhook of the same moment still wins."""
    script(deployment, BAN)
    deployment.consumer()
    deployment.publish([
        ("msg_found", model.Snapshot(user("user_banned", at=1)))
    ])  # fmt: skip
    deployment.wait_for_ledger(1)
    script(deployment, LIFT)
    redriven(deployment, "msg_found")
    headers = dict(deployment.kafka.read(deployment.events_topic)[-1].headers())
    assert headers["clerkstream-rank"] == b"0"
    register = deployment.query(
        "SELECT rank FROM entity_versions WHERE id = 'user_banned'"
    )
    assert register[0]["rank"] == 0


def test_it_cannot_go_back_in_time(stuck):
    script(stuck, LIFT)
    stuck.publish([("msg_late", user("user_banned", at=7, first_name="New"))])
    stuck.wait_for_ledger(6)
    rows = redriven(stuck, "--entity", "user_banned")
    assert set(results(rows).values()) == {"superseded"}
    found = stuck.query(
        "SELECT first_name FROM users WHERE clerk_user_id = 'user_banned'"
    )
    assert found == [{"first_name": "New"}]


def test_what_fails_again_has_a_new_dead_letter_only(stuck):
    rows = redriven(stuck, "msg_ban_1", "--no-wait")
    assert results(rows) == {"msg_ban_1": "on_the_way"}
    wait_until(
        lambda: len(stuck.dead_letters()) == 4, 30, "another dead letter"
    )
    wait_until(
        lambda: listed(stuck)["msg_ban_1"]["redrives"] == 1,
        30, "the new letter to be listed",
    )  # fmt: skip
    every = [
        row for row in told(stuck, "dlq list", "--all")
        if row["id"] == "msg_ban_1"
    ]  # fmt: skip
    assert [(row["state"], row["redrives"]) for row in every] == [
        ("waiting", 1), ("replaced", 0),
    ]  # fmt: skip
    assert every[0]["origin_topic"] == stuck.events_topic
    rows = redriven(stuck, "msg_ban_1", code=1)
    assert results(rows) == {"msg_ban_1": "failed"}
    assert "22023" in rows["msg_ban_1"]["why"]
    assert WATCHED not in rows["msg_ban_1"]["why"]
    assert listed(stuck)["msg_ban_1"]["redrives"] == 2


def test_a_poison_record_comes_back_and_a_dry_run_knows(stuck):
    rows = redriven(stuck, "--dry-run")
    assert results(rows) == {
        "msg_ban_1": "would_redrive", "msg_ban_2": "would_redrive",
        "msg_poison": "would_fail",
    }  # fmt: skip
    assert "malformed" in rows["msg_poison"]["why"]
    assert len(stuck.kafka.read(stuck.events_topic)) == 5
    rows = redriven(stuck, "msg_poison", code=1)
    assert results(rows) == {"msg_poison": "failed"}
    assert "malformed" in rows["msg_poison"]["why"]


def test_the_producers_own_dead_letters(deployment):
    deployment.producer()
    deployment.consumer()
    answer = deployment.post(b"no JSON", id="msg_odd")
    assert answer.json["status"] == "dead_lettered"
    row = listed(deployment)["msg_odd"]
    assert row["status"] is None and row["type"] is None
    assert row["entity"] == "msg_odd" and row["attempts"] is None
    assert row["origin_topic"] == deployment.dead_letter_topic
    assert "JSON" in row["reason"]
    rows = redriven(deployment, "msg_odd", code=1)
    assert results(rows) == {"msg_odd": "failed"}
    again = listed(deployment)["msg_odd"]
    assert again["redrives"] == 1 and again["status"] == "failed"
    assert again["origin_topic"] == deployment.dead_letter_topic


def test_without_an_id_a_letter_is_known_by_its_place(deployment):
    deployment.consumer()
    deployment.kafka.produce(
        deployment.events_topic, [{"value": b"{}", "key": "nobody"}]
    )
    wait_until(deployment.dead_letters, 30, "the dead letter")
    (row,) = told(deployment, "dlq list")
    assert row["id"] is None and row["status"] is None
    rows = redriven(deployment, row["place"], code=1)
    assert results(rows) == {None: "failed"}
    wait_until(
        lambda: len(deployment.dead_letters()) == 2, 30, "another one"
    )
    (again,) = told(deployment, "dlq list")
    assert again["redrives"] == 1 and again["place"] != row["place"]
    discarded(deployment, again["place"], "--reason", "no id")
    assert told(deployment, "dlq list") == []


def test_without_consumers_they_are_on_the_way(stuck):
    stuck.running.stop()
    rows = redriven(stuck, "msg_ban_1", "--timeout", "2", code=1)
    assert results(rows) == {"msg_ban_1": "on_the_way"}
    assert listed(stuck)["msg_ban_1"]["state"] == "redriven"
    # Not published twice by accident, but on demand.
    rows = redriven(stuck, "msg_ban_1")
    assert results(rows) == {"msg_ban_1": "skipped"}
    assert "still on the way" in rows["msg_ban_1"]["why"]
    rows = redriven(stuck, "msg_ban_1", "--again", "--no-wait")
    assert results(rows) == {"msg_ban_1": "on_the_way"}
    assert len(stuck.kafka.read(stuck.events_topic)) == 7
    script(stuck, LIFT)
    stuck.consumer()
    wait_until(
        lambda: "msg_ban_1" not in listed(stuck), 30, "it to be applied"
    )
    rows = redriven(stuck, "msg_ban_1")
    assert results(rows) == {"msg_ban_1": "skipped"}
    assert rows["msg_ban_1"]["why"] == "its event is applied"


def test_the_operator_and_the_reason_are_kept(stuck):
    redriven(
        stuck, "msg_ban_1", "--no-wait", "--operator", "ada", "--reason", "why"
    )
    shown = told(stuck, "dlq list", "--all", "--id", "msg_ban_1")[-1]
    assert shown["marked_by"] == "ada" and shown["mark_reason"] == "why"
    redriven(stuck, "msg_ban_2", "--no-wait")
    (mark,) = stuck.query(
        "SELECT * FROM dead_letter_marks WHERE webhook_id = 'msg_ban_2'"
    )
    assert mark["operator"] not in ("", "ada")
    assert mark["action"] == "redriven"


def test_discarding_keeps_the_reason_and_the_letter(stuck):
    rows = discarded(
        stuck, "msg_poison", "--reason", "of a test", "--operator", "ada",
    )  # fmt: skip
    assert results(rows) == {"msg_poison": "discarded"}
    assert set(listed(stuck)) == {"msg_ban_1", "msg_ban_2"}
    assert not listed(stuck, "--id", "msg_poison")
    row = listed(stuck, "--all")["msg_poison"]
    assert row["state"] == "discarded"
    assert (row["marked_by"], row["mark_reason"]) == ("ada", "of a test")
    assert len(stuck.dead_letters()) == 3
    shown = stuck.console("dlq", "show", "msg_poison").stdout
    assert re.search(r"discarded +by ada at \S+: of a test", shown)
    # Only on demand it is taken back.
    rows = redriven(stuck, "msg_poison")
    assert results(rows) == {"msg_poison": "skipped"}
    assert rows["msg_poison"]["why"].startswith("discarded by ada at ")
    rows = redriven(stuck, "msg_poison", "--again", code=1)
    assert results(rows) == {"msg_poison": "failed"}


def test_a_dry_run_discards_nothing(stuck):
    rows = discarded(stuck, "--reason", "x", "--dry-run")
    assert set(results(rows).values()) == {"would_discard"}
    assert len(listed(stuck)) == 3


def test_discarding_some_by_their_error(stuck):
    discarded(stuck, "--error", "22023", "--reason", "banned")
    assert set(listed(stuck)) == {"msg_poison"}
