"""A consumer whose session began on empty tables reads neither them whole nor
an index from end to end when they have grown."""

from stream import Stream

EVENTS = 1500
READ_WHOLE = """
    SELECT relname, seq_scan, seq_tup_read FROM pg_stat_user_tables
    WHERE relname <> 'clerkstream_waiters' AND seq_tup_read > 0
"""
# A look-up finds one row; what a look-up reads does not grow with the table.
WALKED = """
    SELECT indexrelname, idx_scan, idx_tup_read FROM pg_stat_user_indexes
    WHERE idx_tup_read > 2 * idx_scan AND idx_tup_read > 500
"""


def test_no_table_is_read_whole(deployment):
    stream = Stream(deployment, "plans")
    consumer = deployment.consumer(CONSUMER_WORKERS=1, CONSUMER_BATCH_MAX=10)
    stream.publish(EVENTS)
    deployment.wait_until_consumed()
    assert consumer.stop() == 0  # its session tells what it read
    assert deployment.query(READ_WHOLE) == []
    assert deployment.query(WALKED) == []
    stream.assert_applied()
