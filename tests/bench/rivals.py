"""rivals - what others would have built, had by npm and Go when it is needed.

The glue lies in rivals/; it is copied, completed and built in build/bench. Who
cannot be had is left out, and the reason told.
"""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from contestants import LOAD_SECRET, Applier, Taker
from ports import free_port

HERE = Path(__file__).parent
MADE = HERE.parents[1] / "build/bench/rivals"
FETCH_SECONDS = 600


class NotToBeHad(Exception):
    """With the reason, in a line."""


def run(words, folder):
    try:
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True,
            timeout=FETCH_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotToBeHad(str(error)) from None
    if done.returncode != 0:
        (*_, last) = done.stderr.strip().splitlines() or ["no reason given"]
        raise NotToBeHad(f"{words[0]} {words[1]}: {last}")


def copied(part):
    shutil.copytree(HERE / "rivals", MADE, dirs_exist_ok=True)
    return MADE / part


@cache
def node():
    folder = copied("node")
    if not (folder / "node_modules/pg").exists():
        run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"],
            folder)  # fmt: skip
    return folder


@cache
def go():
    folder = copied("go")
    run(["go", "build", "-o", "bin/", "./ingest", "./apply"], folder)
    return folder


@cache
def connect():
    folder = copied("connect")
    if not (folder / "jars").exists():
        run(["mvn", "--quiet", "--batch-mode", "dependency:copy-dependencies",
             "-DincludeScope=runtime", f"-DoutputDirectory={folder}/jars.part"],
            folder)  # fmt: skip
        (folder / "jars.part").rename(folder / "jars")
    return folder


@cache
def bento():
    folder = copied("bento")
    run(["go", "mod", "tidy"], folder)
    run(["go", "build", "-o", "bento", "."], folder)
    return folder


def environment(topics, **more):
    return {**topics, "CLERK_WEBHOOK_SIGNING_SECRET": LOAD_SECRET,
            "NODE_ENV": "production", "RIVAL_SQL": MADE / "sql",
            **more}  # fmt: skip


def taker(name, words_of, **more_of):
    def start(stage, topics):
        port = free_port()
        more = {key: make(stage) for key, make in more_of.items()}
        return Taker(stage, name, words_of(), port=port,
                     **environment(topics, PORT=port, **more))  # fmt: skip

    return start


def applier(name, words_of):
    def start(stage, topics, url, group):
        return Applier(
            stage, name, words_of(),
            **environment(topics, DATABASE_URL=url, CONSUMER_GROUP=group),
        )  # fmt: skip

    return start


FLAT = """
CREATE TABLE flat_events (__connect_topic text, __connect_partition int,
    __connect_offset bigint, payload text,
    processed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (__connect_topic, __connect_partition, __connect_offset))
"""


def make_flat(stage, url):
    with stage.session(url) as session:
        session.execute(FLAT)


def debezium(stage, topics, url, group):
    """Kafka Connect, standalone, with two tasks."""
    make_flat(stage, url)
    folder, parts = connect(), urlsplit(url)
    words = {
        "BROKERS": topics["KAFKA_BOOTSTRAP_SERVERS"], "GROUP": group,
        "TOPIC": topics["EVENTS_TOPIC"], "PORT": free_port(),
        "FOLDER": stage.directory, "USER": parts.username,
        "PASSWORD": parts.password,
        "URL": f"jdbc:postgresql://{parts.hostname}:{parts.port}{parts.path}",
    }  # fmt: skip
    files = [filled_in(folder / name, words, stage.directory)
             for name in ("worker.properties", "sink.properties")]  # fmt: skip
    return Applier(
        stage, "debezium",
        ["java", "-Xmx512m", "-XX:+UseSerialGC",
         "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
         "-cp", f"{folder}/jars/*",
         "org.apache.kafka.connect.cli.ConnectStandalone", *files],
    )  # fmt: skip


def filled_in(template, words, folder):
    text = template.read_text()
    for word, value in words.items():
        text = text.replace(f"@{word}@", str(value))
    made = folder / template.name
    made.write_text(text)
    return made


def bento_sink(stage, topics, url, group):
    make_flat(stage, url)
    return Applier(
        stage, "bento", [bento() / "bento", "-c", bento() / "config.yaml"],
        **environment(topics, DATABASE_URL=url, CONSUMER_GROUP=group),
    )  # fmt: skip


INGEST = {
    "Node: fastify + svix + kafkajs": taker(
        "node-ingest", lambda: ["node", node() / "ingest.js"]
    ),
    "Go: net/http + svix + franz-go": taker(
        "go-ingest", lambda: [go() / "bin/ingest"]
    ),
    "Node: fastify + svix + pg, no Kafka": taker(
        "node-direct", lambda: ["node", node() / "direct.js"],
        DATABASE_URL=lambda stage: stage.database(),
    ),
}  # fmt: skip
APPLY = {
    "Node: kafkajs + pg, one event a transaction": applier(
        "node-apply", lambda: ["node", node() / "apply.js"]
    ),
    "Go: franz-go + pgx, one event a transaction": applier(
        "go-apply", lambda: [go() / "bin/apply"]
    ),
}
# One flat row an event, where ours are about five.
FLAT_APPLY = {
    "Debezium's JDBC sink, one flat row": debezium,
    "Bento, one flat row": bento_sink,
}
