"""topic_tail - what has come into topics since one looked last.

    tail = TopicTail(kafka, "events", "dlq")
    for record in tail.fresh(): ...
"""

from confluent_kafka import OFFSET_END, Consumer, TopicPartition
from waiting import wait_until
from webhook import SECRET, sign


class TopicTail:
    def __init__(self, kafka, *topics):
        # Two, because a broker answers one request of a connection after the
        # other: a fetch that waits for more would hold up the question.
        self.reader, self.asker = (
            Consumer(kafka.client(group_id="nobody", enable_auto_commit=False))
            for _ in range(2)
        )
        self.read = {
            (topic, partition): 0
            for topic in topics
            for partition in range(kafka.partitions(topic))
        }
        self.reader.assign([TopicPartition(*at, 0) for at in self.read])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.close()
        self.asker.close()

    def ends(self):
        """{(topic, partition): end}, all in one question."""
        asked = [TopicPartition(*at, OFFSET_END) for at in self.read]
        answers = self.asker.offsets_for_times(asked, timeout=20)
        assert not any(answer.error for answer in answers)
        return {(a.topic, a.partition): a.offset for a in answers}

    def fresh(self):
        """All records up to now that no earlier call has returned."""
        ends, records = self.ends(), []

        def is_read():
            if all(self.read[at] >= end for at, end in ends.items()):
                return True
            message = self.reader.poll(1)
            if message is not None:
                assert message.error() is None, message.error()
                at = message.topic(), message.partition()
                self.read[at] = message.offset() + 1
                records.append(message)
            return False

        wait_until(is_read, 20, "the records of the topics", interval=0)
        return records


def id_of(record):
    return dict(record.headers())["svix-id"].decode()


def is_signed(record, secret=SECRET):
    """Verifies the record as anybody behind Kafka can."""
    headers = dict(record.headers())
    expected = sign(
        secret, id_of(record), headers["svix-timestamp"].decode(),
        record.value() or b"",
    )  # fmt: skip
    return expected in headers["svix-signature"].decode().split()
