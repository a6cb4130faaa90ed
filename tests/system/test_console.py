"""The frame of `clerkstream`: help, versions, and what is refused."""

import re
import subprocess
from pathlib import Path

import pytest
from process import plain_environment
from programs import BIN, console

ROOT = Path(__file__).parents[2]
LISTED = re.compile(r"^  ([a-z]+(?: [a-z]+)?)  +[A-Z].*\.$", re.M)
COMMANDS = LISTED.findall(console("--help").stdout.split("Environment:")[0])


def refused(*words, environment=None):
    """The one line that it says of wrong use."""
    done = console(*words, environment=environment, check=False)
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_help_lists_every_command():
    shown = console("--help").stdout
    assert {"events", "migrate", "send", "topics", "wait"} <= {*COMMANDS}
    assert COMMANDS == sorted(COMMANDS)
    assert "DATABASE_URL" in shown and "Exit codes" in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command):
    shown = console(*command.split(), "--help").stdout
    assert shown.startswith(f"usage: clerkstream {command} ")
    assert re.search(rf"Example:\n  .*clerkstream {command}", shown)
    assert max(map(len, shown.splitlines())) <= 100


@pytest.mark.parametrize("command", COMMANDS)
def test_help_needs_no_environment(command):
    wrong = {"EVENTS_PARTITIONS": "none"}
    words = command.split()
    assert console(*words, "--help", environment=wrong).returncode == 0
    argument = re.match(
        r"usage: clerkstream [a-z ]+? ([A-Z_]+)",
        console(*words, "--help").stdout,
    )
    words += [argument[1]] if argument else []
    assert "EVENTS_PARTITIONS" in refused(*words, environment=wrong)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_speaks_json_by_a_schema(command):
    assert "\n  --json\n" in console(*command.split(), "--help").stdout
    schema = f"schemas/console/{command.replace(' ', '_')}.json"
    assert (ROOT / schema).exists()


def test_the_version_is_the_projects():
    declared = re.search(
        r"project\(clerkstream VERSION (\S+)",
        (ROOT / "CMakeLists.txt").read_text(),
    )[1]
    assert console("--version").stdout == f"clerkstream {declared}\n"


def test_print_config_masks_secrets(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("whsec_c2VjcmV0c2VjcmV0c2VjcmV0\n")
    shown = console("--print-config", environment={
        "DATABASE_URL": "postgresql://someone:hidden@db/x",
        "CLERK_WEBHOOK_SIGNING_SECRET_FILE": secret,
        "KAFKA_SASL_PASSWORD": "hidden",
        "EVENTS_TOPIC": "mine",
    }).stdout  # fmt: skip
    lines = shown.splitlines()
    assert all("=" in line for line in lines)
    assert "DATABASE_URL=***" in lines
    assert "CLERK_WEBHOOK_SIGNING_SECRET=***" in lines
    assert "KAFKA_SASL_PASSWORD=***" in lines
    assert "EVENTS_TOPIC=mine" in lines
    assert "hidden" not in shown and "c2Vj" not in shown


def test_the_default_database_is_no_secret():
    lines = console("--print-config").stdout.splitlines()
    assert "DATABASE_URL=postgresql:///clerkstream" in lines


def test_the_environment_of_the_other_programs_is_good_here():
    """One file for all: what is theirs to set has no say at the desk."""
    theirs = {"KAFKA_AUTO_OFFSET_RESET": "earliest", "KAFKA_ACKS": "all",
              "KAFKA_MESSAGE_TIMEOUT_MS": "9000",
              "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}  # fmt: skip
    done = console("topics", "--timeout", 1, environment=theirs, check=False)
    assert done.returncode == 1 and "no Kafka broker answers" in done.stderr


@pytest.mark.parametrize("words", [["--print-config"], ["topics"]])
@pytest.mark.parametrize(
    "name, value",
    [("KAFKA_SECURITY_PROTOCOL", "telepathy"), ("KAFKA_GROUP_ID", "mine")],
)
def test_a_wrong_setting_for_kafka_is_named(words, name, value):
    done = console(*words, environment={name: value}, check=False)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2 and name in line and value in line, done


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ((), "no command"),
        (("migrat",), '"migrat"'),
        (("migrat", "--help"), '"migrat"'),
        (("--hepl",), '"--hepl"'),
        (("--help", "migrate"), '"migrate"'),
        (("--version", "--json"), '"--json"'),
        (("",), '""'),
        (("two\nlines",), '"two lines"'),
    ],
)
def test_what_is_no_command_is_answered_with_those_that_are(words, given):
    said = refused(*words)
    assert said.startswith(f"clerkstream: given {given}, allowed is one of ")
    for command in COMMANDS:
        assert command.split()[0] in said


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("migrate", "now"), 'given argument "now", allowed is --timeout'),
        (("migrate", "--timeout"), "--timeout: given nothing, allowed"),
        (("topics", "--timeout=0"), '--timeout: given "0", allowed'),
        (("topics", "--json=1"), '--json: given "1", allowed'),
        (("send", "--type", "user.forgot"), '--type: given "user.forgot"'),
    ],
)
def test_a_wrong_flag_is_answered_with_what_is_allowed(words, line):
    assert refused(*words).startswith(f"clerkstream {words[0]}: {line}")


def test_output_that_cannot_be_written_is_a_failure():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [BIN / "clerkstream", "--help"], env=plain_environment(),
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 1
    assert "standard output" in done.stderr
