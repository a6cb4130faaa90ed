"""differences - two sets of tables held against each other, for a reader.

    assert not (found := differences(expected, actual, events)), report(found)

Both are what model.tables() returns. A difference names the row, what was
expected and found there, and the events that speak of it.
"""

import json

import golden_cases
from model import TABLES, Facts


def differences(expected, actual):
    """[(table, key, expected row or None, actual row or None), ...]"""
    return [
        (table, key, wanted, found)
        for table in TABLES
        for key, wanted, found in pairs(expected[table], actual[table], table)
        if wanted != found
    ]


def pairs(expected, actual, table):
    key = TABLES[table]
    wanted = {row[key]: row for row in expected}
    found = {row[key]: row for row in actual}
    assert len(found) == len(actual), f"{table} has a row twice"
    for name in sorted(set(wanted) | set(found)):
        yield name, wanted.get(name), found.get(name)


def assert_equal(expected, actual, events=(), hint=""):
    """Fails with the first few differences, spelled out."""
    found = differences(expected, actual)
    if found:
        told = "\n".join(describe(*one, events) for one in found[:3])
        raise AssertionError(f"{len(found)} rows differ. {hint}\n{told}")


def describe(table, key, wanted, found, events):
    lines = [f"\n{table} {key}"]
    if wanted is None or found is None:
        lines.append("  no such row expected" if found else "  row missing")
    else:
        lines += [
            f"  {column}: expected {told(wanted, column)},"
            f" found {told(found, column)}"
            for column in sorted({*wanted, *found})
            if told(wanted, column) != told(found, column)
        ]
    lines += [
        f"  {svix_id} {json.dumps(event, ensure_ascii=False)}"
        for svix_id, event in events
        if key in spoken_of(svix_id, event)
    ]
    return "\n".join(lines)


def spoken_of(svix_id, event):
    """Clerk's ids of the entities of which this event tells something."""
    facts = Facts([(svix_id, event)])
    return {
        *facts.users,
        *facts.user_deletions,
        *facts.organizations,
        *facts.deleted_organizations,
        *facts.memberships,
        *facts.deleted_memberships,
    }


def told(row, column):
    missing = "no such column"
    return repr(golden_cases.spelled(row[column])) if column in row else missing
