"""The servers that the other tests stand on do what they are asked."""

import psycopg
import pytest
from postgres import query
from waiting import wait_until


def test_records_are_read_as_they_were_written(kafka):
    topic = kafka.new_topic(partitions=3)
    written = [{"value": b"%d" % n, "key": b"k%d" % n} for n in range(50)]
    placed = kafka.produce(topic, written, partitioner="murmur2_random")
    read = {(r.partition(), r.offset()): r.value() for r in kafka.read(topic)}
    assert read == dict(zip(placed, (r["value"] for r in written)))


def test_offsets_of_a_group_can_be_set_back(kafka):
    topic = kafka.new_topic(partitions=2)
    kafka.produce(topic, [{"value": b"x", "partition": 1}] * 5)
    kafka.set_offsets(topic, "set-back", 4)
    assert kafka.committed(topic, "set-back") == {0: 4, 1: 4}
    kafka.set_offsets(topic, "set-back", 0)
    assert kafka.committed(topic, "set-back") == {0: 0, 1: 0}


def test_kafka_keeps_records_over_stop_and_kill(own_kafka):
    topic = own_kafka.new_topic(partitions=1)
    own_kafka.produce(topic, [{"value": b"before"}])
    own_kafka.restart()
    own_kafka.produce(topic, [{"value": b"between"}])
    own_kafka.kill()
    assert not own_kafka.answers()
    own_kafka.start()
    values = [record.value() for record in own_kafka.read(topic)]
    assert values == [b"before", b"between"]


def test_a_frozen_kafka_answers_nothing_until_it_wakes(own_kafka):
    own_kafka.pause()
    assert not own_kafka.answers()
    own_kafka.resume()
    wait_until(own_kafka.answers, what="Kafka to wake")


def test_postgres_keeps_rows_over_stop_and_kill(own_postgres):
    url = own_postgres.create_database("kept")
    query(url, "CREATE TABLE numbers (n int)")
    query(url, "INSERT INTO numbers VALUES (1)")
    own_postgres.restart()
    query(url, "INSERT INTO numbers VALUES (2)")
    own_postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        query(url, "SELECT 1")
    own_postgres.start()
    assert query(url, "SELECT sum(n) FROM numbers") == [{"sum": 3}]


def test_a_frozen_postgres_answers_nothing_until_it_wakes(own_postgres):
    session = psycopg.connect(own_postgres.url, autocommit=True)
    own_postgres.pause()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own_postgres.url, connect_timeout=2)
    own_postgres.resume()
    assert session.execute("SELECT 1").fetchone() == (1,)
    session.close()
