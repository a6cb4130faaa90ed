"""targets - what must come out, and whether it did.

Each is told with the figure seen: the median over the rounds of the ratio
within one round, with the least and the greatest.
"""

from dataclasses import dataclass
from statistics import median

from contestants import APPLY_FLOOR, HTTP_KAFKA_FLOOR, OURS
from sections import BOTH_FLOORS

MIB = 1 << 20


@dataclass
class Spread:
    """Of some runs: the median, the least and the greatest."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values):
        return cls(median(values), min(values), max(values))

    def shown(self, pattern="{:.2f}"):
        parts = (self.middle, self.least, self.most)
        middle, least, most = (pattern.format(part) for part in parts)
        return f"{middle} [{least} – {most}]"


@dataclass
class Target:
    section: str
    what: str
    wanted: str  # as it is shown
    figure: callable  # of {contestant: [run]}: a Spread or None
    is_met: callable = None  # of its middle; None: only printed
    pattern: str = "{:.2f}"


def ratio(key, over, under=OURS):
    """A function: `under`'s figure over that of a contestant whose name begins
    so, run by run of the same round."""

    def of(runs):
        (others, *_) = [runs[name] for name in runs
                        if name.startswith(over)] or [[]]  # fmt: skip
        pairs = [
            (mine[key], other[key])
            for mine, other in zip(runs.get(under, []), others)
        ]
        pairs = [(mine, other) for mine, other in pairs if other]
        return Spread.of([mine / other for mine, other in pairs]) \
            if pairs else None  # fmt: skip

    return of


def figure(key, name=OURS, scale=1):
    def of(runs):
        values = [run[key] / scale for run in runs.get(name, [])]
        return Spread.of(values) if values else None

    return of


def at_least(bound):
    return lambda value: value >= bound


def at_most(bound):
    return lambda value: value <= bound


TARGETS = [
    Target("ingest", "ingest against floor (c)", "≥ 0.85",
           ratio("rate", HTTP_KAFKA_FLOOR), at_least(0.85)),
    Target("ingest", "ingest against Node", "≥ 6 ×",
           ratio("rate", "Node: fastify + svix + kafkajs"), at_least(6)),
    Target("ingest", "ingest against Go franz-go", "≥ 1.5 ×",
           ratio("rate", "Go:"), at_least(1.5)),
    Target("apply", "apply, 2 workers, against floor (f)", "≥ 0.8",
           ratio("rate", APPLY_FLOOR), at_least(0.8)),
    Target("apply", "apply against one event a transaction, Node", "≥ 12 ×",
           ratio("rate", "Node:"), at_least(12)),
    Target("apply", "apply against one event a transaction, Go", "≥ 12 ×",
           ratio("rate", "Go:"), at_least(12)),
    Target("apply", "apply against Debezium's JDBC sink", "≥ 1 ×",
           ratio("rate", "Debezium"), at_least(1)),
    Target("apply", "apply against Bento", "≥ 1 ×",
           ratio("rate", "Bento"), at_least(1)),
    Target("latency", "webhook → row, 500/s, p50, ms", "≤ 3",
           figure("p50_ms"), at_most(3)),
    Target("latency", "the same, p99, against (c) + (f)", "≤ 1.5 ×",
           ratio("p99_ms", BOTH_FLOORS), at_most(1.5)),
    Target("ingest", "memory of the producer under load, MiB", "≤ 24",
           figure("memory", scale=MIB), at_most(24), "{:.0f}"),
    Target("apply", "memory of the consumer under load, MiB", "≤ 64",
           figure("memory", scale=MIB), at_most(64), "{:.0f}"),
    Target("draining", "webhook → row while a million events drain, "
           "other partitions, p50, ms", "printed", figure("p50_ms")),
    Target("draining", "the same, p99, ms", "printed", figure("p99_ms"),
           pattern="{:.0f}"),
    Target("large", "throughput with 10^6 entities and 10^7 ledger rows, "
           "against an empty database", "≥ 0.8",
           ratio("rate", "empty", "large"), at_least(0.8)),
    Target("workers", "time spent waiting for row locks, 2 workers, %",
           "≤ 5", figure("locked_percent", "2 workers"), at_most(5)),
    Target("workers", "the same, 4 workers, %", "≤ 5",
           figure("locked_percent", "4 workers"), at_most(5)),
]  # fmt: skip


def judged(results):
    """[(Target, Spread or None, True, False or None)] of what was measured."""
    told = []
    for target in TARGETS:
        if target.section not in results:
            continue
        seen = target.figure(results[target.section]["runs"])
        met = None
        if seen and target.is_met:
            met = target.is_met(seen.middle)
        told.append((target, seen, met))
    return told
