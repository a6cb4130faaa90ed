"""Every class of SQLSTATE, raised for one user's row: what becomes of it.

Three answers, as the design's table of faults has them: what can never be
written is a dead letter at once, what may pass is tried again later, and what
is wrong with the server holds everything until it is mended.
"""

import pytest

import model
from differences import assert_equal
from small_events import user
from stream import waits_for
from waiting import wait_until

NEVER = [
    "21000", "22000", "22001", "22003", "22008", "22012", "22021", "22023",
    "22P02", "22P05", "23502", "23514", "54000", "54001", "54023",
]  # fmt: skip
LATER = [
    "01000", "02000", "03000", "09000", "0B000", "0F000", "0L000", "0P000",
    "0Z000", "20000", "23000", "23001", "23503", "23505", "23P01", "24000",
    "27000", "2B000", "2D000", "2F000", "34000", "38000", "39000", "3B000",
    "44000", "55P03", "72000", "HV000", "P0000", "P0001", "P0002", "ZZ999",
]  # fmt: skip
HOLD = [
    "08000", "08006", "0A000", "25000", "25P02", "26000", "28000", "28P01",
    "3D000", "3F000", "40001", "40P01", "42501", "42703", "42P01", "53000",
    "53100", "53200", "53300", "55000", "55006", "57000", "57014", "57P01",
    "57P02", "57P03", "58000", "58030", "F0000", "XX000", "XX001",
]  # fmt: skip
# A user whose first name is in the table of faults cannot be written.
RAISE = """
    CREATE TABLE faults (code text PRIMARY KEY);
    GRANT SELECT ON faults TO PUBLIC;
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT FROM faults WHERE code = NEW.first_name) THEN
            RAISE 'refused' USING ERRCODE = NEW.first_name;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON users FOR EACH ROW
        EXECUTE FUNCTION fail();
"""


@pytest.fixture(scope="module")
def scene(module_deployment):
    module_deployment.query(RAISE)
    consumer = module_deployment.consumer(
        CONSUMER_WORKERS=2, KAFKA_AUTO_COMMIT_INTERVAL_MS=100
    )
    return module_deployment, consumer


def publish(deployment, names):
    """A user for each name, among sound ones. Returns {name: svix id}."""
    first = len(deployment.posted)
    events = []
    for name in names:
        id = f"msg_{first + len(events):04}"
        events.append((id, user(f"user_{name}_{first}", first_name=name)))
        for n in range(2):
            sound = f"{first + len(events):04}"
            events.append((f"msg_{sound}", user(f"user_{sound}")))
    deployment.publish(events)
    return {event["data"].get("first_name"): id for id, event in events}


def break_(deployment, codes):
    for code in codes:
        deployment.query("INSERT INTO faults VALUES (%s)", code)


def mend(deployment):
    deployment.query("DELETE FROM faults")


def statuses(deployment, ids):
    """{code: status of its event}; what has no row yet is left out."""
    ledger = deployment.ledger()
    return {
        code: ledger[id]["status"] for code, id in ids.items() if id in ledger
    }


def test_what_can_never_be_written_is_a_dead_letter_at_once(scene):
    deployment, consumer = scene
    break_(deployment, NEVER)
    ids = publish(deployment, NEVER)
    deployment.wait_for_ledger(len(deployment.posted), 60)
    mend(deployment)
    ledger = deployment.ledger()
    said = {code: ledger[ids[code]] for code in NEVER}
    assert {c: r["status"] for c, r in said.items()} == dict.fromkeys(
        NEVER, "failed"
    )
    assert [c for c, r in said.items() if c not in r["last_error"]] == []
    letters = {
        dict(letter.headers())["svix-id"].decode(): dict(letter.headers())
        for letter in deployment.dead_letters()
    }
    assert letters.keys() == {ids[code] for code in NEVER}
    for code in NEVER:
        headers = letters[ids[code]]
        assert code.encode() in headers["clerkstream-reason"]
        assert headers["clerkstream-attempts"] == b"1"
    assert consumer.get("/readyz").status == 200


def test_what_may_pass_is_tried_again_later(scene):
    deployment, consumer = scene
    letters = len(deployment.dead_letters())
    break_(deployment, LATER)
    ids = {
        code: id
        for code, id in publish(deployment, LATER).items()
        if code in LATER
    }
    wait_until(
        lambda: statuses(deployment, ids) == dict.fromkeys(LATER, "retrying"),
        30, "all of them to be retried",
    )  # fmt: skip
    assert consumer.get("/readyz").status == 200
    mend(deployment)
    deployment.wait_for_ledger(len(deployment.posted), 60)
    ledger = deployment.ledger()
    assert statuses(deployment, ids) == dict.fromkeys(LATER, "completed")
    assert all(2 <= ledger[id]["attempts"] <= 6 for id in ids.values())
    retried = {
        dict(record.headers())["svix-id"].decode()
        for record in deployment.kafka.read(deployment.retry_topic)
    }
    assert set(ids.values()) <= retried
    assert len(deployment.dead_letters()) == letters


@pytest.mark.parametrize("code", HOLD)
def test_what_is_wrong_with_the_server_holds(scene, code):
    deployment, consumer = scene
    letters = len(deployment.dead_letters())
    before = deployment.ledger()
    break_(deployment, [code])
    id = publish(deployment, [code])[code]
    waits_for(consumer, f"SQLSTATE {code}")
    assert id not in deployment.ledger()
    mend(deployment)
    deployment.wait_for_ledger(len(deployment.posted), 60)
    assert deployment.ledger()[id]["status"] == "completed"
    assert deployment.ledger()[id]["attempts"] == 1
    assert len(deployment.dead_letters()) == letters
    assert before.keys() <= deployment.ledger().keys()


def test_the_rows_are_those_of_the_events_that_were_applied(scene):
    deployment, _ = scene
    failed = {
        id for id, row in deployment.ledger().items()
        if row["status"] == "failed"
    }  # fmt: skip
    applied = [(id, e) for id, e in deployment.posted if id not in failed]
    expected = model.tables(applied)
    tables = deployment.tables()
    refused = {f"user_{code}_0" for code in NEVER}
    tables["users"] = [
        row for row in tables["users"] if row["clerk_user_id"] not in refused
    ]
    assert_equal(expected, tables, applied)
