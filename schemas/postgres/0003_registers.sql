-- The registers: what the merge knows of everything ever heard of.
--
-- Internal.  Never deleted from: what was deleted stays deleted.  A batch locks
-- the rows it mentions in the order of (kind, id), then those of kind
-- 'subdomain'; hence the byte order, which the programs sort by.
--
--   user          data and deleted, and whether an event of theirs failed
--   organization  data and deleted; `base` and `created_ms` of its data decide
--                 who of the organizations with one base has it as subdomain
--   membership    data and deleted; `content` is what the data said, since a
--                 membership may come into sight later than its event
--   pair          an organization and a user: the newest generation
--                 (created_ms, newest_id) of their membership
--   subdomain     one base: nothing but the lock on who has it

create table entity_versions (
    kind text collate "C" not null,
    id text collate "C" not null,
    -- data: the greatest version seen; class is null where none was
    class smallint,
    t bigint,
    rank smallint,
    ts bigint,
    event_id text collate "C",
    -- deleted: for ever
    is_deleted boolean not null default false,
    deleted_ms bigint,
    failure text, -- why the last event is a dead letter, until the next one
    created_ms bigint,
    base text collate "C",
    newest_id text collate "C",
    content text,
    primary key (kind, id)
) with (fillfactor = 70);

create index entity_versions_base on entity_versions (base, created_ms, id)
    where kind = 'organization' and base is not null and not is_deleted;
