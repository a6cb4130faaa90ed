-- The ledger: one row for every event that was ever taken from the log.
--
-- `payload` is json, not jsonb: the text as it came, cheaper to store, and its
-- signature can still be checked.  Times are written once and in order, so a
-- block range index finds them at next to no cost.

create table webhook_events (
    webhook_id text primary key,
    event_type text,
    entity_id text, -- the record's key
    payload json,   -- null where it is not JSON
    status text not null check (status in
        ('completed', 'ignored', 'superseded', 'retrying', 'failed')),
    attempts integer not null default 1,
    last_error text,
    kafka_topic text not null,
    kafka_partition integer not null,
    kafka_offset bigint not null,
    duplicates integer not null default 0,
    duplicate_offsets text[] not null default '{}', -- topic:partition:offset
    replays integer not null default 0,
    created_at timestamptz not null, -- when the producer took it
    processed_at timestamptz,        -- when it was first applied
    updated_at timestamptz not null
) with (fillfactor = 95);

create index webhook_events_created on webhook_events
    using brin (created_at) with (autosummarize = on);

create index webhook_events_troubled on webhook_events (status, created_at)
    where status in ('failed', 'retrying');
