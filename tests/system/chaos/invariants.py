"""invariants - what must be so whenever all is well again.

    check(world, sent_ids)
    glimpse = look(world.first)     # at any moment, while faults are done
    assert_agrees(glimpse)

The log is read from its first record, both deployments from their tables.
What is expected of them follows from the log and from the answers that the
senders got, and from nothing that our programs say of themselves.
"""

import json
from collections import defaultdict
from contextlib import closing
from typing import NamedTuple

import model
import psycopg
from chaos.refusals import users_of
from chaos.world import EVENTS
from deployment import NOT_COMPARED, without
from differences import assert_equal
from model import TABLES
from psycopg.rows import dict_row
from stream import coordinates
from webhook import SECRET, sign

HOPELESS = ("msg_poison_", "msg_refused_")
APPLIED = {"completed", "ignored", "superseded"}
TRIES = 6  # of an event that is refused by something that may pass


class Found(NamedTuple):
    """What a check has seen, for the figures."""

    records: int
    ids: int
    replays: int
    duplicates: int
    dead_letters: int
    dead_letter_copies: int
    given_up: int  # after all retries


def check(world, sent):
    """sent: ids of the loads that `clerkstream send` saw accepted."""
    log = world.kafka.read(EVENTS)
    places = defaultdict(set)
    for record in log:
        places[id_of(record)].add((record.partition(), record.offset()))
    assert_signed(log)
    assert_answers_were_right(world.letters)
    assert_accepted_is_on_the_log(world.letters, sent, places)
    hopeless = {id for id in places if id.startswith(HOPELESS)}
    events = {
        id_of(record): json.loads(record.value())
        for record in log if id_of(record) not in hopeless
    }  # fmt: skip
    found, given_up = [], 0
    for deployment in world.deployments:
        ledger = ledger_of(deployment)
        late = refused_for_long(world, deployment, ledger, events)
        failed = hopeless | (late - applied_once(ledger))
        assert_ledger(ledger, places, failed, deployment.name)
        letters = world.kafka.read(deployment.dead_letter_topic)
        garbage = ids_of_garbage(world, deployment)
        assert_dead_letters(
            letters, hopeless | late, garbage, places, deployment.name
        )
        assert_tables(deployment, events, late, ledger)
        found.append((ledger, letters))
        given_up += len(late)
    return summed(log, places, found, given_up)


def refused_for_long(world, deployment, ledger, events):
    """Ids that are dead letters by right: nothing but time could help."""
    if deployment is not world.first:
        return set()
    late = {
        id for id in events
        if ledger.get(id, {}).get("dead_letter")
        and any(u[-1:] in world.refused_for_long for u in users_of(events[id]))
    }  # fmt: skip
    for id in late - applied_once(ledger):
        assert ledger[id]["attempts"] >= TRIES, f"given up soon: {ledger[id]}"
    return late


def applied_once(ledger):
    """A replay of them may be on the dead-letter topic nevertheless, which
    the ledger tells beside the status that it leaves."""
    return {id for id in ledger if ledger[id]["processed_at"]}


def assert_tables(deployment, events, late, ledger):
    """late: of these nothing is told but that it failed."""
    unknown = late - applied_once(ledger)
    applied = {id: events[id] for id in events if id not in unknown}
    expected = model.tables(applied.items())
    actual = tables_of(deployment.query)
    marked = {user for id in late for user in users_of(events[id])}
    for row in [*expected["users"], *actual["users"]]:
        if row["clerk_user_id"] in marked:
            row["sync_status"] = "failed"
    hint = f"(deployment {deployment.name})"
    assert_equal(expected, actual, applied.items(), hint)


def id_of(record):
    return header(record, "svix-id")


def header(record, name):
    values = [v for key, v in record.headers() or [] if key == name]
    assert len(values) == 1, f"{name}: {values} at {record.offset()}"
    return values[0].decode()


def assert_signed(records):
    for record in records:
        id, timestamp = header(record, "svix-id"), header(
            record, "svix-timestamp")  # fmt: skip
        expected = sign(SECRET, id, timestamp, record.value() or b"")
        given = header(record, "svix-signature").split()
        assert expected in given, f"{id} is on a topic and not signed"


def assert_answers_were_right(letters):
    wrong = letters.wrong_answers()
    assert not wrong, f"{len(wrong)} wrong answers, as {wrong[0]}"


def assert_accepted_is_on_the_log(letters, sent, places):
    lost = (letters.accepted.keys() | sent) - places.keys()
    assert not lost, "answered 200 and not on the log: " + ", ".join(
        f"{id} at {letters.accepted.get(id)}, where now is"
        f" {ids_at(places, letters.accepted.get(id))}" for id in sorted(lost)
    )  # fmt: skip
    strange = places.keys() & (letters.never_honest | letters.ids("ignored"))
    assert not strange, f"refused or ignored, and on the log: {strange}"
    for id, told in letters.accepted.items():
        wrong = {
            (partition, offset) for partition, offset in told
            if offset is not None and (partition, offset) not in places[id]
        }  # fmt: skip
        assert not wrong, f"{id} was told {wrong} and lies at {places[id]}"


def ids_at(places, told):
    return [id for id, found in places.items() if found & (told or set())]


# What a deployment has.


def ledger_of(deployment):
    rows = deployment.query(
        "SELECT webhook_id, status, attempts, last_error, kafka_topic,"
        " kafka_partition, kafka_offset, duplicates, duplicate_offsets,"
        " replays, processed_at, dead_letter FROM webhook_events"
    )
    return {row["webhook_id"]: row for row in rows}


def tables_of(ask):
    """ask: a function from a statement to its rows."""
    return {
        table: [
            without(row, NOT_COMPARED.get(table, ()))
            for row in ask(f"SELECT * FROM {table}")
        ]
        for table in TABLES
    }


def look(deployment):
    """(events that the ledger calls applied, tables), of one moment."""
    session = psycopg.connect(
        deployment.database_url, row_factory=dict_row, connect_timeout=2
    )
    with closing(session):
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        rows = session.execute(
            "SELECT webhook_id, payload FROM webhook_events"
            " WHERE processed_at IS NOT NULL"
        ).fetchall()
        return (
            [(row["webhook_id"], row["payload"]) for row in rows],
            tables_of(lambda statement: session.execute(statement).fetchall()),
        )


def assert_agrees(glimpse):
    """Nobody ever sees the half of a batch, nor do crashes leave one."""
    events, tables = glimpse
    hint = "in the middle, of what the ledger calls applied"
    assert_equal(model.tables(events), tables, events, hint)


def assert_ledger(ledger, places, failed, hint):
    missing = places.keys() - ledger.keys()
    assert not missing, f"on the log, not in the ledger {hint}: {missing}"
    extra = ledger.keys() - places.keys()
    assert not extra, f"in the ledger, not on the log {hint}: {extra}"
    for id, row in ledger.items():
        expected = {f"{EVENTS}:{p}:{offset}" for p, offset in places[id]}
        assert coordinates(row) == expected, (hint, row, expected)
        assert row["duplicates"] == len(expected) - 1, (hint, row, expected)
        statuses = {"failed"} if id in failed else APPLIED
        assert row["status"] in statuses, (hint, row)


def ids_of_garbage(world, deployment):
    """What the producer itself must have laid on that topic, at least."""
    if deployment is not world.first:
        return set()
    return world.letters.ids("dead_lettered")


def assert_dead_letters(records, dead, garbage, places, hint):
    ids = {id_of(record) for record in records}
    made = {id for id in ids if id.startswith("msg_garbage_")}
    missing = (dead | garbage) - ids
    assert not missing, f"not on the dead-letter topic {hint}: {missing}"
    extra = ids - dead - made
    assert not extra, f"on the dead-letter topic {hint}: {why(records, extra)}"
    assert_signed(records)
    for record in records:
        if id_of(record) in dead:
            first = tuple(
                int(header(record, f"__connect.errors.{part}"))
                for part in ("partition", "offset")
            )
            assert first in places[id_of(record)], (hint, record.headers())


def why(records, ids):
    return {
        id_of(record): header(record, "clerkstream-reason")
        for record in records if id_of(record) in ids
    }  # fmt: skip


def summed(log, places, found, given_up):
    rows = [row for ledger, _ in found for row in ledger.values()]
    letters = sum(len(records) for _, records in found)
    return Found(
        records=len(log), ids=len(places),
        replays=sum(row["replays"] for row in rows),
        duplicates=sum(row["duplicates"] for row in rows),
        dead_letters=letters,
        dead_letter_copies=letters - sum(
            len({id_of(record) for record in records})
            for _, records in found),
        given_up=given_up,
    )  # fmt: skip
