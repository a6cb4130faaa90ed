-- What the application reads: users, organizations, memberships, workspaces.
--
-- Ids are UUIDv5 of Clerk's ids, times are Clerk's.  Room is left on each page
-- (fillfactor) so that an update stays on it; no index on what changes often.
-- E-mail addresses, user names and slugs are not unique at Clerk over time.

create table users (
    id uuid primary key,
    clerk_user_id text not null unique,
    email text,
    phone text,
    username text,
    first_name text,
    last_name text,
    avatar_url text,
    external_id text,
    public_metadata jsonb,
    status text not null default 'ACTIVE'
        check (status in ('ACTIVE', 'DELETED')),
    sync_status text not null default 'pending'
        check (sync_status in ('synced', 'pending', 'failed')),
    last_sync_attempt timestamptz,
    sync_error text,
    created_at timestamptz,
    updated_at timestamptz,
    deleted_at timestamptz
) with (fillfactor = 70);

create index users_not_synced on users (sync_status)
    where sync_status <> 'synced';

create table organizations (
    id uuid primary key,
    clerk_organization_id text not null unique,
    name text,
    slug text,
    subdomain text unique,
    image_url text,
    created_by text, -- a Clerk user id; may name nobody who is still there
    public_metadata jsonb,
    status text not null default 'ACTIVE' check (status in ('ACTIVE')),
    sync_status text not null default 'pending'
        check (sync_status in ('synced', 'pending', 'failed')),
    created_at timestamptz,
    updated_at timestamptz
) with (fillfactor = 70);

create index organizations_not_synced on organizations (sync_status)
    where sync_status <> 'synced';

create table organization_memberships (
    id uuid primary key,
    clerk_membership_id text not null unique,
    organization_id uuid not null references organizations on delete cascade,
    user_id uuid not null references users on delete cascade,
    role text not null
        check (role in ('SUPER_ADMIN', 'TEACHER', 'STUDENT')),
    clerk_role text,
    permissions text[],
    public_metadata jsonb,
    status text not null default 'ACTIVE' check (status in ('ACTIVE')),
    created_at timestamptz,
    updated_at timestamptz,
    unique (organization_id, user_id)
) with (fillfactor = 85);

create index organization_memberships_user
    on organization_memberships (user_id);

create table workspaces (
    id uuid primary key,
    user_id uuid not null unique references users on delete cascade,
    name text not null default 'My Workspace',
    created_at timestamptz
) with (fillfactor = 85);
