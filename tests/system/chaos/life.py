"""life - one life of a deployment: rounds of faults, each ending well.

    live(plan, directory, tally)   # an AssertionError names the round

What happens is written to happened.jsonl in the same directory, as it
happens: faults as they began and ended, how long recovery took, every answer
that our own sender got.
"""

import json
import time
from contextlib import suppress
from pathlib import Path

import psycopg
from chaos import faults
from chaos.invariants import assert_agrees, check, look
from chaos.letters import Letters
from chaos.world import PATIENCE, World
from load import load as load_of
from waiting import wait_until

GLIMPSES = 4  # in a round, at most


class Diary:
    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8", buffering=1)
        self.start = time.monotonic()

    def write(self, what, **more):
        at = round(time.monotonic() - self.start, 3)
        self.file.write(json.dumps({"at": at, "what": what, **more}) + "\n")


def live(plan, directory, tally):
    directory = Path(directory)
    diary = Diary(directory / "happened.jsonl")
    diary.write("life", seed=plan.seed, rounds=len(plan.rounds))
    with World(plan, directory) as world:
        world.letters, world.rewinds = Letters(world, plan.seed), 0
        life = Life(world, diary, tally)
        diary.write("up")
        try:
            for number, part in enumerate(plan.rounds):
                life.round(number, part)
        except AssertionError as error:
            raise AssertionError(
                f"seed {plan.seed}, round {number}: {error}"
            ) from error
        finally:
            life.count()
            diary.write("end")


class Life:
    def __init__(self, world, diary, tally):
        self.world, self.diary, self.tally = world, diary, tally
        self.sent = set()  # ids that `clerkstream send` saw accepted
        self.found = None

    def round(self, number, part):
        world = self.world
        sending = world.send(part.load, number).start()
        world.letters.begin(number, part.load.letters)
        self.glimpses = []
        self.do_faults(number, part.faults)
        died = world.died_by_themselves()
        assert not died, f"{died} ended by themselves"
        self.recover(number, part.load, sending)
        for glimpse in self.glimpses:
            assert_agrees(glimpse)
        self.found = check(world, self.sent)
        self.tally.rounds += 1
        self.diary.write("well", round=number, **self.found._asdict())

    def do_faults(self, number, planned):
        """Each begins and ends at its time, or as soon as may be."""
        start, harms = time.monotonic(), {}
        steps = [(fault.at, 0, n) for n, fault in enumerate(planned)]
        steps += [(f.at + f.lasts, 1, n) for n, f in enumerate(planned)]
        for due, is_end, place in sorted(steps):
            time.sleep(max(0, start + due - time.monotonic()))
            fault = planned[place]
            if is_end and place in harms:
                harms.pop(place).end()
                self.diary.write("ended", round=number, fault=str(fault))
            elif not is_end:
                self.begin(number, fault, place, harms)
                self.look([planned[place].on for place in harms])

    def look(self, harmed):
        """At the databases, where they can be expected to answer."""
        if "postgres" in harmed or len(self.glimpses) == GLIMPSES:
            return
        with suppress(psycopg.Error):
            deployment = self.world.deployments[len(self.glimpses) % 2]
            self.glimpses.append(look(deployment))
            self.tally.glimpses += 1

    def begin(self, number, fault, place, harms):
        try:
            harms[place] = faults.Harm(self.world, fault)
        except faults.Skipped as reason:
            did = str(reason)
            self.tally.skipped[f"{fault.kind} ({did})"] += 1
        else:
            did = harms[place].did
            self.tally.done[fault.kind] += 1
        self.diary.write("began", round=number, fault=str(fault), did=did,
                         skipped=place not in harms)  # fmt: skip

    def recover(self, number, load, sending):
        world, start = self.world, time.monotonic()
        world.heal()
        wait_until(lambda: not sending.running, PATIENCE, "send to end")
        assert sending.wait() == 0, f"send: {sending.tail(3)}"
        count, seed = (load.send[load.send.index(flag) + 1]
                       for flag in ("--count", "--seed"))  # fmt: skip
        self.sent |= {id for id, _ in load_of(count, seed)}
        world.letters.wait(PATIENCE)
        self.diary.write("answered", round=number)
        world.wait_until_applied()
        self.tally.recoveries.append(time.monotonic() - start)
        self.diary.write("applied", round=number)

    def count(self):
        letters = self.world.letters
        self.tally.answers += letters.by_status()
        self.tally.rewinds += self.world.rewinds
        if self.found:
            self.tally.found.update(self.found._asdict())
        for answer in letters.answers:
            self.diary.write(
                "answer", id=answer.letter.id, honest=answer.honest,
                status=answer.status, seconds=round(answer.seconds, 3),
                said=answer.said,
            )  # fmt: skip
