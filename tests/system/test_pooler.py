"""pgbouncer between the consumer and PostgreSQL: what the guide says of it."""

import os
import shutil
from urllib.parse import urlsplit

import pytest
from ports import free_port
from postgres import open_the_way
from process import Process, plain_environment
from small_events import membership, user
from waiting import wait_until

pytestmark = pytest.mark.skipif(
    shutil.which("pgbouncer") is None, reason="pgbouncer is not installed"
)


class Pooler(Process):
    """In front of the server of `url`, for its user."""

    def __init__(self, directory, url, mode):
        directory.mkdir()
        open_the_way(directory)
        server = urlsplit(url)
        self.listen = f"127.0.0.1:{free_port()}"
        host, _, port = self.listen.partition(":")
        users = directory / "users.txt"
        users.write_text(f'"{server.username}" "{server.password}"\n')
        config = directory / "pgbouncer.ini"
        config.write_text(f"""
            [databases]
            * = host={server.hostname} port={server.port}
            [pgbouncer]
            listen_addr = {host}
            listen_port = {port}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {users}
            pool_mode = {mode}
            ignore_startup_parameters = extra_float_digits, options
        """)
        for file in (users, config):
            file.chmod(0o644)
        # It refuses to be root.
        as_user = ["-u", "postgres"] if os.geteuid() == 0 else []
        super().__init__(["pgbouncer", *as_user, config], directory / "log",
                         plain_environment())  # fmt: skip
        self.url = url.replace(f"{server.hostname}:{server.port}", self.listen)


@pytest.fixture
def pooler(deployment, tmp_path):
    pooler = Pooler(tmp_path / "pooler", deployment.database_url, "session")
    pooler.start()
    wait_until(lambda: "process up" in pooler.log, 20)
    yield pooler
    pooler.kill()


def test_a_session_each_is_as_good_as_none(deployment, pooler):
    deployment.producer()
    consumer = deployment.consumer(DATABASE_URL=pooler.url)
    for at in range(50):
        deployment.post(user(f"user_{at % 5}", at=at))
        joined = membership(f"orgmem_{at}", "org_a", f"user_{at}", at=at)
        deployment.post(joined)
    deployment.wait_for_ledger(100, timeout=60)
    assert consumer.stop() == 0
