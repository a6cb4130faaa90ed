"""proxies - nginx and HAProxy in front of a producer, and what they count.

    with Nginx(directory, producer.listen) as proxy:
        post(proxy.listen)
        assert proxy.forwarded() == 1
"""

import json
from pathlib import Path

from ports import free_port
from process import Process
from raw_http import exchange, request_bytes
from waiting import wait_until

CONFIGURATIONS = Path(__file__).parents[1] / "proxies"


class Proxy(Process):
    """listen, http2: its addresses, for HTTP/1.1 and (in the clear) 2."""

    name = command_line = log_name = buffering = None

    def __init__(self, directory, upstream):
        self.directory = Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.listen, self.http2 = (
            f"127.0.0.1:{free_port()}" for _ in range(2)
        )
        text = (CONFIGURATIONS / self.name).read_text()
        for place, value in {
            "@DIRECTORY@": self.directory, "@UPSTREAM@": upstream,
            "@LISTEN@": self.listen, "@HTTP2@": self.http2,
            "@BUFFERING@": self.buffering,
        }.items():  # fmt: skip
            text = text.replace(place, str(value))
        file = self.directory / self.name
        file.write_text(text)
        super().__init__(
            [*self.command_line, file], self.directory / "output.log"
        )
        self.offset, self.requests = 0, []

    def __enter__(self):
        self.start()
        wait_until(
            lambda: self.answers() or self.gone(), 20, f"{self.name} to listen"
        )
        return self

    def __exit__(self, *_):
        self.kill()

    def answers(self):
        data = request_bytes(method="GET", path="/healthz")
        try:
            answer, _ = exchange(self.listen, data, "GET")
        except OSError:
            return False
        return answer is not None and answer.status == 200

    def logged(self):
        """All requests that it has logged, as dicts: id, status, forwarded."""
        with open(self.directory / self.log_name, "rb") as file:
            file.seek(self.offset)
            lines = file.read()
        whole = lines[: lines.rfind(b"\n") + 1]
        self.offset += len(whole)
        self.requests += [
            json.loads(line)
            for line in whole.decode("utf-8", "replace").splitlines()
            if line.startswith("{")
        ]
        return self.requests

    def forwarded(self):
        """How many requests it has passed on, by its own count."""
        return sum(self.passed_on(request) for request in self.logged())


class Nginx(Proxy):
    """Reads a request whole before it passes it on, as it does by default."""

    name, log_name, buffering = "nginx.conf", "access.log", "on"
    command_line = ["/usr/sbin/nginx", "-e", "stderr", "-c"]

    @staticmethod
    def passed_on(request):
        addresses = request["forwarded"].replace(":", ",").split(",")
        return sum("." in address for address in addresses)


class UnbufferedNginx(Nginx):
    """Passes on what comes, in chunks where it came so."""

    buffering = "off"


class Haproxy(Proxy):
    name, log_name = "haproxy.cfg", "output.log"
    command_line = ["/usr/sbin/haproxy", "-db", "-f"]

    @staticmethod
    def passed_on(request):
        return request["forwarded"] != "<NOSRV>"
