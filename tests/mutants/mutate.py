"""mutate - puts the bugs of mutants.toml in and sees the tests catch them.

What it prints is the proof: for each mutant the promise it breaks, and which
of the tests that should notice did.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# As ctest lists them at its end.
FAILED = re.compile(r"^\s*\d+ - (\S+) \(.*\)$", re.M)


def mutants():
    """{name: row} in the order of the file."""
    return tomllib.loads((HERE / "mutants.toml").read_text())


def mutated(mutant, tree):
    """The whole text of the mutant's file with the bug in it."""
    text = (tree / mutant["file"]).read_text()
    found = text.count(mutant["old"])
    if found != 1:
        raise ValueError(
            f"{mutant['file']}: the text to be replaced is there {found}"
            f" times, not once:\n{mutant['old']}"
        )
    return text.replace(mutant["old"], mutant["new"])


def copy_tree(to):
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True
    ).stdout.decode()
    for name in filter(None, names.split("\0")):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, to / name)


def failures(tree, test):
    """The tests that fail in the tree; None where it could not be built."""
    run = subprocess.run(
        ["./tests/run", test], cwd=tree, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=1200,
    )  # fmt: skip
    output = run.stdout + run.stderr
    if run.returncode == 0:
        return set()
    failed = set(FAILED.findall(output))
    if not failed:
        print(output[-3000:], file=sys.stderr)
        return None
    return failed


def is_caught(name, mutant, tree):
    path = tree / mutant["file"]
    sound = path.read_text()
    path.write_text(mutated(mutant, tree))
    try:
        missed = [
            test
            for test in mutant["tests"]
            if test not in (failures(tree, test) or ())
        ]
    finally:
        path.write_text(sound)
    told = f"missed by {', '.join(missed)}" if missed else "caught"
    by = ", ".join(test for test in mutant["tests"] if test not in missed)
    print(f"{name:32} promise {mutant['promise']}  {told}  [{by}]", flush=True)
    return not missed


def main(words):
    table = mutants()
    if words == ["--list"]:
        for name, mutant in table.items():
            print(f"{name:32} {mutant['bug']}")
        return 0
    unknown = [word for word in words if word not in table]
    if unknown:
        print(f"no mutant {unknown[0]!r}; see --list", file=sys.stderr)
        return 2
    chosen = words or list(table)
    with tempfile.TemporaryDirectory(prefix="clerkstream-mutants-") as made:
        tree = Path(made)
        copy_tree(tree)
        caught = [is_caught(name, table[name], tree) for name in chosen]
    print(f"{sum(caught)} of {len(caught)} mutants caught")
    return 0 if all(caught) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
