"""sections - the parts of the measurement, each in rounds of its own.

In each round everybody runs once, and each round begins with another one, so
that what the machine does meanwhile hits all alike.
"""

import itertools

import contestants as ours
import draining
import hot
import large
import latency
import measures
import rivals
import workers
from contestants import (
    CONSUME_FLOOR,
    HTTP_FLOOR,
    OURS,
    PRODUCE_FLOOR,
    WRITE_FLOOR,
)

BOTH_FLOORS = "(c) + (f)"
BACKLOG = 1_000_000


class Rounds:
    """Runs everybody of a section; keeps what each run told."""

    def __init__(self, options, say):
        self.options, self.say = options, say
        self.runs, self.notes = {}, []

    def go(self, everybody, rounds=None):
        """everybody: {name: a function that measures and returns a dict}."""
        names = [name for name in everybody
                 if not any(word in name for word in self.options.without)]
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
    least = min(run["load_cpu"] for run in rounds.runs[HTTP_FLOOR])
    rounds.notes.append(
        f"The load generator takes {least:.3f} CPU seconds for 10 000 "
        f"requests: of one core to itself at most {10_000 / least:,.0f}/s."
    )


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
    for name, contestant in rivals.FLAT_APPLY.items() if options.rivals else ():
        everybody[name] = lambda c=contestant: measures.apply(
            stage, c, topics, options.events, table="flat_events"
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


def draining_(stage, options, rounds):
    """the same while a backlog of a million drains from every second
    partition: events of the others"""
    del options

    def at(**settings):
        return lambda: draining.draining(stage, BACKLOG, **settings)

    warm_up(stage)
    rounds.go({
        OURS: at(),
        f"{OURS}, CONSUMER_BATCH_MAX=50": at(CONSUMER_BATCH_MAX=50),
    }, 2)  # fmt: skip


def workers_(stage, options, rounds):
    """apply by number of workers and processes; organizations and stubs are
    shared between the partitions"""
    topics = stage.topics("workers")
    measures.fill(stage, topics, options.events)

    def of(number, processes=1):
        return lambda: workers.with_workers(
            stage, topics, options.events, number, processes
        )

    rounds.go({
        "1 worker": of(1), "2 workers": of(2), "4 workers": of(4),
        "2 processes of 2 workers": of(2, 2),
    }, min(options.rounds, 3))  # fmt: skip
    stage.drop_topics(topics)


def large_(stage, options, rounds):
    """apply into a database with 10^6 entities and 10^7 ledger rows"""
    url = stage.database()
    with stage.session(url) as session:
        large.fill(session)
    stage.postgres.run("CHECKPOINT", superuser=True)
    seeds = iter(range(100, 200))
    loads = []

    def load(number):
        """The same events for both, others in each round."""
        while len(loads) <= number:
            topics = stage.topics("large")
            measures.fill(stage, topics, options.events, next(seeds))
            loads.append(topics)
        return loads[number]

    def into(place):
        counter = itertools.count()
        return lambda: measures.apply(
            stage, ours.our_consumer, load(next(counter)), options.events,
            url=place,
        )

    rounds.go({"empty": into(None), "large": into(url)},
              min(options.rounds, 4))  # fmt: skip


def hot_(stage, options, rounds):
    """one organization with many members, one user in many organizations:
    events/s while they fill; p50 is empty; seconds: the deletion, committed"""
    del options
    everybody = {
        f"organization of {members:,}, then deleted":
            lambda n=members: hot.organization(stage, n)
        for members in (10_000, 30_000, 100_000)
    }  # fmt: skip
    everybody.update({
        f"user in {organizations:,}, then deleted":
            lambda n=organizations: hot.user(stage, n)
        for organizations in (1_000, 10_000)
    })  # fmt: skip
    rounds.go(everybody, 1)


SECTIONS = {
    "ingest": ingest, "apply": apply, "latency": latency_,
    "draining": draining_, "workers": workers_, "large": large_, "hot": hot_,
}  # fmt: skip
