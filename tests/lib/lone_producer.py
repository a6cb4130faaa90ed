"""lone_producer - a producer with topics of its own, and nothing else.

    with LoneProducer(kafka, directory) as producer:
        producer.post(event)
        (record,) = producer.events()
"""

from programs import Producer


class LoneProducer(Producer):
    """kafka: a Broker. topic_config: of the events topic."""

    def __init__(self, kafka, directory, topic_config=None, **environment):
        self.kafka = kafka
        self.events_topic = kafka.new_topic("events", **(topic_config or {}))
        self.dead_letter_topic = kafka.new_topic("dlq")
        settings = {
            "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
            "EVENTS_TOPIC": self.events_topic,
            "DEAD_LETTER_TOPIC": self.dead_letter_topic,
        }
        super().__init__(directory, **{**settings, **environment})

    def __enter__(self):
        self.start()
        return self.wait_ready()

    def __exit__(self, *_):
        self.end()

    def events(self):
        return self.kafka.read(self.events_topic)

    def dead_letters(self):
        return self.kafka.read(self.dead_letter_topic)
