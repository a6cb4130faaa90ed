-- What became of the dead letter of an event: waiting or applied; null: none.
--
-- It is kept apart from the status, which says what the event was when it was
-- first applied: a replay of it may fail past all retries and change nothing of
-- that.  Rows of events that had a dead letter are never pruned, so that it is
-- known for ever that nothing is left to be done about it.
alter table webhook_events add column dead_letter text;

update webhook_events set dead_letter = 'waiting' where status = 'failed';
update webhook_events set dead_letter = 'applied'
    where dead_letter is null
        and webhook_id in (select webhook_id from dead_letter_marks);
