"""tally - what was tried and what came of it, told in figures.

    tally = Tally(seed)
    tally.done["freeze"] += 1
    tally.tell()
"""

import statistics
from collections import Counter

from figures import figure


class Tally:
    """done, skipped: faults by kind. found: sums of invariants.Found.
    answers: what our own sender was answered. recoveries: seconds."""

    def __init__(self, seed):
        self.seed = seed
        self.lives = self.rounds = self.rewinds = self.glimpses = 0
        self.done, self.skipped = Counter(), Counter()
        self.answers, self.found = Counter(), Counter()
        self.recoveries = []

    def tell(self):
        found, skipped = self.found, self.skipped
        figure(
            f"{self.lives} lives from seed {self.seed} on, {self.rounds}"
            f" rounds, {sum(self.done.values())} faults: {listed(self.done)}"
        )
        if skipped:
            figure(f"{sum(skipped.values())} not done: {listed(skipped)}")
        figure(
            f"{found['records']} records of {found['ids']} events; to our own"
            f" letters {listed(self.answers)}"
        )
        figure(
            f"in both databases {found['duplicates']} duplicates,"
            f" {found['replays']} replays after {self.rewinds} rewinds,"
            f" {self.glimpses} glimpses in the middle;"
            f" {found['dead_letters']} dead letters, all expected:"
            f" {found['given_up']} after all retries,"
            f" {found['dead_letter_copies']} copies"
        )
        if self.recoveries:
            figure(
                f"all applied {statistics.median(self.recoveries):.1f} s"
                f" after the last fault, {max(self.recoveries):.1f} s at most"
            )


def listed(counter):
    return ", ".join(f"{n} {name}" for name, n in counter.most_common())
