"""What both programs measure, as Prometheus reads it and counted after."""

import subprocess

import psycopg
import pytest
from deployment import Deployment
from small_events import user
from waiting import wait_until

WRONG = "whsec_d3JvbmcgYnV0IHdlbGwgZm9ybWVkIHNlY3JldA=="
SERIES_MAX = 800  # of one program, with the buckets of its histograms


@pytest.fixture(scope="module")
def measured(kafka, postgres, tmp_path_factory):
    directory = tmp_path_factory.mktemp("metrics")
    with Deployment(kafka, postgres, directory) as deployment:
        deployment.producer()
        deployment.consumer(CONSUMER_WORKERS=2)
        for at in range(1, 6):
            deployment.post(user("user_a", at=at))
        deployment.post({"type": "made.up", "data": {"id": "x"}})
        deployment.wait_for_ledger(6)
        yield deployment


@pytest.fixture(params=["producer", "consumer"])
def program(request, measured):
    return dict(zip(("producer", "consumer"), measured.programs))[request.param]


def test_promtool_finds_nothing_to_say(program):
    checked = subprocess.run(
        ["promtool", "check", "metrics"], text=True, capture_output=True,
        input=program.get("/metrics").body.decode(), timeout=30,
    )  # fmt: skip
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_a_program_tells_its_state(program):
    assert program.metric("clerkstream_ready") == 1
    assert program.metric("clerkstream_broker_up") == 1
    assert program.metric("clerkstream_build_info") == 1


def test_a_program_tells_of_its_process(program):
    with open(f"/proc/{program.pid}/stat") as stat:
        ticks = int(stat.read().rpartition(")")[2].split()[19])
    with open("/proc/stat") as stat:
        (booted,) = [int(line.split()[1]) for line in stat
                     if line.startswith("btime")]  # fmt: skip
    began = program.metric("process_start_time_seconds")
    assert abs(began - booted - ticks / 100) < 5
    assert program.metric("process_open_fds") > 5
    assert program.metric("process_max_fds") > 100
    assert program.metric("process_threads") >= 3
    assert program.metric("process_virtual_memory_bytes") > 1e6


def test_no_program_has_more_series_than_a_server_likes(program):
    lines = program.get("/metrics").body.decode().splitlines()
    assert sum(not line.startswith("#") for line in lines) < SERIES_MAX


def test_the_producer_counts_by_answer(measured):
    producer, _ = measured.programs
    before = producer.metric("clerkstream_http_request_seconds_count", code=401)
    assert producer.post(user("user_a", at=9), secret=WRONG).status == 401
    seconds = "clerkstream_http_request_seconds_count"
    assert producer.metric(seconds, code=401) == before + 1
    assert producer.metric(seconds, code=200) == 6
    assert producer.metric("clerkstream_delivery_seconds_count") == 6
    assert producer.metric("clerkstream_kafka_queued_records") == 0


def test_the_consumer_counts_by_type(measured):
    _, consumer = measured.programs
    events = "clerkstream_events_total"
    assert consumer.metric(events, type="other", status="ignored") == 1
    assert consumer.metric(events, type="user.updated") == 5
    assert consumer.metric(events, type="made.up") == 0


def test_the_consumer_tells_where_time_goes(measured):
    _, consumer = measured.programs
    batches = consumer.metric("clerkstream_batch_events_count")
    assert 1 <= batches <= 6
    assert consumer.metric("clerkstream_batch_events_sum") == 6
    for phase in ("poll", "lock", "merge", "write", "commit"):
        name = "clerkstream_batch_phase_seconds_count"
        assert 0 < consumer.metric(name, phase=phase) <= batches, phase


def test_the_consumer_tells_its_connections(measured):
    _, consumer = measured.programs
    assert consumer.metric("clerkstream_workers") == 2
    assert consumer.metric("clerkstream_database_sessions") == 2
    assert consumer.metric("clerkstream_halted_workers") == 0
    assert consumer.metric("clerkstream_rebalances_total", kind="assigned") >= 2


def test_lag_in_seconds_grows_while_nothing_is_done(measured):
    _, consumer = measured.programs
    lag = "clerkstream_lag_seconds"
    with psycopg.connect(measured.database_url) as session:
        session.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        measured.post(user("user_a", at=20))
        wait_until(lambda: consumer.metric(lag) >= 3, 30, "the lag grows")
    wait_until(lambda: consumer.metric(lag) == 0, 60, "the lag is gone")
