"""rounds - measures section by section, and tells; called by ./tests/bench/run.

What a section told is kept in results/results.json until it is measured again,
so that parts may be measured by themselves.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests/lib")]

import pictures  # noqa: E402
import report  # noqa: E402
from sections import SECTIONS, Rounds  # noqa: E402
from stage import Stage  # noqa: E402

RESULTS = HERE / "results"
QUICK = {"rounds": 2, "seconds": 2, "events": 20_000, "slow_seconds": 4,
         "latency_seconds": 5, "rivals": False}  # fmt: skip
WHOLE = {"rounds": 5, "seconds": 5, "events": 60_000, "slow_seconds": 10,
         "latency_seconds": 15, "rivals": True}  # fmt: skip
QUICK_SECTIONS = ("ingest", "apply", "latency")


def main():
    options = parsed()
    results = known(options.results)
    with tempfile.TemporaryDirectory(prefix="clerkstream-bench-") as folder:
        with Stage(folder) as stage:
            for name in options.sections:
                results[name] = measured(stage, name, options)
                keep(options.results, results)
    pictures.draw(results, options.results)
    table = "\n".join(report.told(results, report.markdown))
    (options.results / "table.md").write_text(table + "\n")
    print("\n" + "\n".join(report.told(results, report.aligned)))


def parsed():
    parser = argparse.ArgumentParser(prog="./tests/bench/run")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--no-rivals", action="store_true")
    parser.add_argument("--without", default=[], action="append")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("sections", nargs="*")
    options = parser.parse_args()
    for name, value in (QUICK if options.quick else WHOLE).items():
        if getattr(options, name, None) is None:
            setattr(options, name, value)
    options.rivals = options.rivals and not options.no_rivals
    if not options.sections:
        options.sections = QUICK_SECTIONS if options.quick else SECTIONS
    unknown = [name for name in options.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no such section: {unknown[0]}; "
                     f"there are {', '.join(SECTIONS)}")  # fmt: skip
    return options


def known(folder):
    try:
        return json.loads((folder / "results.json").read_text())
    except FileNotFoundError:
        return {}


def keep(folder, results):
    folder.mkdir(parents=True, exist_ok=True)
    ordered = {name: results[name] for name in SECTIONS if name in results}
    results.clear()
    results.update(ordered)
    text = json.dumps(results, indent=1)
    (folder / "results.json").write_text(text + "\n")


def measured(stage, name, options):
    section = SECTIONS[name]
    print(f"{name}: {section.__doc__}", flush=True)
    rounds = Rounds(options, lambda line: print(line, flush=True))
    section(stage, options, rounds)
    return {
        "about": section.__doc__,
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "machine": machine(),
        "commit": commit(),
        "rounds": options.rounds,
        "notes": rounds.notes,
        "runs": rounds.runs,
    }


def machine():
    text = Path("/proc/cpuinfo").read_text()
    models = [line.partition(":")[2].strip() for line in text.splitlines()
              if line.startswith("model name")]  # fmt: skip
    return f"{os.cpu_count()} × {models[0] if models else 'unknown'}"


def commit():
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT,
        capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
