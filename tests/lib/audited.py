"""audited - a deployment whose consumers have done their work, and its audit.

    audited = Audited(deployment, SMALL)
    audited.query(change_user("user_a", email="'x'"))
    assert audited.found() == {("user_a", "users", "email", "differs")}
    audited.repaired()
"""

import json

import desk
from small_events import (
    membership,
    organization,
    organization_deleted,
    user,
    user_deleted,
)

SMALL = [
    ("msg_a1", user("user_a", at=1, first_name="Ada", username="ada")),
    ("msg_a2", user("user_a", at=5, first_name="Ada L.", created_at=1)),
    ("msg_b", user("user_b", at=2, public_metadata={"plan": {"n": 1.5}})),
    ("msg_c1", user("user_c", at=2, first_name="Cia")),
    ("msg_c2", user_deleted("user_c", at=9)),
    ("msg_d", user_deleted("user_d", at=9)),
    ("msg_o", organization("org_o", at=1, slug="acme", created_at=10)),
    ("msg_p", organization("org_p", at=1, slug="acme", created_at=20)),
    ("msg_q", organization("org_q", at=1, slug="acme", created_at=30)),
    ("msg_g1", organization("org_g", at=1, slug="gone")),
    ("msg_g2", organization_deleted("org_g", at=4)),
    ("msg_m1", membership("orgmem_1", "org_o", "user_a", at=2,
                          role="org:admin", permissions=["x", "y"])),
    ("msg_m2", membership("orgmem_2", "org_p", "user_s", at=3,
                          user={"first_name": "Stub"})),
    ("msg_m3", membership("orgmem_3", "org_o", "user_b", at=2)),
    ("msg_m4", membership("orgmem_3", "org_o", "user_b", at=4,
                          action="deleted")),
    ("msg_x", {"type": "session.created", "data": {"id": "sess_1"}}),
]  # fmt: skip


class Audited:
    """Events that were applied by a consumer that has ended."""

    def __init__(self, deployment, events):
        self.deployment = deployment
        deployment.publish(events)
        consumer = deployment.consumer()
        deployment.wait_until_consumed(60)
        assert consumer.stop() == 0
        self.query = deployment.query

    def audit(self, *words, code=0):
        done = self.deployment.console("audit", "--json", *words, check=False)
        assert done.returncode == code, done
        told = json.loads(done.stdout)
        desk.validate(told, "audit")
        return told

    def found(self, *words):
        """What differs: (id, table, column or None, what)."""
        told = self.audit(*words, code=1)
        assert told["total"] == len(told["differences"])
        return named(told["differences"])

    def repaired(self):
        """What it found, after it was healed and looked at again."""
        told = self.audit("--repair")
        assert told["repair"]["left"]["total"] == 0
        assert self.audit()["total"] == 0
        return told


def named(differences):
    return {
        (one["id"], one["table"], one["column"], one["what"])
        for one in differences
    }


def update(table, key, clerk_id, **values):
    changes = ", ".join(f"{name} = {value}" for name, value in values.items())
    return f"update {table} set {changes} where {key} = '{clerk_id}'"


def change_user(clerk_id, **values):
    return update("users", "clerk_user_id", clerk_id, **values)


def change_organization(clerk_id, **values):
    return update("organizations", "clerk_organization_id", clerk_id, **values)


def change_membership(clerk_id, **values):
    table = "organization_memberships"
    return update(table, "clerk_membership_id", clerk_id, **values)


def change_register(clerk_id, **values):
    return update("entity_versions", "id", clerk_id, **values)
