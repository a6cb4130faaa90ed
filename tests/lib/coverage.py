"""coverage - which lines the tests have run, as a table by ring.

    python3 coverage.py unit.json system.json …   (made by gcovr --json)

Ends with 1 where less than LEAST of the lines of the pure files were run.
"""

import json
import re
import sys
from pathlib import Path

LEAST = 0.95
WIDE = 200
# What talks to the outside, the mains, and the paths that call all others.
EDGES = re.compile(
    r"/(http|kafka|postgres)[^/]*$|/main\.c$"
    r"|^(producer/ingest|consumer/consume)\.c$"
)


def lines_of(file):
    """{path: {line: how often it was run}}."""
    return {
        entry["file"]: {
            line["line_number"]: line["count"]
            for line in entry["lines"]
            if not line.get("gcovr/noncode")
        }
        for entry in json.loads(Path(file).read_text())["files"]
    }


def merged(all_of_them):
    """What was run in any of them."""
    found = {}
    for one in all_of_them:
        for path, lines in one.items():
            into = found.setdefault(path, {})
            for line, count in lines.items():
                into[line] = into.get(line, 0) + count
    return found


def share(files):
    """(lines run, lines)."""
    counts = [count for lines in files.values() for count in lines.values()]
    return sum(count > 0 for count in counts), len(counts)


def split(files):
    """(the pure ones, the edges)."""
    edges = {path for path in files if EDGES.search(path)}
    return (
        {path: files[path] for path in files if path not in edges},
        {path: files[path] for path in edges},
    )


def shown(pair):
    run, lines = pair
    return f"{run:6} of {lines:6} {100 * run / max(lines, 1):6.1f} %"


def ranges(numbers):
    """[1, 2, 3, 7] as "1-3, 7"."""
    found = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(
        str(first) if first == last else f"{first}-{last}"
        for first, last in found
    )


def row(name, files):
    pure, edges = split(files)
    print(f"{name:10}{shown(share(pure))}    {shown(share(edges))}")


def main(names):
    rings = {Path(name).stem: lines_of(name) for name in names}
    together = merged(rings.values())
    print(f"{'ring':10}{'pure files':>25}    {'edges and paths':>25}")
    for ring, files in rings.items():
        row(ring, files)
    row("together", together)
    pure, _ = split(together)
    for path, lines in sorted(pure.items()):
        run, count = share({path: lines})
        if run < LEAST * count:
            missed = ranges(n for n, times in lines.items() if times == 0)
            print(f"{path}: {run} of {count}; not {missed[:WIDE]}")
    run, count = share(pure)
    return 0 if run >= LEAST * count else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
