"""The examples of compose/proxies: a real nginx and a real Caddy end TLS in
front of a real producer."""

import http.client
import json
import shutil
import socket
import ssl
import subprocess

import pytest
from deployment import Deployment
from ports import free_port
from process import Process, plain_environment
from small_events import user
from sources import ROOT
from waiting import wait_until
from webhook import SECRET, body_of, new_id, signed_headers

PROXIES = ROOT / "compose" / "proxies"
NAME = "hooks.example.com"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """(certificate, key) of that name."""
    directory = tmp_path_factory.mktemp("tls")
    made = directory / "fullchain.pem", directory / "privkey.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME}",
         "-out", made[0], "-keyout", made[1]],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return made


def nginx(directory, port, upstream, certificate):
    example = (PROXIES / "nginx.conf").read_text()
    for old, new in (
        ("127.0.0.1:8788", upstream),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", certificate[0]),
        (f"/etc/letsencrypt/live/{NAME}/privkey.pem", certificate[1]),
    ):
        assert old in example
        example = example.replace(old, str(new))
    paths = "".join(
        f"{kind}_temp_path {directory}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = directory / "nginx.conf"
    config.write_text(
        f"daemon off; error_log stderr; pid {directory}/pid;\nuser root;\n"
        f"events {{ }}\nhttp {{ access_log off;\n{paths}{example}}}\n"
    )
    return ["nginx", "-e", "stderr", "-c", config]


def caddy(directory, port, upstream, certificate):
    example = (PROXIES / "Caddyfile").read_text()
    for old, new in (
        ("127.0.0.1:8788", upstream),
        (f"\n{NAME} {{\n", f"\nhttps://{NAME}:{port} {{\n\tbind 127.0.0.1\n"
         f"\ttls {certificate[0]} {certificate[1]}\n"),
    ):  # fmt: skip
        assert old in example
        example = example.replace(old, new)
    config = directory / "Caddyfile"
    config.write_text(
        "{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + example
    )
    return ["caddy", "run", "--config", config, "--adapter", "caddyfile"]


class Door:
    def __init__(self, port, certificate):
        self.port = port
        self.context = ssl.create_default_context(cafile=certificate[0])

    def ask(self, method, path, body=b"", headers=None):
        """Status and body, as Clerk sees them: by name, over TLS."""
        raw = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20,
                                          context=self.context)  # fmt: skip
        plain = socket.create_connection(("127.0.0.1", self.port), 20)
        raw.sock = self.context.wrap_socket(plain, server_hostname=NAME)
        raw.request(method, path, body, {"Host": NAME, **(headers or {})})
        answer = raw.getresponse()
        return answer.status, answer.read()

    def post(self, event, secret=SECRET):
        body, id = body_of(event), new_id()
        return self.ask("POST", "/webhooks/clerk", body,
                        signed_headers(secret, id, body))  # fmt: skip

    def is_open(self):
        try:
            return self.ask("GET", "/") is not None
        except OSError:
            return False


@pytest.fixture(scope="module", params=[nginx, caddy])
def door(request, kafka, postgres, certificate, tmp_path_factory):
    if shutil.which(request.param.__name__) is None:
        pytest.skip(f"{request.param.__name__} is not installed")
    directory = tmp_path_factory.mktemp("door")
    port = free_port()
    with Deployment(kafka, postgres, directory) as deployment:
        producer = deployment.producer()
        words = request.param(directory, port, producer.listen, certificate)
        proxy = Process(words, directory / "proxy.log",
                        plain_environment(HOME=str(directory)))  # fmt: skip
        proxy.start()
        door = Door(port, certificate)
        try:
            wait_until(door.is_open, 30, "the proxy answers")
            yield door
        finally:
            # Asked, not killed: nginx has a second process to end.
            proxy.stop()


def test_an_event_is_accepted_over_tls(door):
    status, body = door.post(user("user_a", at=1))
    assert (status, json.loads(body)["status"]) == (200, "accepted")


def test_a_large_event_passes_whole(door):
    large = user("user_a", at=2, public_metadata={"x": "y" * 400_000})
    assert door.post(large)[0] == 200


def test_a_forged_one_does_not(door):
    wrong = "whsec_d3JvbmcgYnV0IHdlbGwgZm9ybWVkIHNlY3JldA=="
    assert door.post(user("user_a", at=1), secret=wrong)[0] == 401


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics"])
def test_nothing_else_is_reached(door, path):
    assert door.ask("GET", path)[0] == 404
