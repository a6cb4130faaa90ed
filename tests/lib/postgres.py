"""postgres - a PostgreSQL cluster for tests.

    with Postgres(directory) as postgres:       # a cluster of one's own
        url = postgres.create_database("shop")  # migrated
        postgres.restart()
    postgres = Cluster(url)                     # one that somebody else runs
"""

import hashlib
import os
import signal
import subprocess
import tempfile
import uuid
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from ports import free_port
from process import Process, plain_environment
from psycopg.rows import dict_row
from waiting import wait_until

SERVER = Path(__file__).parents[2] / "compose/postgres/server"


class Cluster:
    """A running PostgreSQL, known by the URL of a role that may make databases.

    superuser_url: for what only a superuser may do; may be None.
    """

    def __init__(self, url, superuser_url=None):
        self.url = url
        self.superuser_url = superuser_url

    def database_url(self, name):
        return urlsplit(self.url)._replace(path="/" + name).geturl()

    def run(self, statement, superuser=False):
        """One statement outside any transaction, e.g. CREATE DATABASE."""
        url = self.superuser_url if superuser else self.url
        with closing(psycopg.connect(url, autocommit=True)) as session:
            session.execute(statement)

    def create_database(self, name=None, console=None):
        """An empty migrated database, or one without tables (no console).

        console: path of the clerkstream program. Returns the URL. The first
        one is migrated, the others are copies of that one: 50 ms each.
        """
        name = name or f"test_{uuid.uuid4().hex[:12]}"
        template = self.migrated_template(console) if console else "template1"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.database_url(name)

    def migrated_template(self, console):
        # Another build may have other migrations.
        digest = hashlib.sha256(Path(console).read_bytes()).hexdigest()[:16]
        name = f"migrated_{digest}"
        known = "SELECT 1 FROM pg_database WHERE datname = %s"
        with closing(psycopg.connect(self.url, autocommit=True)) as session:
            # Tests that run side by side make it once.
            session.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
            if not session.execute(known, [name]).fetchall():
                self.make_template(name, console)
        return name

    def make_template(self, name, console):
        self.run(f'DROP DATABASE IF EXISTS "{name}_unfinished"')
        self.run(f'CREATE DATABASE "{name}_unfinished"')
        migrate(console, self.database_url(f"{name}_unfinished"))
        self.run(f'ALTER DATABASE "{name}_unfinished" RENAME TO "{name}"')

    def drop_database(self, url):
        """By a superuser if there is one: no other role may end an autovacuum
        that is at work there."""
        name = urlsplit(url).path.lstrip("/")
        self.run(
            f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
            superuser=self.superuser_url is not None,
        )


class Postgres(Cluster):
    """A cluster of one's own: start, stop, kill, pause, resume, restart.

    Keeps its address and its data over a restart. fsync is on.
    """

    def __init__(self, directory):
        self.directory = Path(directory)
        self.port = free_port()
        super().__init__(None)
        self.process = Process(
            [SERVER, directory, self.port],
            self.directory.parent / f"{self.directory.name}.log",
        )

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.running:
            self.resume()
            self.process.stop(30, signal.SIGQUIT)  # at once

    def start(self, timeout=60):
        # The user postgres must be able to come here.
        self.directory.mkdir(parents=True, exist_ok=True)
        open_the_way(self.directory)
        self.process.start()
        wait_until(
            lambda: self.answers() or self.process.gone(),
            timeout, "PostgreSQL",
        )  # fmt: skip
        return self

    def answers(self):
        if not (self.directory / "made").exists():
            return False
        self.url = self.address("clerkstream", "password")
        self.superuser_url = self.address("postgres", "superuser_password")
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
            return True
        except psycopg.OperationalError:
            return False

    def address(self, role, password_file):
        password = (self.directory / password_file).read_text()
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/postgres"

    def stop(self):
        """Orderly, without waiting for sessions to end by themselves."""
        return self.process.stop(30, signal.SIGINT)

    def kill(self):
        """A crash: the next start has to recover."""
        if not self.process.running:
            return
        self.resume()
        sessions = children(self.process.pid)
        self.process.kill()
        wait_until(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in sessions),
            20, "the server's sessions to end",
        )  # fmt: skip

    def restart(self):
        self.stop()
        return self.start()

    def pause(self):
        """Frozen with all of its sessions: nothing answers, nothing ends."""
        self.process.pause()
        self.send_sessions(signal.SIGSTOP)

    def resume(self):
        self.send_sessions(signal.SIGCONT)
        self.process.resume()

    def send_sessions(self, number):
        for pid in children(self.process.pid):
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(pid, number)


def children(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in listed.split()]


def open_the_way(directory):
    """Lets the user postgres pass through our own temporary folders."""
    if os.getuid() != 0:
        return
    top = Path(tempfile.gettempdir())
    for folder in (directory, *directory.parents):
        if top not in folder.parents:
            break
        folder.chmod(folder.stat().st_mode | 0o111)


def query(url, statement, *values):
    """Rows as dicts; [] for a statement that has none. A server that is frozen
    takes connections and says nothing: that is an OperationalError, too."""
    with psycopg.connect(
        url, row_factory=dict_row, connect_timeout=10
    ) as session:
        cursor = session.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def migrate(console, url):
    subprocess.run(
        [console, "migrate"], env=plain_environment(DATABASE_URL=url),
        check=True, timeout=60, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def shared_postgres(directory):
    """The cluster of this test run, or one of this session's own."""
    url = os.environ.get("CLERKSTREAM_TEST_POSTGRES")
    if not url:
        return Postgres(directory)
    superuser = os.environ.get("CLERKSTREAM_TEST_POSTGRES_SUPERUSER")
    return Cluster(url, superuser)
