"""faults - how each kind of fault is done, and undone.

    harm = Harm(world, fault)   # Skipped: it could not be done
    harm.end()

Each is a generator: it does harm, yields what it did, and mends it when it
is asked for the next. Nothing here waits for programs to be well again: other
faults go on meanwhile.
"""

import os
import random
import signal
from contextlib import suppress

import psycopg
from chaos.plan import GUEST
from chaos.refusals import allow, refuse, slow_down
from chaos.world import EVENTS, sessions
from confluent_kafka import KafkaException
from histories import BASE62
from waiting import wait_until

STOP_SECONDS = 15  # 10 are promised; a busy machine has 5 of its own
HOURS_OFF = (-30 * 24, -26, -2, -0.2, 0.2, 2, 26, 30 * 24)
SECONDS_INSIDE = (-270, -30, 30, 270)
TABLES = ("users", "organizations", "organization_memberships",
          "entity_versions")  # fmt: skip


class Skipped(Exception):
    """The fault could not be done; why."""


class Harm:
    """One that was begun. did: what it did, in words."""

    def __init__(self, world, fault):
        self.steps = DONE[fault.kind](world, fault)
        self.did = next(self.steps)

    def end(self):
        next(self.steps, None)


def running(world, target):
    process = world.process(target)
    if not process.running:
        raise Skipped("it is down already")
    return process


def start_again(world, target):
    process = world.process(target)
    if not process.running:
        process.start()
    world.down.discard(target)


# Processes.


def kill(world, fault):
    running(world, fault.on)
    world.down.add(fault.on)
    world.whole(fault.on).kill()
    yield "killed"
    start_again(world, fault.on)


def freeze(world, fault):
    running(world, fault.on)
    world.whole(fault.on).pause()
    yield "frozen"
    if world.process(fault.on).running:
        world.whole(fault.on).resume()


def stop(world, fault, number=None):
    """Programs must end within seconds, whatever else is broken."""
    process = running(world, fault.on)
    if number is None:
        number = signal.SIGINT if fault.on == "postgres" else signal.SIGTERM
    world.down.add(fault.on)
    ask_to_stop(process, number)
    yield "asked to stop"
    if fault.on in world.programs:
        ended_well(process)
    else:
        end_within(process, 20)
    start_again(world, fault.on)


def ask_to_stop(process, number=signal.SIGTERM):
    """One that was started a moment ago first has to know of signals."""
    with suppress(AssertionError):
        wait_until(lambda: process.catches(number), 5)
    process.send(number)


def ended_well(program):
    """It was asked to stop a while ago."""
    wait_until(
        lambda: not program.running, STOP_SECONDS,
        f"{program.name} to stop:\n{program.tail()}",
    )  # fmt: skip
    assert program.child.returncode == 0, program.ended()


def end_within(process, seconds):
    """A server that waits for somebody frozen is killed."""
    with suppress(AssertionError):
        wait_until(lambda: not process.running, seconds)
    process.kill()


def stop_at_once(world, fault):
    yield from stop(world, fault, signal.SIGQUIT)


def join_and_leave(world, fault):
    guest = world.guest()
    world.programs[GUEST] = guest
    guest.start()
    yield "joined"
    del world.programs[GUEST]
    ask_to_stop(guest)
    ended_well(guest)


# Single sessions of PostgreSQL.


def a_session(world, fault):
    running(world, "postgres")
    try:
        pids = sessions(world.postgres)
    except psycopg.OperationalError as error:
        raise Skipped("PostgreSQL does not answer") from error
    if not pids:
        raise Skipped("nobody has a session")
    return pids[fault.dice % len(pids)]


def end_session(world, fault):
    pid = a_session(world, fault)
    with suppress(psycopg.OperationalError):
        world.postgres.run(f"SELECT pg_terminate_backend({pid})", True)
    yield f"ended {pid}"


def kill_session(world, fault):
    """The server takes it for a crash, and ends all others as well."""
    pid = a_session(world, fault)
    send(pid, signal.SIGKILL)
    yield f"killed {pid}"


def freeze_session(world, fault):
    pid = a_session(world, fault)
    send(pid, signal.SIGSTOP)
    yield f"froze {pid}"
    send(pid, signal.SIGCONT)


def send(pid, number):
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def fill_disk(world, fault):
    if world.disk.missing:
        raise Skipped(f"no small disk: {world.disk.missing}")
    mebibytes = world.disk.fill()
    world.down.add("postgres")  # it may end by itself, and be right
    yield f"filled {mebibytes} MiB"
    world.disk.free()


# Connections.


def cut(world, fault):
    yield told(world.links[fault.on].cut())
    world.links[fault.on].mend()


def hold(world, fault):
    yield told(world.links[fault.on].hold())
    world.links[fault.on].mend()


def trickle(world, fault):
    rate = (300, 2000, 10000)[fault.dice % 3]
    harmed = world.links[fault.on].trickle(rate)
    yield f"{told(harmed)}, {rate} bytes a second"
    world.links[fault.on].mend()


def deafen(world, fault):
    yield told(world.links[fault.on].deafen())
    world.links[fault.on].mend()


def told(connections):
    return f"{connections} connections"


# What is sent, and from where it is read.


def clock_off(world, fault):
    rng = random.Random(fault.dice)
    off = rng.choice((rng.choice(HOURS_OFF) * 3600, rng.choice(SECONDS_INSIDE)))
    world.letters.clock = int(off)
    yield f"{off:+.0f} s"
    world.letters.clock = 0


def rewind_while_stopped(world, fault):
    members = members_of(world)
    for name in members:
        world.down.add(name)
        ask_to_stop(world.programs[name])
    yield f"stopped {len(members)}"
    for name in members:
        ended_well(world.programs[name])
    rewind(world, fault)
    for name in members:
        start_again(world, name)


def rewind_while_frozen(world, fault):
    """They are thrown out of the group, and wake to older offsets."""
    members = members_of(world)
    for name in members:
        world.programs[name].pause()
    yield f"froze {len(members)}"
    rewind(world, fault)
    for name in members:
        world.programs[name].resume()


def members_of(world):
    """Consumers of the first group that run."""
    return [n for n in world.shape.consumers if world.programs[n].running]


def rewind(world, fault):
    """To anywhere before what was committed; not while somebody is in."""
    kafka, group = world.kafka, world.first.group
    rng = random.Random(fault.dice)
    with suppress(KafkaException, AssertionError):
        wait_until(lambda: kafka.members(group) == 0, 15, "an empty group")
        committed = kafka.committed(EVENTS, group)
        if committed:
            kafka.set_offsets(EVENTS, group, {
                p: rng.randint(0, committed[p]) for p in sorted(committed)})
            world.rewinds += 1


# What others do in the database.


def lock(world, statement):
    """A session of somebody else that holds on to something."""
    try:
        session = psycopg.connect(
            world.first.database_url, connect_timeout=2,
            options="-c lock_timeout=1000",
        )  # fmt: skip
    except psycopg.OperationalError as error:
        raise Skipped("PostgreSQL does not answer") from error
    try:
        return session, session.execute(statement).rowcount
    except psycopg.OperationalError as error:
        session.close()
        raise Skipped("it is locked already") from error


def lock_rows(world, fault):
    table = TABLES[fault.dice % len(TABLES)]
    session, count = lock(
        world, f"SELECT 1 FROM {table} ORDER BY random() LIMIT 10 FOR UPDATE"
    )
    yield f"{count} rows of {table}"
    session.close()


def lock_table(world, fault):
    table = TABLES[fault.dice % len(TABLES)]
    session, _ = lock(world, f"LOCK TABLE {table} IN SHARE MODE")
    yield table
    session.close()


def refuse_rows(world, fault):
    """A trigger of the owner's, for some users. Not for long: retried."""
    url = world.first.database_url
    endings = random.Random(fault.dice).sample(BASE62, 3)
    answered(refuse, url, endings)
    yield f"users …{''.join(endings)}"
    allow_again(url)


def refuse_for_long(world, fault):
    """Longer than all retries last: dead letters are right."""
    endings = random.Random(fault.dice).sample(BASE62, 5)
    answered(refuse, world.first.database_url, endings)
    world.refused_for_long |= {*endings}
    yield f"users …{''.join(endings)}"
    allow_again(world.first.database_url)


def slow_writes(world, fault):
    """More is met in the middle of its transaction."""
    url = world.deployments[fault.dice % 2].database_url
    seconds = (0.02, 0.1, 0.3)[fault.dice % 3]
    answered(slow_down, url, seconds)
    yield f"{seconds} s each"
    allow_again(url)


def answered(ask, *values):
    try:
        return ask(*values)
    except psycopg.OperationalError as error:
        raise Skipped("PostgreSQL does not answer") from error


def allow_again(url):
    with suppress(psycopg.OperationalError):  # else heal() does it
        allow(url)


DONE = {
    "kill -9": kill,
    "freeze": freeze,
    "stop in order": stop,
    "stop at once": stop_at_once,
    "end a session": end_session,
    "kill -9 a session": kill_session,
    "freeze a session": freeze_session,
    "fill the disk": fill_disk,
    "cut": cut,
    "hold": hold,
    "trickle": trickle,
    "deafen": deafen,
    "clock off": clock_off,
    "rewind while stopped": rewind_while_stopped,
    "rewind while frozen": rewind_while_frozen,
    "join and leave": join_and_leave,
    "lock rows": lock_rows,
    "lock a table": lock_table,
    "refuse rows": refuse_rows,
    "refuse rows for long": refuse_for_long,
    "slow writes": slow_writes,
}
