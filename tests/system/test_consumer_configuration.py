"""What the consumer is told, what it makes of it, and what it never tells."""

import socket
import subprocess

import pytest

from ports import free_port
from process import plain_environment
from programs import BIN
from small_events import membership, user
from stream import waits_for
from waiting import wait_until

PROGRAM = BIN / "clerkstream-consumer"
SECRET = "pa55word-of-nobody"
URL = f"postgresql://somebody:{SECRET}@127.0.0.1:1/nowhere"
VARIABLES = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "EVENTS_TOPIC": "clerk.events",
    "RETRY_TOPIC": "clerk.events.retry",
    "DEAD_LETTER_TOPIC": "clerk.events.dlq",
    "EVENTS_PARTITIONS": "12",
    "DATABASE_URL": "postgresql:///clerkstream",
    "CONSUMER_GROUP": "clerkstream",
    "CONSUMER_WORKERS": "2",
    "CONSUMER_BATCH_MAX": None,
    "CONSUMER_BATCH_LINGER_MS": None,
    "CONSUMER_LOCK_TIMEOUT_MS": "2000",
    "CONSUMER_ROLE_MAP": "org:admin=SUPER_ADMIN,org:teacher=TEACHER,"
    "org:member=STUDENT,admin=SUPER_ADMIN,basic_member=STUDENT",
    "CONSUMER_ADMIN_LISTEN": "127.0.0.1:9789",
    "LOG_LEVEL": "info",
    "LOG_FORMAT": None,
}
NUMBERS = {
    "CONSUMER_WORKERS", "CONSUMER_BATCH_MAX", "CONSUMER_BATCH_LINGER_MS",
    "CONSUMER_LOCK_TIMEOUT_MS", "EVENTS_PARTITIONS",
}  # fmt: skip
NO_NUMBERS = ("x", "-1", "1.5", "1e3", " 2", "2 ", "+2", "0x10", "2;", "٣",
              "99999999999999999999999")  # fmt: skip
WRONG = [
    *((name, value) for name in sorted(NUMBERS) for value in NO_NUMBERS),
    ("CONSUMER_WORKERS", "0"),
    ("CONSUMER_BATCH_MAX", "0"),
    ("CONSUMER_LOCK_TIMEOUT_MS", "0"),
    ("EVENTS_PARTITIONS", "0"),
    ("CONSUMER_ROLE_MAP", "org:admin"),
    ("CONSUMER_ROLE_MAP", "org:admin=BOSS"),
    ("CONSUMER_ROLE_MAP", "=TEACHER"),
    ("CONSUMER_ROLE_MAP", "org:admin=teacher"),
    ("CONSUMER_ADMIN_LISTEN", "9789"),
    ("CONSUMER_ADMIN_LISTEN", "127.0.0.1"),
    ("CONSUMER_ADMIN_LISTEN", "127.0.0.1:"),
    ("CONSUMER_ADMIN_LISTEN", ":9789"),
    ("CONSUMER_ADMIN_LISTEN", "127.0.0.1:65536"),
    ("CONSUMER_ADMIN_LISTEN", "127.0.0.1:http"),
    ("CONSUMER_ADMIN_LISTEN", "::1:9789"),
    ("CONSUMER_ADMIN_LISTEN", "[::1]9789"),
    ("LOG_LEVEL", "loud"),
    ("LOG_LEVEL", "INFO"),
    ("LOG_FORMAT", "xml"),
    ("KAFKA_SESSION_TIMEOUT_MS", "soon"),
    ("KAFKA_SECURITY_PROTOCOL", "telepathy"),
    # A promise rests on these.
    ("KAFKA_ENABLE_AUTO_OFFSET_STORE", "true"),
    ("KAFKA_ENABLE_AUTO_COMMIT", "false"),
    ("KAFKA_AUTO_OFFSET_RESET", "latest"),
    ("KAFKA_GROUP_ID", "another"),
]
# What libpq cannot read; each holds the secret, which must not be shown.
WRONG_URLS = (
    f"postgresql://somebody:{SECRET}%zz@127.0.0.1/nowhere",
    f"postgresql://somebody:{SECRET}@127.0.0.1:port/nowhere",
    f"postgresql://somebody:{SECRET}@[::1/nowhere",
    f"postgresql://somebody:{SECRET}@127.0.0.1/nowhere?no_such_option=1",
    f"password={SECRET} no_such_option=1",
    f"password='{SECRET}",
    SECRET,
)


def run(*words, **environment):
    return subprocess.run(
        [PROGRAM, *words], env=plain_environment(**environment),
        capture_output=True, text=True, timeout=4,
    )  # fmt: skip


def assert_refused(done, name, given):
    assert done.returncode == 2, done
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert name in line and given in line, line
    assert SECRET not in line


@pytest.mark.parametrize(("name", "value"), WRONG)
@pytest.mark.parametrize("words", [[], ["--print-config"]])
def test_a_wrong_value_is_named_with_what_is_allowed(name, value, words):
    done = run(*words, **{name: value})
    assert_refused(done, name, value)
    assert "allowed" in done.stderr


@pytest.mark.parametrize("url", WRONG_URLS)
def test_a_wrong_database_url_is_refused_and_not_shown(url):
    done = run(DATABASE_URL=url)
    assert_refused(done, "DATABASE_URL", "***")


def test_a_wrong_secret_for_kafka_is_not_shown():
    done = run("--print-config", KAFKA_SASL_PASSWORD=SECRET)
    assert "KAFKA_SASL_PASSWORD=***\n" in done.stdout
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "one, two",
    [("DEAD_LETTER_TOPIC", "EVENTS_TOPIC"), ("RETRY_TOPIC", "EVENTS_TOPIC"),
     ("RETRY_TOPIC", "DEAD_LETTER_TOPIC")],
)  # fmt: skip
def test_one_topic_is_not_two(one, two):
    """Else dead letters would come back as events."""
    done = run(DATABASE_URL=URL, **{one: "a.topic", two: "a.topic"})
    assert_refused(done, one, "a.topic")


@pytest.mark.parametrize(
    "words", [("--surely-not",), ("run",), ("--help", "me"), ("",)]
)
def test_an_unknown_argument_is_refused(words):
    done = run(*words)
    assert_refused(done, "", words[-1])


def test_help_names_every_variable():
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for name in VARIABLES:
        assert name in done.stdout


def test_the_configuration_is_printed():
    done = run("--print-config")
    assert (done.returncode, done.stderr) == (0, "")
    printed = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert printed.keys() == VARIABLES.keys()
    for name, value in VARIABLES.items():
        assert value is None or printed[name] == value, name


def test_what_is_set_is_printed():
    given = {"CONSUMER_WORKERS": "7", "DATABASE_URL": URL,
             "CONSUMER_ADMIN_LISTEN": "[::1]:9000",
             "CONSUMER_ROLE_MAP": " a = TEACHER , b=STUDENT ",
             "KAFKA_FETCH_MIN_BYTES": "17", "CONSUMER_GROUP": ""}  # fmt: skip
    done = run("--print-config", **given)
    assert done.returncode == 0, done.stderr
    printed = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert printed["CONSUMER_WORKERS"] == "7"
    assert printed["CONSUMER_ADMIN_LISTEN"] == "[::1]:9000"
    assert printed["KAFKA_FETCH_MIN_BYTES"] == "17"
    assert printed["DATABASE_URL"] == "***"
    assert printed["CONSUMER_GROUP"] == "clerkstream"
    assert SECRET not in done.stdout


def test_a_port_in_use_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        address = "%s:%d" % taken.getsockname()
        done = run(CONSUMER_ADMIN_LISTEN=address)
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if address in line]
    assert len(told) == 1 and "CONSUMER_ADMIN_LISTEN" in told[0]


def test_a_secret_may_come_from_a_file(deployment, tmp_path):
    path = tmp_path / "url"
    path.write_text(deployment.database_url + "\n")
    del deployment.environment["DATABASE_URL"]
    deployment.consumer(DATABASE_URL_FILE=path).stop()
    # What is set directly wins.
    consumer = deployment.consumer(
        wait=False, DATABASE_URL_FILE=path, DATABASE_URL=URL
    )
    waits_for(consumer, "127.0.0.1.*port 1")


@pytest.mark.parametrize("content", [None, ""])
def test_a_file_that_has_no_secret_is_named(tmp_path, content):
    path = tmp_path / "url"
    if content is not None:
        path.write_text(content)
    done = run(DATABASE_URL_FILE=path)
    assert_refused(done, "DATABASE_URL_FILE", str(path))
    assert "allowed" in done.stderr


def test_what_kubernetes_puts_there_is_said_once_and_ignored(deployment):
    consumer = deployment.consumer(
        KAFKA_SERVICE_HOST="10.0.0.1",
        KAFKA_PORT_9092_TCP="tcp://10.0.0.1:9092",
        KAFKA_FETCH_WAIT_MAX_MS="50",
    )
    for name in ("KAFKA_SERVICE_HOST", "KAFKA_PORT_9092_TCP"):
        assert consumer.log.count(name) == 1, name
    assert "KAFKA_FETCH_WAIT_MAX_MS" not in consumer.log


def test_roles_are_mapped_as_told(deployment):
    deployment.publish([
        ("msg_1", membership("orgmem_1", "org_a", "user_1", role="boss")),
        ("msg_2", membership("orgmem_2", "org_a", "user_2", role="org:admin")),
    ])  # fmt: skip
    deployment.consumer(CONSUMER_ROLE_MAP=" boss = SUPER_ADMIN ,x=TEACHER")
    deployment.wait_for_ledger(2)
    rows = deployment.tables()["organization_memberships"]
    assert [row["role"] for row in rows] == ["SUPER_ADMIN", "STUDENT"]


def test_the_admin_listener_knows_three_routes(deployment):
    consumer = deployment.consumer(CONSUMER_WORKERS=1)
    health = consumer.get("/healthz")
    assert (health.status, health.json) == (200, {"status": "ok"})
    ready = consumer.get("/readyz")
    assert (ready.status, ready.json) == (200, {"status": "ready"})
    assert consumer.get("/metrics").status == 200
    assert consumer.get("/").status == 404
    assert consumer.get("/webhooks/clerk").status == 404


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_logs_hold_no_personal_data_and_no_secret(deployment, log_format):
    """Not even where the database quotes it in what it says."""
    secret_url = deployment.database_url
    deployment.query(
        "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.first_name = 'raise' THEN RAISE 'no % here', NEW.email;"
        " ELSIF NEW.first_name = 'cast' THEN PERFORM NEW.email::int; END IF;"
        " RETURN NEW; END $$;"
        "CREATE TRIGGER tell BEFORE INSERT ON users FOR EACH ROW"
        " EXECUTE FUNCTION tell(); CREATE UNIQUE INDEX one ON users (phone)"
    )
    consumer = deployment.consumer(
        LOG_LEVEL="debug", LOG_FORMAT=log_format, CONSUMER_LOCK_TIMEOUT_MS=100
    )
    deployment.publish([
        *((f"msg_{n}", person(f"user_{n}", first_name))
          for n, first_name in enumerate(("Ada", "cast", "raise", "Eve"))),
        ("msg_bad", b'{"email":"ada@private.example","first_name":"\xff"}'),
        ("msg_ada@private.example", b"no JSON of ada@private.example"),
    ])  # fmt: skip
    wait_until(lambda: len(deployment.ledger()) == 6, 15, "all of them")
    for text in (consumer.log, consumer.get("/readyz").body.decode(),
                 consumer.get("/metrics").body.decode()):  # fmt: skip
        for private in ("private.example", "5550100", "203.0.113.9",
                        secret_url.split(":")[2].split("@")[0]):  # fmt: skip
            assert private not in text


def person(id, first_name):
    return user(
        id, at=1, first_name=first_name, primary_email_address_id="e",
        email_addresses=[
            {"id": "e", "email_address": f"{id}@private.example"}
        ],
        primary_phone_number_id="p",
        phone_numbers=[{"id": "p", "phone_number": "+15550100"}],
        envelope={"event_attributes": {
            "http_request": {"client_ip": "203.0.113.9"}}},
    )  # fmt: skip
