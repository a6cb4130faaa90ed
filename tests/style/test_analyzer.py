"""gcc follows every path through what ships: no leak, no use after a free,
nothing that was never set, no NULL where there must be none. (The tests run
under sanitizers.)"""

import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

from sources import ROOT, compilations


def analyzer_says(entry):
    words = shlex.split(entry["command"])
    without_output = words[: words.index("-o")]
    done = subprocess.run(
        [*without_output, "-fanalyzer", "-Werror", "-c", "-o", "/dev/null",
         entry["file"]],
        cwd=entry["directory"], capture_output=True, text=True,
    )  # fmt: skip
    return done.stderr if done.returncode else ""


def test_the_analyzer_has_nothing_to_say_about_a_file():
    entries = [
        entry
        for entry in compilations()
        if not entry["file"].startswith(str(ROOT / "tests"))
    ]
    assert entries
    with ThreadPoolExecutor(2) as pool:
        said = "".join(pool.map(analyzer_says, entries))
    assert not said, said
