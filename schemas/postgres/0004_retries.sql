-- What waits: events for their next try, and people for an event.

-- A record of the retry topic counts only where its time is this one; any
-- other was applied, or sent again with a later time, and is passed over.
alter table webhook_events
    add column retry_at timestamptz, -- when the next try is due; null: none is
    add column redrives integer not null default 0; -- of the last dead letter

-- Users whose row was locked, or refused by a trigger, when an event of theirs
-- became a dead letter: they are marked as failed as soon as it lets itself.
create index entity_versions_failed on entity_versions (id)
    where kind = 'user' and failure is not null;

-- Who waits for events to be applied.  The consumer says so on the channel
-- clerkstream_applied, in the transaction that applies them and only while
-- somebody waits (a notification of every batch would make all commits queue
-- up behind each other).  A waiter, in this order: LISTEN clerkstream_applied;
-- insert its row here, and commit; look whether what it waits for is there;
-- wait for the notification or a second, whichever comes first (a transaction
-- that was under way may not have seen the row); look again; at the end delete
-- its row.  One that dies is forgotten at expires_at.
create table clerkstream_waiters (
    id uuid primary key default gen_random_uuid(),
    expires_at timestamptz not null
);
