-- What was done about dead letters.
--
-- The dead-letter topic is kept for ever: a dead letter is done when it has a
-- row here.  It is known by its place on the topic.  A redrive inserts the row,
-- publishes the event again, waits until the broker has it, and commits: who
-- comes second waits for the row and then passes the letter over; who dies in
-- between has marked nothing, and redriving twice does no harm.
create table dead_letter_marks (
    kafka_topic text not null,
    kafka_partition integer not null,
    kafka_offset bigint not null,
    webhook_id text, -- null where the record has no id
    action text not null check (action in ('redriven', 'discarded')),
    reason text, -- as given by the operator
    operator text not null,
    marked_at timestamptz not null default clock_timestamp(),
    redriven_partition integer, -- of the events topic
    redriven_offset bigint,
    primary key (kafka_topic, kafka_partition, kafka_offset)
);
