"""sections - the parts of the measurement, each in rounds of its own.

In each round everybody runs once, and each round begins with another one, so
that what the machine does meanwhile hits all alike.
"""

import contestants as ours
import latency
import measures
import rivals
from contestants import (
    APPLY_FLOOR,
    CONSUME_FLOOR,
    HTTP_KAFKA_FLOOR,
    OURS,
    PRODUCE_FLOOR,
    WRITE_FLOOR,
)

BOTH_FLOORS = "(c) + (f)"


class Rounds:
    """Runs everybody of a section; keeps what each run told."""

    def __init__(self, options, say):
        self.options, self.say = options, say
        self.runs, self.notes = {}, []

    def go(self, everybody, rounds=None):
        """everybody: {name: a function that measures and returns a dict}."""
        names = list(everybody)
        self.runs.update({name: [] for name in names})
        for number in range(rounds or self.options.rounds):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                self.one(name, everybody[name])
        self.runs = {name: runs for name, runs in self.runs.items() if runs}
        return self

    def one(self, name, measure):
        if any(note.startswith(name) for note in self.notes):
            return
        try:
            run = measure()
        except rivals.NotToBeHad as error:
            self.notes.append(f"{name}: could not be had ({error})")
            return
        self.runs[name].append(run)
        self.say(f"  {name}: {brief(run)}")


def brief(run):
    shown = {key: run[key] for key in ("rate", "p50_ms", "p99_ms", "seconds")
             if key in run}  # fmt: skip
    return ", ".join(f"{key} {value:,.3g}" if value < 100
                     else f"{key} {value:,.0f}"
                     for key, value in shown.items())  # fmt: skip


def ingest(stage, options, rounds):
    """signed webhooks → Kafka, 96 connections, closed loop"""
    everybody = {
        name: lambda c=contestant: measures.ingest(stage, c, options.seconds)
        for name, contestant in {**ours.INGEST, **rivals.INGEST}.items()
        if options.rivals or name in ours.INGEST
    }
    everybody[PRODUCE_FLOOR] = lambda: measures.produce_alone(stage)
    warm_up(stage)
    rounds.go(everybody)


def warm_up(stage):
    """The broker compiles itself while it works: let it, first."""
    for _ in range(3):
        measures.ingest(stage, ours.floor_http_kafka, 3)


def apply(stage, options, rounds):
    """Kafka → PostgreSQL, 2 workers, a topic that is full"""
    topics = stage.topics("apply")
    measures.fill(stage, topics, options.events)
    everybody = {
        name: lambda c=contestant: measures.apply(
            stage, c, topics, options.events
        )
        for name, contestant in ours.APPLY.items()
    }
    everybody[WRITE_FLOOR] = lambda: measures.write_alone(
        stage, options.events
    )
    everybody[CONSUME_FLOOR] = lambda: measures.consume_alone(
        stage, topics, options.events
    )
    for name, contestant in rivals.APPLY.items() if options.rivals else ():
        everybody[name] = lambda c=contestant: measures.apply(
            stage, c, topics, options.events, seconds=options.slow_seconds
        )
    rounds.go(everybody)
    stage.drop_topics(topics)


def latency_(stage, options, rounds):
    """webhook due → row committed, 500 a second, open loop"""
    def of(producer, consumer):
        return lambda: latency.end_to_end(
            stage, producer, consumer, seconds=options.latency_seconds
        )

    everybody = {
        OURS: of(ours.our_producer, ours.our_consumer),
        BOTH_FLOORS: of(ours.floor_http_kafka, ours.floor_apply),
    }
    if options.rivals:
        for label in ("Node", "Go"):
            everybody[f"{label}: both of it"] = of(
                named(rivals.INGEST, label), named(rivals.APPLY, label)
            )
    warm_up(stage)
    rounds.go(everybody)


def named(table, label):
    return next(made for name, made in table.items() if name.startswith(label))


SECTIONS = {"ingest": ingest, "apply": apply, "latency": latency_}
assert HTTP_KAFKA_FLOOR in ours.INGEST and APPLY_FLOOR in ours.APPLY
