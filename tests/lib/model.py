"""model - the tables that a set of Clerk events must lead to.

An oracle for tests. It is written from the rules, not from the C code, and
it knows no order: it first gathers everything that the events say (Facts),
then derives every row from all of it at once. There is no merging step that
could depend on what came first, so every order gives the same answer by
construction, and the real consumer has to agree with it.

    tables([("msg_1", {"type": "user.created", ...}), ...])
    -> {"users": [row, ...], "organizations": [...],
        "organization_memberships": [...], "workspaces": [...]}

A row is a dict of column to value: ids as uuid.UUID, times as datetime in
UTC, JSON columns as Python objects, None for NULL. Of `users` the columns
last_sync_attempt and sync_error are left out: they tell what happened, not
what is so. For the same reason an event that can never be applied (no id, a
membership without a user) says nothing here.
"""

import uuid
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "clerkstream")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
RANKS = {"created": 1, "updated": 2, "deleted": 3}
RANK_OF_SNAPSHOT = 0

DEFAULT_ROLE_MAP = {
    "org:admin": "SUPER_ADMIN",
    "org:teacher": "TEACHER",
    "org:member": "STUDENT",
    "admin": "SUPER_ADMIN",
    "basic_member": "STUDENT",
}
ROLE_OF_UNKNOWN = "STUDENT"

RESERVED_SUBDOMAINS = frozenset("""
    www api app admin mail smtp imap ftp ns dns cdn static assets img blog
    docs help support status dashboard console auth login signup account
    accounts billing test staging dev
    """.split())
SUBDOMAIN_MAX = 50

# Key of the rows of each table, in which order they are returned.
TABLES = {
    "users": "clerk_user_id",
    "organizations": "clerk_organization_id",
    "organization_memberships": "clerk_membership_id",
    "workspaces": "user_id",
}


def tables(events, role_map=None):
    """All rows of the four domain tables, for (svix id, event) pairs."""
    facts = Facts(events)
    rows = {
        "users": user_rows(facts),
        "organizations": organization_rows(facts),
        "organization_memberships": membership_rows(
            facts, DEFAULT_ROLE_MAP if role_map is None else role_map
        ),
        "workspaces": workspace_rows(facts),
    }
    return {
        table: sorted(rows[table], key=lambda row, key=key: row[key])
        for table, key in TABLES.items()
    }


# What the events say.


class Snapshot(dict):
    """An event that came from Clerk's API (a backfill), not from a webhook.

    In Kafka its record has the header "clerkstream-rank: 0".
    """


class Version(NamedTuple):
    """Orders everything ever said about one entity; the larger wins."""

    own: int  # 1 = the entity's own event, 0 = a glimpse inside another one
    time: int
    rank: int
    timestamp: int
    id: str


class Sight(NamedTuple):
    """One object as one event showed it."""

    version: Version
    object: dict


class Facts:
    """Everything that a set of events says, before anything is decided."""

    def __init__(self, events):
        self.users = defaultdict(list)  # id -> sights
        self.organizations = defaultdict(list)
        self.memberships = defaultdict(list)
        self.user_deletions = defaultdict(list)  # id -> times, or None
        self.deleted_organizations = set()
        self.deleted_memberships = set()
        # (organization, user) -> every generation ever heard of
        self.generations = defaultdict(set)
        for svix_id, event in events:
            self.hear(svix_id, event)

    def hear(self, svix_id, event):
        family, _, action = str(event.get("type")).partition(".")
        data = event.get("data")
        if action not in RANKS or not isinstance(data, dict):
            return
        if family == "user":
            self.hear_user(svix_id, event, data, action)
        elif family == "organization":
            self.hear_organization(svix_id, event, data, action)
        elif family == "organizationMembership":
            self.hear_membership(svix_id, event, data, action)

    def hear_user(self, svix_id, event, data, action):
        user = identifier(data, "id")
        if user is None:
            return
        if action == "deleted":
            self.user_deletions[user].append(time(event, "timestamp"))
        else:
            self.users[user].append(sight(svix_id, event, data, own=1))

    def hear_organization(self, svix_id, event, data, action):
        organization = identifier(data, "id")
        if organization is None:
            return
        if action == "deleted":
            self.deleted_organizations.add(organization)
        else:
            self.organizations[organization].append(
                sight(svix_id, event, data, own=1)
            )

    def hear_membership(self, svix_id, event, data, action):
        parents = parents_of(data)
        membership = identifier(data, "id")
        if membership is None or None in parents:
            return  # can never be applied, so its glimpses count as unseen
        organization, user = parents
        # A membership's generation is the creation its event tells; a pair's
        # newest is the greatest told by any of its events, the deletes too.
        generation = (time(data, "created_at") or 0, membership)
        self.generations[parents].add(generation)
        if action == "deleted":
            self.deleted_memberships.add(membership)
        else:
            self.memberships[membership].append(
                sight(svix_id, event, data, own=1)
            )
        self.organizations[organization].append(
            sight(svix_id, event, data["organization"], own=0)
        )
        self.users[user].append(
            sight(svix_id, event, data["public_user_data"], own=0)
        )


def parents_of(data):
    """(organization id, user id) of a membership; None where not told."""
    return (
        identifier(object_in(data, "organization") or {}, "id"),
        identifier(object_in(data, "public_user_data") or {}, "user_id"),
    )


def sight(svix_id, event, shown, own):
    timestamp = time(event, "timestamp") or 0
    version = Version(
        own=own,
        time=version_time(shown, timestamp),
        rank=rank(event),
        timestamp=timestamp,
        id=svix_id,
    )
    return Sight(version, shown)


def rank(event):
    if isinstance(event, Snapshot):
        return RANK_OF_SNAPSHOT
    return RANKS[event["type"].partition(".")[2]]


def version_time(shown, timestamp):
    updated_at = time(shown, "updated_at")
    if updated_at is not None:
        return updated_at
    if timestamp > 0:
        return timestamp
    return time(shown, "created_at") or 0


def newest(sights):
    return max(sights, key=lambda seen: seen.version)


# Fields: a wrong JSON type counts as absent.


def text(holder, name):
    value = holder.get(name)
    return value if isinstance(value, str) else None


def identifier(holder, name):
    """An id; unlike other fields, without one the event means nothing."""
    return text(holder, name) or None


def object_in(holder, name):
    value = holder.get(name)
    return value if isinstance(value, dict) else None


def list_in(holder, name):
    value = holder.get(name)
    return value if isinstance(value, list) else None


def time(holder, name):
    """Milliseconds since 1970; small values are seconds. None if absent."""
    value = holder.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if value != value // 1:
        return None  # a fraction: not a time
    return int(value) * 1000 if value < 10**11 else int(value)


def moment(milliseconds):
    if milliseconds is None:
        return None
    return EPOCH + timedelta(milliseconds=milliseconds)


def row_id(name):
    return uuid.uuid5(NAMESPACE, name)


# Users and their workspaces.


def user_rows(facts):
    return [
        user_row(facts, user)
        for user in set(facts.users) | set(facts.user_deletions)
    ]


def user_row(facts, user):
    row = dict.fromkeys(
        "email phone username first_name last_name avatar_url external_id"
        " public_metadata created_at updated_at deleted_at".split()
    )
    row.update(user_columns(facts.users.get(user), user))
    deleted = user in facts.user_deletions
    row.update(
        id=row_id(user),
        clerk_user_id=user,
        status="DELETED" if deleted else "ACTIVE",
        sync_status="synced"
        if deleted or has_own_data(facts.users[user])
        else "pending",
        deleted_at=deletion_time(facts, user) if deleted else None,
    )
    return row


def user_columns(sights, user):
    if not sights:
        return {}
    version, shown = newest(sights)
    columns = {
        "first_name": text(shown, "first_name"),
        "last_name": text(shown, "last_name"),
        "avatar_url": text(shown, "image_url"),
    }
    if version.own:
        email = primary(shown, "email_addresses", "email_address")
        columns.update(
            email=email,
            phone=primary(shown, "phone_numbers", "phone_number"),
            username=username(shown, email, user),
            external_id=text(shown, "external_id"),
            public_metadata=object_in(shown, "public_metadata"),
            created_at=moment(time(shown, "created_at")),
            updated_at=moment(time(shown, "updated_at")),
        )
    return columns


def primary(shown, list_name, field):
    """The address that the primary id names; the first if it names none."""
    wanted = text(shown, f"primary_{field}_id")
    # Entries that are no objects are no addresses.
    known = [
        entry
        for entry in list_in(shown, list_name) or []
        if isinstance(entry, dict)
    ]
    if wanted is None or not known:
        return None
    named = [entry for entry in known if entry.get("id") == wanted]
    return text((named or known)[0], field)


def username(shown, email, user):
    """Never NULL: Clerk's, or taken from the email, or from the id."""
    # An empty username, or an empty local part, counts as absent. The local
    # part is what stands before the last @.
    local_part = (email or "").rpartition("@")[0]
    return text(shown, "username") or local_part or user[-8:].lower()


def has_own_data(sights):
    return newest(sights).version.own == 1


def deletion_time(facts, user):
    told = [at for at in facts.user_deletions[user] if at is not None]
    return moment(max(told, default=None))


def workspace_rows(facts):
    return [
        {
            "id": row_id("workspace:" + user),
            "user_id": row_id(user),
            "name": "My Workspace",
            "created_at": user_columns(sights, user).get("created_at"),
        }
        for user, sights in facts.users.items()
    ]


# Organizations.


def organization_rows(facts):
    live = live_organizations(facts)
    subdomains = assign_subdomains(live)
    return [
        organization_row(organization, seen, subdomains[organization])
        for organization, seen in live.items()
    ]


def live_organizations(facts):
    """Id -> the sight that counts, of all that were seen and not deleted."""
    return {
        organization: newest(sights)
        for organization, sights in facts.organizations.items()
        if organization not in facts.deleted_organizations
    }


def organization_row(organization, seen, subdomain):
    """A stub is mapped like an own organization: it shows the same object."""
    shown = seen.object
    return {
        "id": row_id(organization),
        "clerk_organization_id": organization,
        "name": text(shown, "name"),
        "slug": text(shown, "slug"),
        "subdomain": subdomain,
        "image_url": text(shown, "image_url"),
        "created_by": text(shown, "created_by"),
        "public_metadata": object_in(shown, "public_metadata"),
        "status": "ACTIVE",
        "sync_status": "synced" if seen.version.own else "pending",
        "created_at": moment(time(shown, "created_at")),
        "updated_at": moment(time(shown, "updated_at")),
    }


def assign_subdomains(live):
    """Id -> subdomain: the earliest has the base, the others a suffix."""
    rivals = defaultdict(list)
    for organization, seen in live.items():
        created_at = time(seen.object, "created_at") or 0
        base = subdomain_base(text(seen.object, "slug") or "")
        rivals[base].append((created_at, organization))

    assigned = {}
    for base, claims in rivals.items():
        free = base != "" and base not in RESERVED_SUBDOMAINS
        for place, (_, organization) in enumerate(sorted(claims)):
            assigned[organization] = (
                base if free and place == 0 else suffixed(base, organization)
            )
    return assigned


def subdomain_base(slug):
    # Only A-Z are lowered: other letters are dropped, never turned into
    # ASCII (the Kelvin sign would become a k).
    kept = [c.lower() for c in slug if c.isascii() and c.isalnum()]
    return "".join(kept)[:SUBDOMAIN_MAX]


def suffixed(base, organization):
    return f"{base or 'org'}-{row_id(organization).hex[:12]}"


# Memberships.


def membership_rows(facts, role_map):
    return [
        membership_row(membership, newest(sights).object, role_map)
        for membership, sights in facts.memberships.items()
        if stands(facts, membership, parents_of(newest(sights).object))
    ]


def stands(facts, membership, parents):
    organization, user = parents
    _, newest_of_pair = max(facts.generations[parents])
    return (
        membership not in facts.deleted_memberships
        and organization not in facts.deleted_organizations
        and user not in facts.user_deletions
        and newest_of_pair == membership
    )


def membership_row(membership, shown, role_map):
    organization, user = parents_of(shown)
    role = text(shown, "role")
    return {
        "id": row_id(membership),
        "clerk_membership_id": membership,
        "organization_id": row_id(organization),
        "user_id": row_id(user),
        "role": role_map.get(role, ROLE_OF_UNKNOWN),
        "clerk_role": role,
        "permissions": strings_in(shown, "permissions"),
        "public_metadata": object_in(shown, "public_metadata"),
        "status": "ACTIVE",
        "created_at": moment(time(shown, "created_at")),
        "updated_at": moment(time(shown, "updated_at")),
    }


def strings_in(shown, name):
    """Members of a list that are strings; None if there is no list."""
    values = list_in(shown, name)
    if values is None:
        return None
    return [value for value in values if isinstance(value, str)]
