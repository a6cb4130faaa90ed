"""small_events - events with nothing in them but what a test is about.

    user("user_a", at=3, first_name="Ada")
    membership("orgmem_1", "org_a", "user_a", at=4, action="deleted")

`at` counts seconds from an arbitrary day; it becomes updated_at, and the
envelope's timestamp a little later. A keyword with the value ABSENT leaves
a field out; fields of the envelope are given as `envelope={...}`.
"""

ABSENT = object()
DAY = 1_760_000_000_000


def moment(at):
    """Milliseconds of the `at`-th second of the day."""
    return DAY + 1000 * at


def user(id_, at=0, action="updated", envelope=None, **fields):
    data = {"id": id_, "updated_at": moment(at), **fields}
    return event(f"user.{action}", data, at, envelope)


def organization(id_, at=0, action="updated", envelope=None, **fields):
    data = {"id": id_, "updated_at": moment(at), **fields}
    return event(f"organization.{action}", data, at, envelope)


def membership(
    id_, organization_id, user_id, at=0, action="updated", envelope=None,
    organization=None, user=None, **fields
):  # fmt: skip
    data = {
        "id": id_,
        "updated_at": moment(at),
        "organization": {"id": organization_id, **(organization or {})},
        "public_user_data": {"user_id": user_id, **(user or {})},
        **fields,
    }
    return event(f"organizationMembership.{action}", data, at, envelope)


def user_deleted(id_, at=0, envelope=None):
    data = {"id": id_, "object": "user", "deleted": True}
    return event("user.deleted", data, at, envelope)


def organization_deleted(id_, at=0, envelope=None):
    data = {"id": id_, "object": "organization", "deleted": True}
    return event("organization.deleted", data, at, envelope)


def event(type_, data, at, envelope=None):
    whole = {
        "type": type_,
        "object": "event",
        "timestamp": moment(at) + 7,
        "data": present(data),
        **(envelope or {}),
    }
    return present(whole)


def present(fields):
    return {
        name: value for name, value in fields.items() if value is not ABSENT
    }


def numbered(events):
    """(svix id, event) pairs; ids ascend in the order given."""
    return [(f"msg_{n:03}", event) for n, event in enumerate(events)]
