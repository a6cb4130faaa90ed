"""`clerkstream replay`: offsets set back, or some records once more."""

import json
import re
import time
from datetime import datetime, timedelta, timezone

import pytest
from desk import refused, told, validate
from differences import assert_equal
from histories import history
from small_events import membership, organization, user, user_deleted
from waiting import wait_until

import model

EVENTS = [
    ("msg_ada_1", user("user_ada", at=1, first_name="Ada")),
    ("msg_ada_2", user("user_ada", at=2, first_name="Ada L.")),
    ("msg_bob_1", user("user_bob", at=1)),
    ("msg_school", organization("org_school", at=1)),
    ("msg_join", membership("orgmem_1", "org_school", "user_ada", at=3)),
    ("msg_bob_2", user_deleted("user_bob", at=4)),
]
POISON = ("msg_poison", user("user_bob", at=9, created_at=10**18))


@pytest.fixture
def applied(deployment):
    """All of it applied; the consumer is still there."""
    consumer = deployment.consumer()
    deployment.publish(EVENTS)
    deployment.wait_for_ledger(len(EVENTS))
    deployment.wait_until_consumed()
    deployment.running = consumer
    return deployment


def stop(deployment):
    assert deployment.running.stop() == 0


def replays(deployment):
    return {id: row["replays"] for id, row in deployment.ledger().items()}


def offsets(deployment):
    found = deployment.kafka.committed(
        deployment.events_topic, deployment.group
    )
    return {partition: offset for partition, offset in found.items()}


# Offsets.


def test_to_earliest_replays_everything_and_changes_nothing(applied):
    stop(applied)
    before = applied.dump()
    said = told(applied, "replay", "--to-earliest")
    assert said["replayed"] == len(EVENTS) and said["skipped"] == 0
    assert len(said["partitions"]) == applied.partitions
    applied.consumer()
    applied.wait_until_consumed()
    wait_until(
        lambda: set(replays(applied).values()) == {1}, 20, "one replay each"
    )
    assert applied.dump() == before


def test_a_dry_run_says_it_and_changes_nothing(applied):
    before = offsets(applied)
    said = told(applied, "replay", "--to-earliest", "--dry-run")
    assert said["is_dry_run"] and said["replayed"] == len(EVENTS)
    assert said["members"] == 2
    assert offsets(applied) == before


def test_a_group_with_members_is_refused_and_they_are_named(applied):
    before = offsets(applied)
    for words in (["--to-earliest"], ["--rebuild", "--yes"]):
        done = applied.console("replay", *words, check=False)
        assert done.returncode == 1 and done.stdout == ""
        *members, last = done.stderr.splitlines()
        assert len(members) == 2
        for line in members:
            assert re.match(
                r"member \S+, client \S+, host \S*127\.0\.0\.1, \d+ part", line
            )
        assert f"the group {applied.group} has 2 members" in last
    assert offsets(applied) == before


def by_partition(said):
    return {row["partition"]: row for row in said["partitions"]}


def test_every_way_to_name_an_offset(deployment):
    publish_at(deployment, 0, ["msg_1", "msg_2", "msg_3"], age=7200)
    publish_at(deployment, 0, ["msg_4", "msg_5"], age=60)
    now = datetime.now(timezone.utc)
    half = (now - timedelta(hours=1)).isoformat(timespec="milliseconds")
    for words, to in (
        (["--to-latest"], 5),
        (["--to-earliest"], 0),
        (["--to-offset", "4"], 4),
        (["--shift-by", "-3"], 1),
        (["--shift-by", "1"], 2),
        (["--to-datetime", half], 3),
        (["--to-datetime", "2001-01-01T00:00:00Z"], 0),
        (["--to-datetime", "2101-01-01T00:00:00+02:00"], 5),
        (["--by-duration", "PT30M"], 3),
        (["--by-duration", "P1D"], 0),
        (["--by-duration", "PT1S"], 5),
    ):
        told(deployment, "replay", *words)
        assert offsets(deployment)[0] == to, words
        assert {offset for p, offset in offsets(deployment).items() if p} == {
            0
        }


def publish_at(deployment, partition, ids, age):
    """Records as old as that."""
    deployment.kafka.produce(
        deployment.events_topic,
        [
            {
                **deployment.record(id, user("user_x", at=1)),
                "partition": partition,
                "timestamp": int((time.time() - age) * 1000),
            }
            for id in ids
        ],
    )


def test_what_is_not_there_is_clamped_and_said_so(deployment):
    publish_at(deployment, 3, ["msg_1", "msg_2"], age=0)
    for words, to in (
        (["--to-offset", "9"], 2),
        (["--shift-by", "-9"], 0),
    ):
        row = by_partition(told(deployment, "replay", *words))[3]
        assert row["to"] == to and row["is_clamped"]
    done = deployment.console("replay", "--to-offset", "9", "--dry-run")
    assert "beyond what is there" in done.stdout


def test_one_partition_alone(deployment):
    publish_at(deployment, 3, ["msg_1", "msg_2"], age=0)
    publish_at(deployment, 4, ["msg_3"], age=0)
    said = told(deployment, "replay", "--to-latest", "--partition", "3")
    assert list(by_partition(said)) == [3]
    assert said["skipped"] == 2
    assert offsets(deployment) == {3: 2}
    error = refused(
        deployment, "replay", "--to-latest", "--partition", "12", code=2
    )
    assert 'given "12", allowed is 0 to 11' in error


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--to-earliest", "--to-latest"],
        ["--to-earliest", "--entity", "user_x"],
        ["--rebuild", "--shift-by", "1"],
        ["--to-earliest", "--dry-run", "--execute"],
        ["--entity", "user_x", "--partition", "1"],
        ["--to-datetime", "2026-01-01T00:00:00"],
        ["--from", "2026-01-01"],
        ["--by-duration", "P1M"],
        ["--by-duration=-PT1H"],
        ["--to-offset", "-1"],
        ["--entity", "user_x", "--rate", "-1"],
        ["--shift-by", "one"],
    ],
)
def test_nonsense_is_refused_before_anything_is_asked(deployment, words):
    environment = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    error = refused(
        deployment, "replay", *words, code=2, environment=environment
    )
    assert "allowed is" in error


def test_a_topic_that_does_not_exist(deployment):
    for words in (["--to-earliest"], ["--id", "msg_x"]):
        error = refused(
            deployment, "replay", *words, code=2,
            environment={"EVENTS_TOPIC": "nowhere"},
        )  # fmt: skip
        assert "EVENTS_TOPIC" in error and "nowhere" in error


@pytest.mark.parametrize("words", [["--to-earliest"], ["--id", "msg_x"]])
def test_brokers_that_are_away(deployment, words):
    begun = time.monotonic()
    error = refused(
        deployment, "replay", *words, "--timeout", "2",
        environment={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
    )  # fmt: skip
    assert "127.0.0.1:1" in error
    assert time.monotonic() - begun < 10


# Beside a running group.


def rows(said):
    return {row.pop("table"): row for row in said["rows"]}


def test_one_entity_beside_the_consumers(applied):
    applied.query(
        "UPDATE users SET first_name = 'damaged', email = 'x@example.com'"
    )
    applied.query("DELETE FROM workspaces")
    said = told(applied, "replay", "--entity", "user_ada")
    assert said["read"] == len(EVENTS) and said["matched"] == 2
    assert (said["completed"], said["superseded"]) == (1, 1)
    assert rows(said)["users"] == {
        "unchanged": 0, "added": 0, "changed": 1, "removed": 0,
    }  # fmt: skip
    assert said["changes"] == [
        {"table": "users", "id": "user_ada", "change": "changed"},
        {"table": "workspaces", "id": "user_ada", "change": "added"},
    ]
    found = {r["clerk_user_id"]: r for r in applied.tables()["users"]}
    assert found["user_ada"]["first_name"] == "Ada L."
    assert found["user_bob"]["first_name"] == "damaged"
    # Nothing was published, and only these were replayed.
    assert {id for id, n in replays(applied).items() if n} == {
        "msg_ada_1", "msg_ada_2",
    }  # fmt: skip
    assert len(applied.kafka.read(applied.events_topic)) == len(EVENTS)


def test_all_of_a_type_heals_everything_it_says(applied):
    applied.query("DELETE FROM organization_memberships")
    told(applied, "replay", "--type", "organizationMembership.*")
    assert_equal(model.tables(EVENTS), applied.tables())


def test_a_time_range(deployment):
    deployment.consumer()
    publish_at(deployment, 1, ["msg_old"], age=7200)
    publish_at(deployment, 1, ["msg_mid"], age=3600)
    publish_at(deployment, 1, ["msg_new"], age=0)
    deployment.wait_for_ledger(3)
    now = datetime.now(timezone.utc)
    said = told(
        deployment, "replay",
        "--from", (now - timedelta(minutes=90)).isoformat(),
        "--to", (now - timedelta(minutes=30)).isoformat(),
    )  # fmt: skip
    assert said["matched"] == 1
    assert replays(deployment) == {"msg_old": 0, "msg_mid": 1, "msg_new": 0}


def test_the_type_is_read_from_the_event_where_no_header_has_it(deployment):
    record = deployment.record("msg_1", user("user_x", at=1))
    record["headers"] = [
        (name, value) for name, value in record["headers"] if name != "ce_type"
    ]
    deployment.kafka.produce(deployment.events_topic, [record])
    said = told(deployment, "replay", "--type", "user.updated", "--dry-run")
    assert said["matched"] == 1 and said["completed"] == 0


def test_a_deletion_again_shows_what_it_removes(applied):
    applied.publish([("msg_gone", user_deleted("user_ada", at=5))])
    applied.wait_for_ledger(len(EVENTS) + 1)
    applied.query(
        """INSERT INTO organization_memberships (id, clerk_membership_id,
           organization_id, user_id, role)
           SELECT gen_random_uuid(), 'orgmem_x', o.id, u.id, 'STUDENT'
           FROM organizations o, users u
           WHERE clerk_user_id = 'user_ada'"""
    )
    said = told(applied, "replay", "--id", "msg_gone")
    assert {
        "table": "organization_memberships", "id": "orgmem_x",
        "change": "removed",
    } in said["changes"]  # fmt: skip


def test_an_unknown_id_and_where_it_was_looked_for(applied):
    error = refused(applied, "replay", "--id", "msg_nobody")
    assert "no record of msg_nobody" in error
    assert applied.events_topic in error and "12 partitions" in error


def test_what_cannot_be_applied_is_told_and_the_rest_applied(applied):
    applied.publish([POISON])
    applied.wait_for_ledger(len(EVENTS) + 1)
    done = applied.console(
        "replay", "--entity", "user_bob", "--json", check=False
    )
    assert done.returncode == 1
    assert "1 of 3 were not applied" in done.stderr
    said = told_anyway(done)
    assert said["completed"] == 2 and said["refused"] == 1
    (left,) = said["not_applied"]
    assert left["id"] == "msg_poison" and "malformed" in left["reason"]
    # Neither another dead letter nor another verdict on the user.
    assert len(applied.dead_letters()) == 1
    row = applied.query("SELECT * FROM users WHERE clerk_user_id = 'user_bob'")
    assert row[0]["sync_status"] == "failed"


def told_anyway(done):
    said = json.loads(done.stdout)
    validate(said, "replay")
    return said


def test_what_the_consumer_has_not_read_is_left_to_it(deployment):
    deployment.publish([EVENTS[0], POISON])
    done = deployment.console(
        "replay", "--type", "user.*", "--json", check=False
    )
    assert done.returncode == 1
    assert told_anyway(done)["completed"] == 1
    assert deployment.ledger().keys() == {"msg_ada_1"}
    assert deployment.dead_letters() == []
    deployment.consumer()
    deployment.wait_for_ledger(2)
    assert deployment.ledger()["msg_poison"]["status"] == "failed"
    assert len(deployment.dead_letters()) == 1


SECRET_NAME = "Ada Secret"


def test_a_row_that_refuses_shows_no_personal_data(applied):
    stop(applied)
    applied.query(
        f"""ALTER TABLE users ADD CONSTRAINT no_ada
            CHECK (first_name <> '{SECRET_NAME}') NOT VALID"""
    )
    applied.publish([
        ("msg_ada_3", user("user_ada", at=5, first_name=SECRET_NAME))
    ])  # fmt: skip
    words = ["replay", "--entity", "user_ada"]
    done = applied.console(*words, check=False)
    assert done.returncode == 1
    assert "23514 (check violation), constraint no_ada" in done.stdout
    assert SECRET_NAME not in done.stdout + done.stderr
    assert "2 completed" not in done.stdout  # the first was superseded


def test_a_rate_is_kept(deployment):
    deployment.publish([
        (f"msg_{n}", user(f"user_{n}", at=1)) for n in range(40)
    ])  # fmt: skip
    begun = time.monotonic()
    told(deployment, "replay", "--type", "user.*", "--rate", "20")
    assert time.monotonic() - begun > 1.9
    assert len(deployment.ledger()) == 40


def test_the_events_of_a_whole_history(deployment):
    """By the console alone: the same tables as the consumers would make."""
    events = history(7, "rsx")
    deployment.publish(events)
    told(deployment, "replay", "--from", "2001-01-01T00:00:00Z")
    assert_equal(model.tables(events), deployment.tables())
