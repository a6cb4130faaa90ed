"""outages - a server is away for as long as a `with` lasts.

    with frozen(postgres):
        ...

Each is for a server of a test's own, a Kafka or a Postgres; afterwards it is
there again.
"""

from contextlib import contextmanager


@contextmanager
def stopped(server):
    """In order: clients are told."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def killed(server):
    """By SIGKILL: connections break, nothing is written any more."""
    server.kill()
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen(server):
    """By SIGSTOP: connections stay, nothing answers."""
    server.pause()
    try:
        yield
    finally:
        server.resume()
