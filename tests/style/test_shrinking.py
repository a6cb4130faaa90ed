"""A history that goes wrong is told in as few events as there can be."""

import model
from histories import history
from shrinking import renamed, shrunk


def test_what_is_not_missed_is_left_out():
    wrong = shrunk(list(range(100)), lambda few: {3, 64} <= set(few), 60)
    assert wrong == [3, 64]


def test_where_all_are_needed_all_are_kept():
    assert shrunk([1, 2, 3], lambda few: len(few) == 3, 60) == [1, 2, 3]


def test_without_time_nothing_is_tried():
    assert shrunk([1, 2, 3], lambda few: True, 0) == [1, 2, 3]


def test_a_renamed_history_leads_to_the_same_tables_under_other_names():
    events = history(5, "h5x")
    other = renamed(events, "h5x", "h5x1y")
    assert [type(e) for _, e in other] == [type(e) for _, e in events]
    assert "h5x" not in str(renamed(events, "h5x", "q5y"))
    before, after = model.tables(events), model.tables(other)
    for table in ("organization_memberships", "users"):
        assert len(before[table]) == len(after[table])
