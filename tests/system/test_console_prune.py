"""`clerkstream prune` drops what is old of the ledger, and nothing else."""

import contextlib
import json
import re
import subprocess
import threading
import time

import desk
import psycopg
import pytest
from programs import BIN, console
from small_events import user

KEPT_FOR_EVER = ("failed", "retrying")

FILL = """
    insert into webhook_events (webhook_id, event_type, entity_id, payload,
        status, kafka_topic, kafka_partition, kafka_offset, created_at,
        updated_at)
    select 'msg_' || n, 'user.updated', 'user_' || n,
        json_build_object('n', n, 'long', repeat('x', 3000)),
        (array['completed', 'ignored', 'superseded', 'failed', 'retrying'])
            [1 + n %% 5],
        't', 0, n, now() - make_interval(days => n %% 200), now()
    from generate_series(0, %s) as n"""


class Ledger:
    def __init__(self, url):
        self.url = url
        self.session = psycopg.connect(url, autocommit=True)

    def fill(self, count):
        self.session.execute(FILL, (count - 1,))

    def prune(self, *words, **how):
        environment = {"DATABASE_URL": self.url}
        return console("prune", *words, environment=environment, **how)

    def told(self, *words):
        said = json.loads(self.prune(*words, "--json").stdout)
        desk.validate(said, "prune")
        return said

    def rows(self):
        """{id: (days old, status, has a payload, all other columns)}"""
        found = self.session.execute(
            """select webhook_id, extract(day from now() - created_at)::int,
                      status, payload is not null, to_jsonb(w) - 'payload'
               from webhook_events w"""
        )
        return {id: tuple(rest) for id, *rest in found}

    @contextlib.contextmanager
    def held(self, *ids):
        """These rows are locked, as by a consumer in its transaction."""
        with psycopg.connect(self.url) as other:
            other.execute(
                "select 1 from webhook_events where webhook_id = any (%s)"
                " for no key update",
                (list(ids),),
            )
            yield


@pytest.fixture
def ledger(postgres):
    url = postgres.create_database(console=BIN / "clerkstream")
    made = Ledger(url)
    yield made
    made.session.close()
    postgres.drop_database(url)


def is_old(days, status):
    return days >= 90 and status not in KEPT_FOR_EVER


@pytest.mark.parametrize("age", ["90d", "P90D", "PT2160H"])
def test_payloads_of_old_events_are_dropped_and_nothing_else(ledger, age):
    ledger.fill(1000)
    before = ledger.rows()
    told = ledger.told("--older-than", age, "--batch", 70)
    after = ledger.rows()
    old = [id for id, row in before.items() if is_old(*row[:2])]
    assert after.keys() == before.keys()
    for id, (days, status, has_payload, others) in after.items():
        assert has_payload != (id in old), (id, days, status)
        assert others == before[id][3]
    assert told["dropped"] == told["found"] == len(old) == 330
    assert (told["left"], told["kept"]) == (0, 220)
    assert told["what"] == "payloads" and not told["dry_run"]
    again = ledger.told("--older-than", age)
    assert again["found"] == again["dropped"] == 0


def test_rows_are_dropped_where_it_is_asked(ledger):
    ledger.fill(1000)
    before = ledger.rows()
    ledger.prune("--older-than", "150d")
    told = ledger.told("--older-than", "90d", "--rows", "--batch", 7)
    after = ledger.rows()
    assert set(after) == {
        id for id, row in before.items() if not is_old(*row[:2])
    }
    assert all(row[2] for row in after.values())
    assert told["dropped"] == 330


def test_rows_of_what_had_a_dead_letter_stay(ledger):
    """Else the letter, which nobody can delete, would seem to wait again."""
    ledger.fill(1000)
    ledger.session.execute("""
        update webhook_events set dead_letter = 'applied'
        where webhook_id in ('msg_95', 'msg_96', 'msg_97')""")
    before = ledger.rows()
    told = ledger.told("--older-than", "90d", "--rows")
    assert {"msg_95", "msg_96", "msg_97"} < set(ledger.rows())
    assert (told["dropped"], told["left"], told["kept"]) == (327, 0, 223)
    told = ledger.told("--older-than", "90d")
    assert told["dropped"] == 3 and told["kept"] == 220
    assert before.keys() > ledger.rows().keys()


def test_a_dry_run_counts_and_drops_nothing(ledger):
    ledger.fill(600)
    before = ledger.rows()
    for what in ((), ("--rows",)):
        told = ledger.told("--older-than", "90d", "--dry-run", *what)
        assert told["found"] == told["left"] == 198
        assert (told["dropped"], told["kept"]) == (0, 132)
        assert told["dry_run"]
    said = ledger.prune("--older-than", "90d", "--dry-run").stdout
    assert re.match(
        r"would drop the payloads of 198 events from before \S+Z\n"
        r"132 failed or retrying ones are kept\n$",
        said,
    )
    assert ledger.rows() == before


def test_a_row_in_use_is_not_waited_for(ledger):
    ledger.fill(400)
    with ledger.held("msg_100", "msg_101"):
        begun = time.monotonic()
        told = ledger.told("--older-than", "90d", "--batch", 10)
        assert time.monotonic() - begun < 20
    assert (told["found"], told["left"]) == (132, 2)
    assert told["dropped"] == 130
    with ledger.held("msg_100"):
        said = ledger.prune("--older-than", "90d").stdout
    assert "dropped the payloads of 1 events" in said
    assert "1 were in use: run it again for them" in said


def test_a_batch_is_a_transaction_and_what_is_done_stays(ledger):
    ledger.fill(2000)
    # The rate lets 100 go a second: it is ended long before its end.
    with pytest.raises(subprocess.TimeoutExpired):
        ledger.prune(
            "--older-than", "90d", "--batch", 20, "--rate", 100, timeout=2
        )
    dropped = sum(
        is_old(*row[:2]) and not row[2] for row in ledger.rows().values()
    )
    assert 0 < dropped < 600
    assert dropped % 20 == 0
    told = ledger.told("--older-than", "90d")
    assert told["found"] == told["dropped"] == 660 - dropped
    assert told["left"] == 0


def test_a_rate_is_kept(ledger):
    ledger.fill(1000)
    begun = time.monotonic()
    told = ledger.told("--older-than", "90d", "--rate", 150)
    assert told["dropped"] == 330
    assert time.monotonic() - begun >= 330 / 150


def test_rows_that_move_meanwhile_are_found(ledger):
    """Updates put rows elsewhere in the table, also behind the walk."""
    ledger.fill(3000)
    is_over = threading.Event()

    def disturb():
        with psycopg.connect(ledger.url, autocommit=True) as other:
            while not is_over.is_set():
                other.execute(
                    "update webhook_events set replays = replays + 1"
                    " where kafka_offset % 7 = 0"
                )

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        ledger.prune("--older-than", "90d", "--batch", 100)
    finally:
        is_over.set()
        thread.join()
    ledger.prune("--older-than", "90d")
    for id, (days, status, has_payload, _) in ledger.rows().items():
        assert has_payload != is_old(days, status), id


def test_an_age_beyond_all_times_is_an_empty_past(ledger):
    ledger.fill(100)
    told = ledger.told("--older-than", "P3000000D", "--rows")
    assert (told["found"], told["kept"]) == (0, 0)
    assert told["before"].startswith("1970-01-01T00:00:00")


def test_progress_is_plain_lines_on_standard_error(ledger):
    ledger.fill(200)
    done = ledger.prune("--older-than", "90d")
    assert "\x1b" not in done.stderr and "\r" not in done.stderr
    assert "dropping payloads 100 %  66 of 66 events" in done.stderr


def test_a_database_without_the_tables_is_one_line(postgres):
    url = postgres.create_database()
    done = console(
        "prune", "--older-than", "90d",
        environment={"DATABASE_URL": url}, check=False,
    )  # fmt: skip
    postgres.drop_database(url)
    assert done.returncode == 1 and done.stdout == ""
    assert re.match(r"clerkstream prune: .*webhook_events.*\n$", done.stderr)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--older-than", "90"),
        ("--older-than", "-5d"),
        ("--older-than", "P1Y"),
        ("--older-than", "5d", "--batch", "0"),
        ("--older-than", "5d", "--rate", "-1"),
    ],
)
def test_a_wrong_use_says_what_is_allowed(words):
    done = console("prune", *words, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert re.match(r"clerkstream prune: .*allowed is .*\n$", done.stderr)


def test_a_replay_of_what_was_dropped_changes_no_table(deployment):
    events = [
        (f"msg_{n}", user(f"user_{n % 7}", at=n, first_name=f"Ada {n}"))
        for n in range(40)
    ]
    deployment.publish(events)
    consumer = deployment.consumer()
    deployment.wait_for_ledger(40)
    assert consumer.stop() == 0
    before = deployment.dump()
    told = desk.told(deployment, "prune", "--older-than", "0s", "--rows")
    assert told["dropped"] == 40 and deployment.ledger() == {}
    deployment.kafka.set_offsets(deployment.events_topic, deployment.group)
    deployment.consumer()
    deployment.wait_for_ledger(40)
    assert deployment.dump() == before
    assert {row["replays"] for row in deployment.ledger().values()} == {0}
