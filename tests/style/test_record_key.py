"""The key table, on the fixtures: who owns an event."""

import json
from pathlib import Path

import pytest

from record_key import record_key

FIXTURES = Path(__file__).parents[1] / "fixtures"
EVENTS = FIXTURES / "events"
KEYS = json.loads((FIXTURES / "keys.json").read_text())


def test_every_fixture_has_its_key_written_down():
    assert sorted(KEYS) == sorted(path.name for path in EVENTS.iterdir())


@pytest.mark.parametrize("name", sorted(KEYS))
def test_the_key_is_the_owner_of_the_event(name):
    event = json.loads((EVENTS / name).read_text())
    assert record_key("msg_itself", event) == (KEYS[name] or "msg_itself")


def test_an_empty_or_wrong_owner_is_passed_over():
    event = {"type": "session.ended", "data": {"user_id": "", "id": "sess_1"}}
    assert record_key("msg_itself", event) == "sess_1"
    event = {"type": "user.deleted", "data": {"id": 5}}
    assert record_key("msg_itself", event) == "msg_itself"
