"""A broker with TLS, users and rights: what compose/README.md says of it."""

import re

import confluent_kafka
import pytest
from deployment import Deployment
from secure_kafka import SecureKafka, make_authority
from small_events import membership, user
from stream import waits_for
from waiting import wait_until

SCRAM_IS_GOOD = 0x020601FF  # librdkafka 2.6.1
USERS = ("producer", "consumer", "operator", "stranger")


# The least that each needs: without any one of them something below fails.
OF_OPERATOR = [
    ("topic", "test.*", "create"),
    ("topic", "test.*", "describe_configs"),
    ("topic", "test.*", "read"),
    ("group", "test.*", "read"),
]


def rights(stack):
    return {
        "producer": [
            ("topic", stack.events_topic, "write"),
            ("topic", stack.dead_letter_topic, "write"),
        ],
        "consumer": [
            ("topic", stack.events_topic, "read"),
            ("topic", stack.retry_topic, "read"),
            ("topic", stack.retry_topic, "write"),
            ("topic", stack.dead_letter_topic, "write"),
            ("group", stack.group, "read"),
        ],
        "operator": [("topic", stack.events_topic, "write")],
    }


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    directory = tmp_path_factory.mktemp("secure") / "kafka"
    with SecureKafka(directory, USERS) as kafka:
        kafka.allow("operator", *OF_OPERATOR)
        yield kafka


@pytest.fixture(scope="module")
def stack(secure, postgres, tmp_path_factory):
    """Made by the operator; the rest is told who they are by each test."""
    directory = tmp_path_factory.mktemp("stack")
    with Deployment(secure, postgres, directory,
                    **secure.by_password("operator")) as made:  # fmt: skip
        granted = rights(made)
        for name in granted:
            secure.allow(name, *granted[name])
        yield made


REFUSE = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE 'not now'; END$$;
    CREATE TRIGGER refuse BEFORE INSERT ON users FOR EACH ROW
        WHEN (new.clerk_user_id = 'user_late') EXECUTE FUNCTION refuse()
"""


def test_each_does_its_work_with_no_right_too_many(secure, stack):
    """Events, a retry, a dead letter by each program; then the desk."""
    producer = stack.producer(**secure.by_password("producer"))
    consumer = stack.consumer(**secure.by_password("consumer"))
    stack.query(REFUSE)
    for at in range(20):
        stack.post(user(f"user_{at % 5}", at=at))
    stack.post(user("user_late"), id="msg_late")
    stack.post(membership("orgmem_1", "org_a", None), id="msg_nobody")
    assert producer.post(b"no JSON").json["status"] == "dead_lettered"
    wait_until(lambda: stack.retries(), 30, "a retry")
    stack.query("DROP FUNCTION refuse CASCADE")
    stack.wait_for_ledger(22)
    assert len(stack.dead_letters()) == 2
    assert len(stack.tables()["users"]) == 6
    desk(stack, producer, consumer)
    assert consumer.stop() == 0
    stack.console("replay", "--to-earliest")
    stack.console("rebuild", "--yes")


def desk(stack, producer, consumer):
    """What an operator does beside the running programs."""
    listeners = {"PRODUCER_ADMIN_LISTEN": producer.admin,
                 "CONSUMER_ADMIN_LISTEN": consumer.admin}  # fmt: skip
    for words in ("topics", "status", "explain msg_late", "dlq list", "audit",
                  "dlq redrive --yes --no-wait",
                  "replay --entity user_1"):  # fmt: skip
        stack.console(*words.split(), environment=listeners)


def test_a_certificate_is_as_good_as_a_password(secure, stack):
    producer = stack.producer(**secure.by_certificate("producer"))
    assert producer.post(user("user_c")).json["status"] == "accepted"


def test_a_password_may_lie_in_a_file(secure, stack, tmp_path):
    environment = secure.by_password("producer")
    path = tmp_path / "password"
    path.write_text(environment.pop("KAFKA_SASL_PASSWORD") + "\n")
    environment["KAFKA_SASL_PASSWORD"] = ""
    stack.producer(**environment, KAFKA_SASL_PASSWORD_FILE=path)


def test_scram_does_where_librdkafka_can(secure, stack):
    """Kafka 4 takes what older ones say for a wrong password."""
    environment = secure.by_password("producer", "SCRAM-SHA-512")
    producer = stack.producer(wait=False, **environment)
    if confluent_kafka.libversion()[1] >= SCRAM_IS_GOOD:
        producer.wait_ready()
    else:
        waits_for(producer, "cannot do SCRAM with Kafka 4, 2.6.1 can")


WRONG = {
    "password": (
        lambda kafka: {"KAFKA_SASL_PASSWORD": "guessed"},
        "Authentication failed: Invalid username or password",
    ),
    "authority": (
        lambda kafka: {"KAFKA_SSL_CA_LOCATION": kafka.folder / "other.crt"},
        "certificate verify failed",
    ),
    "rights": (
        lambda kafka: kafka.by_password("stranger"),
        "topic test[^ ]*: .*Topic authorization failed",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_and_waited_for(secure, stack, what):
    """Neither an end nor an answer that is not one."""
    make_authority(secure.folder, "other")
    make, reason = WRONG[what]
    wrong = make(secure)
    producer = stack.producer(
        wait=False, **{**secure.by_password("producer"), **wrong}
    )
    consumer = stack.consumer(
        wait=False, **{**secure.by_password("consumer"), **wrong}
    )
    for program in (producer, consumer):
        waits_for(program, reason)
        assert program.get("/healthz").status == 200
    if what == "password":
        assert producer.post(user("user_x")).status == 503
    desk = {**secure.by_password("operator"), **wrong}
    done = stack.console("topics", environment=desk, check=False)
    assert done.returncode == 1 and re.search(reason, done.stderr), done
