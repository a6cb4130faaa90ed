-- What was applied in the last minutes is found at once, however large the
-- ledger is: rows are written when they are applied, so blocks follow the time.
create index webhook_events_processed on webhook_events
    using brin (processed_at) with (autosummarize = on);
