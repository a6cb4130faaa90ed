"""The two commands of the README, in a run folder and on ports of their own."""

import os
import socket
import subprocess
from pathlib import Path

import pytest
from ports import free_port
from postgres import query
from process import plain_environment
from sources import ROOT

LISTENERS = ("PRODUCER_LISTEN", "PRODUCER_ADMIN_LISTEN",
             "CONSUMER_ADMIN_LISTEN")  # fmt: skip
SERVER_PORTS = ("KAFKA_PORT", "KAFKA_CONTROLLER_PORT", "POSTGRES_PORT")


class Desk:
    """A run folder with its ports. It may lie where only root looks."""

    def __init__(self, directory, **environment):
        self.run = directory / "run"
        ports = {name: f"127.0.0.1:{free_port()}" for name in LISTENERS}
        ports.update({name: free_port() for name in SERVER_PORTS})
        # Alone in its group a consumer need not wait for the others.
        ports["CONSUMER_WORKERS"] = 1
        self.environment = plain_environment(
            **{"CLERKSTREAM_RUN": self.run, **ports, **environment}
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.call("down", "--wipe")

    def call(self, command, *words):
        return subprocess.run(
            [ROOT / "compose" / command, *words], env=self.environment,
            capture_output=True, text=True, timeout=150,
        )  # fmt: skip

    def up(self, *words):
        done = self.call("up", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pids(self):
        """{what: pid} of everything that runs."""
        found = {
            path.stem: int(path.read_text().split()[0])
            for path in self.run.glob("*.pid")
        }
        return {name: pid for name, pid in found.items() if runs(pid)}

    def setting(self, name):
        """From the file that `up` leaves for other programs."""
        lines = (self.run / "env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)[name]

    def users(self, url=None):
        """{first name: status}"""
        rows = query(
            url or self.setting("DATABASE_URL"),
            "SELECT first_name, status FROM users",
        )
        return {row["first_name"]: row["status"] for row in rows}


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def desk(tmp_path):
    with Desk(tmp_path) as made:
        yield made


SAMPLE_USERS = {"Ada": "ACTIVE", "Bob": "DELETED"}


def test_up_shows_rows_and_is_found_running_and_down_stops_it(desk):
    shown = desk.up()
    assert desk.users() == SAMPLE_USERS
    assert "Okafor-Lund" in shown and "Maple Street School" in shown
    assert "invalid signature" in shown
    running = desk.pids()
    assert set(running) == {"kafka", "postgres", "producer", "consumer"}

    again = desk.up()
    assert again.count("runs already") == 4
    assert desk.pids() == running and desk.users() == SAMPLE_USERS

    assert desk.call("down").returncode == 0
    assert not any(map(runs, running.values()))


def test_data_survives_down_and_is_forgotten_by_wipe(desk):
    desk.up()
    desk.call("down")
    desk.up("--no-samples")
    assert desk.users() == SAMPLE_USERS
    folder = Path((desk.run / "postgres.folder").read_text().strip())
    assert desk.call("down", "--wipe").returncode == 0
    assert not desk.run.exists() and not folder.exists()


def test_a_killed_program_is_started_again(desk):
    desk.up("--no-samples")
    before = desk.pids()
    os.kill(before["producer"], 9)
    desk.up("--no-samples")
    after = desk.pids()
    assert after.pop("producer") != before.pop("producer")
    assert after == before


def test_the_secret_is_made_once_and_kept_to_oneself(desk):
    shown = desk.up("--embedded", "--no-samples")
    file = desk.run / "signing_secret"
    secret = file.read_text().strip()
    assert secret.startswith("whsec_") and file.stat().st_mode & 0o077 == 0
    assert (desk.run / "env").stat().st_mode & 0o077 == 0
    texts = [path.read_text() for path in desk.run.glob("*.log")]
    assert not [text for text in (shown, *texts) if secret in text]
    desk.up("--embedded", "--no-samples")
    assert file.read_text().strip() == secret


def test_the_embedded_broker_needs_no_kafka_and_says_that_it_forgets(desk):
    shown = desk.up("--embedded")
    assert "forgets" in shown
    assert desk.users() == SAMPLE_USERS
    assert set(desk.pids()) == {
        "embedded-broker", "postgres", "producer", "consumer"
    }  # fmt: skip


def test_servers_that_are_given_are_used(kafka, postgres, tmp_path):
    url = postgres.create_database()
    topics = kafka.new_topic(partitions=1)  # a name that nobody has
    given = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "DATABASE_URL": url,
        "EVENTS_TOPIC": f"{topics}.events",
        "RETRY_TOPIC": f"{topics}.retry",
        "DEAD_LETTER_TOPIC": f"{topics}.dlq",
        "CONSUMER_GROUP": topics,
    }
    with Desk(tmp_path, **given) as desk:
        desk.up()
        assert desk.users(url) == SAMPLE_USERS
        assert set(desk.pids()) == {"producer", "consumer"}
    assert desk.users(url) == SAMPLE_USERS
    postgres.drop_database(url)


@pytest.mark.parametrize("variable", SERVER_PORTS + LISTENERS)
def test_a_port_in_use_is_named(variable, desk):
    given = desk.environment[variable]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(given.rpartition(":")[2])))
        taken.listen()
        done = desk.call("up", "--no-samples")
    assert done.returncode == 1
    for word in (variable, given.rpartition(":")[2], str(os.getpid())):
        assert word in done.stderr


def test_a_database_that_does_not_answer_is_an_error(tmp_path):
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    with Desk(tmp_path, DATABASE_URL=url) as desk:
        done = desk.call("up")
    assert done.returncode == 1
    assert "DATABASE_URL does not answer" in done.stderr
