"""A whole deployment, harmed in every way by dice, and what must still be so.

    SEED=7 CHAOS_MINUTES=60 python3 -m pytest -s tests/system/test_chaos.py
    python3 -m pytest -s tests/system/test_chaos.py --seed 7 --chaos-minutes 60
    python3 -m pytest -s tests/system/test_chaos.py --chaos-plan plan.jsonl

README.md beside this file says what is done, and how to do it again.
"""

import os
import shutil
import time
from pathlib import Path

from chaos import plan
from chaos.life import live
from chaos.tally import Tally

SEED = int(os.environ.get("SEED", "1"))
ROUNDS = 8  # of a life; so many have nearly every fault once
MINUTES = float(os.environ.get("CHAOS_MINUTES", "0"))  # 0: one life
GIVEN = os.environ.get("CHAOS_PLAN")
KEPT = Path(__file__).parents[2] / "build/chaos"


def test_nothing_is_lost_whatever_breaks(tmp_path):
    """Lives with the seeds SEED, SEED + 1, ... until the time is over."""
    end = time.monotonic() + 60 * MINUTES
    tally = Tally(plan.read(GIVEN).seed if GIVEN else SEED)
    try:
        while tally.lives == 0 or (time.monotonic() < end and not GIVEN):
            drawn = (
                plan.read(GIVEN) if GIVEN
                else plan.draw(SEED + tally.lives, ROUNDS)
            )  # fmt: skip
            tally.lives += 1
            live_and_keep(drawn, tmp_path / "life", tally)
    finally:
        tally.tell()


def live_and_keep(drawn, directory, tally):
    """The plan, the diary and the logs of a life that did not end well."""
    directory.mkdir()
    plan.write(drawn, directory / "plan.jsonl")
    kept = KEPT / f"seed-{drawn.seed}"
    shutil.rmtree(kept, ignore_errors=True)
    try:
        live(drawn, directory, tally)
    except BaseException:
        keep(directory, kept)
        print(f"the plan, the diary and the logs are in {kept}")
        raise
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def keep(directory, kept):
    for path in [*directory.rglob("*.jsonl"), *directory.rglob("*log")]:
        if path.is_file() and "data" not in path.parts:
            target = kept / path.relative_to(directory)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
