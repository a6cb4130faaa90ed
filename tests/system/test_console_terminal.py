"""Colours are for a person at a terminal, and for nobody else."""

import os
import pty
import subprocess

import pytest
from process import plain_environment
from programs import BIN
from small_events import user


@pytest.fixture(scope="module")
def life(module_deployment):
    module_deployment.consumer()
    module_deployment.publish([("msg_1", user("user_1"))])
    module_deployment.wait_for_ledger(1)
    return module_deployment


def on_terminal(life, *words, **environment):
    """What a terminal is told."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        [BIN / "clerkstream", *words],
        env=plain_environment(**{**life.environment, **environment}),
        stdin=there, stdout=there, stderr=there,
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


COMMANDS = [("status",), ("events",), ("explain", "msg_1")]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_terminal_gets_colours_unless_it_wants_none(life, words):
    assert "\033[1m" in on_terminal(life, *words)
    assert "\033[" not in on_terminal(life, *words, NO_COLOR="1")
    assert "\033[" in on_terminal(life, *words, NO_COLOR="")
    assert "\033[" not in life.console(*words).stdout


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_json_has_no_colours_anywhere(life, words):
    assert "\033" not in on_terminal(life, *words, "--json")
