"""`clerkstream dlq list` and `show`: what waits for a person."""

import subprocess
import time

import pytest
from dead_letters import POISON, WATCHED, listed
from dead_letters import stuck as make_stuck
from desk import refused, told


@pytest.fixture(scope="module")
def stuck(module_deployment):
    return make_stuck(module_deployment)


def test_the_list_has_what_waits_and_the_newest_comes_first(stuck):
    rows = told(stuck, "dlq list")
    assert {row["id"] for row in rows} == {
        "msg_ban_1", "msg_ban_2", "msg_poison",
    }  # fmt: skip
    times = [row["failed_at"] for row in rows]
    assert times == sorted(times, reverse=True)
    ledger = stuck.ledger()
    for row in rows:
        kept = ledger[row["id"]]
        assert row["state"] == "waiting" and row["status"] == "failed"
        assert row["type"] == "user.updated"
        assert row["attempts"] == 1 and row["redrives"] == 0
        assert row["origin_topic"] == stuck.events_topic
        assert row["origin_partition"] == kept["kafka_partition"]
        assert row["origin_offset"] == kept["kafka_offset"]
        assert row["marked_at"] is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--id", "msg_ban_1"], "1"),
        (["--entity", "user_banned"], "12"),
        (["--type", "user.*"], "12n"),
        (["--type", "user.created"], ""),
        (["--error", "22023"], "12"),
        (["--error", "MALFORMED"], "n"),
        (["--status", "failed"], "12n"),
        (["--status", "completed"], ""),
        (["--from", "2026-01-01T00:00:00Z", "--limit", "5"], "12n"),
        (["--to", "2026-01-01T00:00:00Z"], ""),
        (["--limit", "1"], None),
    ],
)
def test_filters(stuck, words, expected):
    found = {id[-1] for id in listed(stuck, *words)}
    if expected is None:
        assert len(found) == 1
    else:
        assert found == set(expected)


def test_nothing_personal_is_shown_unless_asked_for(stuck):
    for words in (["list"], ["show", "msg_ban_1"]):
        plain = stuck.console("dlq", *words)
        assert "22023" in plain.stdout
        assert "ada@example.com" not in plain.stdout + plain.stderr
        told_json = stuck.console("dlq", *words, "--json").stdout
        assert "ada@example.com" not in told_json
        assert WATCHED in stuck.console("dlq", *words, "--payload").stdout


def test_show_has_all_that_is_known(stuck):
    said = told(stuck, "dlq show", "msg_poison")
    (letter,) = (
        m for m in stuck.dead_letters() if dict(m.headers())["svix-id"]
        == b"msg_poison"
    )  # fmt: skip
    assert said["dead_letter"] == {
        "topic": stuck.dead_letter_topic,
        "partition": letter.partition(),
        "offset": letter.offset(),
    }
    assert said["state"] == "waiting" and said["status"] == "failed"
    assert said["stage"] == "VALUE_CONVERTER"
    assert said["class"] == "clerkstream.MalformedEvent"
    assert said["mark"] is None and "payload" not in said
    assert said["bytes"] == len(letter.value())
    assert [h["name"] for h in said["headers"]] == [
        name for name, _ in letter.headers()
    ]
    by_place = f"{letter.partition()}:{letter.offset()}"
    assert told(stuck, "dlq show", by_place) == said
    whole = told(stuck, "dlq show", "msg_poison", "--payload")
    assert whole["payload"].encode() == letter.value()


def test_show_hides_headers_that_it_does_not_know(deployment):
    record = deployment.record(*POISON)
    record["headers"].append(("x-user-email", "ada@example.com"))
    deployment.kafka.produce(deployment.dead_letter_topic, [record])
    assert "ada@" not in deployment.console("dlq", "show", "msg_poison").stdout
    whole = deployment.console("dlq", "show", "msg_poison", "--payload")
    assert "ada@example.com" in whole.stdout


@pytest.mark.parametrize(
    "words",
    [["show"], ["redrive"], ["discard", "--reason", "x"]],
)
def test_an_unknown_id_and_where_it_was_looked_for(stuck, words):
    for name in ("msg_nobody", "7:4711"):
        error = refused(stuck, "dlq", *words, name)
        assert f"no dead letter {name} on {stuck.dead_letter_topic}" in error
        assert "3 in 12 partitions" in error
    if words != ["show"]:
        assert "msg_x" in refused(stuck, "dlq", *words, "--id", "msg_x")


def test_another_client_lists_the_dead_letters(stuck):
    done = subprocess.run(
        ["kcat", "-C", "-e", "-q", "-b", stuck.kafka.bootstrap,
         "-t", stuck.dead_letter_topic, "-f", "%k %h\\n"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    for line in lines:
        key, headers = line.split(" ", 1)
        assert key in ("user_banned", "user_bob")
        assert f"__connect.errors.topic={stuck.events_topic}" in headers
        assert "clerkstream-reason=" in headers
        assert "clerkstream-redrives=0" in headers


# Bad input.


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--from", "2026-01-31"],
        ["list", "--status", "broken"],
        ["redrive", "--rate", "-1"],
        ["redrive", "--timeout", "0"],
        ["discard", "msg_x"],
        ["show"],
        ["shout"],
        [],
    ],
)
def test_nonsense_is_refused_before_anything_is_asked(module_deployment, words):
    error = refused(
        module_deployment, "dlq", *words, code=2,
        environment={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
    )  # fmt: skip
    assert "allowed is" in error


COMMANDS = [
    ["list"], ["show", "msg_x"], ["redrive", "--yes"],
    ["discard", "--yes", "--reason", "x"],
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS)
def test_a_topic_that_does_not_exist(module_deployment, words):
    error = refused(
        module_deployment, "dlq", *words, code=2,
        environment={"DEAD_LETTER_TOPIC": "nowhere"},
    )  # fmt: skip
    assert "DEAD_LETTER_TOPIC" in error and "nowhere" in error


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize(
    "away",
    [
        {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
        {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"},
    ],
)
def test_a_system_that_is_away(module_deployment, words, away):
    begun = time.monotonic()
    refused(
        module_deployment, "dlq", *words, "--timeout", "2", environment=away
    )  # fmt: skip
    assert time.monotonic() - begun < 10


def test_all_at_once_must_be_meant(stuck):
    for words in (["redrive"], ["discard", "--reason", "x"]):
        assert "--yes" in refused(stuck, "dlq", *words, code=2)
    assert len(listed(stuck)) == 3
