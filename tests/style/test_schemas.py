"""The JSON Schemas of the nine event types say what Clerk sends.

They are checked both ways: every example and every fixture passes, and
every change that makes an event something else is refused.
"""

import copy
import json
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
FIXTURES = ROOT / "tests" / "fixtures" / "events"

TYPES = {
    f"{family}.{action}"
    for family in ("user", "organization", "organizationMembership")
    for action in ("created", "updated", "deleted")
}
ALL_SCHEMAS = sorted(
    [
        SCHEMAS / "envelope.json",
        *SCHEMAS.glob("events/*.json"),
        *SCHEMAS.glob("events/parts/*.json"),
        *SCHEMAS.glob("console/*.json"),
        *SCHEMAS.glob("console/parts/*.json"),
    ]
)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def validator(path):
    """One that finds the files that a schema refers to beside it."""
    schema = read(path)
    resolver = jsonschema.RefResolver(path.as_uri(), schema)
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def validator_of(type_):
    return validator(SCHEMAS / "events" / f"{type_}.json")


def examples():
    for type_ in sorted(TYPES):
        schema = read(SCHEMAS / "events" / f"{type_}.json")
        for place, example in enumerate(schema["examples"]):
            yield pytest.param(example, id=f"{type_} {place}")


def fixtures():
    for path in sorted(FIXTURES.glob("*.json")):
        yield pytest.param(read(path), id=path.stem)


def fixture(name):
    return read(FIXTURES / f"{name}.json")


def test_there_is_one_schema_for_each_of_the_nine_types():
    files = {path.stem for path in SCHEMAS.glob("events/*.json")}
    assert files == TYPES


@pytest.mark.parametrize("path", ALL_SCHEMAS, ids=lambda path: path.stem)
def test_a_schema_is_itself_valid(path):
    schema = read(path)
    dialect = jsonschema.Draft202012Validator
    assert schema["$schema"] == dialect.META_SCHEMA["$id"]
    dialect.check_schema(schema)


@pytest.mark.parametrize("path", ALL_SCHEMAS, ids=lambda path: path.stem)
def test_every_part_that_a_schema_refers_to_exists(path):
    for reference in references(read(path)):
        assert (path.parent / reference).is_file(), reference


def references(schema):
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        schema = [schema[name] for name in schema if name != "examples"]
    if isinstance(schema, list):
        for value in schema:
            yield from references(value)


@pytest.mark.parametrize("event", examples())
def test_an_example_of_a_schema_passes_it(event):
    validator_of(event["type"]).validate(event)


@pytest.mark.parametrize("event", fixtures())
def test_a_fixture_passes_the_schema_of_its_type(event):
    if event["type"] in TYPES:
        validator_of(event["type"]).validate(event)
    else:
        validator(SCHEMAS / "envelope.json").validate(event)


def test_every_type_has_a_fixture():
    shown = {read(path)["type"] for path in FIXTURES.glob("*.json")}
    assert TYPES < shown


def test_unknown_fields_are_welcome_everywhere():
    event = fixture("organizationMembership.created")
    data = event["data"]
    for holder in (event, data, data["organization"], data["public_user_data"]):
        holder["added_next_year"] = {"by": "somebody"}
    validator_of(event["type"]).validate(event)


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_an_event_passes_no_other_types_schema(type_):
    event = fixture(type_)
    for other in TYPES - {type_}:
        assert not validator_of(other).is_valid(event)


# (fixture, where, what is put there); GONE takes the field away.
GONE = object()
SPOILED = [
    *[(type_, "data", GONE) for type_ in sorted(TYPES)],
    *[(type_, "data", []) for type_ in sorted(TYPES)],
    *[(type_, "type", GONE) for type_ in sorted(TYPES)],
    *[(type_, "data.id", GONE) for type_ in sorted(TYPES)],
    *[(type_, "data.id", "") for type_ in sorted(TYPES)],
    *[(type_, "data.id", 17) for type_ in sorted(TYPES)],
    *[(type_, "timestamp", "2025-11-12") for type_ in sorted(TYPES)],
    *[(type_, "timestamp", 1762941780.5) for type_ in sorted(TYPES)],
    *[(type_, "object", "happening") for type_ in sorted(TYPES)],
    ("user.created", "data.object", "organization"),
    ("user.created", "data.email_addresses", None),
    ("user.created", "data.email_addresses.0.email_address", None),
    ("user.created", "data.email_addresses.0.id", GONE),
    ("user.created", "data.phone_numbers.0.phone_number", GONE),
    ("user.created", "data.email_addresses.0.verification", "verified"),
    ("user.created", "data.first_name", 5),
    ("user.created", "data.public_metadata", "x"),
    ("user.updated", "data.updated_at", None),
    ("user.updated", "data.created_at", -1),
    ("user.deleted", "data.deleted", False),
    ("organization.created", "data.name", None),
    ("organization.created", "data.slug", 5),
    ("organization.updated", "data.members_count", "4"),
    ("organization.deleted", "data.deleted", "yes"),
    ("organizationMembership.created", "data.role", GONE),
    ("organizationMembership.created", "data.permissions.0", 5),
    ("organizationMembership.created", "data.organization", GONE),
    ("organizationMembership.created", "data.organization.id", GONE),
    ("organizationMembership.updated", "data.public_user_data", GONE),
    ("organizationMembership.deleted", "data.public_user_data.user_id", GONE),
    ("organizationMembership.deleted", "event_attributes", []),
]


@pytest.mark.parametrize(("name", "where", "value"), SPOILED)
def test_a_spoiled_event_is_refused(name, where, value):
    event = fixture(name)
    validator_of(name).validate(event)
    assert not validator_of(name).is_valid(spoiled(event, where, value))


def spoiled(event, where, value):
    event = copy.deepcopy(event)
    *path, last = [int(n) if n.isdigit() else n for n in where.split(".")]
    holder = event
    for name in path:
        holder = holder[name]
    if value is GONE:
        del holder[last]
    else:
        holder[last] = value
    return event
