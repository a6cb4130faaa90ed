"""histories - random histories of a small world, to be merged in any order.

    history(seed=7, prefix="h7x") -> [(svix id, event), ...]

The same seed and prefix give the same history. A world has few users,
organizations, names and moments, so that everything that is rare in life
happens often: equal times, a deletion before the creation, somebody who
leaves and joins again, two organizations that want one subdomain, a field
that is null, absent or of the wrong type.

Every event can be applied: what belongs on the dead-letter topic is tested
elsewhere. Ids and subdomains all begin with the prefix (reserved and empty
ones apart, which nobody gets), so histories with different prefixes can
share a database.
"""

import random
import string

from model import Snapshot

BASE62 = string.digits + string.ascii_letters
FIRST_MOMENT = 1_760_000_000_000
MOMENTS = (1, 2, 4, 8)  # of a world: with few, equal times are common
SNAPSHOTS = 0.15  # of all events: found by a backfill
ABSENT = object()

# Texts that have broken an encoder, an escape or an array literal somewhere.
TEXTS = (
    "Ada", "Grace", "Zoë", "李小龍", "Ömür İnan", "🦉 Owl", "O'Brien", "NULL",
    'Jo "the" Joe', "back\\slash", "{curly,brace}", "%s", "tab\there", "",
    " blank ends ", "line\nbreak", "e\u0301 combining", "\u200bzero width",
)  # fmt: skip
ROLES = (
    "org:admin", "org:teacher", "org:member", "admin", "basic_member",
    "org:kitchen_crew", "ORG:ADMIN", "",
)  # fmt: skip
PERMISSIONS = (
    "org:sys_profile:manage", "org:lessons:read", "NULL", "", "{a,b}",
    'quo"te', "back\\slash", "ü",
)  # fmt: skip
# {} is the prefix; several of these have one base.
SLUGS = (
    "{}river", "{}-River", "{} ri.ver!", "{}rivér", "{}hill", "{}HILL",
    "{}" + "long-" * 14, "{}" + "long-" * 14 + "er",
    "admin", "WWW", "d-e-v", "---", "", "学校",
)  # fmt: skip
METADATA = (
    {}, {"plan": "gold"}, {"emoji": "🎓", "名前": ["é", "\\u0041", "</x>"]},
    {"deep": {"er": [1, 2.5, -0.1, 1e-7, None, True, 2**53 + 1]}}, {"": ""},
)  # fmt: skip
WRONG_TYPES = (17, 2.5, True, [], {}, ["x"], {"x": 1})
NOT_A_TIME = ("2025-10-09T08:53:20Z", True, [], {}, FIRST_MOMENT + 0.5)


def history(seed, prefix):
    """A list of (svix id, event), in no order that means anything."""
    return World(random.Random(f"{seed}/{prefix}"), prefix).live()


def crowd(seed, prefix):
    """A long history in which many organizations race for two names."""
    world = World(random.Random(f"crowd {seed}/{prefix}"), prefix)
    world.organizations = world.ids("org", 12)
    world.slugs = ["{}river", "{}hill"]
    world.makers = {
        world.organization_told: 30,
        world.organization_deleted: 1,
    }
    return world.live(count=200)


class World:
    def __init__(self, rng, prefix):
        self.rng = rng
        self.prefix = prefix
        self.moments = rng.choice(MOMENTS)
        self.users = self.ids("user", rng.randint(1, 3))
        self.organizations = self.ids("org", rng.choice((1, 2, 4, 9)))
        # Of a stranger nothing is ever told but the deletion.
        self.strangers = self.ids("user", rng.randint(0, 1))
        # Several memberships of one pair are its generations; their ids are
        # random, so the later one is as often the smaller.
        self.memberships = {
            (organization, user): self.ids("orgmem", rng.randint(1, 3))
            for organization in self.organizations
            for user in self.users
        }
        self.born = {
            membership: self.moment()
            for generations in self.memberships.values()
            for membership in generations
        }
        # With few slugs, one that is freed has several to go to.
        self.slugs = rng.sample(SLUGS, rng.choice((1, 2, 4, len(SLUGS))))
        self.makers = self.choose_makers()

    def choose_makers(self):
        """What can happen, how often; some worlds know no deletions."""

        def deletions():
            return self.rng.choice((0, 0, 1, 3))

        return {
            self.user_told: 10,
            self.organization_told: 10,
            self.membership_told: 14,
            self.membership_deleted: 2 * deletions(),
            self.user_deleted: deletions(),
            self.organization_deleted: deletions(),
            self.something_else: 1,
        }

    def live(self, count=None):
        count = count or self.rng.choice((5, 15, 25, 45, 120))
        makers = self.rng.choices(
            list(self.makers), list(self.makers.values()), k=count
        )
        names = self.ids("msg", count)
        return [(name, make()) for name, make in zip(names, makers)]

    def ids(self, kind, count):
        length = 27 - len(self.prefix)
        return [
            f"{kind}_{self.prefix}"
            + "".join(self.rng.choices(BASE62, k=length))
            for _ in range(count)
        ]

    # The events.

    def user_told(self):
        action = self.rng.choice(("created", "updated"))
        return self.event(f"user.{action}", self.user())

    def user_deleted(self):
        data = {
            "id": self.rng.choice(self.users + self.strangers),
            "object": "user",
            "deleted": self.rng.choice((True, ABSENT)),
            "external_id": self.rng.choice(("crm-9", ABSENT)),
        }
        event = self.event("user.deleted", without_absent(data))
        if event.get("timestamp") == 0:
            del event["timestamp"]  # nobody was deleted in 1970
        return event

    def organization_told(self):
        action = self.rng.choice(("created", "updated"))
        organization = self.organization(self.rng.choice(self.organizations))
        return self.event(f"organization.{action}", organization)

    def organization_deleted(self):
        data = {
            "object": "organization",
            "id": self.rng.choice(self.organizations),
            "slug": self.slug(),
            "deleted": True,
        }
        return self.event("organization.deleted", data)

    def membership_told(self):
        action = self.rng.choice(("created", "updated"))
        return self.event(
            f"organizationMembership.{action}", self.membership()
        )

    def membership_deleted(self):
        return self.event("organizationMembership.deleted", self.membership())

    def something_else(self):
        """Events that look as if they told something, and must not."""
        user = self.rng.choice(self.users)
        organization = self.rng.choice(self.organizations)
        return self.event(
            *self.rng.choice(
                (
                    ("session.created", {"user_id": user, "user": self.user()}),
                    ("user.waved", self.user()),
                    ("organization.renamed", self.organization(organization)),
                    ("organizationMembership.frozen", self.membership()),
                    (
                        "organizationInvitation.accepted",
                        {"id": "orginv_1", "organization_id": organization},
                    ),
                )
            )
        )

    def event(self, type_, data):
        event = {
            "type": type_,
            "object": "event",
            "data": data,
            "timestamp": self.rng.choice((self.time(),) * 12 + (0,)),
            "instance_id": self.rng.choice(("ins_small_world", ABSENT)),
            "event_attributes": self.rng.choice(
                (
                    {"http_request": {"client_ip": "", "user_agent": ""}},
                    ABSENT,
                )
            ),
        }
        order = self.rng.sample(list(event), len(event))
        kind = self.rng.choices((dict, Snapshot), (1 - SNAPSHOTS, SNAPSHOTS))
        return kind[0](without_absent({name: event[name] for name in order}))

    # The objects in them.

    def user(self):
        emails = self.addresses("idn_e", "email_address", self.email)
        phones = self.addresses("idn_p", "phone_number", self.phone)
        return without_absent(
            {
                "id": self.rng.choice(self.users),
                "object": "user",
                "username": self.maybe(self.rng.choice(TEXTS)),
                "first_name": self.maybe(self.rng.choice(TEXTS)),
                "last_name": self.maybe(self.rng.choice(TEXTS)),
                "external_id": self.maybe("crm-7"),
                "image_url": self.maybe(self.image_url()),
                "primary_email_address_id": self.primary(emails, "idn_e"),
                "email_addresses": emails,
                "primary_phone_number_id": self.primary(phones, "idn_p"),
                "phone_numbers": phones,
                "public_metadata": self.maybe_metadata(),
                "private_metadata": self.rng.choice((None, {}, ABSENT)),
                "created_at": self.time(),
                "updated_at": self.time(),
            }
        )

    def organization(self, organization):
        return without_absent(
            {
                "object": "organization",
                "id": organization,
                "name": self.maybe(self.rng.choice(TEXTS)),
                "slug": self.maybe(self.slug()),
                "image_url": self.maybe(self.image_url()),
                "created_by": self.rng.choice(
                    (*self.users, *self.strangers, None, ABSENT)
                ),
                "members_count": self.rng.choice((3, ABSENT)),
                "public_metadata": self.maybe_metadata(),
                "created_at": self.time(),
                "updated_at": self.time(),
            }
        )

    def membership(self):
        pair = self.rng.choice(list(self.memberships))
        membership = self.rng.choice(self.memberships[pair])
        organization, user = pair
        return without_absent(
            {
                "object": "organization_membership",
                "id": membership,
                "role": self.maybe(self.rng.choice(ROLES)),
                "permissions": self.maybe_permissions(),
                "public_metadata": self.maybe_metadata(),
                "organization": self.organization(organization),
                "public_user_data": self.public_user_data(user),
                "created_at": self.birth(membership),
                "updated_at": self.time(),
            }
        )

    def public_user_data(self, user):
        return without_absent(
            {
                "user_id": user,
                "first_name": self.maybe(self.rng.choice(TEXTS)),
                "last_name": self.maybe(self.rng.choice(TEXTS)),
                "image_url": self.maybe(self.image_url()),
                "identifier": self.maybe(self.email()),
                "username": self.maybe("not-taken-from-here"),
            }
        )

    # The fields in those.

    def moment(self):
        return FIRST_MOMENT + 1000 * self.rng.randrange(self.moments)

    def time(self):
        """A moment as somebody might spell it."""
        moment = self.moment()
        return self.rng.choice(
            (moment,) * 12
            + (moment + 123, moment // 1000, moment // 1000, float(moment))
            + (None, ABSENT, ABSENT, self.rng.choice(NOT_A_TIME))
        )

    def birth(self, membership):
        """Always the same moment, now and then in seconds or left out."""
        moment = self.born[membership]
        return self.rng.choice((moment,) * 8 + (moment // 1000, ABSENT))

    def maybe(self, value):
        """The value, mostly; else null, nothing, or some other type."""
        return self.rng.choice(
            (value,) * 12
            + (None, ABSENT)
            + (self.rng.choice(WRONG_TYPES),)
        )

    def maybe_metadata(self):
        return self.rng.choice((*METADATA, *METADATA, None, ABSENT, [], "x"))

    def maybe_permissions(self):
        some = self.rng.sample(PERMISSIONS, self.rng.randrange(4))
        return self.rng.choice(
            (some, some, some, [], [*some, 5, None, []], None, ABSENT, "x", {})
        )

    def addresses(self, kind, field, make):
        """A list of 0-3 address objects, or something that is no list."""
        entries = [
            without_absent(
                {"id": f"{kind}{place}", field: self.maybe(make())}
            )
            for place in self.rng.sample(range(4), self.rng.randrange(4))
        ]
        return self.rng.choice((entries,) * 8 + (None, ABSENT, {}, "x"))

    def primary(self, addresses, kind):
        """The id of one of them, or of none of them, or no id."""
        held = [a["id"] for a in addresses] if type(addresses) is list else []
        return self.rng.choice((*held, *held, f"{kind}9", None, ABSENT))

    def email(self):
        return self.rng.choice(
            (
                f"{self.prefix}.owl@school.example",
                f"{self.prefix}.Fox+tag@school.example",
                '"odd@local"@school.example',
                "@nobody.example",
                "用户@例子.example",
            )
        )

    def phone(self):
        return f"+1555{self.rng.randrange(10**7):07}"

    def image_url(self):
        return f"https://images.example/{self.rng.randrange(3)}.png"

    def slug(self):
        return self.rng.choice(self.slugs).format(self.prefix)


def without_absent(fields):
    return {
        name: value for name, value in fields.items() if value is not ABSENT
    }
