"""record_key - the Kafka key that the producer gives an event.

The key names the entity that owns the event, so that all of one entity's
events lie in one partition, in order. Tests that write to Kafka directly
use it in the producer's place, and compare the producer with it.
"""

# Prefix of a type -> where its owner's id stands.
OWNER_OF_TYPE = {
    "user.": "id",
    "organization.": "id",
    "organizationMembership.": "organization.id",
    "organizationInvitation.": "organization_id",
    "organizationDomain.": "organization_id",
    "session.": "user_id",
}
OWNER_OF_OTHERS = (
    "organization_id",
    "user_id",
    "payer.organization_id",
    "payer.user_id",
    "id",
)


def record_key(svix_id, event):
    owners = (
        path
        for prefix, path in OWNER_OF_TYPE.items()
        if event["type"].startswith(prefix)
    )
    for path in (*owners, *OWNER_OF_OTHERS):
        value = at(event["data"], path)
        if isinstance(value, str) and value:
            return value
    return svix_id


def at(value, path):
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
