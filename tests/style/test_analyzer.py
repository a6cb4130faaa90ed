"""gcc follows every path through every file of C: no leak, no use after a
free, nothing that was never set, no NULL where there must be none."""

import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

from sources import ROOT, compilations

# That cmocka's assertions end a test is nothing the analyzer could see.
OF_TESTS = ["-Wno-analyzer-null-argument", "-Wno-analyzer-null-dereference"]


def analyzer_says(entry):
    words = shlex.split(entry["command"])
    without_output = words[: words.index("-o")]
    is_test = entry["file"].startswith(str(ROOT / "tests"))
    done = subprocess.run(
        [*without_output, "-fanalyzer", "-Werror", "-c", "-o", "/dev/null",
         *(OF_TESTS if is_test else []), entry["file"]],
        cwd=entry["directory"], capture_output=True, text=True,
    )  # fmt: skip
    return done.stderr if done.returncode else ""


def test_the_analyzer_has_nothing_to_say_about_a_file():
    entries = compilations()
    assert entries
    with ThreadPoolExecutor(2) as pool:
        said = "".join(pool.map(analyzer_says, entries))
    assert not said, said
