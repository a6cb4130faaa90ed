"""The hand-written cases hold in the model, in every order."""

import random

import pytest

import golden_cases
import model

CASES = [golden_cases.load(name) for name in golden_cases.names()]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_the_model_leads_to_the_expected_rows(case):
    golden_cases.assert_holds(case, model.tables(case.events))


def test_all_cases_hold_in_one_database():
    together = sum((case.events for case in CASES), [])
    random.Random(1).shuffle(together)
    tables = model.tables(together)
    for case in CASES:
        golden_cases.assert_holds(case, tables)


@each_case
def test_a_case_says_what_it_is_about_in_one_sentence(case):
    assert case.about.count("\n") == 1
    assert case.about.endswith(".\n")


@each_case
def test_the_rows_of_a_case_all_show_the_same_columns(case):
    for rows in case.expected.values():
        assert all(list(row) == list(rows[0]) for row in rows)


def test_cases_share_no_id():
    owners = {}
    for case in CASES:
        ids = golden_cases.clerk_ids(case.events)
        for id_ in ids | {svix_id for svix_id, _ in case.events}:
            assert owners.setdefault(id_, case.name) == case.name


@each_case
def test_a_row_too_many_or_a_wrong_value_is_noticed(case):
    for table, rows in case.expected.items():
        tables = model.tables(case.events)
        spoil(tables[table], golden_cases.row_ids(case.events), rows)
        with pytest.raises(AssertionError):
            golden_cases.assert_holds(case, tables)


def spoil(rows, ids, expected):
    """Change a column that is looked at, or add a row where none may be."""
    if expected:
        ours = next(row for row in rows if row["id"] in ids)
        ours[list(expected[0])[-1]] = "spoiled"
    else:
        keys = dict.fromkeys(model.TABLES.values())
        rows.append({"id": min(ids), **keys})
