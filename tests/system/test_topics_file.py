"""schemas/topics.json says what `clerkstream topics` makes."""

import json
from pathlib import Path

import pytest
from confluent_kafka.admin import ConfigResource

from programs import console

FILE = Path(__file__).parents[2] / "schemas" / "topics.json"
TOPICS = json.loads(FILE.read_text())["topics"]
each_topic = pytest.mark.parametrize(
    "topic", TOPICS, ids=lambda topic: topic["name"]
)


@each_topic
def test_the_topic_is_made_as_the_file_says(module_deployment, topic):
    name = module_deployment.environment[topic["variable"]]
    kafka = module_deployment.kafka
    assert kafka.partitions(name) == topic["partitions"]
    config = described(kafka, name)
    assert {key: config[key].value for key in topic["config"]} == (
        topic["config"]
    )


def described(kafka, name):
    resource = ConfigResource(ConfigResource.Type.TOPIC, name)
    return kafka.admin.describe_configs([resource])[resource].result(20)


@each_topic
def test_the_name_in_the_file_is_the_default(topic):
    printed = console("--print-config").stdout.splitlines()
    assert f"{topic['variable']}={topic['name']}" in printed


def test_the_number_of_partitions_in_the_file_is_the_default():
    printed = console("--print-config").stdout.splitlines()
    for topic in TOPICS:
        assert f"EVENTS_PARTITIONS={topic['partitions']}" in printed
