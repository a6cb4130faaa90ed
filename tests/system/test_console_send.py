"""`clerkstream send` against a listener that notes all, and the real thing."""

import json
import re
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import desk
import jsonschema
import pytest
from ports import free_port
from process import plain_environment
from programs import BIN, console
from record_key import record_key
from waiting import wait_until
from webhook import SECRET, sign

SCHEMAS = Path(__file__).parents[2] / "schemas/events"
TYPES = sorted(path.stem for path in SCHEMAS.glob("*.json"))
OTHER_SECRET = "whsec_" + "QUFB" * 8
ACCEPTED = {"status": "accepted"}


class Request(NamedTuple):
    at: float
    connection: tuple
    headers: dict
    body: bytes

    @property
    def id(self):
        return self.headers["svix-id"]

    def is_signed_with(self, secret):
        timestamp = self.headers["svix-timestamp"]
        expected = sign(secret, self.id, timestamp, self.body)
        return (
            self.headers["svix-signature"] == expected
            and abs(int(timestamp) - time.time()) < 60
        )


class Listener:
    """Takes webhooks; answers what `answer(request)` returns.

    That is (status, object, headers), or a bare status.
    """

    def __init__(self, port=0):
        listener = self
        self.requests = []
        self.answer = lambda request: 200
        self.lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer is one packet

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {k.lower(): v for k, v in self.headers.items()}
                request = Request(
                    time.monotonic(), self.client_address, headers, body
                )
                with listener.lock:
                    listener.requests.append(request)
                    given = listener.answer(request)
                self.reply(*(given if isinstance(given, tuple) else (given,)))

            def reply(self, status, content=None, headers=None):
                text = json.dumps(ACCEPTED if content is None else content)
                self.send_response(status)
                self.send_header("content-length", str(len(text)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # the other side went away

        self.server = Server(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(
            target=self.server.serve_forever, args=(0.05,), daemon=True
        )

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def ids(self):
        return [request.id for request in self.requests]


@pytest.fixture
def listener():
    with Listener() as listener:
        yield listener


def send(url, *words, environment=None, **how):
    """Runs it; the CompletedProcess."""
    signing = {"CLERK_WEBHOOK_SIGNING_SECRET": SECRET}
    return console(
        "send", "--url", url, *words,
        environment=signing if environment is None else environment, **how,
    )  # fmt: skip


def refused(*words, code=2, **how):
    """The one line that it says on standard error."""
    done = console("send", *words, check=False, **how)
    assert done.returncode == code, done
    assert done.stderr.startswith("clerkstream send: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def dry_run(*words):
    """[(id, event), …] that it would send."""
    lines = console("send", "--dry-run", *words).stdout.splitlines()
    return [(line["id"], line["event"]) for line in map(json.loads, lines)]


def summary(done):
    said = json.loads(done.stdout)
    desk.validate(said, "send")
    return said


# One event.


@pytest.mark.parametrize("type_", TYPES)
def test_one_event_of_a_type_is_signed_and_posted(listener, type_):
    done = send(listener.url, "--type", type_)
    assert json.loads(done.stdout) == ACCEPTED
    (request,) = listener.requests
    assert request.is_signed_with(SECRET)
    assert request.headers["content-type"] == "application/json"
    ((id, event),) = dry_run("--type", type_)
    assert request.id == id and json.loads(request.body) == event
    assert event["type"] == type_


def test_the_same_event_again_has_the_same_id(listener):
    for seed in (1, 1, 2):
        send(listener.url, "--type", "user.created", "--seed", seed)
    one, two, other = listener.requests
    assert (one.id, one.body) == (two.id, two.body)
    assert other.id != one.id and other.body != one.body


def test_an_id_can_be_given(listener):
    send(listener.url, "--type", "user.deleted", "--id", "msg_mine")
    assert listener.ids == ["msg_mine"]


@pytest.mark.parametrize("content", [b"", b"\0\xff no JSON\r\n", b"x" * 700000])
def test_a_file_is_sent_byte_for_byte(listener, tmp_path, content):
    path = tmp_path / "event.json"
    path.write_bytes(content)
    send(listener.url, "--file", path)
    (request,) = listener.requests
    assert request.body == content and request.is_signed_with(SECRET)
    assert re.fullmatch(r"msg_\w{27}", request.id)


def test_standard_input_is_a_file_too(listener):
    done = subprocess.run(
        [BIN / "clerkstream", "send", "--url", listener.url, "--file", "-"],
        env=plain_environment(CLERK_WEBHOOK_SIGNING_SECRET=SECRET),
        input=b'{"type": "made.up"}', capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == ACCEPTED
    assert [r.body for r in listener.requests] == [b'{"type": "made.up"}']


def test_a_dry_run_of_a_file_is_one_line(tmp_path):
    path = tmp_path / "event.json"
    path.write_text('{\n  "type": "a \\n",\r\n  "data": {}\n}\n')
    found = dry_run("--file", path, "--id", 'say "x"')
    assert found == [('say "x"', {"type": "a \n", "data": {}})]
    path.write_text("no JSON")
    assert "JSON" in refused("--dry-run", "--file", path)


def test_a_refusal_is_shown_and_a_failure(listener):
    listener.answer = lambda request: (401, {"error": "invalid signature"})
    done = send(listener.url, "--type", "user.created", check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"error": "invalid signature"}
    assert done.stderr == "clerkstream send: answered 401\n"
    assert len(listener.requests) == 1


# Whose signature.


def test_the_first_of_several_secrets_signs(listener):
    both = {"CLERK_WEBHOOK_SIGNING_SECRET": f"{OTHER_SECRET}, {SECRET}"}
    send(listener.url, "--type", "user.created", environment=both)
    assert listener.requests[0].is_signed_with(OTHER_SECRET)


def test_the_secret_may_come_from_a_file_or_by_its_other_name(
    listener, tmp_path
):
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    for environment in (
        {"CLERK_WEBHOOK_SIGNING_SECRET_FILE": path},
        {"CLERK_WEBHOOK_SECRET": SECRET},
    ):
        send(listener.url, "--type", "user.created", environment=environment)
        assert listener.requests.pop().is_signed_with(SECRET)


def test_a_signature_of_nobody_can_be_sent(listener):
    send(listener.url, "--type", "user.created", "--invalid-signature",
         environment={})  # fmt: skip
    (request,) = listener.requests
    assert re.fullmatch(r"v1,[A-Za-z0-9+/]{43}=",
                        request.headers["svix-signature"])  # fmt: skip
    assert not request.is_signed_with(SECRET)


# A load.


def test_a_load_is_sent_once_each_on_few_connections(listener):
    done = send(listener.url, "--count", 400, "--concurrency", 4, "--json")
    expected = dry_run("--count", 400)
    sent = [(r.id, json.loads(r.body)) for r in listener.requests]
    assert sorted(sent, key=by_id) == sorted(expected, key=by_id)
    assert len({request.connection for request in listener.requests}) <= 4
    assert all(r.is_signed_with(SECRET) for r in listener.requests)
    assert summary(done)["accepted"] == summary(done)["events"] == 400


def by_id(pair):
    return pair[0]


def test_one_connection_keeps_the_order(listener):
    send(listener.url, "--count", 100, "--concurrency", 1, "--shuffle")
    expected = [id for id, _ in dry_run("--count", 100, "--shuffle")]
    assert listener.ids == expected
    assert expected != [id for id, _ in dry_run("--count", 100)]
    assert len({request.connection for request in listener.requests}) == 1


def test_a_rate_is_kept(listener):
    done = send(listener.url, "--count", 60, "--rate", 100, "--json")
    took = listener.requests[-1].at - listener.requests[0].at
    assert 0.55 < took < 1.5
    assert 0.59 <= summary(done)["seconds"] < 1.5


def test_duplicates_are_sent_twice(listener):
    send(listener.url, "--count", 200, "--duplicates", 50)
    assert len(set(listener.ids)) == 200
    assert 250 < len(listener.ids) < 350


def test_the_summary_counts_what_was_answered(listener):
    answers = iter([
        (200, {"status": "ignored"}), (200, {"status": "dead_lettered"}),
        (204, ""), (401, {}), (401, {}), (404, {}),
    ])  # fmt: skip
    listener.answer = lambda request: next(answers, 200)
    done = send(listener.url, "--count", 10, check=False)
    assert done.returncode == 1
    assert re.fullmatch(
        r"10 events in \d+\.\d\d s \(\d+/s\): 4 accepted, 1 ignored, "
        r"1 dead_lettered, 1 other, 3 refused, 2 answered 401, "
        r"1 answered 404; 0 retries; p50 \d+\.\d ms, p99 \d+\.\d ms\n",
        done.stdout,
    )
    assert re.fullmatch(
        r"clerkstream send: 3 of 10 events were not accepted, the last: "
        r"answered 40[14]\n",
        done.stderr,
    )


# What may pass.


def test_503_and_429_are_tried_again_with_a_new_signature(listener):
    statuses = iter([503, 429])
    listener.answer = lambda request: next(statuses, 200)
    done = send(listener.url, "--type", "user.created", "--json")
    assert summary(done)["accepted"] == 1 and summary(done)["retries"] == 2
    assert len(set(listener.ids)) == 1
    assert len({request.body for request in listener.requests}) == 1
    assert all(r.is_signed_with(SECRET) for r in listener.requests)


def test_retry_after_is_honoured(listener):
    first = (503, {}, {"Retry-After": "2"})
    answers = iter([first])
    listener.answer = lambda request: next(answers, 200)
    send(listener.url, "--type", "user.created")
    one, two = listener.requests
    assert 1.9 < two.at - one.at < 4


def test_tries_end(listener):
    listener.answer = lambda request: 503
    done = send(listener.url, "--count", 3, "--retry", 1, "--json",
                check=False)  # fmt: skip
    assert done.returncode == 1
    assert len(listener.requests) == 6
    assert summary(done)["refused_by_code"] == {"503": 3}
    assert summary(done)["retries"] == 3


def test_nothing_is_lost_while_the_listener_is_away():
    port = free_port()
    with subprocess.Popen(
        [BIN / "clerkstream", "send", "--count", "200", "--json",
         "--url", f"http://127.0.0.1:{port}/hook"],
        env=plain_environment(CLERK_WEBHOOK_SIGNING_SECRET=SECRET),
        stdout=subprocess.PIPE, text=True,
    ) as sending:  # fmt: skip
        time.sleep(1)
        with Listener(port) as listener:
            out, _ = sending.communicate(timeout=30)
    assert sending.returncode == 0
    found = json.loads(out)
    assert found["accepted"] == 200 and found["retries"] > 0
    assert len(set(listener.ids)) == 200


def test_a_listener_that_stays_away_is_a_failure():
    url = f"http://127.0.0.1:{free_port()}/hook"
    done = send(url, "--type", "user.created", "--retry", 1, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "127.0.0.1" in done.stderr


def test_a_listener_that_does_not_answer_is_given_up(listener):
    listener.lock.acquire()
    began = time.monotonic()
    done = send(listener.url, "--type", "user.created", "--retry", 0,
                "--timeout", 1, check=False)  # fmt: skip
    listener.lock.release()
    assert done.returncode == 1 and "timed out" in done.stderr.lower()
    assert time.monotonic() - began < 4


def test_a_redirect_is_not_followed(listener):
    listener.answer = lambda request: (302, {}, {"Location": listener.url})
    done = send(listener.url, "--type", "user.created", check=False)
    assert done.returncode == 1 and "answered 302" in done.stderr
    assert len(listener.requests) == 1


def test_it_stops_when_asked_and_says_how_far_it_came(listener):
    with subprocess.Popen(
        [BIN / "clerkstream", "send", "--url", listener.url, "--json",
         "--count", "1000", "--rate", "50"],
        env=plain_environment(CLERK_WEBHOOK_SIGNING_SECRET=SECRET),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as sending:  # fmt: skip
        wait_until(lambda: len(listener.requests) > 5)
        sending.send_signal(signal.SIGINT)
        out, err = sending.communicate(timeout=5)
    assert sending.returncode == 1 and "stopped after" in err
    assert json.loads(out)["accepted"] == len(listener.requests) < 1000


# What it sends.


def test_every_generated_event_is_as_its_schema_says():
    validators = {type_: validator_of(type_) for type_ in TYPES}
    seen = set()
    for _, event in dry_run("--count", 1500):
        validators[event["type"]].validate(event)
        seen.add(event["type"])
    assert seen == set(TYPES)


def validator_of(type_):
    path = SCHEMAS / f"{type_}.json"
    schema = json.loads(path.read_text())
    resolver = jsonschema.RefResolver(path.as_uri(), schema)
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def test_the_load_holds_what_makes_merging_hard():
    events = [event for _, event in dry_run("--count", 5000)]
    slugs, pairs, versions, deleted = {}, {}, set(), set()
    ties = comebacks = 0
    for event in events:
        data, type_ = event["data"], event["type"]
        if type_ == "organization.created":
            base = re.sub("[^a-z0-9]", "", data["slug"] or "")
            slugs.setdefault(base, set()).add(data["id"])
        if type_ == "organizationMembership.created":
            user = data["public_user_data"]["user_id"]
            pair = data["organization"]["id"], user
            comebacks += len(pairs.setdefault(pair, set())) > 0
            pairs[pair].add(data["id"])
            assert user not in deleted
        if type_ == "user.deleted":
            deleted.add(data["id"])
        if type_.endswith(("created", "updated")):
            ties += (data["id"], data["updated_at"]) in versions
            versions.add((data["id"], data["updated_at"]))
    stamps = [event["timestamp"] for event in events]
    assert stamps == sorted(set(stamps))
    assert len(slugs["acme"]) > 3 and len(slugs["globex"]) > 3
    assert {"www", "app", "admin", "status", ""} & slugs.keys() > {"", "app"}
    assert comebacks > 20 and ties > 50 and len(deleted) > 50


def test_the_real_producer_takes_a_load(deployment):
    """All of it reaches Kafka, byte for byte, under the right keys."""
    producer = deployment.producer()
    words = ("--count", 500, "--seed", 3, "--shuffle", "--duplicates", 5)
    done = send(producer.url, *words, "--json")
    expected = dry_run(*words)
    assert summary(done)["accepted"] == len(expected)
    records = deployment.kafka.read(deployment.events_topic)
    found = [
        (dict(record.headers())["svix-id"].decode(), json.loads(record.value()))
        for record in records
    ]
    assert sorted(found, key=by_id) == sorted(expected, key=by_id)
    for record, (id, event) in zip(records, found):
        assert record.key().decode() == record_key(id, event)


def test_the_real_producer_refuses_nobodys_signature(deployment):
    producer = deployment.producer()
    done = send(producer.url, "--type", "user.created", "--invalid-signature",
                check=False)  # fmt: skip
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"error": "invalid signature"}


# Wrong use.


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "given nothing to send, allowed is one of --type"),
        (["--type", "user.created", "--count", 1], "more than one thing"),
        (["--type", "user.created", "--file", "-"], "more than one thing"),
        (["--type", "session.created"], '--type: given "session.created"'),
        (["--count", 0], '--count: given "0"'),
        (["--count", -1], '--count: given "-1"'),
        (["--count", "1e3"], '--count: given "1e3"'),
        (["--count", 1, "--rate", -1], '--rate: given "-1"'),
        (["--count", 1, "--id", "x"], "--id: given with --count"),
        (["--type", "user.created", "--id", "a\nb"], '--id: given "a b"'),
        (["--type", "user.created", "--id", "x" * 301], "--id: given"),
        (["--file", "/nowhere/at.all"], "cannot read /nowhere/at.all"),
        (["--file", "/"], "cannot read /"),
        (["--count", 1, "--url", "ftp://x/y"], '--url: given "ftp://x/y"'),
        (["--count", 1, "--url", "127.0.0.1:1/x"], "--url: given"),
        (["--count", 1, "--concurrency", 2000], "--concurrency: given"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(words, said):
    signing = {"CLERK_WEBHOOK_SIGNING_SECRET": SECRET}
    assert said in refused(*words, environment=signing)


@pytest.mark.parametrize("secret", [None, "", "whsec_%", "whsec_c2hvcnQ="])
def test_without_a_secret_it_names_the_variable(secret):
    given = {"CLERK_WEBHOOK_SIGNING_SECRET": secret} if secret else {}
    said = refused("--type", "user.created", environment=given)
    assert "CLERK_WEBHOOK_SIGNING_SECRET" in said and "allowed" in said
    assert not secret or secret not in said
