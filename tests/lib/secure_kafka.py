"""secure_kafka - a Kafka node that asks everybody who they are.

    with SecureKafka(directory, ["ada"]) as kafka:
        kafka.allow("ada", ("topic", "clerk.events", "write"))
        producer = Producer(directory, **kafka.by_password("ada"))

Its certificates and users are made for it. Who comes through `bootstrap`,
without TLS, may do everything: the test itself.
"""

import socket
import struct
import subprocess
from pathlib import Path

from kafka import Kafka, addresses
from ports import free_port
from waiting import wait_until

HEAD = struct.Struct(">hhih")  # of a request: key, version, id, no client
CREATE_ACLS, DESCRIBE_ACLS = (30, 1, 7, -1), (29, 1, 7, -1)
KINDS = {"topic": 2, "group": 3, "cluster": 4}
OPERATIONS = {"read": 3, "write": 4, "create": 5, "delete": 6, "alter": 7,
              "describe": 8, "describe_configs": 10}  # fmt: skip
ALLOW, LITERAL, PREFIXED, ANY = 3, 3, 4, 1


class SecureKafka(Kafka):
    """users: names; each may come by password or by certificate."""

    def __init__(self, directory, users):
        super().__init__(directory)
        self.folder = Path(directory)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.password_port, self.certificate_port = free_port(), free_port()
        make_authority(self.folder)
        for name in ("broker", *users):
            make_certificate(self.folder, name)
        passwords = {name: password_of(name) for name in users}
        self.process.environment.update(
            BROKER_PROPERTIES=self.properties(passwords),
            BROKER_FORMAT=" ".join(
                f"--add-scram SCRAM-SHA-512=[name={name},"
                f"password={passwords[name]}]"
                for name in users
            ),
        )

    def properties(self, passwords):
        ports = {"PLAINTEXT": self.port, "BY_PASSWORD": self.password_port,
                 "BY_CERTIFICATE": self.certificate_port}  # fmt: skip
        controller = {"CONTROLLER": self.controller_port}
        plain = "".join(
            f' user_{name}="{passwords[name]}"' for name in passwords
        )
        jaas = "listener.name.by_password"
        module = "org.apache.kafka.common.security"
        return f"""
listeners={addresses({**ports, **controller})}
advertised.listeners={addresses(ports)}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,\
BY_PASSWORD:SASL_SSL,BY_CERTIFICATE:SSL
ssl.keystore.type=PEM
ssl.keystore.location={self.folder / "broker.pem"}
ssl.truststore.type=PEM
ssl.truststore.location={self.folder / "ca.crt"}
ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/
listener.name.by_certificate.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
{jaas}.plain.sasl.jaas.config={module}.plain.PlainLoginModule required{plain};
{jaas}.scram-sha-512.sasl.jaas.config={module}.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""

    def by_password(self, user, mechanism="PLAIN"):
        """The environment of a program that comes so."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.password_port}",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SSL_CA_LOCATION": self.folder / "ca.crt",
            "KAFKA_SASL_MECHANISMS": mechanism,
            "KAFKA_SASL_USERNAME": user,
            "KAFKA_SASL_PASSWORD": password_of(user),
        }

    def by_certificate(self, user):
        return {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.certificate_port}",
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_SSL_CA_LOCATION": self.folder / "ca.crt",
            "KAFKA_SSL_CERTIFICATE_LOCATION": self.folder / f"{user}.crt",
            "KAFKA_SSL_KEY_LOCATION": self.folder / f"{user}.key",
        }

    def allow(self, user, *rights):
        """rights: (kind, name, operation); a name may end with *."""
        before, count = self.count_rights(user), len(rights)
        entries = b"".join(entry(user, *right) for right in rights)
        asked = HEAD.pack(*CREATE_ACLS) + struct.pack(">i", count) + entries
        answer = self.ask(asked)[12:]  # after id, throttling, count
        assert answer == struct.pack(">hh", 0, 0) * count, answer
        # The broker has it on its log first, and obeys it a little later.
        wait_until(lambda: self.count_rights(user) == before + count, 20)

    def count_rights(self, user):
        asked = HEAD.pack(*DESCRIBE_ACLS) + b"".join((
            struct.pack(">bhb", ANY, -1, ANY), text(f"User:{user}"),
            struct.pack(">hbb", -1, ANY, ANY),
        ))  # fmt: skip
        return self.ask(asked).count(text(f"User:{user}"))

    def ask(self, request):
        with socket.create_connection(("127.0.0.1", self.port), 20) as broker:
            broker.sendall(struct.pack(">i", len(request)) + request)
            with broker.makefile("rb") as answer:
                (size,) = struct.unpack(">i", answer.read(4))
                return answer.read(size)


def entry(user, kind, name, operation):
    pattern = PREFIXED if name.endswith("*") else LITERAL
    return b"".join((
        struct.pack(">b", KINDS[kind]), text(name.rstrip("*")),
        struct.pack(">b", pattern), text(f"User:{user}"), text("*"),
        struct.pack(">bb", OPERATIONS[operation], ALLOW),
    ))  # fmt: skip


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def password_of(user):
    return f"{user}-pa55word"


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, timeout=60,
                   capture_output=True)  # fmt: skip


def make_authority(folder, name="ca"):
    """name.crt, which nobody but us trusts."""
    openssl(
        folder, "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
        f"/CN={name} of a test", "-keyout", f"{name}.key", "-out",
        f"{name}.crt",
    )  # fmt: skip


def make_certificate(folder, name):
    """name.crt, name.key and both in one: name.pem."""
    openssl(
        folder, "req", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key",
        "-out", f"{name}.csr",
    )  # fmt: skip
    openssl(
        folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt",
        "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
        "-copy_extensions", "copy", "-out", f"{name}.crt",
    )  # fmt: skip
    both = [(folder / f"{name}.{end}").read_text() for end in ("key", "crt")]
    (folder / f"{name}.pem").write_text("".join(both))
