"""dead_letters - how tests make dead letters, and put them right.

    script(deployment, BAN)      # a trigger refuses the users "user_banned…"
    redriven(deployment, "msg_1")
"""

import json

import psycopg
from desk import told, validate
from small_events import organization, user

WATCHED = "ada@example.com must not be shown"
POISON = ("msg_poison", user("user_bob", at=9, created_at=10**18))
REFUSED = [
    ("msg_ban_1", user("user_banned", at=1, first_name="One")),
    ("msg_ban_2", user("user_banned", at=2, first_name="Two")),
]
GOOD = [
    ("msg_good_1", user("user_ada", at=1)),
    ("msg_good_2", organization("org_school", at=1)),
]
# What the database says of a class 22 the consumer takes as said for ever.
BAN = f"""
    CREATE FUNCTION ban() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE '{WATCHED}' USING ERRCODE = '22023'; END$$;
    CREATE TRIGGER ban BEFORE INSERT ON users FOR EACH ROW
        WHEN (new.clerk_user_id LIKE 'user_banned%') EXECUTE FUNCTION ban()
"""
LIFT = "DROP TRIGGER ban ON users"


def script(deployment, text):
    """Several statements, in one transaction."""
    with psycopg.connect(deployment.database_url) as session:
        session.execute(text)


def stuck(deployment):
    """Three dead letters among what was applied; the consumer runs on."""
    script(deployment, BAN)
    deployment.running = deployment.consumer()
    deployment.publish([*GOOD, *REFUSED, POISON])
    deployment.wait_for_ledger(5)
    deployment.wait_until_consumed()
    return deployment


def listed(deployment, *words):
    """{id: row} of `dlq list`."""
    return {row["id"]: row for row in told(deployment, "dlq list", *words)}


def redriven(deployment, *words, code=0, command="dlq redrive"):
    """{id: what came of it}."""
    done = deployment.console(*command.split(), *words, "--json", check=False)
    assert done.returncode == code, done
    said = json.loads(done.stdout)
    validate(said, command)
    return {row["id"]: row for row in said["letters"]}


def discarded(deployment, *words, **how):
    return redriven(deployment, *words, command="dlq discard", **how)


def results(rows):
    return {id: row["result"] for id, row in rows.items()}
