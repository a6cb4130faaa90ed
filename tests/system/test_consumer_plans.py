"""A consumer whose session began on empty tables does not read them whole
when they have grown."""

from stream import Stream

READ_WHOLE = """
    SELECT relname, seq_scan, seq_tup_read FROM pg_stat_user_tables
    WHERE relname <> 'clerkstream_waiters' AND seq_tup_read > 0
"""


def test_no_table_is_read_whole(deployment):
    stream = Stream(deployment, "plans")
    consumer = deployment.consumer(CONSUMER_WORKERS=1, CONSUMER_BATCH_MAX=20)
    stream.publish(400)
    deployment.wait_until_consumed()
    assert consumer.stop() == 0  # its session tells what it read
    assert deployment.query(READ_WHOLE) == []
    stream.assert_applied()
