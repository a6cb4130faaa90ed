"""desk - what the console prints as JSON, held against its schema.

    rows = desk.told(deployment, "events", "--status", "failed")
"""

import json
from pathlib import Path

import jsonschema

SCHEMAS = Path(__file__).parents[2] / "schemas" / "console"


def told(deployment, command, *words, **how):
    """What `clerkstream <command> … --json` says; it must fit the schema."""
    done = deployment.console(*command.split(), *words, "--json", **how)
    said = json.loads(done.stdout)
    validate(said, command)
    return said


def validate(said, command):
    """schemas/console/<command>.json, blanks as underscores."""
    path = SCHEMAS / f"{command.replace(' ', '_')}.json"
    schema = json.loads(path.read_text())
    resolver = jsonschema.RefResolver(path.as_uri(), schema)
    checker = jsonschema.Draft202012Validator(schema, resolver=resolver)
    checker.validate(said)


def refused(deployment, *words, code=1, **how):
    """The one line that it says where it does not."""
    done = deployment.console(*words, check=False, **how)
    assert done.returncode == code, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr
