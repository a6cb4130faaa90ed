"""The model that the programs are held against, rule by rule, by hand.

The expected values are written out, not computed; the ids were computed
with another implementation of RFC 4122 (sha1sum over the raw bytes).
"""

import collections
import hashlib
import random
import uuid
from datetime import datetime, timedelta, timezone

import pytest

import histories
import model
from small_events import (
    ABSENT,
    membership,
    moment,
    numbered,
    organization,
    organization_deleted,
    user,
    user_deleted,
)


def when(at, milliseconds=0):
    start = datetime(2025, 10, 9, 8, 53, 20, tzinfo=timezone.utc)
    return start + timedelta(seconds=at, milliseconds=milliseconds)


def rows(table, *events):
    return model.tables(numbered(events))[table]


def the_row(table, *events):
    found = rows(table, *events)
    assert len(found) == 1
    return found[0]


def the_user(*events):
    return the_row("users", *events)


def subdomains(*events):
    return {
        row["clerk_organization_id"]: row["subdomain"]
        for row in rows("organizations", *events)
    }


def standing(*events):
    return [
        row["clerk_membership_id"]
        for row in rows("organization_memberships", *events)
    ]


# Versions.


def test_the_later_updated_at_wins_over_the_later_envelope():
    row = the_user(
        user("user_a", at=9, first_name="New", envelope={"timestamp": 1}),
        user(
            "user_a",
            at=2,
            first_name="Old",
            envelope={"timestamp": moment(50)},
        ),
    )
    assert row["first_name"] == "New"


def test_without_updated_at_the_envelope_counts_then_created_at_then_zero():
    def seen(first_name, **fields):
        fields.setdefault("envelope", {"timestamp": ABSENT})
        return user(
            "user_a", first_name=first_name, updated_at=ABSENT, **fields
        )

    nothing = seen("nothing")
    created = seen("created", created_at=moment(1))
    zero_envelope = seen(
        "zero envelope", created_at=moment(2), envelope={"timestamp": 0}
    )
    envelope = seen(
        "envelope", created_at=moment(1), envelope={"timestamp": moment(3)}
    )
    ladder = [nothing, created, zero_envelope, envelope]
    for lower, higher in zip(ladder, ladder[1:]):
        wanted = higher["data"]["first_name"]
        assert the_user(higher, lower)["first_name"] == wanted


def test_an_updated_at_of_zero_is_a_time_like_any_other():
    row = the_user(
        user("user_a", at=9, updated_at=0, first_name="Zero"),
        user("user_a", at=1, first_name="Later"),
    )
    assert row["first_name"] == "Later"


def test_at_one_moment_updated_beats_created_then_the_envelope_then_the_id():
    def seen(first_name, action, timestamp):
        return user(
            "user_a",
            at=1,
            action=action,
            first_name=first_name,
            envelope={"timestamp": timestamp},
        )

    created = seen("created", "created", moment(9))
    updated = seen("updated", "updated", moment(3))
    later = seen("later", "updated", moment(4))
    twin = seen("twin", "updated", moment(4))
    assert the_user(updated, created)["first_name"] == "updated"
    assert the_user(later, updated)["first_name"] == "later"
    assert the_user(later, twin)["first_name"] == "twin"
    assert the_user(twin, later)["first_name"] == "later"


def test_seconds_and_milliseconds_tell_the_same_moment():
    row = the_user(
        user("user_a", updated_at=moment(5) // 1000, first_name="New"),
        user("user_a", updated_at=moment(4), first_name="Old"),
    )
    assert row["first_name"] == "New"
    assert row["updated_at"] == when(5)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (1_760_000_000_123, 1_760_000_000_123),
        (1.6e12, 1_600_000_000_000),
        (1_760_000_000, 1_760_000_000_000),
        (10**11, 10**11),
        (10**11 - 1, (10**11 - 1) * 1000),
        (0, 0),
        (1_760_000_000_000.5, None),
        ("1760000000000", None),
        (True, None),
        (None, None),
    ],
)
def test_a_time_is_a_number_without_fraction(given, read):
    assert model.time({"at": given}, "at") == read


# Rule 1: data and deleted are two registers.


def test_a_late_creation_fills_the_columns_and_leaves_the_user_deleted():
    row = the_user(
        user_deleted("user_a", at=1),
        user("user_a", at=9, action="created", first_name="Ada"),
    )
    assert (row["status"], row["first_name"]) == ("DELETED", "Ada")
    assert row["deleted_at"] == when(1, milliseconds=7)


def test_an_organization_deleted_before_it_was_seen_never_appears():
    events = (
        organization_deleted("org_a", at=1),
        organization("org_a", at=9, action="created", slug="a"),
        membership("orgmem_1", "org_a", "user_a", at=9),
    )
    tables = model.tables(numbered(events))
    assert tables["organizations"] == []
    assert tables["organization_memberships"] == []


# Rule 2: stubs.


def test_a_membership_makes_stubs_of_both_parents():
    events = numbered(
        [
            membership(
                "orgmem_1",
                "org_a",
                "user_a",
                at=3,
                organization={
                    "name": "Acorn",
                    "slug": "acorn",
                    "created_at": moment(1),
                    "updated_at": moment(2),
                },
                user={
                    "first_name": "Ada",
                    "image_url": "https://images.example/a.png",
                    "identifier": "ada@acorn.example",
                    "username": "ada",
                },
            )
        ]
    )
    tables = model.tables(events)
    (stub,) = tables["users"]
    assert stub == {
        "id": uuid.UUID("64e5ed1e-87c2-5a69-90ad-9cedfe25c678"),
        "clerk_user_id": "user_a",
        "email": None,
        "phone": None,
        "username": None,
        "first_name": "Ada",
        "last_name": None,
        "avatar_url": "https://images.example/a.png",
        "external_id": None,
        "public_metadata": None,
        "status": "ACTIVE",
        "sync_status": "pending",
        "created_at": None,
        "updated_at": None,
        "deleted_at": None,
    }
    (parent,) = tables["organizations"]
    assert parent == {
        "id": uuid.UUID("c653a1db-9a97-5b2a-96d1-8e752e43ff8e"),
        "clerk_organization_id": "org_a",
        "name": "Acorn",
        "slug": "acorn",
        "subdomain": "acorn",
        "image_url": None,
        "created_by": None,
        "public_metadata": None,
        "status": "ACTIVE",
        "sync_status": "pending",
        "created_at": when(1),
        "updated_at": when(2),
    }


def test_any_own_event_beats_the_newest_glimpse():
    events = numbered(
        [
            membership(
                "orgmem_1",
                "org_a",
                "user_a",
                at=90,
                organization={"name": "Glimpse", "updated_at": moment(90)},
                user={"first_name": "Glimpse"},
            ),
            user("user_a", at=1, first_name="Own"),
            organization("org_a", at=1, name="Own"),
        ]
    )
    tables = model.tables(events)
    (person,) = tables["users"]
    (parent,) = tables["organizations"]
    assert (person["first_name"], person["sync_status"]) == ("Own", "synced")
    assert (parent["name"], parent["sync_status"]) == ("Own", "synced")


def test_a_newer_glimpse_replaces_an_older_one_whole():
    older = membership(
        "orgmem_1",
        "org_a",
        "user_a",
        at=1,
        user={"first_name": "Ada", "last_name": "Lovelace"},
    )
    newer = membership(
        "orgmem_1", "org_a", "user_a", at=2, user={"first_name": "Augusta"}
    )
    row = the_user(newer, older)
    assert (row["first_name"], row["last_name"]) == ("Augusta", None)


def test_the_glimpses_inside_a_deletion_rank_above_the_others():
    def seen(action, first_name):
        return membership(
            "orgmem_1",
            "org_a",
            "user_a",
            at=1,
            action=action,
            user={"first_name": first_name},
        )

    row = the_user(seen("deleted", "last"), seen("updated", "before"))
    assert row["first_name"] == "last"


def test_what_a_backfill_found_ranks_below_the_webhooks_of_its_moment():
    found = model.Snapshot(user("user_a", at=1, first_name="found"))
    told = user("user_a", at=1, action="created", first_name="told")
    assert the_user(told, found)["first_name"] == "told"
    assert the_user(found, told)["first_name"] == "told"
    later = model.Snapshot(user("user_a", at=2, first_name="later"))
    assert the_user(later, told)["first_name"] == "later"


def test_a_deleted_user_is_never_pending():
    row = the_user(
        membership("orgmem_1", "org_a", "user_a", user={"first_name": "Ada"}),
        user_deleted("user_a"),
    )
    assert (row["status"], row["sync_status"]) == ("DELETED", "synced")
    assert row["first_name"] == "Ada"


# Rule 3: deletions.


def test_a_user_of_whom_only_the_deletion_was_seen_has_a_bare_row():
    events = numbered([user_deleted("user_a", at=4)])
    tables = model.tables(events)
    (row,) = tables["users"]
    assert {name for name, value in row.items() if value is not None} == {
        "id", "clerk_user_id", "status", "sync_status", "deleted_at",
    }  # fmt: skip
    assert row["sync_status"] == "synced"
    assert tables["workspaces"] == []


def test_deleted_at_is_the_greatest_time_of_all_deletions():
    nameless = user_deleted("user_a", envelope={"timestamp": ABSENT})
    row = the_user(
        user_deleted("user_a", at=8), user_deleted("user_a", at=2), nameless
    )
    assert row["deleted_at"] == when(8, milliseconds=7)
    assert the_user(nameless)["deleted_at"] is None


def test_an_organization_takes_its_memberships_with_it():
    events = (
        organization("org_a", at=1),
        membership("orgmem_1", "org_a", "user_a", at=2),
        organization_deleted("org_a", at=0),
    )
    assert standing(*events) == []
    assert rows("organizations", *events) == []
    assert len(rows("users", *events)) == 1


# Rule 4: memberships.


def generation(number, action="created", at=0):
    return membership(
        f"orgmem_{number}",
        "org_a",
        "user_a",
        action=action,
        at=at,
        created_at=moment(number),
    )


def test_a_membership_stands_until_its_own_deletion():
    assert standing(generation(1)) == ["orgmem_1"]
    assert standing(generation(1, "deleted"), generation(1, at=99)) == []


def test_somebody_who_joins_again_has_only_the_newest_membership():
    assert standing(generation(2), generation(1, at=99)) == ["orgmem_2"]


def test_deleting_the_older_membership_leaves_the_newer_one():
    events = (generation(2), generation(1), generation(1, "deleted", at=99))
    assert standing(*events) == ["orgmem_2"]


def test_deleting_the_newest_does_not_bring_the_older_one_back():
    assert standing(generation(1), generation(2, "deleted")) == []


def test_memberships_made_at_one_moment_are_told_apart_by_their_ids():
    twins = (
        membership("orgmem_x", "org_a", "user_a", created_at=moment(1)),
        membership("orgmem_y", "org_a", "user_a", created_at=moment(1)),
    )
    assert standing(*twins) == ["orgmem_y"]


def test_a_membership_falls_with_its_user():
    assert standing(user_deleted("user_a"), generation(1, at=99)) == []


def test_a_membership_without_a_user_says_nothing_at_all():
    event = generation(1)
    del event["data"]["public_user_data"]["user_id"]
    assert not any(model.tables(numbered([event])).values())


# Rule 5: workspaces.


def test_every_user_with_data_has_a_workspace_and_keeps_it():
    own = user("user_a", created_at=moment(1))
    stub = membership("orgmem_1", "org_a", "user_a")
    gone = user_deleted("user_a")
    for events in ([own], [own, gone], [own, stub, gone]):
        row = the_row("workspaces", *events)
        assert row == {
            "id": uuid.UUID("487caf34-aad8-56ea-8d7d-6fac8243eb78"),
            "user_id": uuid.UUID("64e5ed1e-87c2-5a69-90ad-9cedfe25c678"),
            "name": "My Workspace",
            "created_at": when(1),
        }
    for events in ([stub], [stub, gone]):
        assert the_row("workspaces", *events)["created_at"] is None


# Rule 6: ids.


def uuid5_by_hand(namespace, name):
    digest = bytearray(hashlib.sha1(namespace + name.encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return bytes(digest)


def test_ids_are_version_5_uuids_of_the_clerk_ids():
    dns = bytes.fromhex("6ba7b8109dad11d180b400c04fd430c8")
    namespace = uuid5_by_hand(dns, "clerkstream")
    assert namespace.hex() == "97278d3dbc765eea8e3874c5c641c556"
    for name in ("user_a", "org_a", "orgmem_1", "workspace:user_a", "ü"):
        assert model.row_id(name).bytes == uuid5_by_hand(namespace, name)


# Rule 7: subdomains.


def suffix(organization_id):
    return str(model.row_id(organization_id)).replace("-", "")[:12]


def test_the_earliest_organization_has_the_bare_name():
    late = organization("org_a", slug="acorn", created_at=moment(2))
    early = organization("org_b", slug="ACORN!", created_at=moment(1))
    assert subdomains(late, early) == {
        "org_a": "acorn-c653a1db9a97",
        "org_b": "acorn",
    }


def test_without_a_creation_time_an_organization_is_the_earliest():
    timeless = organization("org_b", slug="acorn")
    early = organization("org_a", slug="acorn", created_at=moment(1))
    assert subdomains(early, timeless)["org_b"] == "acorn"


def test_a_stub_holds_its_name_and_a_deleted_organization_frees_it():
    stub = membership(
        "orgmem_1", "org_b", "user_a", organization={"slug": "acorn"}
    )
    other = organization("org_a", slug="acorn", created_at=moment(1))
    gone = organization_deleted("org_b")
    assert subdomains(stub, other)["org_b"] == "acorn"
    assert subdomains(stub, other, gone) == {"org_a": "acorn"}


def test_a_name_that_was_given_up_goes_to_the_next():
    first = organization("org_b", slug="acorn", created_at=moment(1))
    renamed = organization("org_b", at=5, slug="oak", created_at=moment(1))
    second = organization("org_a", slug="acorn", created_at=moment(2))
    assert subdomains(first, second, renamed) == {
        "org_a": "acorn",
        "org_b": "oak",
    }


@pytest.mark.parametrize("slug", ["admin", "WWW", "d-e-v"])
def test_nobody_gets_a_reserved_name(slug):
    base = slug.lower().replace("-", "")
    assert subdomains(organization("org_a", slug=slug)) == {
        "org_a": f"{base}-c653a1db9a97"
    }


@pytest.mark.parametrize("slug", [None, "", "---", "学校", "\u212a", ABSENT])
def test_without_a_usable_slug_the_subdomain_is_org_and_the_suffix(slug):
    assert subdomains(organization("org_a", slug=slug)) == {
        "org_a": "org-c653a1db9a97"
    }


def test_a_base_has_at_most_fifty_characters():
    long, longer = "a-" * 50, "a-" * 51
    found = subdomains(
        organization("org_a", slug=long), organization("org_b", slug=longer)
    )
    assert found == {
        "org_a": "a" * 50,
        "org_b": "a" * 50 + "-" + suffix("org_b"),
    }


# Mapping.


ADDRESSES = [
    {"id": "idn_1", "email_address": "one@acorn.example"},
    {"id": "idn_2", "email_address": "Two.Of@Them@acorn.example"},
]


@pytest.mark.parametrize(
    ("primary", "addresses", "email", "username"),
    [
        ("idn_1", ADDRESSES, "one@acorn.example", "one"),
        ("idn_2", ADDRESSES, "Two.Of@Them@acorn.example", "Two.Of@Them"),
        ("idn_9", ADDRESSES, "one@acorn.example", "one"),
        (None, ADDRESSES, None, "x4by2cz0"),
        (ABSENT, ADDRESSES, None, "x4by2cz0"),
        ("idn_1", [], None, "x4by2cz0"),
        ("idn_1", ABSENT, None, "x4by2cz0"),
        ("idn_1", "wrong type", None, "x4by2cz0"),
    ],
)
def test_the_primary_email_is_the_one_whose_id_is_named(
    primary, addresses, email, username
):
    row = the_user(
        user(
            "user_3aX4bY2cZ0",
            primary_email_address_id=primary,
            email_addresses=addresses,
        )
    )
    assert (row["email"], row["username"]) == (email, username)


def test_the_username_of_clerk_comes_first_unless_it_is_empty():
    def username(given):
        return the_user(
            user(
                "user_a",
                username=given,
                primary_email_address_id="idn_1",
                email_addresses=ADDRESSES,
            )
        )["username"]

    assert username("ada") == "ada"
    assert username("") == username(None) == username(5) == "one"


def test_the_primary_phone_is_found_like_the_email():
    row = the_user(
        user(
            "user_a",
            primary_phone_number_id="idn_8",
            phone_numbers=[
                {"id": "idn_7", "phone_number": "+15550007777"},
                {"id": "idn_8", "phone_number": "+15550008888"},
            ],
        )
    )
    assert row["phone"] == "+15550008888"


def test_a_field_of_the_wrong_type_counts_as_absent():
    wrong = the_user(
        user(
            "user_a",
            first_name=5,
            public_metadata=["x"],
            created_at="2025",
            image_url={},
        )
    )
    assert wrong == the_user(user("user_a"))


@pytest.mark.parametrize(
    ("clerk_role", "role"),
    [
        ("org:admin", "SUPER_ADMIN"),
        ("org:teacher", "TEACHER"),
        ("org:member", "STUDENT"),
        ("admin", "SUPER_ADMIN"),
        ("basic_member", "STUDENT"),
        ("org:kitchen_crew", "STUDENT"),
        ("ORG:ADMIN", "STUDENT"),
        (None, "STUDENT"),
    ],
)
def test_roles_are_mapped_and_the_raw_role_is_kept(clerk_role, role):
    row = the_row(
        "organization_memberships",
        membership("orgmem_1", "org_a", "user_a", role=clerk_role),
    )
    assert (row["role"], row["clerk_role"]) == (role, clerk_role)


def test_another_role_map_replaces_the_default_whole():
    event = membership("orgmem_1", "org_a", "user_a", role="org:admin")
    tables = model.tables(numbered([event]), {"org:chef": "TEACHER"})
    (row,) = tables["organization_memberships"]
    assert row["role"] == "STUDENT"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["a", "b"], ["a", "b"]),
        ([], []),
        (["a", 5, None, "b"], ["a", "b"]),
        (ABSENT, None),
        (None, None),
        ("a", None),
    ],
)
def test_permissions_are_the_strings_of_the_list(given, kept):
    row = the_row(
        "organization_memberships",
        membership("orgmem_1", "org_a", "user_a", permissions=given),
    )
    assert row["permissions"] == kept


def test_other_types_change_nothing():
    events = [
        user("user_a", action="waved"),
        organization("org_a", action="renamed"),
        membership("orgmem_1", "org_a", "user_a", action="frozen"),
    ]
    assert not any(model.tables(numbered(events)).values())


# Histories.


SOME_HISTORIES = [
    histories.history(seed, f"h{seed}x") for seed in range(200)
]


def test_a_history_is_a_function_of_its_seed():
    assert histories.history(3, "h3x") == SOME_HISTORIES[3]
    assert histories.history(4, "h3x") != SOME_HISTORIES[3]


def test_the_order_of_a_history_does_not_matter():
    rng = random.Random(1)
    for history in SOME_HISTORIES:
        shuffled = rng.sample(history, len(history)) + history[:3]
        assert model.tables(shuffled) == model.tables(history)


@pytest.mark.parametrize("part", model.Version._fields)
def test_each_part_of_a_version_decides_something(monkeypatch, part):
    together = sum(SOME_HISTORIES[:100], [])
    expected = model.tables(together)
    nothing = "" if part == "id" else 0

    def without_it(seen):
        return seen.version._replace(**{part: nothing})

    monkeypatch.setattr(model, "newest", lambda sights: max(
        sights, key=without_it))  # fmt: skip
    assert model.tables(together) != expected


def test_histories_with_different_prefixes_share_no_row():
    apart = [model.tables(history) for history in SOME_HISTORIES]
    together = model.tables(sum(SOME_HISTORIES, []))
    for table, key in model.TABLES.items():
        joined = [row for tables in apart for row in tables[table]]
        assert sorted(joined, key=lambda row: row[key]) == together[table]


def test_histories_reach_what_they_are_meant_to_reach():
    together = model.tables(sum(SOME_HISTORIES, []))
    people = together["users"]
    assert any(row["username"] is None for row in people)
    assert {row["sync_status"] for row in people} == {"synced", "pending"}
    assert {row["status"] for row in people} == {"ACTIVE", "DELETED"}
    names = [row["subdomain"] for row in together["organizations"]]
    assert 0 < sum("-" in name for name in names) < len(names)
    facts = model.Facts(sum(SOME_HISTORIES, []))
    assert any(len(some) > 1 for some in facts.generations.values())
    assert len(together["organization_memberships"]) > 100
    claims = collections.defaultdict(set)
    for organization, sights in facts.organizations.items():
        for _, shown in sights:
            base = model.subdomain_base(model.text(shown, "slug") or "")
            claims[base].add(organization in facts.deleted_organizations)
    assert {True, False} in claims.values()  # one that is freed and claimed
    snapshots = [
        event
        for _, event in sum(SOME_HISTORIES, [])
        if isinstance(event, model.Snapshot)
    ]
    assert {event["type"].partition(".")[0] for event in snapshots} >= {
        "user", "organization", "organizationMembership",
    }  # fmt: skip
