INSERT INTO users (id, clerk_user_id, email, username, first_name, last_name,
    avatar_url, public_metadata, created_at, updated_at, sync_status,
    last_sync_attempt)
VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7,
    to_timestamp($8 / 1000.0), to_timestamp($9 / 1000.0), 'synced', now())
ON CONFLICT (clerk_user_id) DO UPDATE SET email = EXCLUDED.email,
    username = EXCLUDED.username, first_name = EXCLUDED.first_name,
    last_name = EXCLUDED.last_name, avatar_url = EXCLUDED.avatar_url,
    public_metadata = EXCLUDED.public_metadata,
    created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at,
    sync_status = 'synced', last_sync_attempt = now()
WHERE users.updated_at IS NULL OR users.updated_at <= EXCLUDED.updated_at
