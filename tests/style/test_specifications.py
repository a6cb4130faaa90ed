"""schemas/openapi.yaml and asyncapi.yaml say what the programs do.

The figures and names of the one side are read from the other: what is
answered, which paths take events, which topics and headers there are.
"""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
PUBLIC = ("/webhooks/clerk", "/api/webhooks/clerk", "/webhook")


def read(name):
    return yaml.safe_load((SCHEMAS / name).read_text(encoding="utf-8"))


OPENAPI = read("openapi.yaml")
ASYNCAPI = read("asyncapi.yaml")


def source(path):
    return (ROOT / path).read_text(encoding="utf-8")


def names_of(schema):
    return set(ASYNCAPI["components"]["schemas"][schema]["properties"])


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def found(document, pointer):
    for name in pointer.removeprefix("#/").split("/"):
        document = document[name.replace("~1", "/")]
    return document


def test_every_reference_leads_somewhere():
    for document in OPENAPI, ASYNCAPI:
        for reference in references(document):
            if reference.startswith("#/"):
                assert found(document, reference)
            else:
                assert (SCHEMAS / reference).is_file(), reference


def test_all_answers_to_an_event_are_told_and_no_others():
    table = re.search(r"rows\[OUTCOMES\] = {\n.*?\n};", source(
        "producer/reply.c"), re.S)[0]  # fmt: skip
    told = OPENAPI["paths"][PUBLIC[0]]["post"]["responses"]
    assert set(told) == set(re.findall(r"\b[2-5][0-9]{2}\b", table))


def test_all_paths_that_take_events_are_told_and_no_others():
    fallback = re.search(
        r'"PRODUCER_PATHS",.*?\.fallback = "([^"]*)"',
        source("producer/config.c"), re.S,
    )[1]  # fmt: skip
    assert tuple(fallback.split(",")) == PUBLIC
    assert set(OPENAPI["paths"]) - {"/healthz", "/readyz", "/metrics"} == set(
        PUBLIC
    )


@pytest.mark.parametrize(
    "answer, schema",
    [
        ({"status": "accepted", "id": "msg_1", "topic": "clerk.events",
          "partition": 3, "offset": 120}, "accepted"),
        ({"status": "accepted", "id": "msg_1", "topic": "clerk.events",
          "partition": 3}, "accepted"),
        ({"status": "ignored", "id": "msg_1", "reason": "type"}, "ignored"),
        ({"status": "dead_lettered", "id": "msg_1", "reason": "not a JSON "
          "object"}, "dead_lettered"),
        ({"error": "invalid signature"}, "error"),
    ],
)  # fmt: skip
def test_an_answer_fits_its_own_schema_and_no_other(answer, schema):
    for name, rule in OPENAPI["components"]["schemas"].items():
        fits = jsonschema.Draft202012Validator(rule).is_valid(answer)
        assert fits == (name == schema), name


def test_the_topics_have_the_names_that_they_are_made_with():
    made = {topic["name"] for topic in json.loads(
        source("schemas/topics.json"))["topics"]}  # fmt: skip
    told = {channel["address"] for channel in ASYNCAPI["channels"].values()}
    assert told == made


@pytest.mark.parametrize(
    "schema, path, pattern",
    [
        ("eventHeaders", "producer/record.c",
         r'add\(&?record, "((?!clerkstream)[^"]+)"'),
        ("noEventHeaders", "producer/record.c",
         r'add\(&?record, "((?:svix|clerkstream)-[^"]+)"'),
        ("retryHeaders", "consumer/retry.c",
         r'"(clerkstream-(?!redrives)[^"]+)"'),
        ("deadLetterHeaders", "consumer/dead_letter.c",
         r'{"([^"]+)", (?!SLICE_EMPTY)'),
    ],
)  # fmt: skip
def test_all_headers_that_are_added_are_told_and_no_others(
    schema, path, pattern
):
    assert names_of(schema) == set(re.findall(pattern, source(path)))
