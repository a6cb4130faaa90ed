"""ports - free TCP ports on loopback."""

import random
import socket

# Below the range from which the kernel takes ports for outgoing connections:
# a server that is stopped for a while finds its port still free.
PORTS = range(20000, 32000)
given = set()


def free_port():
    """None twice: who gets it may take it only later."""
    for port in random.SystemRandom().sample(PORTS, 200):
        if port in given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        given.add(port)
        return port
    raise RuntimeError("no free port")
