"""Records that can never be applied, in the middle of good ones.

Each gets its verdict: it lies on the dead-letter topic as it came, with the
reason beside it, and in the ledger. All others are applied.
"""

import json
import re
from datetime import datetime, timezone
from typing import NamedTuple

import pytest

import model
from differences import assert_equal
from histories import history
from small_events import membership, moment, organization, user
from stream import Stream

MEBIBYTE = 1024 * 1024
DATABASE_SAYS_NO = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.{column} LIKE 'refuse %' THEN
            RAISE 'not this one: %', split_part(NEW.{column}, ' ', 3)
                USING ERRCODE = split_part(NEW.{column}, ' ', 2);
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse()
"""


class Bad(NamedTuple):
    value: bytes | None
    reason: str  # a regular expression
    id: str | None = "given"  # None: there are no headers at all
    headers: tuple = (("x-trace", b"\x00\xff"), ("empty", b""), ("null", None))
    sql: bool = False  # the database refuses it, not the reading


def event(type_, data, **envelope):
    return told({"type": type_, "data": data, **envelope})


def told(value):
    return json.dumps(value).encode()


def user_bytes(inside):
    """A user.created with raw JSON among its fields."""
    return b'{"type":"user.created","data":{"id":"user_x",' + inside + b"}}"


def refused(sqlstate, words=""):
    value = told(user("user_x", first_name=f"refuse {sqlstate} {words}"))
    return Bad(value, sqlstate, sql=True)


OK = told(user("user_x"))
BAD = {
    # No event at all.
    "tombstone": Bad(None, "no value"),
    "tombstone without a key": Bad(None, "no value"),
    "empty": Bad(b"", "malformed"),
    "no JSON": Bad(b"<html>", "malformed"),
    "cut off": Bad(OK[:-1], "malformed"),
    "more behind it": Bad(OK + b"x", "malformed"),
    "two of them": Bad(OK + OK, "malformed"),
    "byte order mark": Bad(b"\xef\xbb\xbf" + OK, "malformed"),
    "UTF-16": Bad(OK.decode().encode("utf-16"), "malformed"),
    "invalid UTF-8": Bad(user_bytes(b'"first_name":"\xff\xfe"'), "malformed"),
    "overlong UTF-8": Bad(user_bytes(b'"first_name":"\xc0\x80"'), "malformed"),
    "surrogate in UTF-8": Bad(
        user_bytes(b'"last_name":"\xed\xa0\x80"'), "malformed"
    ),
    "NUL byte": Bad(user_bytes(b'"first_name":"\x00"'), "malformed"),
    "bare newline in a string": Bad(
        user_bytes(b'"first_name":"a\nb"'), "malformed"
    ),
    "deep nesting": Bad(b"[" * 100_000 + b"]" * 100_000, "malformed"),
    "deep objects": Bad(
        user_bytes(b'"x":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
        "malformed",
    ),
    "1 MB of nothing": Bad(b" " * (MEBIBYTE - 1000), "malformed"),
    "1 MB of brackets": Bad(b"[" * (MEBIBYTE - 1000), "malformed"),
    # JSON, but no event.
    "null": Bad(b"null", "object"),
    "number": Bad(b"17", "object"),
    "string": Bad(b'"user.created"', "object"),
    "array": Bad(b"[]", "object"),
    "array of events": Bad(b"[" + OK + b"]", "object"),
    "no type": Bad(told({"data": {"id": "user_x"}}), "type"),
    "type is a number": Bad(told({"type": 1, "data": {}}), "type"),
    "type is empty": Bad(told({"type": "", "data": {}}), "type"),
    "no data": Bad(told({"type": "user.created"}), "data"),
    "data is null": Bad(event("user.created", None), "data"),
    "data is an array": Bad(event("user.created", [{}]), "data"),
    # An event of nobody.
    "id is a number": Bad(event("user.created", {"id": 17}), "id"),
    "id is null": Bad(event("user.updated", {"id": None}), "id"),
    "id is empty": Bad(event("user.updated", {"id": ""}), "id"),
    "id is missing": Bad(event("user.deleted", {"deleted": True}), "id"),
    "id is an object": Bad(event("organization.created", {"id": {}}), "id"),
    "id of NUL": Bad(
        b'{"type":"user.created","data":{"id":"user_\\u0000"}}', "id"
    ),
    "id too long": Bad(event("user.created", {"id": "u" * 5000}), "id"),
    "organization without id": Bad(event("organization.deleted", {}), "id"),
    "membership without user": Bad(
        told(membership("orgmem_x", "org_x", None)), "user_id"
    ),
    "membership of a number": Bad(
        told(membership("orgmem_x", "org_x", 17)), "user_id"
    ),
    "membership without organization": Bad(
        told(membership("orgmem_x", None, "user_x")), "id"
    ),
    "deleted membership without user": Bad(
        told(membership("orgmem_x", "org_x", None, action="deleted")),
        "user_id",
    ),
    "membership without parents": Bad(
        event("organizationMembership.created", {"id": "orgmem_x"}), "id"
    ),
    # What no column can hold.
    "NUL escape": Bad(user_bytes(b'"first_name":"a\\u0000b"'), "NUL"),
    "NUL escape in metadata": Bad(
        user_bytes(b'"public_metadata":{"a":["\\u0000"]}'), "NUL"
    ),
    "half a surrogate": Bad(user_bytes(b'"last_name":"\\ud800"'), "surrogate"),
    "half a surrogate in a name": Bad(
        user_bytes(b'"public_metadata":{"\\udc00":1}'), "surrogate"
    ),
    "time beyond all": Bad(event("user.created", {
        "id": "user_x", "created_at": 10**18}), "created_at"),
    "time before all": Bad(event("user.created", {
        "id": "user_x", "updated_at": -(10**17)}), "updated_at"),
    "endless time": Bad(
        user_bytes(b'"created_at":1e400'), "created_at"
    ),
    "deletion beyond all": Bad(
        event("user.deleted", {"id": "user_x"}, timestamp=10**18), "timestamp"
    ),
    "membership beyond all": Bad(
        told(membership("orgmem_x", "org_x", "user_x", created_at=10**18)),
        "created_at",
    ),
    # What only the database refuses.
    "number too large for jsonb": Bad(
        user_bytes(b'"public_metadata":{"n":1e200000}'), "22003", sql=True
    ),
    "check": Bad(
        told(user("user_x", last_name="not this name")), "23514", sql=True
    ),
    "organization refused": Bad(
        told(organization("org_x", name="refuse 22001")), "22001", sql=True
    ),
    "membership refused": Bad(
        told(membership("orgmem_x", "org_x", "user_x", role="refuse 22P02")),
        "22P02", sql=True,
    ),
    "parent refused": Bad(
        told(membership("orgmem_x", "org_x", "user_x",
                        user={"first_name": "refuse 22012"})),
        "22012", sql=True,
    ),
    # The reason is cut off somewhere, but not inside a character.
    **{f"a long reason, {n}": refused("22023", n * "x" + 200 * "€")
       for n in range(3)},
    **{state: refused(state) for state in
       ("22000", "22007", "22021", "22P05", "23502", "23514")},
    # No id that can be one.
    "no headers": Bad(OK, "svix-id", id=None, headers=()),
    "empty id": Bad(OK, "svix-id", id="", headers=()),
    "id of bytes": Bad(
        OK, "svix-id", id=None, headers=(("svix-id", b"\xff\x00"),)
    ),
    "id without end": Bad(
        OK, "svix-id", id=None, headers=(("ce_id", b"x" * 5000),)
    ),
    "null as id": Bad(
        OK, "svix-id", id=None, headers=(("webhook-id", None),)
    ),
    "no id and no event": Bad(b"[]", "object", id=None, headers=()),
}  # fmt: skip
WITHOUT_ID = {name for name, bad in BAD.items() if not bad.id}
IDS = {name: f"msg_bad_{n}" for n, name in enumerate(BAD)}
KEYS = {"no JSON": b"\xff\x00\xfe", "array": None, "NUL byte": b"",
        "null": b"a\x00b", "number": "schlüssel".encode(),
        "tombstone without a key": None}  # fmt: skip


def record_of(name):
    bad = BAD[name]
    headers = list(bad.headers)
    if bad.id is not None:
        id = IDS[name] if bad.id else ""
        headers = [("svix-id", id.encode()), *headers]
    return {
        "value": bad.value,
        "key": KEYS.get(name, name.encode()),
        "headers": headers,
    }


class Scene:
    """All of them published, and everything that became of it."""

    def __init__(self, deployment):
        self.deployment = deployment
        refuse(deployment)
        self.places = self.publish()
        self.consumer = deployment.consumer(
            CONSUMER_WORKERS=1, CONSUMER_BATCH_MAX=40
        )
        deployment.wait_until_consumed(60)
        self.look()

    def publish(self):
        """The bad ones, with good ones before, between and behind them."""
        good = [e for seed in range(20) for e in history(seed, f"b{seed}x")]
        good.append(("msg_mebibyte", large_event()))
        deployment, places = self.deployment, {}
        topic, share = deployment.events_topic, len(good) // len(BAD) + 1
        for name in BAD:
            deployment.publish(good[:share])
            del good[:share]
            ((places[name]),) = deployment.kafka.produce(
                topic, [record_of(name)], message_max_bytes=2 * MEBIBYTE
            )
        deployment.publish(good)
        return places

    def look(self):
        self.ledger = self.deployment.ledger()
        self.dead_letters = self.deployment.dead_letters()
        self.by_place = {}
        for record in self.dead_letters:
            told = dict(record.headers())
            place = (int(told["__connect.errors.partition"]),
                     int(told["__connect.errors.offset"]))  # fmt: skip
            self.by_place.setdefault(place, []).append(record)

    def dead_letter(self, name):
        (record,) = self.by_place[self.places[name]]
        return record


def refuse(deployment):
    deployment.query(
        "ALTER TABLE users ADD CHECK (last_name <> 'not this name')"
    )
    for table, column in (("users", "first_name"), ("organizations", "name"),
                          ("organization_memberships", "clerk_role")):
        deployment.query(
            DATABASE_SAYS_NO.format(table=table, column=column)
            .replace("refuse()", f"refuse_{table}()")
        )  # fmt: skip


def large_event():
    """Good, and nearly as large as the topic allows."""
    much = {"text": "ü" * (MEBIBYTE // 8 - 2000)}  # \u00fc: six bytes each
    return user("user_large", public_metadata=much)


@pytest.fixture(scope="module")
def scene(module_deployment):
    return Scene(module_deployment)


def test_all_others_are_applied(scene):
    deployment = scene.deployment
    assert_equal(
        model.tables(deployment.posted), deployment.tables(),
        deployment.posted,
    )  # fmt: skip
    applied = {id: scene.ledger[id]["status"] for id, _ in deployment.posted}
    assert "failed" not in applied.values()
    assert scene.consumer.get("/readyz").status == 200


def test_nothing_else_is_dead_lettered(scene):
    assert scene.by_place.keys() == set(scene.places.values())
    assert len(scene.dead_letters) == len(BAD)


@pytest.mark.parametrize("name", BAD)
def test_a_dead_letter_is_the_record_as_it_came(scene, name):
    record, sent = scene.dead_letter(name), record_of(name)
    assert record.value() == sent["value"]
    assert record.key() == sent["key"]
    headers = record.headers()
    assert headers[: len(sent["headers"])] == sent["headers"]
    added = dict(headers[len(sent["headers"]) :])
    assert len(added) == 10
    partition, offset = scene.places[name]
    expected = {
        "__connect.errors.topic": scene.deployment.events_topic,
        "__connect.errors.partition": str(partition),
        "__connect.errors.offset": str(offset),
        "clerkstream-attempts": "1",
        "clerkstream-redrives": "0",
    }
    for header, value in expected.items():
        assert added[header].decode() == value
    reason = added["clerkstream-reason"].decode()
    assert re.search(BAD[name].reason, reason), reason
    assert added["__connect.errors.exception.message"].decode() == reason
    assert added["__connect.errors.exception.class.name"]
    assert added["__connect.errors.stage"] == (
        b"TASK_PUT" if BAD[name].sql else b"VALUE_CONVERTER"
    )
    assert added["clerkstream-failed-at"]


@pytest.mark.parametrize("name", BAD.keys() - WITHOUT_ID)
def test_the_ledger_tells_what_is_wrong_with_it(scene, name):
    row, sent = scene.ledger[IDS[name]], record_of(name)
    assert row["status"] == "failed"
    assert re.search(BAD[name].reason, row["last_error"])
    assert row["payload"] == as_json(sent["value"])
    assert row["entity_id"] == as_text(sent["key"])
    assert row["attempts"] == 1
    assert row["processed_at"] is None
    assert (row["kafka_partition"], row["kafka_offset"]) == scene.places[name]
    assert (row["duplicates"], row["replays"]) == (0, 0)


def as_json(value):
    """None where it is no JSON."""
    try:
        return json.loads(value.decode("utf-8")) if value else None
    except (ValueError, RecursionError):
        return None


def as_text(key):
    """None where no column could hold it."""
    try:
        text = key.decode() if key is not None else None
    except ValueError:
        return None
    return None if text is None or "\0" in text else text


def test_the_ledger_has_no_row_for_what_has_no_id(scene):
    known = {id for id, _ in scene.deployment.posted} | set(IDS.values())
    assert scene.ledger.keys() <= known
    assert not scene.ledger.keys() & {IDS[name] for name in WITHOUT_ID}


def test_they_are_counted(scene):
    assert scene.consumer.metric(
        "clerkstream_dead_letters_total") == len(BAD)  # fmt: skip
    assert scene.consumer.metric(
        "clerkstream_events_total", status="failed") == len(BAD)  # fmt: skip


def test_a_replay_dead_letters_nothing_twice(scene):
    deployment, before = scene.deployment, scene.ledger
    assert scene.consumer.stop() == 0
    deployment.kafka.set_offsets(deployment.events_topic, deployment.group)
    deployment.consumer(CONSUMER_WORKERS=1)
    deployment.wait_until_consumed(60)
    scene.look()
    for name in BAD.keys() - WITHOUT_ID:
        assert scene.dead_letter(name) is not None
    for row in (*before.values(), *scene.ledger.values()):
        row.pop("updated_at")
        row.pop("replays")
    assert scene.ledger == before


def test_headers_that_name_an_event(deployment):
    """Any of three headers does; the first that can be an id counts."""
    ways = {
        "svix": [("svix-id", b"svix"), ("webhook-id", b"no"), ("ce_id", b"no")],
        "webhook": [("webhook-id", b"webhook"), ("ce_id", b"no")],
        "ce": [("ce_id", b"ce")],
        "behind": [("svix-id", b"\xff"), ("ce_id", b"behind")],
    }
    deployment.kafka.produce(
        deployment.events_topic,
        [{"value": OK, "headers": headers} for headers in ways.values()],
    )
    deployment.consumer()
    deployment.wait_for_ledger(len(ways))
    assert deployment.ledger().keys() == ways.keys()


def test_a_record_that_was_compressed_may_be_large(deployment):
    """The dead-letter topic takes whatever the events topic takes."""
    huge = b"[" + b" " * (3 * MEBIBYTE)
    deployment.kafka.produce(
        deployment.events_topic,
        [{"value": huge, "key": b"k", "headers": [("svix-id", b"msg_huge")]}],
        message_max_bytes=4 * MEBIBYTE, compression_type="gzip",
    )  # fmt: skip
    deployment.publish([(f"msg_{n}", user(f"user_{n}")) for n in range(30)])
    consumer = deployment.consumer(CONSUMER_WORKERS=1)
    deployment.wait_for_ledger(31, 10)
    assert deployment.ledger()["msg_huge"]["status"] == "failed"
    (letter,) = deployment.dead_letters()
    assert letter.value() == huge
    assert consumer.get("/readyz").status == 200


def sync_of(deployment, user_id):
    (row,) = deployment.query(
        "SELECT * FROM users WHERE clerk_user_id = %s", user_id
    )
    return row["sync_status"], row["sync_error"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [(user("user_a", at=2, created_at=10**18), "created_at is beyond"),
     (user("user_a", at=2, last_name="not this name"), "23514"),
     (user("user_a", at=2, first_name="refuse 22001"), "22001")],
)  # fmt: skip
def test_a_user_is_failed_until_the_next_event_of_the_user(
    deployment, bad, reason
):
    refuse(deployment)
    deployment.consumer(CONSUMER_WORKERS=1)

    def after(id, event):
        deployment.publish([(id, event)])
        deployment.wait_for_ledger(len(deployment.posted))
        return sync_of(deployment, "user_a")

    assert after("msg_1", user("user_a", at=1)) == ("synced", None)
    before = deployment.tables()
    status, error = after("msg_2", bad)
    assert status == "failed" and re.search(reason, error)
    (row,) = deployment.tables()["users"]
    assert row == {**before["users"][0], "sync_status": "failed"}
    # Somebody else's event does not mend it, nor a membership of the user.
    status, _ = after("msg_3", user("user_b", at=3))
    assert status == "failed"
    status, error = after("msg_4", membership("orgmem_1", "org_a", "user_a"))
    assert status == "failed" and re.search(reason, error)
    assert after("msg_5", user("user_a", at=5)) == ("synced", None)
    del deployment.posted[1]
    assert deployment.tables() == model.tables(deployment.posted)


def test_a_user_who_is_not_known_yet_can_be_failed(deployment):
    deployment.consumer(CONSUMER_WORKERS=1)
    deployment.publish([("msg_1", user("user_a", at=1, created_at=10**18))])
    deployment.wait_for_ledger(1)
    deployment.publish([("msg_2", membership("orgmem_1", "org_a", "user_a"))])
    deployment.wait_for_ledger(2)
    status, error = sync_of(deployment, "user_a")
    assert status == "failed" and "created_at" in error
    deployment.publish([("msg_3", user("user_a", at=1))])
    deployment.wait_for_ledger(3)
    assert sync_of(deployment, "user_a") == ("synced", None)


def test_most_events_being_bad_is_our_fault_and_not_theirs(deployment):
    """At most 50 are dead-lettered; then a person is asked for."""
    stream = Stream(deployment, "guard")
    good = stream.publish(30)
    consumer = deployment.consumer(CONSUMER_WORKERS=1, CONSUMER_BATCH_MAX=20)
    stream.assert_applied()
    poison(deployment, 200)
    reason = consumer.wait_not_ready(20)["reason"]
    assert "dead-letter" in reason and "half" in reason
    assert consumer.get("/healthz").status == 200
    assert "more than half" in consumer.log
    letters = deployment.dead_letters()
    assert 0 < len(letters) <= 50
    failed = {id for id, row in deployment.ledger().items()
              if row["status"] == "failed"}  # fmt: skip
    assert len(failed) == len(letters)
    committed = sum(deployment.kafka.committed(
        deployment.events_topic, deployment.group
    ).values())  # fmt: skip
    assert committed <= len(good) + len(letters)
    # It stays so until somebody has looked.
    deployment.publish([("msg_late", user("user_late"))])
    with pytest.raises(AssertionError):
        deployment.wait_for_ledger(len(good) + len(letters) + 1, timeout=2)
    assert consumer.get("/readyz").status == 503
    assert consumer.stop() == 0
    assert len(deployment.dead_letters()) == len(letters)


def test_after_a_restart_it_carries_on(deployment):
    poison(deployment, 120)
    deployment.publish([("msg_good", user("user_a"))])
    expected = {f"msg_poison_{n}" for n in range(120)} | {"msg_good"}
    for round in range(4):
        consumer = deployment.consumer(wait=False, CONSUMER_WORKERS=1)
        done = min(121, 50 * (round + 1))
        deployment.wait_for_ledger(done)
        if done == 121:
            break
        consumer.wait_not_ready()
        assert consumer.stop() == 0
    assert deployment.ledger().keys() == expected
    assert len(deployment.dead_letters()) == 120
    assert deployment.tables() == model.tables(deployment.posted)


def poison(deployment, count):
    deployment.kafka.produce(
        deployment.events_topic,
        [{"value": b"poison", "key": b"%d" % n,
          "headers": [("svix-id", b"msg_poison_%d" % n)]}
         for n in range(count)],
    )  # fmt: skip
