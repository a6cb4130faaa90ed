"""What a test tried is said in one line, whatever it is written in."""

import os
import subprocess

import pytest
from sources import ROOT

PROGRAM = """
#include "tests/lib/figures.h"
int main(void) { figure("%d rounds, seed %d", 3, 7); return 0; }
"""


@pytest.fixture
def figures(tmp_path):
    return tmp_path / "figures"


def told_by(*command, figures, **how):
    environment = {
        **os.environ, "CLERKSTREAM_TEST": "ring.name",
        "CLERKSTREAM_FIGURES": str(figures),
        "PYTHONPATH": str(ROOT / "tests/lib"),
    }  # fmt: skip
    subprocess.run(command, env=environment, check=True, cwd=ROOT, **how)
    return figures.read_text()


def test_in_c(tmp_path, figures):
    program = tmp_path / "program"
    subprocess.run(
        ["gcc", "-I", ROOT, "-x", "c", "-o", program, "-"],
        input=PROGRAM, text=True, check=True,
    )  # fmt: skip
    told = told_by(program, figures=figures)
    assert told == "ring.name: 3 rounds, seed 7\n"


def test_in_python_and_in_bash_after_what_is_there(figures):
    figures.write_text("ring.other: 1 round\n")
    told_by(
        "/usr/bin/python3", "-c",
        "from figures import figure; figure('3 rounds')", figures=figures,
    )  # fmt: skip
    told = told_by(
        "bash", "-c",
        'echo "$CLERKSTREAM_TEST: 4" >>"${CLERKSTREAM_FIGURES:-/dev/stdout}"',
        figures=figures,
    )  # fmt: skip
    assert told == "ring.other: 1 round\nring.name: 3 rounds\nring.name: 4\n"
