"""figures - what a test tried, told to whoever reads the end of a run.

    figure(f"{rounds} rounds, {faults} faults, seed {seed}")

adds the line "<ring.name>: 12 rounds, ..." to the file that the environment
variable CLERKSTREAM_FIGURES names; `tests/run` sets it and shows all lines
before ctest's summary. ctest gives the name of the test in CLERKSTREAM_TEST.
Without them the line goes to standard output alone, which pytest -s shows.
"""

import os


def figure(text):
    print(text)
    path = os.environ.get("CLERKSTREAM_FIGURES")
    if path:
        test = os.environ.get("CLERKSTREAM_TEST", "?")
        # One write: tests that run side by side share the file.
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{test}: {text}\n")
