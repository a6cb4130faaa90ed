"""The shell scripts: checked by shellcheck, and their usage by hand."""

import subprocess

import pytest
from sources import ROOT, files, shown

SCRIPTS = [
    path for path in files("", ".sh")
    if path.read_bytes().startswith(b"#!/usr/bin/env bash")
]  # fmt: skip
COMMANDS = ("compose/up", "compose/down", "tests/run")


@pytest.mark.parametrize("script", SCRIPTS, ids=shown)
def test_shellcheck_has_nothing_to_warn_of(script):
    done = subprocess.run(
        ["shellcheck", "--external-sources", script],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_shellcheck_has_nothing_to_warn_of_in_the_parts():
    # Together: one sets what another one reads.
    parts = sorted((ROOT / "compose/lib").glob("*.sh"))
    done = subprocess.run(
        ["shellcheck", "--shell=bash", "--exclude=SC2034", *parts],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=shown)
def test_a_script_stops_at_the_first_failure(script):
    assert "\nset -euo pipefail\n" in script.read_text()
    assert script.stat().st_mode & 0o111


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_given_and_an_unknown_argument_refused(command):
    def run(word):
        return subprocess.run(
            [ROOT / command, word], capture_output=True, text=True
        )

    helped = run("--help")
    assert helped.returncode == 0
    assert f"./{command}" in helped.stdout and not helped.stderr
    refused = run("--surely-not")
    assert refused.returncode == 2 and not refused.stdout
    assert "--surely-not" in refused.stderr
    assert refused.stderr.count("\n") == 1
