"""Colours are for a person at a terminal, and for nobody else."""

import os
import pty
import subprocess

import pytest
from dead_letters import stuck
from process import plain_environment
from programs import BIN


@pytest.fixture(scope="module")
def life(module_deployment):
    return stuck(module_deployment)


def on_terminal(life, *words, **environment):
    """What a terminal is told, without progress bars."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        [BIN / "clerkstream", *words],
        env=plain_environment(**{**life.environment, **environment}),
        stdin=there, stdout=there, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(there)
    said = b""
    try:
        while part := os.read(here, 65536):
            said += part
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(here)
        assert process.wait(60) == 0
    return said.decode()


COMMANDS = [
    ("dlq", "discard", "msg_ban_1", "--reason", "test", "--dry-run"),
    ("dlq", "list"),
    ("dlq", "redrive", "--yes", "--dry-run"),
    ("dlq", "show", "msg_ban_1"),
    ("events",),
    ("explain", "msg_good_1"),
    ("rebuild", "--dry-run"),
    ("replay", "--entity", "user_ada"),
    ("status",),
]
# What they print is a line or two, and needs no emphasis.
PLAIN = [
    ("audit",),
    ("migrate",),
    ("prune", "--older-than", "90d", "--dry-run"),
    ("topics",),
    ("wait", "msg_good_1"),
]


def name_of(words):
    return " ".join(word for word in words if word.isalpha())




@pytest.mark.parametrize("words", COMMANDS, ids=name_of)
def test_a_terminal_gets_colours_unless_it_wants_none(life, words):
    assert "\033[1m" in on_terminal(life, *words)
    assert "\033[" not in on_terminal(life, *words, NO_COLOR="1")
    assert "\033[" in on_terminal(life, *words, NO_COLOR="")
    assert "\033[" not in life.console(*words).stdout


@pytest.mark.parametrize("words", [*COMMANDS, *PLAIN], ids=name_of)
def test_json_has_no_colours_anywhere(life, words):
    assert "\033" not in on_terminal(life, *words, "--json")
