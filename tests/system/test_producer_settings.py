"""Arguments and environment: what is wrong is one line and exit code 2."""

import subprocess

import pytest
from ports import free_port
from process import plain_environment
from programs import BIN
from webhook import SECRET

PROGRAM = BIN / "clerkstream-producer"
SECRET_NAME = "CLERK_WEBHOOK_SIGNING_SECRET"


def run(*words, **environment):
    """Runs it with a secret, unless told otherwise; must end by itself."""
    settings = {SECRET_NAME: SECRET, **environment}
    settings = {k: v for k, v in settings.items() if v is not None}
    return subprocess.run(
        [PROGRAM, *words], env=plain_environment(**settings), timeout=10,
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip


WRONG = {
    SECRET_NAME: [
        None, "", "x", "whsec_", "whsec_%", "hwsec_C2FVsBQIhrscChlQIMV+b5sS",
        "whsec_AAAA", f"{SECRET} x", "whsec_" + "A" * 344, ",",
    ],
    "PRODUCER_LISTEN": ["8788", "127.0.0.1", "127.0.0.1:x", ":1:2", "::1:80",
                        "127.0.0.1:65536", "127.0.0.1:-1"],
    "PRODUCER_ADMIN_LISTEN": ["x"],
    "PRODUCER_PATHS": ["webhook", "/a?b", "/a b", "/healthz", ",", "/a#b"],
    "PRODUCER_THREADS": ["0", "-1", "two", "1.5", "1x", " 2", "+2", "9999"],
    "PRODUCER_MAX_CONNECTIONS": ["0", "x"],
    "PRODUCER_MAX_BODY_BYTES": ["0", "900001", "1e5", "9" * 30],
    "PRODUCER_TOLERANCE_SECONDS": ["-1", "10000000000", "x"],
    "PRODUCER_REQUEST_TIMEOUT_MS": ["0", "x"],
    "PRODUCER_ACK_TIMEOUT_MS": ["0", "-5", "x"],
    "PRODUCER_RATE_LIMIT": ["-1", "x"],
    "EVENTS_PARTITIONS": ["0", "x"],
    "LOG_LEVEL": ["loud", "INFO"],
    "LOG_FORMAT": ["xml"],
    "KAFKA_LINGER_MS": ["x", "-1"],
    "KAFKA_ACKS": ["1", "0"],
    "KAFKA_REQUEST_REQUIRED_ACKS": ["1"],  # the same by another name
    "KAFKA_TRANSACTIONAL_ID": ["x"],
    "KAFKA_METADATA_BROKER_LIST": ["127.0.0.1:1"],
    "KAFKA_SSL_CA_LOCATION": ["/nowhere/at/all"],
    "KAFKA_SASL_PASSWORD_FILE": ["/nowhere/at/all"],
    "KAFKA_ENABLE_IDEMPOTENCE": ["false"],
    "KAFKA_PARTITIONER": ["random"],
    "KAFKA_SECURITY_PROTOCOL": ["none"],
    "CLERK_WEBHOOK_SIGNING_SECRET_FILE": ["/nowhere/at/all"],
}  # fmt: skip
CASES = [(name, value) for name in WRONG for value in WRONG[name]]


@pytest.mark.parametrize("name, value", CASES)
@pytest.mark.parametrize("words", [[], ["--print-config"]])
def test_a_wrong_value_is_one_line_that_names_it(name, value, words):
    environment = {SECRET_NAME: None} if name.startswith("CLERK") else {}
    done = run(*words, **{**environment, name: value})
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert name in line
    if name == SECRET_NAME:
        assert not value or "***" in line or "given nothing" in line
        assert SECRET.removeprefix("whsec_") not in line
    elif value:
        assert value in line


@pytest.mark.parametrize("words", [
    ["--nonsense"], ["-h"], ["help"], ["--help", "x"], ["--print-config", ""],
])  # fmt: skip
def test_an_unknown_argument(words):
    done = run(*words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_arguments_are_looked_at_before_the_environment():
    done = run("--nonsense", PRODUCER_THREADS="x")
    assert "--nonsense" in done.stderr


def test_help_names_every_variable():
    done = run("--help", **{SECRET_NAME: None})
    assert done.returncode == 0 and done.stderr == ""
    shown = run("--print-config").stdout.splitlines()
    for line in shown:
        assert f"  {line.partition('=')[0]} (" in done.stdout


def test_the_version():
    done = run("--version", **{SECRET_NAME: None})
    assert done.returncode == 0
    assert "librdkafka" in done.stdout


DEFAULTS = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "EVENTS_TOPIC": "clerk.events",
    "RETRY_TOPIC": "clerk.events.retry",
    "DEAD_LETTER_TOPIC": "clerk.events.dlq",
    "EVENTS_PARTITIONS": "12",
    "CLERK_WEBHOOK_SIGNING_SECRET": "***",
    "CLERK_INSTANCE_ID": "",
    "PRODUCER_LISTEN": "0.0.0.0:8788",
    "PRODUCER_ADMIN_LISTEN": "127.0.0.1:9788",
    "PRODUCER_PATHS": "/webhooks/clerk,/api/webhooks/clerk,/webhook",
    "PRODUCER_MAX_BODY_BYTES": "524288",
    "PRODUCER_TOLERANCE_SECONDS": "300",
    "PRODUCER_ACK_TIMEOUT_MS": "9000",
    "PRODUCER_REQUEST_TIMEOUT_MS": "10000",
    "PRODUCER_RATE_LIMIT": "0",
    "PRODUCER_IGNORE_TYPES": "email.created,sms.created",
    "LOG_LEVEL": "info",
}


def printed(**environment):
    done = run("--print-config", **environment)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_the_defaults():
    assert printed().items() >= DEFAULTS.items()


def test_values_as_they_are_set():
    given = {
        "PRODUCER_LISTEN": "[::1]:80",
        "PRODUCER_PATHS": " /a , /b,",
        "KAFKA_SASL_USERNAME": "me",
        "KAFKA_SASL_PASSWORD": "hidden",
        "KAFKA_SSL_KEY_PASSWORD": "hidden",
    }
    shown = printed(**given)
    assert shown["PRODUCER_LISTEN"] == "[::1]:80"
    assert shown["PRODUCER_PATHS"] == "/a,/b"
    assert shown["KAFKA_SASL_USERNAME"] == "me"
    assert shown["KAFKA_SASL_PASSWORD"] == "***"
    assert "hidden" not in shown.values()


def test_what_says_the_same_in_other_words_is_allowed():
    given = {"KAFKA_ACKS": "-1", "KAFKA_ENABLE_IDEMPOTENCE": "True"}
    assert printed(**given).items() >= given.items()


def test_where_the_secret_comes_from(tmp_path):
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    for name in f"{SECRET_NAME}_FILE", "CLERK_WEBHOOK_SECRET_FILE":
        assert printed(**{SECRET_NAME: None, name: str(file)})
    alias = {SECRET_NAME: None, "CLERK_WEBHOOK_SECRET": SECRET}
    assert printed(**alias)[SECRET_NAME] == "***"
    # The first name wins, even where the other is wrong.
    assert printed(CLERK_WEBHOOK_SECRET="x")
    assert run("--print-config", CLERK_WEBHOOK_SECRET=SECRET,
               CLERK_WEBHOOK_SIGNING_SECRET="x").returncode == 2  # fmt: skip


def test_a_kafka_name_that_nobody_knows_is_only_mentioned(tmp_path):
    environment = {
        "KAFKA_PORT_9092_TCP_ADDR": "10.0.0.1",
        "PRODUCER_LISTEN": f"127.0.0.1:{free_port()}",
        "PRODUCER_ADMIN_LISTEN": f"127.0.0.1:{free_port()}",
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "LOG_FORMAT": "json",
    }
    log = tmp_path / "log"
    with open(log, "wb") as output, subprocess.Popen(
        [PROGRAM],
        env=plain_environment(**{SECRET_NAME: SECRET, **environment}),
        stderr=output, stdout=output,
    ) as child:  # fmt: skip
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(2)
        finally:
            child.terminate()
        assert child.wait(10) == 0
    assert log.read_text().count("KAFKA_PORT_9092_TCP_ADDR") == 1
