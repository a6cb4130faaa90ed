-- "What about this user?" finds its events in a ledger of any size: a bloom
-- filter for each megabyte of it, at next to no cost where rows are added (a
-- tree over random ids would be read and written all over).
create index webhook_events_entity on webhook_events
    using brin (entity_id text_bloom_ops) with (autosummarize = on);
