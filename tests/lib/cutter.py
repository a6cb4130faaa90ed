"""cutter - a way to a server that breaks now and then.

    with Cutter("127.0.0.1", 5432, chance=0.2, rng=rng) as cutter:
        connect(cutter.port)

What the client says always arrives; but at a chance the connection is cut
when the server has done it all and its answer is on the way. So the client
never knows.
"""

import select
import socket
import threading
from contextlib import suppress

BYTES = 65536
QUIET_SECONDS = 0.02  # the server has nothing more to say


class Cutter:
    def __init__(self, host, port, chance, rng):
        self.address = (host, port)
        self.chance, self.rng = chance, rng
        self.cuts = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        with suppress(OSError):  # closed
            while True:
                client, _ = self.listener.accept()
                threading.Thread(
                    target=self.serve, args=[client], daemon=True
                ).start()

    def serve(self, client):
        with client, suppress(OSError):
            with socket.create_connection(self.address) as server:
                while self.pass_on(client, server):
                    pass

    def pass_on(self, client, server):
        """False when one of them has gone, or when it was cut."""
        ready, _, _ = select.select([client, server], [], [])
        for source in ready:
            said = source.recv(BYTES)
            if not said:
                return False
            if source is server:
                client.sendall(said)
                continue
            server.sendall(said)
            if self.rng.random() < self.chance:
                self.swallow_answer(server)
                self.cuts += 1
                return False
        return True

    def swallow_answer(self, server):
        server.settimeout(2)
        while server.recv(BYTES):
            if not select.select([server], [], [], QUIET_SECONDS)[0]:
                return
