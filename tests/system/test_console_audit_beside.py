"""`clerkstream audit` and --repair beside consumers, behind and ahead of them.

No false alarms, and nothing is lost, whatever is applied meanwhile.
"""

import json
import random
import threading

import model
from audited import (
    SMALL,
    Audited,
    change_organization,
    change_register,
    change_user,
)
from differences import assert_equal
from figures import figure
from histories import history
from load import load
from small_events import (
    membership,
    organization,
    organization_deleted,
    user,
)


def test_what_is_not_applied_yet_is_no_difference(deployment):
    small = Audited(deployment, SMALL)
    deployment.publish(
        [
            ("msg_late_1", user("user_a", at=50, first_name="Later")),
            ("msg_late_2", user("user_new", at=50)),
            ("msg_late_3", organization_deleted("org_o", at=50)),
        ]
    )
    told = small.audit()
    assert told["total"] == 0 and told["unsettled"] > 0
    small.query(change_user("user_b", email="'x'"))
    assert small.found() == {("user_b", "users", "email", "differs")}


def test_random_damage_of_random_histories(deployment):
    rng = random.Random(11)
    events = [
        event for seed in range(8) for event in history(seed, f"au{seed}x")
    ]
    audited = Audited(
        deployment, rng.sample(events + events[::5], len(events[::5] + events))
    )
    assert audited.audit()["total"] == 0
    before, damaged = deployment.dump(), 0
    for round in range(4):
        expected = {harm(deployment, rng, n) for n in range(round, 14, 2)}
        found = audited.found()
        assert expected - {None} <= found
        damaged += len(found)
        audited.repaired()
        assert deployment.dump() == before
    figure(f"{len(events)} events, {damaged} differences healed")


def harm(deployment, rng, number):
    """Damages one row; the difference that this must be found as."""
    table, key, columns = rng.choice(
        [
            ("users", "clerk_user_id", ("email", "first_name")),
            ("organizations", "clerk_organization_id", ("name", "image_url")),
            ("organization_memberships", "clerk_membership_id",
             ("clerk_role",)),
        ]
    )  # fmt: skip
    ids = [
        row[key]
        for row in deployment.query(
            f'select {key} from {table} order by {key} collate "C"'
        )
    ]
    id, column = rng.choice(ids), rng.choice(columns)
    if number % 3 == 0:
        deployment.query(f"delete from {table} where {key} = %s", id)
        return id, table, None, "missing"
    if number % 3 == 1:
        deployment.query(
            "update entity_versions set t = t - 1, ts = ts - 1 where id = %s",
            id,
        )
        return None
    deployment.query(
        f"update {table} set {column} = 'harmed' where {key} = %s", id
    )
    return None  # it may have been taken away with its parent


def test_beside_consumers_under_load_there_are_no_false_alarms(deployment):
    events = load(6000, 21, "--shuffle")
    deployment.publish(events[:1000])
    for _ in range(2):
        deployment.consumer(CONSUMER_BATCH_MAX=50)
    deployment.wait_for_ledger(1000, 60)
    is_over = threading.Event()

    def publish():
        rest = iter(range(1000, len(events), 100))
        while not is_over.is_set() and (at := next(rest, None)) is not None:
            deployment.publish(events[at : at + 100])

    thread = threading.Thread(target=publish)
    thread.start()
    audits = []
    try:
        while thread.is_alive() or len(audits) < 3:
            done = deployment.console("audit", "--json", check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            audits.append(json.loads(done.stdout))
    finally:
        is_over.set()
        thread.join()
    deployment.wait_until_consumed(60)
    told = json.loads(deployment.console("audit", "--json").stdout)
    assert (told["total"], told["unsettled"]) == (0, 0)
    assert told["records"] == len(events)
    figure(f"{len(audits)} audits beside two consumers under load,"
           f" unsettled {sum(one['unsettled'] for one in audits)}")  # fmt: skip


def test_repairs_beside_consumers_under_load_lose_nothing(deployment):
    events = load(3000, 22)
    deployment.publish(events[:1500])
    deployment.consumer(CONSUMER_BATCH_MAX=50)
    deployment.wait_for_ledger(1500, 60)
    for at in range(1500, len(events), 500):
        deployment.query(
            "update users set email = 'harmed', first_name = null"
            " where ascii(right(clerk_user_id, 1)) % 3 = 0"
        )
        deployment.query(
            "update entity_versions set t = t + 1000000000000"
            " where ascii(right(id, 1)) % 9 = 0 and class is not null"
        )
        deployment.publish(events[at : at + 500])
        deployment.console("audit", "--repair", check=False)
    deployment.wait_until_consumed(60)
    deployment.console("audit", "--repair")
    assert_equal(model.tables(events), deployment.tables())


def test_a_log_that_has_lost_its_begin(deployment, tmp_path):
    small = Audited(deployment, SMALL)
    ends = deployment.kafka.end_offsets(deployment.events_topic)
    deployment.publish(
        [
            ("msg_new_1", user("user_a", at=3, first_name="Old news")),
            ("msg_new_2", user("user_e", at=60, first_name="Eve")),
            ("msg_new_3", membership("orgmem_9", "org_q", "user_b", at=1,
                                     created_at=5)),
            ("msg_new_4", organization("org_r", at=1, slug="acme",
                                       created_at=99)),
        ]
    )  # fmt: skip
    consumer = deployment.consumer()
    deployment.wait_until_consumed()
    assert consumer.stop() == 0
    deployment.kafka.delete_records(deployment.events_topic, ends, tmp_path)
    told = small.audit()
    assert not told["is_log_whole"] and told["total"] == 0
    assert told["not_in_log"]["user"] == 3  # user_c, user_d, user_s
    assert told["records"] == 4
    for statement in (
        change_user("user_e", first_name="'x'"),  # in the log
        change_user("user_c", status="'ACTIVE'"),  # in its register
        change_organization("org_o", subdomain="'x'"),
        "delete from organization_memberships"
        " where clerk_membership_id = 'orgmem_1'",
        "insert into users (id, clerk_user_id)"
        " values (gen_random_uuid(), 'user_z')",
        change_register("user_e", t="0"),
        change_user("user_b", first_name="'not known any more'"),
    ):
        small.query(statement)
    assert small.found() == {
        ("user_e", "users", "first_name", "differs"),
        ("user_e", "entity_versions", "t", "differs"),
        ("user_c", "users", "status", "differs"),
        ("org_o", "organizations", "subdomain", "differs"),
        ("orgmem_1", "organization_memberships", None, "missing"),
        ("user_z", "users", None, "stranger"),
    }
