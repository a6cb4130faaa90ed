"""What every test written in Python may ask for by name."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "lib"))

from deployment import Deployment  # noqa: E402
from kafka import Kafka, shared_kafka  # noqa: E402
from postgres import Postgres, shared_postgres  # noqa: E402


# An option, and the environment variable that says the same.
OPTIONS = {
    "--seed": "SEED",
    "--histories": "HISTORIES",
    "--chaos-minutes": "CHAOS_MINUTES",
    "--chaos-plan": "CHAOS_PLAN",
}


def pytest_addoption(parser):
    for option, variable in OPTIONS.items():
        parser.addoption(option, help=f"as the variable {variable}")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Of its own: pytest keeps three numbered folders and clears the others
    away, with the data of servers that another run still has."""
    if not config.option.basetemp:
        made = tempfile.mkdtemp(prefix="clerkstream-tests-")
        config.option.basetemp = made
        config.add_cleanup(lambda: shutil.rmtree(made, ignore_errors=True))
    for option, variable in OPTIONS.items():
        if config.getoption(option) is not None:
            os.environ[variable] = config.getoption(option)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory):
    """The Kafka that all tests share; never stop it."""
    found = shared_kafka(tmp_path_factory.mktemp("kafka"))
    yield from entered(found)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """The PostgreSQL that all tests share; never stop it."""
    found = shared_postgres(tmp_path_factory.mktemp("postgres"))
    yield from entered(found)


def entered(server):
    if not hasattr(server, "start"):
        yield server
        return
    with server:
        yield server


@pytest.fixture
def deployment(kafka, postgres, tmp_path):
    """Topics, group and database of this one test on the shared servers."""
    with Deployment(kafka, postgres, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def module_deployment(kafka, postgres, tmp_path_factory):
    """The same, for all tests of a file together."""
    directory = tmp_path_factory.mktemp("deployment")
    with Deployment(kafka, postgres, directory) as made:
        yield made


@pytest.fixture
def own_kafka(tmp_path):
    """A Kafka that this test may stop, kill and freeze."""
    with Kafka(tmp_path / "kafka") as server:
        yield server


@pytest.fixture
def own_postgres(tmp_path):
    """A PostgreSQL that this test may stop, kill and freeze."""
    with Postgres(tmp_path / "postgres") as server:
        yield server
