"""What was built: by two compilers, without a warning, with all tests."""

import json
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sources import BUILD, ROOT, compilations, files, shown

RINGS = ("style", "unit", "golden", "fuzz", "threads", "broker", "database",
         "system")  # fmt: skip
PROGRAMS = ("clerkstream-producer", "clerkstream-consumer", "clerkstream")


def tidy_says(entry):
    done = subprocess.run(
        ["clang-tidy-14", "-p", BUILD, "--quiet", entry["file"]],
        capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout if done.returncode else ""


def clang_says(entry):
    words = shlex.split(entry["command"])
    without_output = words[1 : words.index("-o")]
    done = subprocess.run(
        ["clang-14", *without_output, "-Werror", "-fsyntax-only",
         entry["file"]],
        cwd=entry["directory"], capture_output=True, text=True,
    )  # fmt: skip
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("says", (clang_says, tidy_says))
def test_clang_has_nothing_to_say_about_a_file(says):
    with ThreadPoolExecutor(2) as pool:
        said = "".join(pool.map(says, compilations()))
    assert not said, said


def test_every_c_file_is_built():
    built = {Path(entry["file"]) for entry in compilations()}
    assert not [shown(p) for p in files(".c") if p not in built]


def test_every_file_of_tests_is_registered():
    listed = json.loads(subprocess.run(
        ["ctest", "--test-dir", BUILD, "--show-only=json-v1"],
        capture_output=True, check=True,
    ).stdout)  # fmt: skip
    registered = {test["name"] for test in listed["tests"]}
    written = {
        f"{path.parent.name}.{path.stem.removeprefix('test_')}"
        for path in files(".c", ".py", ".sh")
        if path.parent.parent == ROOT / "tests"
        and path.stem.startswith("test_")
    }
    assert written == registered
    assert {name.split(".")[0] for name in written} <= set(RINGS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_is_hardened(program):
    # Position independent, read-only relocations bound at start, no
    # executable stack.
    shown = subprocess.run(
        ["readelf", "--wide", "--file-header", "--segments", "--dynamic",
         BUILD / "bin" / program],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (stack,) = (x for x in shown.splitlines() if "GNU_STACK" in x)
    assert "DYN (Position-Independent Executable file)" in shown
    assert "GNU_RELRO" in shown and "BIND_NOW" in shown
    assert "RWE" not in stack
