"""`clerkstream events`: the ledger, newest first, by any of the filters."""

import re

import pytest
from desk import refused, told
from small_events import event, membership, organization, user, user_deleted

WATCHED = "ada@example.com must not be shown"


@pytest.fixture(scope="module")
def life(module_deployment):
    """A consumer that has seen some of everything."""
    deployment = module_deployment
    deployment.consumer()
    deployment.query(
        f"""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN RAISE '{WATCHED}' USING ERRCODE = '22023'; END$$"""
    )
    deployment.query(
        """CREATE TRIGGER refuse BEFORE INSERT ON users FOR EACH ROW
           WHEN (new.clerk_user_id = 'user_banned')
           EXECUTE FUNCTION refuse()"""
    )
    for batch in (
        [("msg_a", user("user_ada", at=2))],
        [("msg_b", user("user_ada", at=1))],
        [("msg_c", organization("org_school", at=1))],
        [("msg_d", membership("orgmem_1", "org_school", "user_ada", at=3))],
        [("msg_e", event("session.created", {"user_id": "user_ada"}, 4))],
        [("msg_f", {"type": "user.created", "data": {"id": 7}})],
        [("msg_g", user("user_banned", at=5, action="created"))],
        [("msg_a", user("user_ada", at=2))],
        [("msg_h", user_deleted("user_bob", at=6))],
    ):
        deployment.publish(batch)
        deployment.wait_until_consumed()
    deployment.wait_for_ledger(8)
    return deployment


def ids(rows):
    return [row["id"][4:] for row in rows]


def events(life, *words):
    return told(life, "events", *words)


def test_the_newest_come_first_with_all_that_the_ledger_says(life):
    rows = events(life)
    assert ids(rows) == list("hgfedcba")
    assert {row["id"]: row["status"] for row in rows} == {
        "msg_a": "completed", "msg_b": "superseded", "msg_c": "completed",
        "msg_d": "completed", "msg_e": "ignored", "msg_f": "failed",
        "msg_g": "failed", "msg_h": "completed",
    }  # fmt: skip
    first = rows[-1]
    assert first["type"] == "user.updated"
    assert first["entity"] == "user_ada"
    assert first["duplicates"] == 1 and first["replays"] == 0
    assert first["topic"] == life.events_topic
    kept = life.ledger()["msg_a"]
    assert first["offset"] == kept["kafka_offset"]
    assert first["took_ms"] == pytest.approx(
        (kept["processed_at"] - kept["created_at"]).total_seconds() * 1000,
        abs=1,
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--id", "msg_c"], "c"),
        (["--id", "msg_c", "--status", "failed"], ""),
        (["--type", "user.updated"], "ba"),
        (["--type", "user.*"], "hgfba"),
        (["--entity", "org_school"], "dc"),
        (["--status", "failed"], "gf"),
        (["--status=superseded"], "b"),
        (["--error", "MALFORMED"], "f"),
        (["--error", "22023"], "g"),
        (["--status", "failed", "--entity", "user_banned"], "g"),
        (["--limit", "3"], "hgf"),
        (["--limit", "3", "--before", "msg_f"], "edc"),
        (["--before", "msg_a"], ""),
        (["--type", "user.*", "--limit", "2", "--before", "msg_g"], "fb"),
    ],
)
def test_filters_and_pages(life, words, expected):
    assert ids(events(life, *words)) == list(expected)


def test_a_time_range_has_its_begin_and_not_its_end(life):
    times = {row["id"]: row["created_at"] for row in events(life)}
    assert len(set(times.values())) == len(times)
    found = events(life, "--from", times["msg_c"], "--to", times["msg_e"])
    assert ids(found) == ["d", "c"]
    zoned = times["msg_f"].replace("Z", "+00:00")
    assert ids(events(life, "--from", zoned)) == ["h", "g", "f"]
    assert events(life, "--to", "2001-01-01T00:00:00Z") == []


def test_pages_cover_old_and_new_without_a_gap(life):
    """Windows of time widen behind events of weeks and years ago."""
    life.query(
        """INSERT INTO webhook_events (webhook_id, event_type, entity_id,
               status, kafka_topic, kafka_partition, kafka_offset, created_at,
               processed_at, updated_at)
           SELECT 'msg_old_' || n, 'old.event', 'old', 'ignored', 't', 0, n,
               now() - make_interval(secs => 1.7 ^ n), now(), now()
           FROM generate_series(1, 40) n"""
    )
    try:
        read, page = [], []
        while not read or page:
            cursor = ["--before", read[-1]["id"]] if read else []
            page = events(life, "--limit", "7", *cursor)
            read += page
        assert len(read) == 48 == len({row["id"] for row in read})
        times = [row["created_at"] for row in read]
        assert times == sorted(times, reverse=True)
        assert len(events(life, "--limit", "40", "--entity", "old")) == 40
    finally:
        life.query("DELETE FROM webhook_events WHERE entity_id = 'old'")


def test_people_get_a_table_with_one_line_each(life):
    lines = life.console("events", "--limit", "4").stdout.splitlines()
    assert re.split(" {2,}", lines[0])[:3] == ["TAKEN", "STATUS", "TYPE"]
    assert len(lines) == 5
    assert re.search(r"failed +user.created +user_banned +msg_g ", lines[2])
    assert "\033" not in "".join(lines)


def test_what_the_database_quotes_is_shown_only_when_asked_for(life):
    assert WATCHED in life.ledger()["msg_g"]["last_error"]
    shown = life.console("events", "--id", "msg_g").stdout
    assert "PostgreSQL: SQLSTATE 22023" in shown
    assert "ada@example.com" not in shown
    assert WATCHED in life.console("events", "--payload").stdout


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--from", "2026-01-31T08:00:00"], "--from: given"),
        (["--to", "yesterday"], "RFC 3339 with a zone"),
        (["--status", "done"], "allowed is completed, ignored, superseded"),
        (["--limit", "0"], "--limit: given"),
        (["msg_1"], 'given argument "msg_1"'),
        (["--entity="], "--entity: given"),
    ],
)
def test_wrong_words_are_answered_with_what_is_allowed(life, words, line):
    assert line in refused(life, "events", *words, code=2)


def test_an_unknown_id_is_told_and_an_empty_page_too(life):
    assert "no event msg_z in the ledger" in refused(
        life, "events", "--id", "msg_z"
    )
    said = life.console("events", "--entity", "user_nobody").stdout
    assert said == "no such events\n"


def test_a_page_after_an_event_that_is_not_there_is_refused(life):
    assert "no event msg_z" in refused(life, "events", "--before", "msg_z")
