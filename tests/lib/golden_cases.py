"""golden_cases - cases written by hand: these events in any order, those rows.

A case is a directory of tests/golden:

    about.txt      one sentence
    events.json    [{"id": svix id, "event": {...}}, ...]; "snapshot" in place
                   of "event" for what a backfill found
    expected.json  {table: [row, ...]} with the columns the case is about

A table that is named has exactly these rows of the case's entities, no
more; a table that is not named is not looked at. All rows of a table have
the same columns. Times are RFC 3339 in UTC. Cases share no id and no slug,
so that all of them can lie in one database.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import model

CASES = Path(__file__).parents[1] / "golden"
ID_PREFIXES = ("user_", "org_", "orgmem_")


class Case(NamedTuple):
    name: str
    about: str
    events: list  # of (svix id, event)
    expected: dict  # table -> rows


def names():
    return sorted(path.parent.name for path in CASES.glob("*/events.json"))


def load(name):
    directory = CASES / name
    return Case(
        name=name,
        about=(directory / "about.txt").read_text(encoding="utf-8"),
        events=[
            (told["id"], event_of(told))
            for told in read_json(directory / "events.json")
        ],
        expected=read_json(directory / "expected.json"),
    )


def event_of(told):
    if "snapshot" in told:
        return model.Snapshot(told["snapshot"])
    return told["event"]


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def clerk_ids(value):
    """Every id of a user, organization or membership anywhere in a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return set().union(*map(clerk_ids, value))
    is_id = isinstance(value, str) and value.startswith(ID_PREFIXES)
    return {value} if is_id else set()


def row_ids(events):
    """Ids of all rows that events which mention these ids could write."""
    ids = clerk_ids(events)
    ids |= {f"workspace:{id_}" for id_ in ids}
    return set(map(model.row_id, ids))


def seen(case, tables):
    """What of the tables the case speaks about, in the form of `expected`."""
    ids = row_ids(case.events)
    return {
        table: [
            {column: spelled(row[column]) for column in columns(case, table)}
            for row in tables[table]
            if row["id"] in ids
        ]
        for table in case.expected
    }


def columns(case, table):
    rows = case.expected[table]
    return list(rows[0]) if rows else [model.TABLES[table]]


def spelled(value):
    """A value of a row as expected.json spells it."""
    if isinstance(value, datetime):
        precision = "milliseconds" if value.microsecond else "seconds"
        return value.isoformat(timespec=precision).replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value


def by_content(rows):
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def assert_holds(case, tables):
    found = seen(case, tables)
    for table, expected in case.expected.items():
        assert by_content(found[table]) == by_content(expected), (
            f"{case.name}, {table}: {case.about}"
        )
