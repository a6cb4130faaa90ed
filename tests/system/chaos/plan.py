"""plan - what will be done to a deployment in a life, drawn from a seed.

    plan = draw(seed=7, rounds=8)
    write(plan, path)
    read(path) == plan

A plan is drawn before anything runs and depends on nothing but the seed, so
the same seed does the same. As a file it is JSON, one line for each life,
load and fault: a line taken out is a fault that does not happen.
"""

import dataclasses
import json
import random
from pathlib import Path

WINDOW = 6.0  # seconds in which the faults of a round begin and end
FAULTS_IN_A_ROUND = (4, 7)
PRODUCERS = 2
GUEST = "guest"  # a consumer that comes and goes
SECOND = "second 0"  # the consumer of the second deployment


@dataclasses.dataclass
class Fault:
    """dice: a number for what can only be chosen when it happens."""

    kind: str
    on: str
    at: float
    lasts: float
    dice: int

    def __str__(self):
        return f"{self.kind}: {self.on}"


@dataclasses.dataclass
class Load:
    """send: the flags of `clerkstream send`, sent to that producer. letters:
    how many events our own client posts beside it."""

    producer: int
    send: list
    letters: int


@dataclasses.dataclass
class Round:
    load: Load
    faults: list


@dataclasses.dataclass
class Plan:
    """consumers: how each process of the first deployment is set up."""

    seed: int
    consumers: list
    rounds: list


class Kind:
    """One row of the table of faults.

    targets: what it is done to, as Shape spells it. lasts: seconds, from and
    to.
    """

    def __init__(self, name, targets, lasts):
        self.name, self.targets, self.lasts = name, targets, lasts


PROCESSES = ("producers", "consumers", "second", "kafka")
LINKS = ("sender links", "producer links", "consumer links", "database links")

KINDS = (
    Kind("kill -9", (*PROCESSES, "postgres"), (0.0, 3.0)),
    Kind("freeze", (*PROCESSES, "postgres"), (0.5, 6.0)),
    Kind("stop in order", (*PROCESSES, "postgres"), (0.0, 3.0)),
    Kind("stop at once", ("postgres",), (0.0, 3.0)),
    Kind("end a session", ("postgres",), (0.0, 0.1)),
    Kind("kill -9 a session", ("postgres",), (0.0, 0.1)),
    Kind("freeze a session", ("postgres",), (0.5, 5.9)),
    Kind("fill the disk", ("postgres",), (1.0, 5.0)),
    Kind("cut", LINKS, (0.0, 3.0)),
    Kind("hold", LINKS, (0.5, 6.0)),
    Kind("trickle", LINKS, (1.0, 5.0)),
    Kind("deafen", LINKS, (0.2, 3.0)),
    Kind("clock off", ("sender clock",), (1.0, 4.0)),
    Kind("rewind while stopped", ("offsets",), (0.0, 2.0)),
    Kind("rewind while frozen", ("offsets",), (3.5, 5.0)),
    Kind("join and leave", (GUEST,), (1.0, 5.0)),
    Kind("lock rows", ("rows",), (1.0, 6.0)),
    Kind("lock a table", ("rows",), (1.0, 5.0)),
    Kind("refuse rows", ("rows",), (1.0, 6.0)),
    Kind("slow writes", ("writes",), (3.0, 6.0)),
)

# Every fourth life ends with a round in which some users are refused for
# longer than all retries last, 37 s at most.
LONG_EVERY, LONG_LASTS = 4, 50.0


class Shape:
    """What there is to do harm to."""

    def __init__(self, consumers):
        self.consumers = [f"consumer {n}" for n in range(consumers)]
        self.producers = [f"producer {n}" for n in range(PRODUCERS)]
        everyone = [*self.consumers, SECOND]
        self.named = {
            "producers": self.producers,
            "consumers": self.consumers,
            "second": [SECOND],
            "sender links": [f"sender to {p}" for p in self.producers],
            "producer links": [f"{p} to kafka" for p in self.producers],
            "consumer links": [f"{c} to kafka" for c in everyone],
            "database links": [f"{c} to postgres" for c in everyone],
        }

    def targets(self, spelled):
        return self.named.get(spelled, [spelled])

    def touched(self, target):
        """Everything that two faults at one time may not share."""
        needed = {
            "offsets": (GUEST, "kafka", *self.consumers),
            "rows": ("postgres",),
        }
        return {target, *needed.get(target, ())}


def draw(seed, rounds, events=400):
    rng = random.Random(f"chaos {seed}")
    consumers = [
        {
            "CONSUMER_WORKERS": rng.choice((1, 2, 3)),
            "CONSUMER_BATCH_MAX": rng.choice((5, 40, 200)),
        }
        for _ in range(rng.choice((1, 2, 2, 3)))
    ]
    shape = Shape(len(consumers))
    deck = Deck(rng)
    plan = Plan(seed, consumers, [
        Round(
            draw_load(rng, seed, number, events),
            draw_faults(rng, shape, deck),
        )
        for number in range(rounds)
    ])  # fmt: skip
    if seed % LONG_EVERY == 0:
        plan.rounds[-1].faults.append(Fault(
            "refuse rows for long", "refusals", 0.0, LONG_LASTS,
            rng.randrange(1_000_000)))  # fmt: skip
    return plan


def draw_load(rng, seed, number, events):
    count = rng.randint(events // 2, events * 3 // 2)
    flags = ["--count", count, "--seed", seed * 1000 + number,
             "--rate", int(count / WINDOW) + 1, "--concurrency",
             rng.choice((1, 4, 16)), "--duplicates", rng.choice((0, 0, 20)),
             *rng.choice(([], ["--shuffle"]))]  # fmt: skip
    letters = rng.randint(events // 8, events // 3)
    return Load(rng.randrange(PRODUCERS), [str(f) for f in flags], letters)


class Deck:
    """Every kind of fault on every kind of target, before any comes again."""

    def __init__(self, rng):
        self.rng, self.cards = rng, []

    def deal(self, fits):
        """The first card of which fits(card) makes something; that."""
        if not self.cards:
            self.cards = [(k, t) for k in KINDS for t in k.targets]
            self.rng.shuffle(self.cards)
        for card in self.cards:
            if made := fits(*card):
                self.cards.remove(card)
                return made
        return None


def draw_faults(rng, shape, deck):
    faults = []
    for _ in range(rng.randint(*FAULTS_IN_A_ROUND)):
        fault = deck.deal(
            lambda kind, spelled: draw_fault(rng, shape, kind, spelled, faults)
        )
        faults += [fault] if fault else []
    return sorted(faults, key=lambda fault: fault.at)


def draw_fault(rng, shape, kind, spelled, others):
    """One that shares nothing with the others while it lasts; else None."""
    for _ in range(20):
        on = rng.choice(shape.targets(spelled))
        lasts = min(rng.uniform(*kind.lasts), WINDOW)
        at = rng.uniform(0, WINDOW - lasts)
        fault = Fault(kind.name, on, round(at, 2), round(lasts, 2),
                      rng.randrange(1_000_000))  # fmt: skip
        if not any(collide(fault, other, shape) for other in others):
            return fault
    return None


def collide(one, other, shape):
    apart = one.at > other.at + other.lasts or other.at > one.at + one.lasts
    return not apart and bool(shape.touched(one.on) & shape.touched(other.on))


# As a file.


def write(plan, path):
    lines = [{"life": {"seed": plan.seed, "consumers": plan.consumers}}]
    for number, part in enumerate(plan.rounds):
        lines.append({"round": number, "load": dataclasses.asdict(part.load)})
        lines += [
            {"round": number, "fault": dataclasses.asdict(fault)}
            for fault in part.faults
        ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    Path(path).write_text(text)


def read(path):
    plan = None
    for line in map(json.loads, Path(path).read_text().splitlines()):
        if "life" in line:
            plan = Plan(rounds=[], **line["life"])
        elif "load" in line:
            plan.rounds.append(Round(Load(**line["load"]), []))
        else:
            plan.rounds[-1].faults.append(Fault(**line["fault"]))
    return plan
