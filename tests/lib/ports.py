"""ports - free TCP ports on loopback."""

import random
import socket

# Below the range from which the kernel takes ports for outgoing connections:
# a server that is stopped for a while finds its port still free.
PORTS = range(20000, 32000)


def free_port():
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise RuntimeError("no free port")
